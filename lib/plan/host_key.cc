// Judgement of a key pair from what was found; the private key decides first. Pure.
#include "plan/host_key.h"

#include <algorithm>
#include <iterator>

#include "base/text.h"

namespace aimee {

namespace {

using Kind = HostKeyFile::Kind;
using enum HostKeyState;

bool is_of_type(std::string_view algorithm, std::string_view type) {
  if (type == "ecdsa") return algorithm.starts_with("ecdsa-sha2-nistp");
  return algorithm == concat("ssh-", type);
}

bool is_algorithm(std::string_view word) {
  return word.starts_with("ssh-") || word.starts_with("ecdsa-sha2-") || word.starts_with("sk-");
}

// What a file system leaves whose blocks were not written when the power went.
bool is_zeros(std::string_view content) { return content.find_first_not_of('\0') == std::string_view::npos; }

struct Fault {
  HostKeyState state;
  std::string found;
};

// What is wrong with either file whatever is in it; none for a file with content.
std::optional<Fault> fault_of_file(const HostKeyFile& file) {
  if (file.kind == Kind::absent) return Fault{missing, "is not there"};
  if (file.kind == Kind::folder || file.kind == Kind::other)
    return Fault{no_file, concat("is ", file.what, ", not a file")};
  if (file.io_error) return Fault{unreadable, "cannot be read"};
  if (file.content.empty()) return Fault{empty, "is empty"};
  if (is_zeros(file.content)) return Fault{empty, "holds only zero bytes"};
  return std::nullopt;
}

bool is_cut(std::string_view armoured) {
  return armoured.starts_with("-----BEGIN ") && armoured.find("-----END ") == std::string_view::npos;
}

std::optional<Fault> fault_of_private(const HostKeyFacts& facts) {
  if (auto fault = fault_of_file(facts.private_key)) return fault;
  if (parse_public_key(facts.derived)) return std::nullopt;
  if (is_cut(facts.private_key.content)) return Fault{truncated, "is truncated"};
  return Fault{invalid, concat("is not usable: ", facts.objection)};
}

std::optional<Fault> fault_of_public(const HostKeyFacts& facts) {
  const HostKeyFile& file = facts.public_key;
  if (file.kind == Kind::absent) return Fault{public_missing, "is not there"};
  if (auto fault = fault_of_file(file)) return fault;
  const auto derived = parse_public_key(facts.derived);
  if (parse_public_key(file.content) == derived) return std::nullopt;
  const std::string whole = concat(derived->algorithm, " ", derived->base64);
  if (whole.starts_with(trimmed(file.content))) return Fault{truncated, "is truncated"};
  return Fault{mismatch, "does not match the private key"};
}

HostKeyVerdict judge_usable(std::string_view type, const HostKeyFacts& facts) {
  auto fault = fault_of_public(facts);
  const bool writes_public = fault.has_value();
  if (!facts.mended.empty())
    return {malformed, HostKeyAction::mend, false, writes_public,
            "has line ends or blanks that OpenSSH does not accept"};
  if (facts.private_key.kind == Kind::link && !facts.private_key.is_protected)
    return {unprotected, HostKeyAction::mend, false, writes_public,
            "is a symbolic link to a file that is open to others"};
  if (fault) return {fault->state, HostKeyAction::publish, true, true, std::move(fault->found)};
  if (!facts.private_key.is_protected) return {unprotected, HostKeyAction::protect, false, false, "is open to others"};
  if (!facts.public_key.is_protected) return {unprotected, HostKeyAction::protect, true, false, "is open to others"};
  const std::string_view algorithm = parse_public_key(facts.derived)->algorithm;
  if (is_of_type(algorithm, type)) return {good, HostKeyAction::none, false, false, "is good"};
  return {wrong_type, HostKeyAction::none, false, false, concat("holds a key of another type: ", printable(algorithm))};
}

// The text behind its first field, in which blanks stand only between quotes: options of authorized_keys(5), or a name.
std::string_view behind_first_field(std::string_view line) {
  bool quoted = false;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] == '"' && (at == 0 || line[at - 1] != '\\')) quoted = !quoted;
    if (!quoted && (line[at] == ' ' || line[at] == '\t')) return line.substr(at);
  }
  return {};
}

}  // namespace

bool is_host_key_type(std::string_view type) {
  return std::ranges::find(host_key_types, type) != std::end(host_key_types);
}

std::string host_key_name(std::string_view type) { return concat("ssh_host_", type, "_key"); }
std::string new_host_key_name(std::string_view type) { return concat(".", host_key_name(type), ".new"); }
std::string public_name(std::string_view name) { return concat(name, ".pub"); }

std::string old_host_key_name(std::string_view type, unsigned number) {
  const std::string name = concat(host_key_name(type), ".old");
  return number == 1 ? name : concat(name, ".", number);
}

bool is_worth_keeping(const HostKeyFile& file) {
  if (file.kind == Kind::file) return file.io_error || !is_zeros(file.content);
  return file.kind == Kind::link || file.kind == Kind::other;
}

HostKeyVerdict judge_host_key(std::string_view type, const HostKeyFacts& facts) {
  auto fault = fault_of_private(facts);
  if (!fault) return judge_usable(type, facts);
  if (facts.private_key.kind == Kind::link)
    fault = Fault{no_file, concat("is a symbolic link, and what it leads to ", fault->found)};
  return {fault->state, HostKeyAction::make, false, true, std::move(fault->found)};
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
    case malformed:
      return "malformed";
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
    case HostKeyAction::mend:
      return "mend";
    case HostKeyAction::make:
      return "make";
  }
  return "";
}

std::string with_tidy_lines(std::string_view private_key) {
  std::string tidy;
  for (const std::string_view text : split(private_key, '\n')) {
    std::string_view line = trimmed(text);
    if (tidy.empty()) line.remove_prefix(std::min(line.find("-----BEGIN "), line.size()));
    if (!line.empty()) tidy += concat(line, "\n");
  }
  return tidy;
}

std::optional<PublicKey> parse_public_key(std::string_view text) {
  for (const std::string_view untrimmed : split(text, '\n')) {
    const std::string_view line = trimmed(untrimmed);
    if (line.starts_with('#')) continue;
    for (const std::string_view from : {line, behind_first_field(line)}) {
      const auto parts = words(from);
      if (parts.size() >= 2 && is_algorithm(parts[0])) return PublicKey{parts[0], parts[1]};
    }
  }
  return std::nullopt;
}

}  // namespace aimee
