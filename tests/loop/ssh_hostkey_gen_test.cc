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

std::string open_ssh_key(const HostKeys& keys) { return read_text(keys.key("ed25519")); }

// Content, owner and mode of a private key that OpenSSH accepts beside its own format.
void rewrite(const HostKeys& keys, const Arguments& how) {
  Arguments command{"ssh-keygen", "-q", "-p", "-P", "", "-N", "", "-f", keys.key("ed25519")};
  command.insert(command.end(), how.begin(), how.end());
  tool(command);
}

std::string with_crlf(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? "\r\n" : std::string(1, c);
  return out;
}

std::vector<std::string> with_old(const HostKeys& keys) {
  std::vector<std::string> old;
  for (const std::string& found : keys.names()) {
    if (found.find(".old") != std::string::npos) old.push_back(found);
  }
  return old;
}

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
    for (const std::string& name : with_old(keys)) std::filesystem::remove(keys / name);
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

namespace {

// A public key's file beside a good private key, and whether OpenSSH reads the private one's key in it.
struct PublicFile {
  std::string name;
  std::function<void(const HostKeys&, const std::string& line)> make;
  std::string message;  // after the file's name; empty = left alone
  bool kept = false;
};

PublicFile with_text(const std::string& name, const std::string& before, const std::string& after) {
  return {
      name,
      [=](const HostKeys& k, const std::string& line) { write_text(k.public_key("ed25519"), before + line + after); },
      {}};
}

PublicFile instead(const std::string& name, const std::string& text, const std::string& message, bool kept) {
  return {name, [=](const HostKeys& k, const std::string&) { write_text(k.public_key("ed25519"), text); }, message,
          kept};
}

const std::vector<PublicFile>& public_files() {
  static const std::vector<PublicFile> rows{
      with_text("a comment line first", "# managed by the provisioning tool\n", " x\n"),
      with_text("an empty line first", "\n", "\n"),
      with_text("CRLF", "", "\r\n"),
      with_text("no newline", "", ""),
      with_text("a host name in front", "box.example.org ", "\n"),
      with_text("options in front", "no-pty,command=\"a b\" ", "\n"),
      with_text("another key behind it", "",
                "\nssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"),
      instead("empty", "", "is empty", false),
      instead("zeros", std::string(100, '\0'), "holds only zero bytes", false),
      instead("cut", "ssh-ed25519 AAAAC3Nz", "is truncated", true),
      instead("something else", "hello\n", "does not match the private key", true),
      instead("larger than any key", std::string(2 << 20, 'x'), "cannot be read", true),
      {"of another pair",
       [](const HostKeys& k, const std::string&) {
         const std::string key = open_ssh_key(k);
         k.make("ed25519");
         write_text(k.key("ed25519"), key, 0600);
       },
       "does not match the private key", true},
      {"a link to nothing",
       [](const HostKeys& k, const std::string&) {
         std::filesystem::remove(k.public_key("ed25519"));
         std::filesystem::create_symlink("nothing", k.public_key("ed25519"));
       },
       "is a symbolic link, not a file", true},
      {"a folder",
       [](const HostKeys& k, const std::string&) {
         std::filesystem::remove(k.public_key("ed25519"));
         std::filesystem::create_directory(k.public_key("ed25519"));
       },
       "is a folder, not a file", false},
      {"a pipe",
       [](const HostKeys& k, const std::string&) {
         std::filesystem::remove(k.public_key("ed25519"));
         checked(mkfifo(k.public_key("ed25519").c_str(), 0644), "mkfifo");
       },
       "is a device, pipe or socket, not a file", true},
  };
  return rows;
}

}  // namespace

TEST_CASE("a good private key is never replaced, whatever its public key's file is like") {
  NEEDS("ssh-keygen");
  for (const PublicFile& row : public_files()) {
    CAPTURE(row.name);
    const HostKeys keys;
    keys.make("ed25519");
    const std::string line = public_line(keys.public_key("ed25519"));
    const std::string private_key = state_of(keys.key("ed25519"));
    row.make(keys, line);
    const std::string before = state_of(keys.public_key("ed25519"));
    const Outcome outcome = keys.run({"ed25519"});
    CHECK(outcome.exit == 0);
    if (row.message.empty()) {
      CHECK(outcome.err == "");
      CHECK(state_of(keys.public_key("ed25519")) == before);
      CHECK(state_of(keys.key("ed25519")) == private_key);
      continue;
    }
    const std::string kept = row.kept ? "; what it replaces is kept as ssh_host_ed25519_key.old.pub" : "";
    CHECK(outcome.err == "ssh-hostkey-gen: " + keys.public_key("ed25519") + ": " + row.message +
                             ": writing it from the private key" + kept + "\n");
    CHECK(with_old(keys).size() == (row.kept ? 1 : 0));
    check_good(keys, "ed25519");
    CHECK(public_line(keys.public_key("ed25519")) == line);
    CHECK(read_text(keys.key("ed25519")) == private_key.substr(private_key.find('\n') + 1));
    CHECK(keys.run({"ed25519"}).err == "");
  }
}

