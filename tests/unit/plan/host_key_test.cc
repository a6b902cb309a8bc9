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

TEST_CASE("a pair that matches is left alone, whatever OpenSSH passes over in the public key's file") {
  CHECK(judged("ed25519", good_pair()) == "good none: private is good");
  for (const std::string text :
       {"ssh-ed25519 AAAAC3Nz", "ssh-ed25519 AAAAC3Nz \n", "ssh-ed25519\tAAAAC3Nz a b c\n", "ssh-ed25519 AAAAC3Nz\r\n",
        "# of the provisioning\nssh-ed25519 AAAAC3Nz\n", "\n\n  ssh-ed25519 AAAAC3Nz\n",
        "a.box,10.0.0.1 ssh-ed25519 AAAAC3Nz\n", "no-pty,command=\"a \\\"b\\\" c\" ssh-ed25519 AAAAC3Nz x\n",
        "no key at all\nssh-ed25519 AAAAC3Nz\n", "ssh-ed25519 AAAAC3Nz\nssh-rsa BBBB\n"}) {
    CAPTURE(text);
    CHECK(judged_with_public(file(text)) == "good none: private is good");
  }
  HostKeyFacts facts = good_pair();
  facts.private_key.kind = Kind::link;
  facts.public_key.kind = Kind::link;
  CHECK(judged("ed25519", facts) == "good none: private is good");
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
  CHECK(judged_with({.kind = Kind::link, .content = "a letter"}, "", "invalid format") ==
        "no-file make: private is a symbolic link, and what it leads to is not usable: invalid format");
}

TEST_CASE("a public key that is not that of the private one is written anew: the private key stays") {
  CHECK(judged_with_public({}) == "public-missing publish: public is not there");
  CHECK(judged_with_public({.kind = Kind::folder, .what = "a folder"}) ==
        "no-file publish: public is a folder, not a file");
  CHECK(judged_with_public({.kind = Kind::file, .io_error = true}) == "unreadable publish: public cannot be read");
  CHECK(judged_with_public(file("")) == "empty publish: public is empty");
  CHECK(judged_with_public(file(std::string("\0\0\0", 3))) == "empty publish: public holds only zero bytes");
  CHECK(judged_with_public(file("ssh-ed25519 AAAAC3")) == "truncated publish: public is truncated");
  CHECK(judged_with_public(file("ssh-ed")) == "truncated publish: public is truncated");
  CHECK(judged_with_public(file("\n")) == "truncated publish: public is truncated");
  for (const std::string line :
       {"ssh-ed25519 BBBBC3Nz\n", "ssh-rsa AAAAC3Nz\n", "nonsense\n", "ssh-ed25519 AAAAC3NzAA\n",
        "ssh-rsa BBBB\nssh-ed25519 AAAAC3Nz\n", "# ssh-ed25519 AAAAC3Nz\n", "a b ssh-ed25519 AAAAC3Nz\n"}) {
    CAPTURE(line);
    CHECK(judged_with_public(file(line)) == "mismatch publish: public does not match the private key");
  }
}

TEST_CASE(
    "a private key that OpenSSH would accept with other line ends, or through a link but for its mode, is mended") {
  HostKeyFacts facts = good_pair();
  facts.mended = armoured;
  CHECK(judged("ed25519", facts) == "malformed mend: private has line ends or blanks that OpenSSH does not accept");
  CHECK_FALSE(judge_host_key("ed25519", facts).writes_public);
  facts.public_key = {};
  CHECK(judge_host_key("ed25519", facts).writes_public);
  facts = good_pair();
  facts.private_key.kind = Kind::link;
  facts.private_key.is_protected = false;
  CHECK(judged("ed25519", facts) == "unprotected mend: private is a symbolic link to a file that is open to others");
}

TEST_CASE("lines become those that OpenSSH asks for") {
  CHECK(with_tidy_lines(armoured) == armoured);
  const std::string body = armoured.substr(0, armoured.size() - 1);
  for (const std::string& text :
       {body, "\n \n" + body, "# a comment\n" + body + "\n\n", "\xef\xbb\xbf" + body + "\r\n", "\t" + body + "  \n"}) {
    CAPTURE(text);
    CHECK(with_tidy_lines(text) == armoured);
  }
  CHECK(with_tidy_lines("nothing\nof the kind\n") == "");
}

TEST_CASE("what somebody could still want is kept when it is replaced") {
  CHECK(is_worth_keeping(file(armoured)));
  CHECK(is_worth_keeping({.kind = Kind::file, .io_error = true}));
  CHECK(is_worth_keeping({.kind = Kind::link}));
  CHECK(is_worth_keeping({.kind = Kind::other}));
  CHECK_FALSE(is_worth_keeping({}));
  CHECK_FALSE(is_worth_keeping(file("")));
  CHECK_FALSE(is_worth_keeping(file(std::string(9, '\0'))));
  CHECK(old_host_key_name("rsa", 1) == "ssh_host_rsa_key.old");
  CHECK(old_host_key_name("rsa", 3) == "ssh_host_rsa_key.old.3");
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

TEST_CASE("a key of another type than its file's name says is kept: sshd uses it") {
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
                                     : concat("wrong-type none: private holds a key of another type: ", row.algorithm);
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

TEST_CASE("a public key is two words of a line") {
  CHECK_FALSE(parse_public_key(""));
  CHECK_FALSE(parse_public_key("ssh-rsa"));
  CHECK_FALSE(parse_public_key("ssh-rsa\nAAAA"));
  CHECK(parse_public_key("ssh-rsa AAAA comment\nssh-rsa BBBB") == PublicKey{"ssh-rsa", "AAAA"});
}

}  // namespace aimee::test
