// ssh-hostkey-gen where something is in the way: a second run, a hostile store, a full or failing disk, no ssh-keygen.
// A good pair is never lost, and nothing outside the store is touched.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <memory>

#include "harness/doctest_main.h"
#include "harness/host_keys.h"
#include "harness/loop_disk.h"
#include "harness/mounted.h"

using namespace looptest;

namespace {

class Lock {
 public:
  explicit Lock(const std::string& folder) : fd_(folder, O_RDONLY | O_DIRECTORY) {
    checked(flock(fd_.get(), LOCK_EX), folder);
  }

 private:
  Fd fd_;
};

int count(const std::string& text, const std::string& part) {
  int found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

// The disk's bytes from the first place where `content` starts are overwritten.
void corrupt(const std::string& backing, const std::string& content) {
  const std::string all = read_text(backing);
  const std::size_t at = all.find(content.substr(100, 200));
  REQUIRE(at != std::string::npos);
  write_at(backing, at, std::string(64, '!'));
}

}  // namespace

TEST_CASE("runs at once: one makes each pair, the others wait and leave it alone") {
  NEEDS("ssh-keygen");
  const HostKeys keys;
  std::vector<std::unique_ptr<Process>> runs;
  for (const char* type : {"rsa", "ed25519", "ecdsa", "rsa", "ed25519"})
    runs.push_back(std::make_unique<Process>(keys.command({type})));
  runs.push_back(std::make_unique<Process>(keys.command()));
  std::string said;
  for (const auto& process : runs) {
    const Outcome outcome = process->wait();
    CHECK_MESSAGE(outcome.exit == 0, outcome.err);
    said += outcome.err;
  }
  CHECK(count(said, ": made: ") == 3);
  for (const char* type : {"rsa", "ed25519", "ecdsa"}) check_good(keys, type);
}

TEST_CASE("a lock that nobody releases ends the wait with a message") {
  NEEDS("ssh-keygen");
  const HostKeys keys;
  keys.make("ed25519");
  const Lock lock(keys.folder());
  const Outcome outcome = keys.run({"--timeout", "1"});
  CHECK(outcome.exit == 1);
  CHECK(outcome.err == "ssh-hostkey-gen: " + keys.folder() + ": is locked by another process for longer than 1 s\n");
  CHECK(keys.names().size() == 2);
}

TEST_CASE("a link to no key is replaced and kept, and what links lead to is not touched") {
  NEEDS("ssh-keygen");
  const HostKeys keys;
  keys.make("ed25519");
  const TemporaryFolder outside;
  write_text(outside / "victim", "precious\n", 0600);
  write_text(outside / "key", read_text(keys.key("ed25519")), 0600);
  write_text(outside / "key.pub", read_text(keys.public_key("ed25519")));
  const auto state_outside = [&] {
    return state_of(outside / "victim") + state_of(outside / "key") + state_of(outside / "key.pub");
  };
  const std::string before = state_outside();
  for (const std::string target : {"victim", "nothing", "key"}) {
    for (const std::string place : {"ssh_host_ed25519_key", "ssh_host_ed25519_key.pub", ".ssh_host_ed25519_key.new",
                                    ".ssh_host_ed25519_key.new.pub"}) {
      CAPTURE(target);
      CAPTURE(place);
      const bool temporary = place.front() == '.';
      const bool followed = target == "key" && !temporary;
      std::filesystem::remove(keys / place);
      std::filesystem::create_symlink(outside / target, keys / place);
      if (temporary) write_text(keys.key("ed25519"), "", 0600);
      const Outcome outcome = keys.run({"ed25519"});
      CHECK(outcome.exit == 0);
      if (followed) {
        if (place.ends_with("_key")) CHECK(derived_line(keys / place) == derived_line(outside / "key"));
        keys.make("ed25519");
      } else if (!temporary) {
        CHECK(says(outcome, keys / place + ": "));
        CHECK(says(outcome, "; what it replaces is kept as ssh_host_ed25519_key.old"));
      }
      check_good(keys, "ed25519");
      CHECK(state_outside() == before);
      CHECK_FALSE(std::filesystem::exists(outside / "nothing"));
    }
  }
}

TEST_CASE("what is mounted on a key is not read, not changed and not taken for the key") {
  NEEDS("ssh-keygen");
  const HostKeys keys;
  keys.make("ed25519");
  const std::string good = public_line(keys.public_key("ed25519"));
  const TemporaryFolder outside;
  write_text(outside / "key", read_text(keys.key("ed25519")), 0640);
  const std::string before = state_of(outside / "key");
  for (const std::string what : {outside / "key", std::string("/dev/null")}) {
    for (const std::string place : {"ssh_host_ed25519_key", "ssh_host_ed25519_key.pub"}) {
      CAPTURE(what);
      CAPTURE(place);
      tool({"mount", "--bind", what, keys / place});
      const Outcome outcome = keys.run({"ed25519"});
      tool({"umount", keys / place});
      CHECK(outcome.exit == 3);
      CHECK(outcome.err == "ssh-hostkey-gen: " + (keys / place) + ": has something mounted on it; unmount that\n");
      CHECK(state_of(outside / "key") == before);
      CHECK(keys.run({"ed25519"}).exit == 0);
      CHECK(public_line(keys.public_key("ed25519")) == good);
    }
  }
}

TEST_CASE("what an earlier run left half made is removed, beside a good pair too, which stays untouched") {
  NEEDS("ssh-keygen");
  const HostKeys keys;
  keys.make("ed25519");
  const std::string before = state_of_pair(keys, "ed25519");
  write_text(keys / ".ssh_host_ed25519_key.new", "half", 0600);
  std::filesystem::create_directory(keys / ".ssh_host_ed25519_key.new.pub");
  CHECK(keys.run({"ed25519"}).exit == 0);
  check_good(keys, "ed25519");
  CHECK(state_of_pair(keys, "ed25519") == before);
}

TEST_CASE("a folder in a key's place: removed if it is empty, named if it is not, and no other type waits for it") {
  NEEDS("ssh-keygen");
  const HostKeys keys;
  std::filesystem::create_directories(keys.key("ed25519"));
  CHECK(keys.run({"ed25519"}).exit == 0);
  check_good(keys, "ed25519");
  std::filesystem::create_directories(keys.key("rsa") + "/mine");
  const Outcome outcome = keys.run({"rsa", "ecdsa", "--json"});
  CHECK(outcome.exit == 1);
  CHECK(says(outcome, keys.key("rsa") + ": is in the way and cannot be removed: Directory not empty\n"));
  CHECK(json(outcome, ".exit") == "1");
  CHECK(json(outcome, ".keys[0].error | type") == "string");
  CHECK(json(outcome, ".error == .keys[0].error") == "true");
  CHECK(std::filesystem::exists(keys.key("rsa") + "/mine"));
  check_good(keys, "ecdsa");
}

TEST_CASE("a store that is a link, lies behind one, or is open to others is refused, and nothing is changed") {
  NEEDS("ssh-keygen");
  const HostKeys keys;
  const TemporaryFolder outside;
  std::string text = "is no folder, or is reached through a symbolic link; remove what is in its place";
  std::string subject = keys.folder();
  SUBCASE("the folder is a link") { std::filesystem::create_symlink(outside.path(), keys.folder()); }
  SUBCASE("the folder is a file") { write_text(keys.folder(), ""); }
  SUBCASE("a parent is a link") {
    std::filesystem::create_directory(outside / "ssh");
    std::filesystem::remove(keys.root() + "/var/lib");
    std::filesystem::create_symlink(outside.path(), keys.root() + "/var/lib");
  }
  SUBCASE("others may write to it") {
    std::filesystem::create_directory(keys.folder());
    checked(chmod(keys.folder().c_str(), 0777), "chmod");
    text = "belongs to user 0 with mode 0777: ";
  }
  SUBCASE("it is another user's") {
    std::filesystem::create_directory(keys.folder());
    checked(chown(keys.folder().c_str(), 1234, 0), "chown");
    text = "belongs to user 1234 with mode 0755: ";
  }
  SUBCASE("there is no /var/lib") {
    std::filesystem::remove(keys.root() + "/var/lib");
    subject = keys.root() + "/var/lib";
    text = "is not there; is /var mounted, and did init-storage.service run?";
  }
  for (const Arguments& arguments : {Arguments{"--dry-run"}, Arguments{"--json"}, Arguments{}}) {
    const Outcome outcome = keys.run(arguments);
    CHECK(outcome.exit == 3);
    CHECK_MESSAGE(outcome.err.starts_with("ssh-hostkey-gen: " + subject + ": " + text), outcome.err);
    if (!outcome.out.empty()) CHECK(json(outcome, ".exit") == "3");
  }
  CHECK_FALSE(std::filesystem::exists(outside / "ssh_host_rsa_key"));
}

TEST_CASE("a read-only file system: refused where a key is missing, in order where all are good") {
  NEEDS("ssh-keygen");
  const LoopDisk disk;
  tool({"mkfs.ext4", "-q", disk.device()});
  {
    const Mounted volume(disk.device());
    const HostKeys keys(volume.path());
    keys.make("ed25519");
  }
  const Mounted volume(disk.device(), "ro");
  const HostKeys keys(volume.path());
  CHECK(keys.run({"ed25519"}).exit == 0);
  const Outcome outcome = keys.run();
  CHECK(outcome.exit == 3);
  CHECK(outcome.err == "ssh-hostkey-gen: " + keys.folder() +
                           ": is on a read-only file system and lacks good keys; mount /var writable\n");
}

TEST_CASE("a read-only file system without the folder is refused") {
  NEEDS("ssh-keygen");
  const LoopDisk disk;
  tool({"mkfs.ext4", "-q", disk.device()});
  {
    const Mounted volume(disk.device());
    const HostKeys keys(volume.path());
  }
  const Mounted volume(disk.device(), "ro");
  const HostKeys keys(volume.path());
  const Outcome outcome = keys.run();
  CHECK(outcome.exit == 3);
  CHECK(outcome.err ==
        "ssh-hostkey-gen: " + keys.folder() + ": cannot be made: /var is read-only; mount it writable\n");
}

TEST_CASE("a full volume: exit code 1, the old files stay, nothing half made is left; with room it is done") {
  NEEDS("ssh-keygen");
  const Mounted volume("none", "size=64k,mode=0755", "tmpfs");
  const HostKeys keys(volume.path());
  keys.make("ed25519");
  write_text(keys.public_key("ed25519"), "ssh-ed25519 AAAA other\n");
  const std::string before = state_of_pair(keys, "ed25519");
  run({"dd", "if=/dev/zero", "of=" + volume / "fill", "bs=4k"});
  const Outcome outcome = keys.run({"ed25519"});
  CHECK(outcome.exit == 1);
  CHECK_MESSAGE(says(outcome, "No space left on device"), outcome.err);
  CHECK(state_of_pair(keys, "ed25519") == before);
  CHECK(keys.names().size() == 2);
  std::filesystem::remove(volume / "fill");
  CHECK(keys.run({"ed25519"}).exit == 0);
  check_good(keys, "ed25519");
}

TEST_CASE("a key that the disk cannot give back is replaced") {
  NEEDS("ssh-keygen");
  const LoopDisk disk({.size = 128 * MiB});
  tool({"mkfs.btrfs", "-q", disk.device()});
  std::string content;
  {
    const Mounted volume(disk.device(), "max_inline=0");
    const HostKeys keys(volume.path());
    keys.make("rsa");
    content = read_text(keys.key("rsa"));
  }
  corrupt(disk.device(), content);
  const Mounted volume(disk.device());
  const HostKeys keys(volume.path());
  const Outcome outcome = keys.run({"rsa"});
  CHECK(outcome.exit == 0);
  CHECK_MESSAGE(says(outcome, keys.key("rsa") + ": cannot be read: making a new pair"), outcome.err);
  check_good(keys, "rsa");
}

TEST_CASE("ssh-keygen is missing, fails, hangs or dies: a message, exit code 1, and no good pair is replaced") {
  NEEDS("ssh-keygen");
  const HostKeys keys;
  keys.make("ed25519");
  const TemporaryFolder folder;
  std::string path = folder.path();
  std::string text;
  SUBCASE("missing") {
    text =
        "ssh-keygen: failed with exit status 127: cannot be run: No such file or directory; "
        "install OpenSSH's (openssh-client)\n";
  }
  SUBCASE("hangs") {
    path = fake_keygen(folder, "exec sleep 600") + ":/bin";
    text = "ssh-keygen: did not end within 1 s and was killed\n";
  }
  SUBCASE("dies") {
    path = fake_keygen(folder, "kill -SEGV $$");
    text = "ssh-keygen: was killed by signal 11\n";
  }
  SUBCASE("fails") {
    path = fake_keygen(folder, "echo 'No user exists for uid 0' >&2; exit 255");
    text = "ssh-keygen: failed with exit status 255: No user exists for uid 0\n";
  }
  SUBCASE("does nothing and says that it did") { path = fake_keygen(folder, "exit 0"); }
  for (const std::string type : {"ed25519", "rsa"}) {
    const std::string before = state_of_pair(keys, "ed25519");
    const Outcome outcome = keys.run({type, "--timeout", "1"}, {.environment = {{"PATH", path}}});
    CHECK(outcome.exit == 1);
    CHECK_MESSAGE(outcome.err.ends_with(text), outcome.err);
    CHECK(state_of_pair(keys, "ed25519") == before);
    CHECK(keys.names().size() == 2);
  }
}
