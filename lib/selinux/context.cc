// Parsing of contexts; pure.
#include "selinux/context.h"

#include <algorithm>

#include "base/text.h"

namespace aimee {

std::string Context::with(std::string_view other_type) const { return concat(before, other_type, after); }

std::string Context::with(std::string_view other_role, std::string_view other_type) const {
  return concat(user(), ":", other_role, ":", other_type, after);
}

std::optional<Context> parse_context(std::string_view text) {
  const std::size_t user = text.find(':');
  if (user == std::string_view::npos || user == 0) return std::nullopt;
  const std::size_t role = text.find(':', user + 1);
  if (role == std::string_view::npos || role == user + 1) return std::nullopt;
  const std::size_t type = std::min(text.find(':', role + 1), text.size());
  if (type == role + 1) return std::nullopt;
  return Context{text.substr(0, role + 1), text.substr(role + 1, type - role - 1), text.substr(type)};
}

}  // namespace aimee
