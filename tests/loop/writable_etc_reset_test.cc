// writable-etc --diff and --reset: what the owner changed, and back to the image's version without losing it.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "harness/doctest_main.h"
#include "harness/etc_root.h"
#include "harness/file_tree.h"

using namespace looptest;

namespace {

struct stat status_of(const std::string& path) {
  struct stat status{};
  checked(lstat(path.c_str(), &status), path);
  return status;
}

void boot_and_run(EtcRoot& root) {
  root.boot();
  const Outcome outcome = root.run();
  REQUIRE_MESSAGE(outcome.exit == 0, outcome.err);
}

Outcome diff(const EtcRoot& root, const std::string& path) {
  const std::string mounts = read_text("/proc/self/mountinfo");
  Outcome outcome = root.run({"--diff", path});
  CHECK(read_text("/proc/self/mountinfo") == mounts);
  return outcome;
}

}  // namespace

TEST_CASE("--diff says nothing where nothing is different") {
  EtcRoot root;
  boot_and_run(root);
  for (const char* path : {"hostname", "ssh", "shadow", "/etc/hostname"}) {
    const Outcome outcome = diff(root, path);
    CHECK(outcome.exit == 0);
    CHECK(outcome.out == "");
    CHECK(outcome.err == "");
  }
}

TEST_CASE("--diff shows a changed file as diff -u does") {
  NEEDS("diff");
  EtcRoot root;
  boot_and_run(root);
  edit(root.etc("hostname"), "mine\n");
  const Outcome outcome = diff(root, "hostname");
  CHECK(outcome.exit == 0);
  CHECK(outcome.out == "--- image/etc/hostname\n+++ store/etc/hostname\n@@ -1 +1 @@\n-appliance\n+mine\n");
}

TEST_CASE("--diff shows all that differs in a folder, and follows no link there") {
  NEEDS("diff");
  EtcRoot root;
  root.file("ssh/gone", "x");
  root.file("ssh/binary", std::string("\0\1", 2));
  root.file("ssh/link", "x");
  boot_and_run(root);
  edit(root.etc("ssh/sshd_config"), "Port 2222\n");
  write_text(root.etc("ssh/new"), "x");
  edit(root.etc("ssh/binary"), std::string("\0\2", 2));
  std::filesystem::remove(root.etc("ssh/gone"));
  std::filesystem::remove(root.etc("ssh/link"));
  std::filesystem::create_symlink("/etc/passwd", root.etc("ssh/link"));
  checked(chmod(root.etc("ssh/sshd_config.d/10-image.conf").c_str(), 0600), "chmod");
  const Outcome outcome = diff(root, "ssh");
  CHECK(outcome.exit == 0);
  CHECK(outcome.out ==
        "Binary files image/etc/ssh/binary and store/etc/ssh/binary differ\n"
        "Only in the image: /etc/ssh/gone\n"
        "/etc/ssh/link: a file in the image, a symbolic link in the store\n"
        "Only in the store: /etc/ssh/new\n"
        "--- image/etc/ssh/sshd_config\n+++ store/etc/ssh/sshd_config\n@@ -1 +1 @@\n-Port 22\n+Port 2222\n"
        "/etc/ssh/sshd_config.d/10-image.conf: mode 0644, owner 0:0 in the image; mode 0600, owner 0:0 in the store\n");
}

TEST_CASE("--diff of shadow leaves the padding out") {
  NEEDS("diff");
  EtcRoot root;
  boot_and_run(root);
  const std::string text = read_text(root.etc("shadow"));
  edit(root.etc("shadow"), "root:!:20000:0:99999:7:::\n" + text.substr(26));
  const Outcome outcome = diff(root, "shadow");
  CHECK(outcome.out ==
        "--- image/etc/shadow\n+++ store/etc/shadow\n@@ -1,2 +1,2 @@\n-root:*:20000:0:99999:7:::\n"
        "+root:!:20000:0:99999:7:::\n daemon:*:20000:0:99999:7:::\n");
}

TEST_CASE("--diff without diff(1) says so") {
  EtcRoot root;
  boot_and_run(root);
  edit(root.etc("hostname"), "mine\n");
  const Outcome outcome = root.run({"--diff", "hostname"}, {.environment = {{"PATH", "/nowhere"}}});
  CHECK(outcome.exit == 1);
  CHECK(outcome.err == "writable-etc: diff: is not there; install diffutils\n");
}

