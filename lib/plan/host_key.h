// ssh host keys: what is found of a pair, and what is to be done about it. A good pair is never touched.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace aimee {

inline constexpr std::string_view host_key_folder = "/var/lib/ssh";
inline constexpr std::string_view host_key_types[] = {"ed25519", "ecdsa", "rsa"};

bool is_host_key_type(std::string_view type);

// The private key's file; the public key's is the same with ".pub".
std::string host_key_name(std::string_view type);      // "ssh_host_TYPE_key"
std::string new_host_key_name(std::string_view type);  // while it is made: ".ssh_host_TYPE_key.new"
std::string public_name(std::string_view name);

struct HostKeyFile {
  enum class Kind : int { absent, file, other };
  Kind kind = Kind::absent;
  std::string what{};        // of another kind: "a symbolic link"
  bool io_error = false;     // it could not be read
  std::string content{};     // of a file
  bool is_protected = true;  // root's; others can neither write it nor, if private, read it
};

struct HostKeyFacts {
  HostKeyFile private_key;
  HostKeyFile public_key;
  std::string derived{};    // the public key that ssh-keygen makes of the private one: "TYPE BASE64 [COMMENT]"
  std::string objection{};  // why it makes none
};

enum class HostKeyState : int {
  good,
  unprotected,     // good, but owner or mode let others in
  public_missing,  // a good private key alone
  missing,
  no_file,  // a link, a folder, ...
  unreadable,
  empty,
  truncated,
  invalid,  // ssh-keygen does not accept it
  wrong_type,
  mismatch,
};

enum class HostKeyAction : int {
  none,
  protect,  // owner and mode
  publish,  // write the public key anew, and protect
  make,     // a new pair in place of whatever is there
};

struct HostKeyVerdict {
  HostKeyState state = HostKeyState::missing;
  HostKeyAction action = HostKeyAction::make;
  bool in_public = false;  // it is the public key's file that is not right
  std::string found{};     // "is empty"; for people
};

HostKeyVerdict judge_host_key(std::string_view type, const HostKeyFacts& facts);

std::string_view state_name(HostKeyState state);     // "public-missing"
std::string_view action_name(HostKeyAction action);  // "publish"

// The first two words of a public key's line; equal keys have equal ones, whatever the comment says.
struct PublicKey {
  std::string_view algorithm;
  std::string_view base64;
  bool operator==(const PublicKey&) const = default;
};
std::optional<PublicKey> parse_public_key(std::string_view line);

}  // namespace aimee
