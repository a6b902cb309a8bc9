// restorecon's rule; pure. Source: restorecon(8), libselinux's selinux_restorecon.c.
#include "selinux/relabel_rule.h"

#include "base/text.h"
#include "selinux/context.h"

namespace aimee {

namespace {

constexpr std::string_view store = "/var/etc/";
constexpr std::string_view notes = "/var/etc/.aimee";

bool is_digits(std::string_view text) { return text.find_first_not_of("0123456789") == std::string_view::npos; }

// "shadow.20261124-190000", "shadow.20261124-190000.2" → "shadow"; any other name is its own.
std::string_view without_date(std::string_view name) {
  constexpr std::size_t date = std::string_view(".20261124-190000").size();
  for (std::size_t dot = name.find('.', 1); dot != std::string_view::npos; dot = name.find('.', dot + 1)) {
    const std::string_view rest = name.substr(dot);
    if (rest.size() < date || rest[9] != '-' || !is_digits(rest.substr(1, 8)) || !is_digits(rest.substr(10, 6)))
      continue;
    const std::string_view number = rest.substr(date);
    if (number.empty() || (number.size() > 1 && number[0] == '.' && is_digits(number.substr(1))))
      return name.substr(0, dot);
  }
  return name;
}

// "image/a/b" and "backup/a.20261124-190000/b" → "/etc/a/b"; none for the folders of the notes themselves.
std::optional<std::string> path_of_copy(std::string_view kept) {
  const std::size_t slash = kept.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const bool dated = kept.substr(0, slash) == "backup";
  std::string path = "/etc";
  for (const std::string_view part : split(kept.substr(slash + 1), '/')) {
    path += concat("/", dated ? without_date(part) : part);
  }
  return path;
}

}  // namespace

std::string path_for_label(std::string_view path) {
  if (!path.starts_with(store) || path == notes) return std::string(path);
  if (!path.starts_with(concat(notes, "/"))) return concat("/etc/", path.substr(store.size()));
  return path_of_copy(path.substr(notes.size() + 1)).value_or(std::string(path));
}

std::optional<std::string> changed_label(const std::optional<std::string>& present, const std::string& wanted,
                                         const std::set<std::string, std::less<>>& customizable) {
  const auto has = present ? parse_context(*present) : std::nullopt;
  const auto wants = parse_context(wanted);
  if (!has || !wants) return present == wanted ? std::nullopt : std::optional(wanted);
  if (has->type == wants->type || customizable.contains(has->type)) return std::nullopt;
  return has->with(wants->type);
}

}  // namespace aimee
