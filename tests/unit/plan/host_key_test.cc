// What is done about a host key pair, for every way in which one can be found.
#include "plan/host_key.h"

#include "harness/test.h"

namespace aimee::test {

namespace {

using Kind = HostKeyFile::Kind;

const std::string armoured = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbn\n-----END OPENSSH PRIVATE KEY-----\n";

HostKeyFile file(const std::string& content) { return {.kind = Kind::file, .content = content}; }

HostKeyFacts good_pair() {
  return {.private_key = file(armoured),
          .public_key = file("ssh-ed25519 AAAAC3Nz someone@somewhere\n"),
          .derived = "ssh-ed25519 AAAAC3Nz"};
}

// "STATE ACTION: FILE FOUND"
std::string judged(std::string_view type, const HostKeyFacts& facts) {
  const HostKeyVerdict verdict = judge_host_key(type, facts);
  return concat(state_name(verdict.state), " ", action_name(verdict.action), ": ",
                verdict.in_public ? "public " : "private ", verdict.found);
}

std::string judged_with(const HostKeyFile& private_key, std::string_view derived, std::string_view objection = {}) {
  HostKeyFacts facts = good_pair();
  facts.private_key = private_key;
  facts.derived = derived;
  facts.objection = objection;
  return judged("ed25519", facts);
}

std::string judged_with_public(const HostKeyFile& public_key) {
  HostKeyFacts facts = good_pair();
  facts.public_key = public_key;
  return judged("ed25519", facts);
}

}  // namespace

TEST_CASE("a pair that matches is left alone, whatever its comments") {
  CHECK(judged("ed25519", good_pair()) == "good none: private is good");
  for (const std::string line : {"ssh-ed25519 AAAAC3Nz", "ssh-ed25519 AAAAC3Nz \n", "ssh-ed25519\tAAAAC3Nz a b c\n"}) {
    CAPTURE(line);
    CHECK(judged_with_public(file(line)) == "good none: private is good");
  }
}

TEST_CASE("a private key that cannot be used is replaced, with the reason") {
  CHECK(judged_with({}, "") == "missing make: private is not there");
  CHECK(judged_with({.kind = Kind::other, .what = "a symbolic link"}, "") ==
        "no-file make: private is a symbolic link, not a file");
  CHECK(judged_with({.kind = Kind::file, .io_error = true}, "") == "unreadable make: private cannot be read");
  CHECK(judged_with(file(""), "") == "empty make: private is empty");
  CHECK(judged_with(file(std::string(400, '\0')), "") == "empty make: private holds only zero bytes");
  CHECK(judged_with(file(armoured.substr(0, 50)), "", "invalid format") == "truncated make: private is truncated");
  CHECK(judged_with(file("nonsense\n"), "", "invalid format") == "invalid make: private is not usable: invalid format");
  CHECK(judged_with(file(armoured), "", "incorrect passphrase") ==
        "invalid make: private is not usable: incorrect passphrase");
}

TEST_CASE("a public key that is missing is written anew; one that is not that of the private key means a new pair") {
  CHECK(judged_with_public({}) == "public-missing publish: public is not there");
  CHECK(judged_with_public({.kind = Kind::other, .what = "a folder"}) ==
        "no-file make: public is a folder, not a file");
  CHECK(judged_with_public({.kind = Kind::file, .io_error = true}) == "unreadable make: public cannot be read");
  CHECK(judged_with_public(file("")) == "empty make: public is empty");
  CHECK(judged_with_public(file(std::string("\0\0\0", 3))) == "empty make: public holds only zero bytes");
  CHECK(judged_with_public(file("ssh-ed25519 AAAAC3")) == "truncated make: public is truncated");
  CHECK(judged_with_public(file("ssh-ed")) == "truncated make: public is truncated");
  CHECK(judged_with_public(file("\n")) == "truncated make: public is truncated");
  for (const std::string line :
       {"ssh-ed25519 BBBBC3Nz\n", "ssh-rsa AAAAC3Nz\n", "nonsense\n", "ssh-ed25519 AAAAC3NzAA\n"}) {
    CAPTURE(line);
    CHECK(judged_with_public(file(line)) == "mismatch make: public does not match the private key");
  }
}

TEST_CASE("the private key's fault counts before the public key's") {
  HostKeyFacts facts = good_pair();
  facts.private_key = file("");
  facts.public_key = {};
  CHECK(judged("ed25519", facts) == "empty make: private is empty");
}

TEST_CASE("a pair that is open to others is kept and protected") {
  HostKeyFacts facts = good_pair();
  facts.private_key.is_protected = false;
  CHECK(judged("ed25519", facts) == "unprotected protect: private is open to others");
  facts.private_key.is_protected = true;
  facts.public_key.is_protected = false;
  CHECK(judged("ed25519", facts) == "unprotected protect: public is open to others");
  facts.public_key = {};
  facts.private_key.is_protected = false;
  CHECK(judged("ed25519", facts) == "public-missing publish: public is not there");
}

TEST_CASE("a key belongs to the type in its file's name") {
  struct Row {
    std::string_view type;
    std::string_view algorithm;
    bool good;
  };
  const Row rows[] = {{"ed25519", "ssh-ed25519", true},       {"rsa", "ssh-rsa", true},
                      {"ecdsa", "ecdsa-sha2-nistp256", true}, {"ecdsa", "ecdsa-sha2-nistp521", true},
                      {"ed25519", "ssh-rsa", false},          {"rsa", "ssh-dss", false},
                      {"ecdsa", "ssh-ed25519", false},        {"rsa", "ecdsa-sha2-nistp256", false},
                      {"ed25519", "sk-ssh-ed25519@x", false}};
  for (const Row& row : rows) {
    CAPTURE(row.type);
    CAPTURE(row.algorithm);
    HostKeyFacts facts = good_pair();
    facts.derived = concat(row.algorithm, " AAAA");
    facts.public_key = file(facts.derived);
    const std::string expected = row.good
                                     ? "good none: private is good"
                                     : concat("wrong-type make: private holds a key of another type: ", row.algorithm);
    CHECK(judged(row.type, facts) == expected);
  }
}

TEST_CASE("types and names") {
  CHECK(is_host_key_type("ed25519"));
  CHECK(is_host_key_type("ecdsa"));
  CHECK(is_host_key_type("rsa"));
  for (const std::string_view type : {"", "dsa", "ED25519", "rsa ", "../rsa"}) CHECK_FALSE(is_host_key_type(type));
  CHECK(host_key_name("rsa") == "ssh_host_rsa_key");
  CHECK(new_host_key_name("rsa") == ".ssh_host_rsa_key.new");
  CHECK(public_name(host_key_name("rsa")) == "ssh_host_rsa_key.pub");
}

TEST_CASE("a public key's line is its first two words") {
  CHECK_FALSE(parse_public_key(""));
  CHECK_FALSE(parse_public_key("ssh-rsa"));
  CHECK_FALSE(parse_public_key("ssh-rsa\nAAAA"));
  CHECK(parse_public_key("ssh-rsa AAAA comment\nssh-rsa BBBB") == PublicKey{"ssh-rsa", "AAAA"});
}

}  // namespace aimee::test
