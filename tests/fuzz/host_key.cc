// An ssh host key pair: type and flags, private key, public key, what ssh-keygen derives, "%%" between them. A private
// key that ssh-keygen accepts is never replaced by another one, and a public key without it is never called good.
#include "plan/host_key.h"

#include <algorithm>

#include "base/text.h"
#include "parts/input.h"
#include "parts/oracle.h"

namespace aimee::fuzz {

namespace {

using Kind = HostKeyFile::Kind;

// "a" is absent, "o" another kind, "l" a link, "e" an I/O error, "u" unprotected.
HostKeyFile file_of(std::string_view flags, std::string content) {
  HostKeyFile file;
  const auto has = [&](char flag) { return flags.find(flag) != std::string_view::npos; };
  file.kind = has('a') ? Kind::absent : has('o') ? Kind::other : has('l') ? Kind::link : Kind::file;
  file.what = "a symbolic link";
  file.io_error = has('e');
  file.content = std::move(content);
  file.is_protected = !has('u');
  return file;
}

bool is_readable(const HostKeyFile& file) {
  return (file.kind == Kind::file || file.kind == Kind::link) && !file.io_error &&
         file.content.find_first_not_of('\0') != std::string::npos;
}

// Whether the two words of `key` stand one behind the other on one line.
bool says(std::string_view text, const PublicKey& key) {
  for (const std::string_view line : split(text, '\n')) {
    const auto parts = words(line);
    for (std::size_t i = 1; i < parts.size(); ++i) {
      if (parts[i - 1] == key.algorithm && parts[i] == key.base64) return true;
    }
  }
  return false;
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
  const auto key = parse_public_key(facts.derived);
  const bool usable = is_readable(facts.private_key) && key;
  HOLDS((verdict.action == HostKeyAction::make) == !usable);
  if (usable && !says(facts.public_key.content, *key)) HOLDS(verdict.writes_public);
  if (usable && facts.public_key.content == facts.derived && is_readable(facts.public_key))
    HOLDS(!verdict.writes_public);
  if (verdict.action == HostKeyAction::none) {
    HOLDS(verdict.state == HostKeyState::good || verdict.state == HostKeyState::wrong_type);
    HOLDS(facts.private_key.is_protected && facts.public_key.is_protected && !verdict.writes_public);
  }
  if (verdict.action == HostKeyAction::publish) HOLDS(verdict.in_public && verdict.writes_public);
  const std::string tidy = with_tidy_lines(facts.private_key.content);
  HOLDS(with_tidy_lines(tidy) == tidy);
}

}  // namespace aimee::fuzz
