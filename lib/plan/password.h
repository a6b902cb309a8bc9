// Whether an account has a password, from the text of passwd(5) and shadow(5); pure.
//
// A password is what crypt(5) can verify. Everything else that stands in the field ("*", "!unprovisioned", "NP",
// half a hash) matches nothing, whatever is typed.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace aimee {

enum class PasswordState {
  none,
  locked,  // a hash behind "!" or "*", which nothing matches until that is taken away
  set,
};

// "none", "locked", "set"
std::string_view name_of(PasswordState state);

// What the text of a password field means. An empty one is none, although it lets everybody in.
PasswordState password_in(std::string_view field);

struct PasswdLine {
  std::size_t number = 0;  // from 1
  std::string_view password;

  // Whether programs look into shadow for the password; "x" says so, and "##NAME" of some older systems.
  [[nodiscard]] bool leads_to_shadow(std::string_view user) const;
};

// The line of /etc/passwd that getpwnam(3) finds: the first one of that name with seven fields and both numbers.
std::optional<PasswdLine> find_in_passwd(std::string_view passwd, std::string_view user);

// Why a password in shadow would be none for `user`, ":LINE: what: what to do"; empty where it would be one.
std::string trouble_in_passwd(std::string_view passwd, std::string_view user);

// Of `user`, where programs look for it: in shadow, or in passwd itself where its line does not lead to shadow.
PasswordState password_of(std::string_view user, std::string_view passwd, std::string_view shadow);

}  // namespace aimee
