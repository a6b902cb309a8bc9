// Splitting of mount options; pure.
#include "plan/mount_option.h"

#include <algorithm>

namespace aimee {

namespace {

constexpr std::size_t none = std::string_view::npos;

std::string meant(std::string_view value) {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const bool escape = value[i] == '\\' && i + 1 < value.size() && (value[i + 1] == ',' || value[i + 1] == '"');
    out += escape ? value[++i] : value[i];
  }
  return out;
}

}  // namespace

bool next_mount_option(std::string_view& rest, MountOption& option) {
  rest.remove_prefix(std::min(rest.find_first_not_of(','), rest.size()));
  std::size_t equals = none;
  std::size_t end = 0;
  bool quoted = false;
  for (; end < rest.size(); ++end) {
    const bool escaped = end > 0 && rest[end - 1] == '\\';
    if (rest[end] == '"' && !escaped) quoted = !quoted;
    if (quoted) continue;
    if (rest[end] == '=') equals = std::min(equals, end);
    if (rest[end] == ',' && !escaped) break;
  }
  if (quoted || end == 0) return false;
  option.text = rest.substr(0, end);
  option.name = option.text.substr(0, equals);
  option.has_value = equals != none;
  option.value = option.has_value ? meant(option.text.substr(equals + 1)) : "";
  rest.remove_prefix(end);
  return true;
}

}  // namespace aimee
