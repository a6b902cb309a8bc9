// The forms of a hash are those of crypt(5): what crypt(3) could have returned.
#include "plan/password.h"

#include <algorithm>
#include <span>

#include "base/text.h"
#include "plan/shadow_file.h"

namespace aimee {

namespace {

constexpr std::string_view letters = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view digits = "0123456789";
// What the last letter of 64 bits in eleven letters can be: its two lowest bits are none of theirs.
constexpr std::string_view last_of_block = ".26AEIMQUYcgkosw";
constexpr std::size_t block = 11;  // letters of 64 bits, as DES gives them
constexpr std::size_t most_des_blocks = 16;
constexpr std::size_t fields_of_line = 7;  // passwd(5)
constexpr std::size_t longest_shown = 20;  // letters of a field

bool is_of(std::string_view text, std::string_view alphabet) {
  return text.find_first_not_of(alphabet) == std::string_view::npos;
}

bool is_count(std::string_view text) { return !text.empty() && text[0] != '0' && is_of(text, digits); }

// "rounds=1000" to "rounds=999999999"
bool is_rounds(std::string_view text) {
  constexpr std::string_view key = "rounds=";
  return text.starts_with(key) && text.size() >= key.size() + 4 && text.size() <= key.size() + 9 &&
         is_count(text.substr(key.size()));
}

enum class Form {
  plain,     // $ID$SALT$DIGEST
  rounds,    // the same, or $ID$rounds=N$SALT$DIGEST
  yescrypt,  // $ID$PARAMETERS$SALT$DIGEST
  scrypt,    // $ID$PARAMETERS-AND-SALT$DIGEST
  bcrypt,    // $ID$COST$SALT-AND-DIGEST
  sha1,      // $ID$N$SALT$DIGEST
  sun_md5,   // $ID$SALT$DIGEST or $ID$SALT$$DIGEST, N in the ID
  nt,        // $ID$$DIGEST in hexadecimal
};

struct Scheme {
  std::string_view id;
  Form form;
  std::size_t digest;  // letters
  std::size_t longest_salt;
};

constexpr Scheme schemes[] = {
    {"y", Form::yescrypt, 43, 86}, {"gy", Form::yescrypt, 43, 86}, {"sm3y", Form::yescrypt, 43, 86},
    {"7", Form::scrypt, 43, 97},   {"2a", Form::bcrypt, 53, 0},    {"2b", Form::bcrypt, 53, 0},
    {"2x", Form::bcrypt, 53, 0},   {"2y", Form::bcrypt, 53, 0},    {"6", Form::rounds, 86, 16},
    {"5", Form::rounds, 43, 16},   {"sm3", Form::rounds, 43, 16},  {"sha1", Form::sha1, 28, 64},
    {"md5", Form::sun_md5, 22, 8}, {"1", Form::plain, 22, 8},      {"3", Form::nt, 32, 0},
};

// `parts` are what stands between the id and the digest.
bool fits(const Scheme& scheme, std::span<const std::string_view> parts) {
  const auto is_salt = [&](std::string_view text) { return text.size() <= scheme.longest_salt; };
  switch (scheme.form) {
    case Form::plain:
      return parts.size() == 1 && is_salt(parts[0]);
    case Form::rounds:
      if (parts.size() == 2 && is_rounds(parts[0])) parts = parts.subspan(1);
      return parts.size() == 1 && is_salt(parts[0]);
    case Form::yescrypt:
      return parts.size() == 2 && !parts[0].empty() && is_of(parts[0], letters) && is_salt(parts[1]) &&
             is_of(parts[1], letters);
    case Form::scrypt:
      return parts.size() == 1 && parts[0].size() >= block && is_salt(parts[0]) && is_of(parts[0], letters);
    case Form::bcrypt:
      return parts.size() == 1 && parts[0].size() == 2 && is_of(parts[0], digits) && parts[0] >= "04" &&
             parts[0] <= "31";
    case Form::sha1:
      return parts.size() == 2 && is_count(parts[0]) && is_salt(parts[1]) && is_of(parts[1], letters);
    case Form::sun_md5:
      return (parts.size() == 1 || (parts.size() == 2 && parts[1].empty())) && is_salt(parts[0]) &&
             is_of(parts[0], letters);
    case Form::nt:
      return parts.size() == 1 && parts[0].empty();
  }
  return false;
}

// "$ID$…$DIGEST"
bool is_modular(std::string_view hash) {
  const auto parts = split(hash, '$');
  if (parts.size() < 4) return false;
  std::string_view id = parts[1];
  if (const std::size_t comma = id.find(",rounds="); comma != std::string_view::npos) {
    if (id.substr(0, comma) != "md5" || !is_count(id.substr(comma + 8))) return false;
    id = id.substr(0, comma);
  }
  const auto* scheme = std::ranges::find(schemes, id, &Scheme::id);
  if (scheme == std::end(schemes)) return false;
  const std::string_view digest = parts.back();
  const std::string_view alphabet = scheme->form == Form::nt ? "0123456789abcdef" : letters;
  return digest.size() == scheme->digest && is_of(digest, alphabet) &&
         fits(*scheme, std::span(parts).subspan(2, parts.size() - 3));
}

// Digests of DES: blocks of eleven letters.
bool is_blocks(std::string_view digest) {
  if (digest.empty() || digest.size() % block != 0 || digest.size() / block > most_des_blocks) return false;
  for (std::size_t last = block - 1; last < digest.size(); last += block) {
    if (!last_of_block.contains(digest[last])) return false;
  }
  return is_of(digest, letters);
}

bool is_hash(std::string_view text) {
  if (text.starts_with('$')) return is_modular(text);
  constexpr std::size_t des_salt = 2;
  constexpr std::size_t bsdi_settings = 8;  // letters behind "_": rounds and salt
  if (text.starts_with('_'))
    return text.size() == 1 + bsdi_settings + block && is_of(text.substr(1), letters) &&
           is_blocks(text.substr(1 + bsdi_settings));
  return text.size() > des_salt && is_of(text, letters) && is_blocks(text.substr(des_salt));
}

}  // namespace

std::string_view name_of(PasswordState state) {
  switch (state) {
    case PasswordState::none:
      return "none";
    case PasswordState::locked:
      return "locked";
    case PasswordState::set:
      return "set";
  }
  return {};
}

PasswordState password_in(std::string_view field) {
  if (is_hash(field)) return PasswordState::set;
  // "!" of passwd -l and usermod -L, "*LK*" of Solaris, "*LOCKED*" of FreeBSD.
  std::string_view hash = field;
  for (const std::string_view mark : {"*LK*", "*LOCKED*"}) {
    if (hash.starts_with(mark)) hash.remove_prefix(mark.size());
  }
  hash.remove_prefix(std::min(hash.find_first_not_of("!*"), hash.size()));
  return is_hash(hash) ? PasswordState::locked : PasswordState::none;
}

bool PasswdLine::leads_to_shadow(std::string_view user) const {
  return password == "x" || (password.starts_with("##") && password.substr(2) == user);
}

std::string trouble_in_passwd(std::string_view passwd, std::string_view user) {
  const auto line = find_in_passwd(passwd, user);
  if (!line || line->leads_to_shadow(user)) return {};
  std::string field = line->password.empty() ? "empty" : "a password";
  if (!line->password.empty() && password_in(line->password) == PasswordState::none)
    field = concat("\"", printable(line->password.substr(0, longest_shown)), "\"");
  return concat(":", line->number, ": the second field of ", user, " is ", field,
                ", not \"x\", so that no program looks into shadow for the password: write x there");
}

std::optional<PasswdLine> find_in_passwd(std::string_view passwd, std::string_view user) {
  std::size_t number = 0;
  for (const std::string_view line : split(passwd, '\n')) {
    ++number;
    const auto fields = split(trimmed(line), ':');
    if (fields.size() >= fields_of_line && fields[0] == user && parse_number(fields[2]) && parse_number(fields[3]))
      return PasswdLine{.number = number, .password = fields[1]};
  }
  return std::nullopt;
}

PasswordState password_of(std::string_view user, std::string_view passwd, std::string_view shadow) {
  const auto line = find_in_passwd(passwd, user);
  if (line && !line->leads_to_shadow(user)) return password_in(line->password);
  return password_in(password_field(shadow, user));
}

}  // namespace aimee