TEST_CASE("--diff and --reset refuse what the list does not name, and what the store has not") {
  EtcRoot root;
  root.boot();
  for (const char* option : {"--diff", "--reset"}) {
    Outcome outcome = root.run({option, "fstab"});
    CHECK(outcome.exit == 3);
    CHECK(outcome.err == "writable-etc: fstab: is no entry of /etc/aimee-os/writable-etc\n");
    outcome = root.run({option, "hostname"});
    CHECK(outcome.exit == 3);
    says(outcome, "/var/etc: is not there; ");
  }
  CHECK_FALSE(std::filesystem::exists(root.store("")));
}

TEST_CASE("--reset puts the image's file back under the same name, mounted, and keeps the owner's") {
  EtcRoot root;
  boot_and_run(root);
  edit(root.etc("hostname"), "mine\n");
  checked(chmod(root.etc("hostname").c_str(), 0600), "chmod");
  const ino_t mine = status_of(root.etc("hostname")).st_ino;
  const Outcome dry = root.run({"--reset", "hostname", "--dry-run"});
  CHECK(dry.exit == 0);
  CHECK(dry.out == "put the image's version of hostname back\n");
  CHECK(read_text(root.etc("hostname")) == "mine\n");
  CHECK(root.backups("hostname").empty());
  const Outcome outcome = root.run({"--reset", "hostname", "--json"});
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  CHECK(root.bound("hostname"));
  CHECK(read_text(root.etc("hostname")) == "appliance\n");
  CHECK((status_of(root.etc("hostname")).st_mode & 07777) == 0644);
  const std::string backup = root.backup("hostname");
  CHECK(read_text(backup) == "mine\n");
  CHECK(status_of(backup).st_ino == mine);
  CHECK("/var/etc/" + json(outcome, ".backup") == backup.substr(root.path().size()));
  says(outcome, "/etc/hostname: is the image's version again; the other is /var/etc/.aimee/backup/hostname.");
  root.shut_down();
  root.boot();
  CHECK(root.run().exit == 0);
  CHECK(read_text(root.etc("hostname")) == "appliance\n");
}

TEST_CASE("--reset of a folder is one step; whoever has the old one open keeps it") {
  EtcRoot root;
  boot_and_run(root);
  write_text(root.etc("ssh/new"), "mine\n");
  edit(root.etc("ssh/sshd_config"), "mine\n");
  const Tree mine = read_tree(root.store("ssh"));
  const Fd open(root.etc("ssh/new"), 0);
  const Outcome outcome = root.run({"--reset", "ssh"});
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  CHECK(compare(read_tree(root.image("ssh")), read_tree(root.etc("ssh"))) == "");
  CHECK(compare(mine, read_tree(root.backup("ssh"))) == "");
  CHECK(root.bound("ssh"));
}

TEST_CASE("each --reset keeps a backup of its own; one that has nothing to do keeps none") {
  EtcRoot root;
  boot_and_run(root);
  CHECK(root.run({"--reset", "hostname"}).exit == 0);
  CHECK(root.backups("hostname").empty());
  for (int i = 0; i < 3; ++i) {
    edit(root.etc("hostname"), "mine " + std::to_string(i) + "\n");
    CHECK(root.run({"--reset", "hostname"}).exit == 0);
  }
  CHECK(root.backups("hostname").size() == 3);
}

TEST_CASE("--reset of shadow keeps its inode, so that every namespace sees the image's accounts") {
  EtcRoot root;
  boot_and_run(root);
  const std::string text = read_text(root.etc("shadow"));
  const std::string mine = "root:$6$salt$hash:20000:0:99999:7:::\n" + text.substr(26, 3000);
  edit(root.etc("shadow"), mine);
  const ino_t before = status_of(root.store("shadow")).st_ino;
  const Outcome outcome = root.run({"--reset", "shadow"});
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  CHECK(status_of(root.etc("shadow")).st_ino == before);
  CHECK(read_text(root.etc("shadow")).find("root:*:20000:") == 0);
  CHECK(read_text(root.etc("shadow")).find("hash") == std::string::npos);
  CHECK(read_text(root.backup("shadow")) == mine);
  CHECK((status_of(root.backup("shadow")).st_mode & 07777) == 0640);
}

TEST_CASE("--reset after a newer image takes that image's version, and forgets what was seeded") {
  EtcRoot root;
  boot_and_run(root);
  root.shut_down();
  root.file("hostname", "newer\n");
  root.boot();
  REQUIRE(root.run().exit == 0);
  CHECK(read_text(root.etc("hostname")) == "appliance\n");
  CHECK(root.run({"--reset", "hostname"}).exit == 0);
  CHECK(read_text(root.etc("hostname")) == "newer\n");
  CHECK(read_text(root.store(".aimee/image/hostname")) == "newer\n");
  CHECK(read_text(root.backup("hostname")) == "appliance\n");
}

