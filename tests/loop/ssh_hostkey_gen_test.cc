// ssh-hostkey-gen: what it makes, what it replaces and why, and what it never touches.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <sstream>

#include "harness/doctest_main.h"
#include "harness/host_keys.h"

using namespace looptest;

namespace {

const std::vector<std::string> all_types{"ed25519", "ecdsa", "rsa"};

void cut(const std::string& file, std::uintmax_t size) { std::filesystem::resize_file(file, size); }

std::uintmax_t size_of(const std::string& file) { return std::filesystem::file_size(file); }

void set_mode(const std::string& file, mode_t mode) { checked(chmod(file.c_str(), mode), file); }

struct Damage {
  std::string name;
  std::function<void(const HostKeys&)> inflict;  // on the good ed25519 pair
  std::string state;                             // in --json
  std::string message;                           // after the folder's path
};

const std::string name = "/ssh_host_ed25519_key";

const std::vector<Damage>& damages() {
  static const std::vector<Damage> rows{
      {"private key missing", [](const HostKeys& k) { std::filesystem::remove(k.key("ed25519")); }, "missing",
       name + ": is not there: making a new pair"},
      {"private key empty", [](const HostKeys& k) { cut(k.key("ed25519"), 0); }, "empty",
       name + ": is empty: making a new pair"},
      {"private key cut", [](const HostKeys& k) { cut(k.key("ed25519"), 200); }, "truncated",
       name + ": is truncated: making a new pair"},
      {"private key full of zeros",
       [](const HostKeys& k) { write_text(k.key("ed25519"), std::string(400, '\0'), 0600); }, "empty",
       name + ": holds only zero bytes: making a new pair"},
      {"private key is nonsense", [](const HostKeys& k) { write_text(k.key("ed25519"), "\x01\xff nonsense\n", 0600); },
       "invalid", name + ": is not usable: "},
      {"private key with a wrong byte",
       [](const HostKeys& k) {
         std::string text = read_text(k.key("ed25519"));
         text[200] = text[200] == 'A' ? 'B' : 'A';
         write_text(k.key("ed25519"), text, 0600);
       },
       "", name},
      {"private key needs a passphrase",
       [](const HostKeys& k) { tool({"ssh-keygen", "-p", "-P", "", "-N", "secret", "-f", k.key("ed25519")}); },
       "invalid", name + ": is not usable: incorrect passphrase supplied to decrypt private key: making a new pair"},
      {"private key larger than any key",
       [](const HostKeys& k) { write_text(k.key("ed25519"), std::string(1 << 20, 'x'), 0600); }, "unreadable",
       name + ": cannot be read: making a new pair"},
      {"pair of another type",
       [](const HostKeys& k) {
         k.make("ecdsa");
         std::filesystem::rename(k.key("ecdsa"), k.key("ed25519"));
         std::filesystem::rename(k.public_key("ecdsa"), k.public_key("ed25519"));
       },
       "wrong-type", name + ": holds a key of another type: ecdsa-sha2-nistp256: making a new pair"},
      {"public key empty", [](const HostKeys& k) { cut(k.public_key("ed25519"), 0); }, "empty",
       name + ".pub: is empty: making a new pair"},
      {"public key cut", [](const HostKeys& k) { cut(k.public_key("ed25519"), 40); }, "truncated",
       name + ".pub: is truncated: making a new pair"},
      {"public key of another pair",
       [](const HostKeys& k) {
         const std::string key = read_text(k.key("ed25519"));
         k.make("ed25519");
         write_text(k.key("ed25519"), key, 0600);
       },
       "mismatch", name + ".pub: does not match the private key: making a new pair"},
      {"public key is a folder",
       [](const HostKeys& k) {
         std::filesystem::remove(k.public_key("ed25519"));
         std::filesystem::create_directory(k.public_key("ed25519"));
       },
       "no-file", name + ".pub: is a folder, not a file: making a new pair"},
      {"private key is a pipe",
       [](const HostKeys& k) {
         std::filesystem::remove(k.key("ed25519"));
         checked(mkfifo(k.key("ed25519").c_str(), 0600), "mkfifo");
       },
       "no-file", name + ": is a device, pipe or socket, not a file: making a new pair"},
  };
  return rows;
}

}  // namespace

