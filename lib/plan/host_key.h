// ssh host keys: what is found of a pair, and what is to be done about it.
//
// The private key is the host's identity. One that OpenSSH can use is never exchanged for another, whatever its .pub is
// like: that is written anew from it.
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

// Where what is replaced stays, the first time and the NUMBERth: "ssh_host_TYPE_key.old", "ssh_host_TYPE_key.old.2".
std::string old_host_key_name(std::string_view type, unsigned number);

struct HostKeyFile {
  enum class Kind : int { absent, file, link, folder, other };  // link: a symbolic link to a file
  Kind kind = Kind::absent;
  std::string what{};        // of a folder or another kind: "a folder"
  bool io_error = false;     // it could not be read
  std::string content{};     // of the file
  bool is_protected = true;  // root's; others can neither write it nor, if private, read it; of a link: sshd accepts it
};

// Whether it has something that its owner could still want when another file takes its place.
bool is_worth_keeping(const HostKeyFile& file);

struct HostKeyFacts {
  HostKeyFile private_key;
  HostKeyFile public_key;
  std::string derived{};    // the public key that ssh-keygen makes of the private one: "TYPE BASE64 [COMMENT]"
  std::string mended{};     // the private key as it makes that of, where that is not the content itself
  std::string objection{};  // why it makes none
};

enum class HostKeyState : int {
  good,
  unprotected,     // good, but owner or mode let others in
  public_missing,  // a good private key alone
  missing,
  no_file,  // a folder, a link to no file, ...
  unreadable,
  empty,
  truncated,
  malformed,   // ssh-keygen accepts it with other line ends
  invalid,     // ssh-keygen does not accept it
  wrong_type,  // good, but not what the file's name says
  mismatch,
};

enum class HostKeyAction : int {
  none,
  protect,  // owner and mode
  publish,  // write the public key anew, and protect
  mend,     // write the same private key anew
  make,     // a new pair in place of whatever is there
};

struct HostKeyVerdict {
  HostKeyState state = HostKeyState::missing;
  HostKeyAction action = HostKeyAction::make;
  bool in_public = false;     // it is the public key's file that is not right
  bool writes_public = true;  // the public key's file is to be replaced
  std::string found{};        // "is empty"; for people
};

HostKeyVerdict judge_host_key(std::string_view type, const HostKeyFacts& facts);

std::string_view state_name(HostKeyState state);     // "public-missing"
std::string_view action_name(HostKeyAction action);  // "publish"

// A private key with the line ends, blanks and beginning that OpenSSH asks for; the same where it has them.
std::string with_tidy_lines(std::string_view private_key);

// Two words of a public key's line; equal keys have equal ones, whatever the comment says.
struct PublicKey {
  std::string_view algorithm;
  std::string_view base64;
  bool operator==(const PublicKey&) const = default;
};

// The first key of a public key's file as ssh-keygen reads it: behind comments, empty lines and what is no key; options
// or a host name may stand in front of it.
std::optional<PublicKey> parse_public_key(std::string_view text);

}  // namespace aimee
