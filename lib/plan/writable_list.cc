// Parsing of the list; pure.
#include "plan/writable_list.h"

#include <algorithm>
#include <expected>
#include <map>
#include <optional>

#include "base/text.h"

namespace aimee {

namespace {

constexpr std::size_t longest_line = 8192;  // bytes
constexpr std::size_t longest_name = 255;   // bytes; limits.h NAME_MAX
constexpr std::size_t longest_path = 4090;  // bytes; limits.h PATH_MAX without "/etc/" and the final zero
constexpr std::string_view blanks = " \t";
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

// What is wrong, and where in the line (from 0).
struct Fault {
  std::size_t at = 0;
  std::string what;
};
using Checked = std::optional<Fault>;

Checked check_bytes(std::string_view line) {
  if (line.size() > longest_line)
    return Fault{longest_line, concat("the line has ", line.size(), " bytes: at most ", longest_line, " are read")};
  if (line.ends_with('\r'))
    return Fault{line.size() - 1, "the line ends with a carriage return (CRLF): save the list with Unix line ends"};
  for (std::size_t at = 0; at < line.size();) {
    const auto byte = static_cast<unsigned char>(line[at]);
    if ((byte < 0x20 && byte != '\t') || byte == 0x7f)
      return Fault{at, concat("has the control character 0x", in_base(byte, 16, 2), ": is this a text file?")};
    const std::size_t length = utf8_sequence(line.substr(at));
    if (length == 0) return Fault{at, "is not UTF-8: is this a text file?"};
    at += length;
  }
  return std::nullopt;
}

Checked check_name(std::string_view name, std::size_t at) {
  if (name.empty()) return Fault{at, "has an empty name between slashes or at its end: remove the slash"};
  if (name == ".") return Fault{at, "has \".\" in it: remove that"};
  if (name == "..") return Fault{at, "has \"..\" in it: name the path itself"};
  if (name.size() > longest_name)
    return Fault{at, concat("has a name of ", name.size(), " bytes: at most ", longest_name, " can exist")};
  if (name == reserved_unfinished) return Fault{at, "is a name that the store needs for itself: choose another"};
  return std::nullopt;
}

// `path` begins at `at` in its line.
Checked check_path(std::string_view path, std::size_t at) {
  if (path.starts_with('/')) return Fault{at, "is absolute: write it relative to /etc"};
  if (path.size() > longest_path)
    return Fault{at, concat("has ", path.size(), " bytes: at most ", longest_path, " can exist")};
  if (const std::size_t tab = path.find('\t'); tab != std::string_view::npos)
    return Fault{at + tab, "has the control character 0x09: one entry a line, without a comment after it"};
  std::size_t begin = 0;
  for (const std::string_view name : split(path, '/')) {
    if (auto fault = check_name(name, at + begin)) return fault;
    begin += name.size() + 1;
  }
  if (split(path, '/')[0] == reserved_notes)
    return Fault{at, "is where the store keeps its own notes: choose another name"};
  return std::nullopt;
}

class Parser {
 public:
  void add_line(std::string_view line) {
    ++number_;
    if (number_ == 1 && line.starts_with(byte_order_mark)) {
      problem({0, "the list starts with a byte order mark: save it as UTF-8 without one"}, {});
      line.remove_prefix(byte_order_mark.size());
    }
    const std::size_t start = line.find_first_not_of(" \t\r");
    if (start == std::string_view::npos || line[start] == '#') return;
    add_entry(line, start);
  }

  WritableList result() && {
    if (!lines_.contains(shadow_entry))
      list_.entries.insert(list_.entries.begin(), {EntryKind::file, std::string(shadow_entry)});
    return std::move(list_);
  }

 private:
  void problem(Fault fault, std::string_view path) {
    list_.problems.push_back({number_, fault.at + 1, std::string(path), std::move(fault.what)});
  }

  void add_entry(std::string_view line, std::size_t start) {
    if (auto fault = check_bytes(line)) {
      problem(std::move(*fault), {});
      return;
    }
    const std::size_t type_end = std::min(line.find_first_of(blanks, start), line.size());
    const std::string_view type = line.substr(start, type_end - start);
    if (type != "f" && type != "d") {
      problem({start, concat("\"", printable(type.substr(0, 16)),
                             "\" is no type: write f for a file or d for a folder, a blank and a path")},
              {});
      return;
    }
    const std::size_t begin = line.find_first_not_of(blanks, type_end);
    if (begin == std::string_view::npos) {
      problem({type_end, "the path is missing: write it after the type"}, {});
      return;
    }
    const std::string_view path = line.substr(begin, line.find_last_not_of(blanks) - begin + 1);
    auto fault = check_path(path, begin);
    const EntryKind kind = type == "f" ? EntryKind::file : EntryKind::folder;
    if (!fault) fault = check_against_others(kind, path, begin);
    if (fault) {
      problem(std::move(*fault), path);
      return;
    }
    lines_.emplace(path, number_);
    list_.entries.push_back({kind, std::string(path), number_, begin + 1});
  }

  [[nodiscard]] Checked check_against_others(EntryKind kind, std::string_view path, std::size_t at) const {
    if (path == shadow_entry && kind == EntryKind::folder)
      return Fault{at, "is a file and always writable: remove the line"};
    if (is_inside(path, shadow_entry)) return Fault{at, "lies inside shadow, which is a file: remove the line"};
    if (const auto same = lines_.find(path); same != lines_.end())
      return Fault{at, concat("is in line ", same->second, " already: remove one of them")};
    for (std::size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
      const auto outer = lines_.find(path.substr(0, slash));
      if (outer == lines_.end()) continue;
      return Fault{at,
                   concat("lies inside ", printable(outer->first), " of line ", outer->second, ": remove one of them")};
    }
    const auto inner = lines_.lower_bound(concat(path, "/"));
    if (inner == lines_.end() || !is_inside(inner->first, path)) return std::nullopt;
    return Fault{at, concat("contains ", printable(inner->first), " of line ", inner->second, ": remove one of them")};
  }

  std::size_t number_ = 0;
  std::map<std::string, std::size_t, std::less<>> lines_;  // path → line
  WritableList list_;
};

std::string place(std::size_t line, std::size_t column, std::string_view path) {
  std::string text = line == 0 ? std::string() : concat(writable_list_path, ":", line, ":", column);
  if (!path.empty()) text += concat(line == 0 ? "" : ": ", printable(path));
  return text;
}

}  // namespace

WritableList parse_writable_list(std::string_view text) {
  Parser parser;
  for (const std::string_view line : split(text, '\n')) parser.add_line(line);
  return std::move(parser).result();
}

std::string place_of(const WritableEntry& entry) { return place(entry.line, entry.column, entry.path); }

std::string place_of(const ListProblem& problem) {
  if (problem.line == 0) return std::string(writable_list_path);
  return place(problem.line, problem.column, problem.path);
}

bool is_inside(std::string_view path, std::string_view of) {
  return path.size() > of.size() && path.starts_with(of) && path[of.size()] == '/';
}

}  // namespace aimee
