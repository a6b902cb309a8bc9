// Judgement of a key pair from what was found; the private key decides first. Pure.
#include "plan/host_key.h"

#include <algorithm>
#include <iterator>

#include "base/text.h"

namespace aimee {

namespace {

using Kind = HostKeyFile::Kind;
using enum HostKeyState;

std::string_view first_line(std::string_view text) { return text.substr(0, text.find('\n')); }

HostKeyVerdict to_be_made(HostKeyState state, std::string found) {
  return {state, HostKeyAction::make, false, std::move(found)};
}

bool is_of_type(std::string_view algorithm, std::string_view type) {
  if (type == "ecdsa") return algorithm.starts_with("ecdsa-sha2-nistp");
  return algorithm == concat("ssh-", type);
}

// What is wrong with either file whatever is in it; none for a file with content.
std::optional<HostKeyVerdict> judge_file(const HostKeyFile& file) {
  if (file.kind == Kind::absent) return to_be_made(missing, "is not there");
  if (file.kind == Kind::other) return to_be_made(no_file, concat("is ", file.what, ", not a file"));
  if (file.io_error) return to_be_made(unreadable, "cannot be read");
  if (file.content.empty()) return to_be_made(empty, "is empty");
  // What a file system leaves whose blocks were not written when the power went.
  if (file.content.find_first_not_of('\0') == std::string::npos) return to_be_made(empty, "holds only zero bytes");
  return std::nullopt;
}

bool is_cut(std::string_view armoured) {
  return armoured.starts_with("-----BEGIN ") && armoured.find("-----END ") == std::string_view::npos;
}

std::optional<HostKeyVerdict> judge_private(std::string_view type, const HostKeyFacts& facts) {
  if (auto verdict = judge_file(facts.private_key)) return verdict;
  if (is_cut(facts.private_key.content)) return to_be_made(truncated, "is truncated");
  const auto derived = parse_public_key(facts.derived);
  if (!derived) return to_be_made(invalid, concat("is not usable: ", facts.objection));
  if (is_of_type(derived->algorithm, type)) return std::nullopt;
  return to_be_made(wrong_type, concat("holds a key of another type: ", printable(derived->algorithm)));
}

std::optional<HostKeyVerdict> judge_public(const HostKeyFacts& facts) {
  const HostKeyFile& file = facts.public_key;
  if (file.kind == Kind::absent) return HostKeyVerdict{public_missing, HostKeyAction::publish, false, "is not there"};
  if (auto verdict = judge_file(file)) return verdict;
  const std::string_view line = first_line(file.content);
  const auto derived = parse_public_key(facts.derived);
  if (parse_public_key(line) == derived) return std::nullopt;
  const std::string whole = concat(derived->algorithm, " ", derived->base64);
  if (whole.starts_with(trimmed(line))) return to_be_made(truncated, "is truncated");
  return to_be_made(mismatch, "does not match the private key");
}

}  // namespace

bool is_host_key_type(std::string_view type) {
  return std::ranges::find(host_key_types, type) != std::end(host_key_types);
}

std::string host_key_name(std::string_view type) { return concat("ssh_host_", type, "_key"); }
std::string new_host_key_name(std::string_view type) { return concat(".", host_key_name(type), ".new"); }
std::string public_name(std::string_view name) { return concat(name, ".pub"); }

HostKeyVerdict judge_host_key(std::string_view type, const HostKeyFacts& facts) {
  if (auto verdict = judge_private(type, facts)) return *std::move(verdict);
  if (auto verdict = judge_public(facts)) {
    verdict->in_public = true;
    return *std::move(verdict);
  }
  if (!facts.private_key.is_protected) return {unprotected, HostKeyAction::protect, false, "is open to others"};
  if (!facts.public_key.is_protected) return {unprotected, HostKeyAction::protect, true, "is open to others"};
  return {good, HostKeyAction::none, false, "is good"};
}

std::string_view state_name(HostKeyState state) {
  switch (state) {
    case good:
      return "good";
    case unprotected:
      return "unprotected";
    case public_missing:
      return "public-missing";
    case missing:
      return "missing";
    case no_file:
      return "no-file";
    case unreadable:
      return "unreadable";
    case empty:
      return "empty";
    case truncated:
      return "truncated";
    case invalid:
      return "invalid";
    case wrong_type:
      return "wrong-type";
    case mismatch:
      return "mismatch";
  }
  return "";
}

std::string_view action_name(HostKeyAction action) {
  switch (action) {
    case HostKeyAction::none:
      return "none";
    case HostKeyAction::protect:
      return "protect";
    case HostKeyAction::publish:
      return "publish";
    case HostKeyAction::make:
      return "make";
  }
  return "";
}

std::optional<PublicKey> parse_public_key(std::string_view line) {
  const auto parts = words(first_line(line));
  if (parts.size() < 2) return std::nullopt;
  return PublicKey{parts[0], parts[1]};
}

}  // namespace aimee
