// Parsing of tmpfiles.d lines; pure. A line that cannot be understood is a warning and stops nothing else.
#include "plan/subvolume_list.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.h"

namespace aimee {

namespace {

constexpr std::string_view creating_types = "fFdDvqQpLcbC";  // types that own their path and name it without a pattern
constexpr std::size_t longest_name = 255;                    // bytes; limits.h NAME_MAX
constexpr std::size_t longest_path = 4095;                   // bytes; limits.h PATH_MAX without the final zero
constexpr std::string_view subvolume_types = "vqQ";
constexpr std::string_view folder_types = "dDvqQ";
constexpr std::string_view modifiers = "!-+=~^$?";
constexpr std::string_view below = "/var/";
constexpr std::string_view runtime = "/var/run/";  // systemd-tmpfiles takes /var/run/x for /run/x, whatever /var/run is

// Unescapes the sequence after a backslash; advances `at` past it. None if it is malformed.
std::optional<char> unescaped(std::string_view line, std::size_t& at) {
  const char c = line[at++];
  constexpr std::string_view from = "abfnrtv\\\"' s";
  constexpr std::string_view to = "\a\b\f\n\r\t\v\\\"'  ";
  if (const std::size_t found = from.find(c); found != std::string_view::npos) return to[found];
  const bool hexadecimal = c == 'x';
  const std::size_t length = hexadecimal ? 2 : 3;
  if (!hexadecimal) --at;
  if (line.size() - at < length) return std::nullopt;
  const auto code = parse_number(line.substr(at, length), hexadecimal ? 16 : 8);
  at += length;
  if (!code || *code == 0 || *code > 255) return std::nullopt;
  return static_cast<char>(*code);
}

// Specifiers that are the same on every machine (tmpfiles.d(5), "Specifiers"); none for the others.
std::optional<std::string> with_specifiers(std::string_view path) {
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      out += path[i];
      continue;
    }
    if (++i == path.size()) return std::nullopt;
    switch (path[i]) {
      case '%':
        out += '%';
        break;
      case 'S':
        out += "/var/lib";
        break;
      case 'C':
        out += "/var/cache";
        break;
      case 'L':
        out += "/var/log";
        break;
      case 'V':
        out += "/var/tmp";
        break;
      case 'T':
        out += "/tmp";
        break;
      case 't':
        out += "/run";
        break;
      default:
        return std::nullopt;
    }
  }
  return out;
}

// "-" and a missing field mean the default; "~" (masked) and ":" (only for new paths) prefixes do not
// change what a fresh subvolume gets.
std::string_view field_or(const std::vector<std::string>& fields, std::size_t index, std::string_view fallback) {
  if (index >= fields.size()) return fallback;
  std::string_view field = fields[index];
  while (!field.empty() && (field[0] == ':' || field[0] == '~')) field.remove_prefix(1);
  return field.empty() || field == "-" ? fallback : field;
}

struct Line {
  char type;
  std::string path;
  std::vector<std::string> fields;
};

// A line that creates something below /var; none for every other line. `warning` says what is wrong.
std::optional<Line> parse_line(std::string_view text, std::string& warning) {
  const std::string_view line = trimmed(text);
  if (line.empty() || line[0] == '#') return std::nullopt;
  auto fields = split_fields(line);
  if (!fields || fields->size() < 2) {
    warning = "not a tmpfiles.d line, ignored";
    return std::nullopt;
  }
  const std::string& type = (*fields)[0];
  const bool known_form = type.find_first_not_of(modifiers, 1) == std::string_view::npos;
  if (!known_form || creating_types.find(type[0]) == std::string_view::npos) return std::nullopt;
  const bool subvolume = subvolume_types.find(type[0]) != std::string_view::npos;
  const auto expanded = with_specifiers((*fields)[1]);
  if (!expanded) {
    if (subvolume)
      warning = concat("path ", printable((*fields)[1]), " depends on the machine, left to systemd-tmpfiles");
    return std::nullopt;
  }
  const auto path = normalised_path(*expanded);
  if (!path) {
    if (subvolume) warning = concat("path ", printable(*expanded), " is not absolute and free of \"..\", ignored");
    return std::nullopt;
  }
  if (!path->starts_with(below) || path->starts_with(runtime)) return std::nullopt;
  const bool too_long =
      path->size() > longest_path ||
      std::ranges::any_of(split(*path, '/'), [](std::string_view name) { return name.size() > longest_name; });
  if (too_long) {
    if (subvolume) warning = "path is too long to exist, ignored";
    return std::nullopt;
  }
  return Line{type[0], *path, std::move(*fields)};
}

// Whether a folder on the way to `path` is one of `others`.
bool is_below_one_of(const std::set<std::string>& others, std::string_view path) {
  std::size_t end = below.size();
  while ((end = path.find('/', end)) != std::string_view::npos) {
    if (others.contains(std::string(path.substr(0, end++)))) return true;
  }
  return false;
}

}  // namespace

std::optional<std::vector<std::string>> split_fields(std::string_view line) {
  std::vector<std::string> fields;
  std::string field;
  bool started = false;
  char quote = 0;
  for (std::size_t i = 0; i < line.size();) {
    const char c = line[i++];
    const bool blank = c == ' ' || c == '\t';
    if (quote == 0 && blank) {
      if (started) fields.push_back(std::exchange(field, {}));
      started = false;
      continue;
    }
    started = true;
    if (c == '\\') {
      if (i == line.size()) return std::nullopt;
      const auto plain = unescaped(line, i);
      if (!plain) return std::nullopt;
      field += *plain;
    } else if (quote != 0 && c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else {
      field += c;
    }
  }
  if (quote != 0) return std::nullopt;
  if (started) fields.push_back(std::move(field));
  return fields;
}

std::optional<std::string> normalised_path(std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  std::string out;
  for (const std::string_view part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") return std::nullopt;
    out += concat('/', part);
  }
  return out.empty() ? "/" : out;
}

SubvolumeList parse_subvolume_list(const std::vector<ConfigFile>& files) {
  SubvolumeList list;
  std::set<std::string> owned;
  std::set<std::string> others;  // made something else than an empty folder: a link, a copy, a file
  for (const ConfigFile& file : files) {
    std::size_t number = 0;
    for (const std::string_view text : split(file.content, '\n')) {
      ++number;
      std::string warning;
      const auto line = parse_line(text, warning);
      const auto warn = [&](std::string_view what) {
        list.warnings.push_back(concat(file.name, ":", number, ": ", what));
      };
      if (!warning.empty()) warn(warning);
      if (!line || !owned.insert(line->path).second) continue;
      if (folder_types.find(line->type) == std::string_view::npos) others.insert(line->path);
      if (subvolume_types.find(line->type) == std::string_view::npos) continue;
      SubvolumeLine subvolume{line->path, 0755, std::string(field_or(line->fields, 3, "0")),
                              std::string(field_or(line->fields, 4, "0"))};
      const std::string_view mode = field_or(line->fields, 2, "0755");
      const auto bits = parse_number(mode, 8);
      if (bits && *bits <= 07777) {
        subvolume.mode = static_cast<unsigned>(*bits);
      } else {
        warn(concat("mode ", printable(mode), " is not octal, 0755 is used"));
      }
      list.subvolumes.push_back(std::move(subvolume));
    }
  }
  std::erase_if(list.subvolumes, [&](const SubvolumeLine& line) { return is_below_one_of(others, line.path); });
  std::ranges::sort(list.subvolumes, {}, &SubvolumeLine::path);
  return list;
}

}  // namespace aimee
