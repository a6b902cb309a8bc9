// An ssh host key pair: type and flags, private key, public key, what ssh-keygen derives, "%%" between them. A good
// pair is never touched, and nothing else is called good.
#include "plan/host_key.h"

#include <algorithm>

#include "base/text.h"
#include "parts/input.h"
#include "parts/oracle.h"

namespace aimee::fuzz {

namespace {

using Kind = HostKeyFile::Kind;

// "a" is absent, "o" another kind, "e" an I/O error, "u" unprotected.
HostKeyFile file_of(std::string_view flags, std::string content) {
  HostKeyFile file;
  const auto has = [&](char flag) { return flags.find(flag) != std::string_view::npos; };
  file.kind = has('a') ? Kind::absent : has('o') ? Kind::other : Kind::file;
  file.what = "a symbolic link";
  file.io_error = has('e');
  file.content = std::move(content);
  file.is_protected = !has('u');
  return file;
}

bool is_readable(const HostKeyFile& file) {
  return file.kind == Kind::file && !file.io_error && file.content.find_first_not_of('\0') != std::string::npos;
}

// The first two words of the first line, cut out by hand.
std::string key_in(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  constexpr std::string_view blanks = " \t\r";
  std::string key;
  for (int word = 0; word < 2; ++word) {
    const std::size_t start = text.find_first_not_of(blanks);
    if (start == std::string_view::npos) return {};
    const std::size_t end = std::min(text.find_first_of(blanks, start), text.size());
    key += concat(text.substr(start, end - start), " ");
    text.remove_prefix(end);
  }
  return key;
}

bool is_good(std::string_view type, const HostKeyFacts& facts) {
  const std::string& text = facts.private_key.content;
  const bool is_cut = text.starts_with("-----BEGIN ") && text.find("-----END ") == std::string::npos;
  const std::string key = key_in(facts.derived);
  const std::string prefix = type == "ecdsa" ? "ecdsa-sha2-nistp" : concat("ssh-", type, " ");
  return is_readable(facts.private_key) && is_readable(facts.public_key) && !is_cut && !key.empty() &&
         key.starts_with(prefix) && key_in(facts.public_key.content) == key;
}

}  // namespace

void try_input(std::string_view text) {
  const auto parts = sections(text, 4);
  const auto head = split(parts[0], '\n');
  const std::string_view type = host_key_types[(head[0].empty() ? 0U : static_cast<unsigned char>(head[0][0])) % 3];
  HostKeyFacts facts;
  facts.private_key = file_of(head.size() > 1 ? head[1] : "", parts[1]);
  facts.public_key = file_of(head.size() > 2 ? head[2] : "", parts[2]);
  facts.derived = parts[3];
  facts.objection = "invalid format";
  const HostKeyVerdict verdict = judge_host_key(type, facts);

  HOLDS_OF(verdict.found, !verdict.found.empty() && is_one_line(verdict.found));
  HOLDS(!state_name(verdict.state).empty() && !action_name(verdict.action).empty());
  const bool is_protected = facts.private_key.is_protected && facts.public_key.is_protected;
  HOLDS((verdict.state == HostKeyState::good) == (is_good(type, facts) && is_protected));
  HOLDS((verdict.state == HostKeyState::unprotected) == (is_good(type, facts) && !is_protected));
  HOLDS((verdict.action == HostKeyAction::none) == (verdict.state == HostKeyState::good));
  HOLDS((verdict.action == HostKeyAction::protect) == (verdict.state == HostKeyState::unprotected));
  HOLDS((verdict.action == HostKeyAction::publish) == (verdict.state == HostKeyState::public_missing));
  if (verdict.action == HostKeyAction::publish) {
    facts.public_key = {Kind::file, "", false, facts.derived, true};
    HOLDS(is_good(type, facts) || facts.derived.empty());
  }
  if (!is_readable(facts.private_key)) HOLDS(verdict.action == HostKeyAction::make && !verdict.in_public);
}

}  // namespace aimee::fuzz