TEST_CASE("three good pairs are made where there is nothing, and told with their fingerprints") {
  NEEDS("ssh-keygen");
  const HostKeys keys;
  const Outcome outcome = keys.run();
  CHECK(outcome.exit == 0);
  CHECK(outcome.out == "");
  for (const std::string& type : all_types) {
    check_good(keys, type);
    CHECK(says(outcome, keys.key(type) + ": is not there: making a new pair"));
    const std::string told = tool({"ssh-keygen", "-l", "-f", keys.public_key(type)});
    const std::string fingerprint = told.substr(told.find("SHA256:"), 50);
    CHECK(says(outcome, keys.key(type) + ": made: " + fingerprint));
  }
  CHECK(keys.names().size() == 6);
  struct stat status{};
  checked(stat(keys.folder().c_str(), &status), "stat");
  CHECK(status.st_mode == (S_IFDIR | 0755));
}

TEST_CASE("good pairs are never touched: not their content, nor their times, and nothing is said") {
  NEEDS("ssh-keygen");
  const HostKeys keys;
  for (const std::string& type : all_types) keys.make(type);
  set_mode(keys.public_key("rsa"), 0600);
  set_mode(keys.folder(), 0700);
  std::string before = state_of(keys.folder());
  for (const std::string& type : all_types) before += state_of_pair(keys, type);
  for (const Arguments& arguments : {Arguments{}, Arguments{"rsa", "ed25519"}, Arguments{"--json"}}) {
    const Outcome outcome = keys.run(arguments);
    CHECK(outcome.exit == 0);
    CHECK(outcome.err == "");
  }
  std::string after = state_of(keys.folder());
  for (const std::string& type : all_types) after += state_of_pair(keys, type);
  CHECK(after == before);
}

TEST_CASE("a good pair in the older file format is a good pair") {
  NEEDS("ssh-keygen");
  const HostKeys keys;
  keys.make("rsa");
  tool({"ssh-keygen", "-q", "-p", "-m", "PEM", "-P", "", "-N", "", "-f", keys.key("rsa")});
  REQUIRE(read_text(keys.key("rsa")).starts_with("-----BEGIN RSA PRIVATE KEY"));
  const std::string before = state_of_pair(keys, "rsa");
  CHECK(keys.run({"rsa"}).exit == 0);
  CHECK(state_of_pair(keys, "rsa") == before);
}

TEST_CASE("only the types that are named are made") {
  NEEDS("ssh-keygen");
  const HostKeys keys;
  CHECK(keys.run({"ecdsa", "ecdsa"}).exit == 0);
  check_good(keys, "ecdsa");
  CHECK(keys.names().size() == 2);
}

TEST_CASE("a damaged pair is replaced, the reason is logged, and the other types' pairs are not touched") {
  NEEDS("ssh-keygen");
  const HostKeys keys;
  keys.make("rsa");
  const std::string other = state_of_pair(keys, "rsa");
  for (const Damage& damage : damages()) {
    CAPTURE(damage.name);
    keys.make("ed25519");
    const std::string old = public_line(keys.public_key("ed25519"));
    damage.inflict(keys);
    const std::string damaged = state_of(keys.folder());

    const Outcome dry = keys.run({"--dry-run", "--json", "ed25519", "rsa"});
    CHECK(dry.exit == 0);
    CHECK(dry.err == "");
    if (!damage.state.empty()) CHECK(json(dry, ".keys[0].state") == damage.state);
    CHECK(json(dry, ".keys[0].action") == "make");
    CHECK(json(dry, ".keys[1] | .state, .action") == "good");
    CHECK(state_of(keys.folder()) == damaged);

    const Outcome outcome = keys.run({"ed25519", "rsa"});
    CHECK(outcome.exit == 0);
    CHECK_MESSAGE(says(outcome, "ssh-hostkey-gen: " + keys.folder() + damage.message), outcome.err);
    CHECK(says(outcome, keys.key("ed25519") + ": made: SHA256:"));
    check_good(keys, "ed25519");
    CHECK(public_line(keys.public_key("ed25519")) != old);
    CHECK(keys.run({"ed25519"}).err == "");
    CHECK(state_of_pair(keys, "rsa") == other);
  }
}

TEST_CASE("a missing public key is written from the private one: the identity stays") {
  NEEDS("ssh-keygen");
  const HostKeys keys;
  keys.make("ecdsa");
  const std::string identity = public_line(keys.public_key("ecdsa"));
  const std::string private_key = state_of(keys.key("ecdsa"));
  std::filesystem::remove(keys.public_key("ecdsa"));
  const Outcome outcome = keys.run({"ecdsa", "--json"});
  CHECK(outcome.exit == 0);
  CHECK(json(outcome, ".keys[0].action") == "publish");
  CHECK(says(outcome, keys.public_key("ecdsa") + ": is not there: writing it from the private key"));
  check_good(keys, "ecdsa");
  CHECK(public_line(keys.public_key("ecdsa")) == identity);
  CHECK(state_of(keys.key("ecdsa")) == private_key);
}