TEST_CASE("--reset seeds what the owner removed, and sets aside what cannot be used") {
  EtcRoot root;
  boot_and_run(root);
  root.shut_down();
  root.boot();
  std::filesystem::remove(root.store("hostname"));
  SUBCASE("removed") {
    CHECK(root.run({"--reset", "hostname"}).exit == 0);
    CHECK(root.backups("hostname").empty());
  }
  SUBCASE("a link in its place") {
    std::filesystem::create_symlink("/etc/passwd", root.store("hostname"));
    CHECK(root.run().exit == 1);
    const Outcome outcome = root.run({"--reset", "hostname"});
    CHECK_MESSAGE(outcome.exit == 0, outcome.err);
    CHECK(std::filesystem::read_symlink(root.backup("hostname")) == "/etc/passwd");
  }
  CHECK(root.bound("hostname"));
  CHECK(read_text(root.etc("hostname")) == "appliance\n");
}

TEST_CASE("--reset works for names of up to 255 bytes, and their backups are told apart") {
  EtcRoot root;
  const std::string first(255, 'n');
  const std::string second = std::string(254, 'n') + "m";
  const std::string letters = "folder/" + std::string(1, 'x') + [] {
    std::string text;
    while (text.size() < 254) text += "\xc3\xa9";
    return text;
  }();
  const std::vector<std::string> files{std::string(233, 'a'),
                                       std::string(234, 'b'),
                                       std::string(235, 'c'),
                                       std::string(240, 'd'),
                                       first,
                                       second,
                                       letters};
  const std::string folder = std::string(255, 'f') + "/" + std::string(255, 'g');
  std::string list = "d " + folder + "\n";
  for (const std::string& name : files) {
    root.file(name, "image\n");
    list += "f " + name + "\n";
  }
  root.file(folder + "/" + first, "image\n");
  root.list(list);
  boot_and_run(root);
  for (const std::string& name : files) edit(root.etc(name), "mine, " + name + "\n");
  edit(root.etc(folder + "/" + first), "mine\n");
  for (int round = 0; round < 2; ++round) {
    for (const std::string& name : files) {
      CAPTURE(name);
      edit(root.etc(name), "mine, " + name + "\n");
      const Outcome outcome = root.run({"--reset", name, "--json"});
      CHECK_MESSAGE(outcome.exit == 0, outcome.err);
      CHECK(read_text(root.etc(name)) == "image\n");
      CHECK(read_text(root.store(json(outcome, ".backup"))) == "mine, " + name + "\n");
    }
  }
  const Outcome outcome = root.run({"--reset", folder, "--json"});
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  CHECK(read_text(root.etc(folder + "/" + first)) == "image\n");
  CHECK(read_text(root.store(json(outcome, ".backup") + "/" + first)) == "mine\n");
}

TEST_CASE("a path of four thousand bytes is seeded, mounted and reset") {
  EtcRoot root;
  std::string path;
  while (path.size() + 251 < 4090 - root.path().size()) path += std::string(250, 'p') + "/";
  path += "end";
  root.file(path, "image\n");
  root.list("f " + path + "\n");
  boot_and_run(root);
  CHECK(root.bound(path));
  edit(root.etc(path), "mine\n");
  CHECK(root.run({"--reset", path}).exit == 0);
  CHECK(read_text(root.etc(path)) == "image\n");
  CHECK(root.run().err == "");
}

TEST_CASE("--reset refuses what its owner has made immutable, says how to go on, and leaves nothing") {
  NEEDS("chattr");
  EtcRoot root;
  boot_and_run(root);
  edit(root.etc("hostname"), "mine\n");
  tool({"chattr", "+i", root.store("hostname")});
  const Outcome boot = root.run();
  const Outcome outcome = root.run({"--reset", "hostname"});
  tool({"chattr", "-i", "-a", root.store("hostname")});
  CHECK(boot.exit == 0);
  CHECK(outcome.exit == 3);
  CHECK(outcome.err ==
        "writable-etc: /var/etc/hostname: was made immutable or append-only by chattr(1): nothing can "
        "replace it; take that away with: chattr -i -a, and run this again\n");
  CHECK(root.backups("hostname").empty());
  CHECK(read_text(root.etc("hostname")) == "mine\n");
  CHECK(root.run({"--reset", "hostname"}).exit == 0);
}
