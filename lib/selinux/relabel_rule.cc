// restorecon's rule; pure. Source: restorecon(8), libselinux's selinux_restorecon.c.
#include "selinux/relabel_rule.h"

#include "base/text.h"

namespace aimee {

namespace {

constexpr std::string_view store = "/var/etc/";
constexpr std::string_view notes = "/var/etc/.aimee/";

// "user:role:type[:range]", the range with colons of its own.
struct Label {
  std::string_view before;  // "user:role:"
  std::string_view type;
  std::string_view after;  // ":range", or empty
};

std::optional<Label> parse(std::string_view text) {
  const std::size_t user = text.find(':');
  if (user == std::string_view::npos || user == 0) return std::nullopt;
  const std::size_t role = text.find(':', user + 1);
  if (role == std::string_view::npos || role == user + 1) return std::nullopt;
  const std::size_t type = std::min(text.find(':', role + 1), text.size());
  if (type == role + 1) return std::nullopt;
  return Label{text.substr(0, role + 1), text.substr(role + 1, type - role - 1), text.substr(type)};
}

}  // namespace

std::string path_for_label(std::string_view path) {
  if (!path.starts_with(store)) return std::string(path);
  if (!path.starts_with(notes)) return concat("/etc/", path.substr(store.size()));
  const std::string_view kept = path.substr(notes.size());
  const std::size_t slash = kept.find('/');
  if (slash == std::string_view::npos) return std::string(path);
  return concat("/etc/", kept.substr(slash + 1));
}

std::optional<std::string> changed_label(const std::optional<std::string>& present, const std::string& wanted,
                                         const std::set<std::string, std::less<>>& customizable) {
  const auto has = present ? parse(*present) : std::nullopt;
  const auto wants = parse(wanted);
  if (!has || !wants) return present == wanted ? std::nullopt : std::optional(wanted);
  if (has->type == wants->type || customizable.contains(has->type)) return std::nullopt;
  return concat(has->before, wants->type, has->after);
}

}  // namespace aimee