TEST_CASE("a good pair that lets others in keeps its key, gets root's owner and mode, and it is logged") {
  NEEDS("ssh-keygen");
  const HostKeys keys;
  keys.make("ed25519");
  const std::string private_key = read_text(keys.key("ed25519"));
  const std::string public_key = read_text(keys.public_key("ed25519"));
  std::string subject = keys.key("ed25519");
  SUBCASE("private key readable by all") { set_mode(subject, 0644); }
  SUBCASE("private key readable by its group") { set_mode(subject, 0640); }
  SUBCASE("private key of another user") { checked(chown(subject.c_str(), 1234, 1234), "chown"); }
  SUBCASE("public key writable by all") {
    subject = keys.public_key("ed25519");
    set_mode(subject, 0666);
  }
  SUBCASE("public key of another user") {
    subject = keys.public_key("ed25519");
    checked(chown(subject.c_str(), 1234, 1234), "chown");
  }
  const std::string before = state_of_pair(keys, "ed25519");
  const Outcome dry = keys.run({"ed25519", "--dry-run"});
  CHECK(dry.out == subject + ": is open to others: setting its owner and mode\n");
  CHECK(state_of_pair(keys, "ed25519") == before);
  const Outcome outcome = keys.run({"ed25519"});
  CHECK(outcome.exit == 0);
  CHECK(outcome.err == "ssh-hostkey-gen: " + subject + ": is open to others: setting its owner and mode\n");
  check_good(keys, "ed25519");
  CHECK(read_text(keys.key("ed25519")) == private_key);
  CHECK(read_text(keys.public_key("ed25519")) == public_key);
}

TEST_CASE("a good private key that lets others in and has no public key keeps its identity") {
  NEEDS("ssh-keygen");
  const HostKeys keys;
  keys.make("ed25519");
  const std::string identity = public_line(keys.public_key("ed25519"));
  set_mode(keys.key("ed25519"), 0666);
  std::filesystem::remove(keys.public_key("ed25519"));
  CHECK(keys.run({"ed25519"}).exit == 0);
  check_good(keys, "ed25519");
  CHECK(public_line(keys.public_key("ed25519")) == identity);
}

TEST_CASE("a dry run changes nothing, not even the folder, and tells what would be done") {
  NEEDS("ssh-keygen");
  const HostKeys keys;
  const std::string before = state_of(keys.root() + "/var/lib");
  const Outcome outcome = keys.run({"--dry-run", "rsa", "ed25519"});
  CHECK(outcome.exit == 0);
  CHECK(outcome.err == "");
  CHECK(outcome.out == keys.key("rsa") + ": is not there: making a new pair\n" + keys.key("ed25519") +
                           ": is not there: making a new pair\n");
  CHECK(state_of(keys.root() + "/var/lib") == before);
}

TEST_CASE("JSON has each type's state, reason, action and fingerprint, and the exit code") {
  NEEDS("ssh-keygen");
  const HostKeys keys;
  keys.make("ed25519");
  keys.make("ecdsa");
  cut(keys.key("ecdsa"), 0);
  const Outcome outcome = keys.run({"--json"});
  CHECK(outcome.exit == 0);
  CHECK(json(outcome, ".folder") == keys.folder());
  CHECK(json(outcome, "[.keys[].type] | join(\" \")") == "ed25519 ecdsa rsa");
  CHECK(json(outcome, "[.keys[].state] | join(\" \")") == "good empty missing");
  CHECK(json(outcome, "[.keys[].action] | join(\" \")") == "none make make");
  CHECK(json(outcome, ".keys[1].reason") == "is empty");
  CHECK(json(outcome, ".exit") == "0");
  CHECK(json(outcome, ".error == null and .dry_run == false") == "true");
  for (const std::string& type : all_types) {
    const std::string told = tool({"ssh-keygen", "-l", "-f", keys.public_key(type)});
    CHECK(told.find(json(outcome, ".keys[] | select(.type == \"" + type + "\") | .fingerprint")) != std::string::npos);
  }
}

TEST_CASE("another type, a bad time limit: wrong usage, and nothing is made") {
  const HostKeys keys;
  for (const Arguments& arguments : {Arguments{"dsa"}, Arguments{"ed25519", "../rsa"}}) {
    const Outcome outcome = keys.run(arguments);
    CHECK(outcome.exit == 2);
    CHECK(outcome.err == "ssh-hostkey-gen: " + arguments.back() + ": no such type of key; ed25519, ecdsa or rsa\n");
  }
  CHECK(keys.run({""}).exit == 2);
  CHECK(keys.run({"--timeout", "soon"}).exit == 2);
  CHECK(keys.run({"--timeout", "86401"}).exit == 2);
  CHECK_FALSE(std::filesystem::exists(keys.folder()));
}
