// SELinux contexts as text: "user:role:type[:range]", the range with colons of its own.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace aimee {

// Views of the text that was parsed.
struct Context {
  std::string_view before;  // "user:role:"
  std::string_view type;
  std::string_view after;  // ":range", or empty

  [[nodiscard]] std::string_view user() const { return before.substr(0, before.find(':')); }
  // The same with another type, or with another role and type.
  [[nodiscard]] std::string with(std::string_view other_type) const;
  [[nodiscard]] std::string with(std::string_view other_role, std::string_view other_type) const;
};

// None where the text is no context: "kernel" (no policy is loaded), "unconfined" (another security module).
std::optional<Context> parse_context(std::string_view text);

}  // namespace aimee