TEST_CASE("a private key stays in each format and of each type that ssh-keygen accepts") {
  NEEDS("ssh-keygen");
  const HostKeys keys;
  for (const std::string type : {"rsa", "ecdsa"}) {
    for (const std::string format : {"PEM", "PKCS8", "RFC4716", "PEM with CRLF"}) {
      CAPTURE(type);
      CAPTURE(format);
      keys.make(type);
      std::filesystem::rename(keys.key(type), keys.key("ed25519"));
      std::filesystem::rename(keys.public_key(type), keys.public_key("ed25519"));
      rewrite(keys, {"-m", format.substr(0, format.find(' '))});
      if (format.ends_with("CRLF")) write_text(keys.key("ed25519"), with_crlf(open_ssh_key(keys)), 0600);
      const std::string before = state_of_pair(keys, "ed25519");
      const Outcome outcome = keys.run({"ed25519", "--json"});
      CHECK(outcome.exit == 0);
      CHECK(outcome.err == "");
      CHECK(json(outcome, "[.keys[0] | .state, .action] | join(\" \")") == "wrong-type none");
      CHECK(state_of_pair(keys, "ed25519") == before);
    }
  }
}

TEST_CASE("a private key whose lines OpenSSH does not accept is written anew, the same key, and the old one is kept") {
  NEEDS("ssh-keygen");
  const HostKeys keys;
  keys.make("ed25519");
  const std::string good = open_ssh_key(keys);
  const std::string line = public_line(keys.public_key("ed25519"));
  int number = 0;
  for (const std::string& text :
       {good.substr(0, good.size() - 1), with_crlf(good), "\n" + good, "# restored\n" + good, "\xef\xbb\xbf" + good}) {
    write_text(keys.key("ed25519"), text, 0600);
    if (run({"ssh-keygen", "-y", "-P", "", "-f", keys.key("ed25519")}).exit == 0) continue;  // an older OpenSSH
    ++number;
    const std::string old = "ssh_host_ed25519_key.old" + (number == 1 ? "" : "." + std::to_string(number));
    const Outcome outcome = keys.run({"ed25519", "--json"});
    CHECK(outcome.exit == 0);
    CHECK(outcome.err ==
          "ssh-hostkey-gen: " + keys.key("ed25519") +
              ": has line ends or blanks that OpenSSH does not accept: writing the same key anew; what it "
              "replaces is kept as " +
              old + "\n");
    CHECK(json(outcome, "[.keys[0] | .state, .action, .kept[0]] | join(\" \")") == "malformed mend " + old);
    check_good(keys, "ed25519");
    CHECK(read_text(keys.key("ed25519")) == good);
    CHECK(public_line(keys.public_key("ed25519")) == line);
    CHECK(read_text(keys / old) == text);
    CHECK(keys.run({"ed25519"}).err == "");
  }
  CHECK(number > 0);
}

TEST_CASE("a private key that nobody can use is kept beside the new one, as a pair with its public key") {
  NEEDS("ssh-keygen");
  const HostKeys keys;
  keys.make("ed25519");
  tool({"ssh-keygen", "-q", "-p", "-P", "", "-N", "secret", "-f", keys.key("ed25519")});
  const std::string locked = open_ssh_key(keys);
  const std::string line = public_line(keys.public_key("ed25519"));
  const Outcome outcome = keys.run({"ed25519"});
  CHECK(says(outcome,
             "making a new pair; what it replaces is kept as ssh_host_ed25519_key.old and "
             "ssh_host_ed25519_key.old.pub\n"));
  CHECK(read_text(keys / "ssh_host_ed25519_key.old") == locked);
  CHECK(public_line(keys / "ssh_host_ed25519_key.old.pub") == line);
  check_good(keys, "ed25519");
}

TEST_CASE("a link to a private key is followed as sshd follows it, and nothing is written through it") {
  NEEDS("ssh-keygen");
  const HostKeys keys;
  keys.make("ed25519");
  const std::string elsewhere = keys.root() + "/elsewhere";
  std::filesystem::create_directory(elsewhere);
  const std::string target = elsewhere + "/key";
  std::filesystem::rename(keys.key("ed25519"), target);
  std::filesystem::rename(keys.public_key("ed25519"), target + ".pub");
  const std::string line = public_line(target + ".pub");
  std::string lead = "../../../elsewhere/key";
  bool open = false;
  SUBCASE("relative") {}
  SUBCASE("absolute, in the image") { lead = "/elsewhere/key"; }
  SUBCASE("of another user, which sshd accepts") { checked(chown(target.c_str(), 1234, 1234), target); }
  SUBCASE("open to others, which sshd refuses") {
    set_mode(target, 0644);
    open = true;
  }
  std::filesystem::create_symlink(lead, keys.key("ed25519"));
  SUBCASE("the public key is a link too") {
    std::filesystem::create_symlink(lead + ".pub", keys.public_key("ed25519"));
  }
  SUBCASE("there is no public key") {}
  const std::string before = state_of(target) + state_of(target + ".pub");
  CHECK(keys.run({"ed25519"}).exit == 0);
  CHECK(state_of(target) + state_of(target + ".pub") == before);
  CHECK(std::filesystem::is_symlink(keys / (open ? "ssh_host_ed25519_key.old" : "ssh_host_ed25519_key")));
  if (open) CHECK(derived_line(keys.key("ed25519")) == line);
  if (!std::filesystem::is_symlink(keys.public_key("ed25519"))) CHECK(public_line(keys.public_key("ed25519")) == line);
  CHECK(keys.run({"ed25519"}).err == "");
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
