// writable-etc: the writable parts of a read-only /etc, over boots and newer images. The image is mounted read-only
// and compared afterwards: nothing in it is ever written.
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "harness/doctest_main.h"
#include "harness/etc_root.h"
#include "harness/file_tree.h"
#include "harness/mounted.h"

using namespace looptest;

namespace {

const std::string prefix = "writable-etc: /etc/aimee-os/writable-etc:";

std::string entry(const Outcome& outcome, const std::string& path, const std::string& member) {
  return json(outcome, "[.entries[] | select(.path == \"" + path + "\")][0]." + member);
}

std::string state(const EtcRoot& root, const std::string& path) {
  return entry(root.run({"--dry-run", "--json"}), path, "state");
}

ino_t inode(const std::string& path) {
  struct stat status{};
  checked(lstat(path.c_str(), &status), path);
  return status.st_ino;
}

std::string without_empty_lines(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at)
    if (text[at] != '\n' || (!out.empty() && out.back() != '\n')) out += text[at];
  return out;
}

std::string mountinfo() { return read_text("/proc/self/mountinfo"); }

// A real policy in the image's etc/selinux; false, counted as a skip, where none can be had.
bool add_policy(const EtcRoot& root) {
  const char* script = std::getenv("AIMEE_MAKE_POLICY");
  if (script == nullptr) return skip("no AIMEE_MAKE_POLICY"), false;
  const Outcome made = run({script, root.image_folder()}, {.deadline = std::chrono::seconds(300)});
  if (made.exit != 0) skip("make-policy: " + made.err);
  return made.exit == 0;
}

}  // namespace

TEST_CASE("a first run seeds the store as a subvolume, mounts it over /etc, and leaves the image as it is") {
  EtcRoot root;
  checked(chown(root.image("ssh/sshd_config").c_str(), 7, 8), "chown");
  checked(lsetxattr(root.image("hostname").c_str(), "user.mark", "kept", 4, 0), "setxattr");
  const Tree image = read_tree(root.image_folder());
  const auto times = change_times(root.image_folder());
  root.boot();
  const Outcome outcome = root.run();
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  for (const char* name : {"shadow", "hostname", "ssh"}) CHECK_MESSAGE(root.bound(name), name);
  CHECK(tool({"btrfs", "subvolume", "show", root.store("")}).find("etc") != std::string::npos);
  CHECK(compare(read_tree(root.image("ssh")), read_tree(root.store("ssh"))) == "");
  CHECK(compare(read_tree(root.image("ssh")), read_tree(root.store(".aimee/image/ssh"))) == "");
  CHECK(read_tree(root.store("")).at("hostname").attributes.contains("user.mark"));
  CHECK(without_empty_lines(read_text(root.etc("shadow"))) == read_text(root.image("shadow")));
  CHECK(read_text(root.etc("shadow")).size() == 4096);
  struct stat status{};
  checked(stat(root.store(".aimee").c_str(), &status), "stat");
  CHECK((status.st_mode & 07777) == 0700);
  edit(root.etc("hostname"), "mine\n");
  write_text(root.etc("ssh/new"), "mine\n");
  CHECK(read_text(root.store("ssh/new")) == "mine\n");
  root.shut_down();
  CHECK(compare(image, read_tree(root.image_folder())) == "");
  CHECK(change_times(root.image_folder()) == times);
}

TEST_CASE("a second run does nothing: no mount, no write, no word") {
  EtcRoot root;
  root.boot();
  REQUIRE(root.run().exit == 0);
  const std::string mounts = mountinfo();
  const auto times = change_times(root.store(""));
  const Outcome outcome = root.run();
  CHECK(outcome.exit == 0);
  CHECK(outcome.err == "");
  CHECK(mountinfo() == mounts);
  CHECK(change_times(root.store("")) == times);
  CHECK(root.run({"--dry-run"}).out == "nothing to do\n");
}

TEST_CASE("a dry run prints the plan of every entry and changes nothing") {
  EtcRoot root;
  root.boot();
  const std::string mounts = mountinfo();
  const Outcome outcome = root.run({"--dry-run"});
  CHECK(outcome.exit == 0);
  CHECK(outcome.out ==
        "make the subvolume /var/etc\n"
        "note the image's version of shadow\nseed /var/etc/shadow from the image\n"
        "mount /var/etc/shadow on /etc/shadow\n"
        "note the image's version of hostname\nseed /var/etc/hostname from the image\n"
        "mount /var/etc/hostname on /etc/hostname\n"
        "note the image's version of ssh\nseed /var/etc/ssh from the image\nmount /var/etc/ssh on /etc/ssh\n");
  CHECK(mountinfo() == mounts);
  CHECK_FALSE(std::filesystem::exists(root.store("")));
  CHECK(json(root.run({"--dry-run", "--json"}), ".store_made") == "true");
  CHECK(mountinfo() == mounts);
  CHECK_FALSE(std::filesystem::exists(root.store("")));
}

TEST_CASE("where /var is not mounted nothing is done and nothing changed") {
  EtcRoot root;
  for (const Arguments& more : {Arguments{}, Arguments{"--dry-run"}, Arguments{"--json"}}) {
    Arguments arguments{"--root", root.image_folder()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = run_applet("writable-etc", arguments);
    CHECK(outcome.exit == 3);
    says(outcome, root.image_folder() + "/var: is not mounted, ");
  }
  CHECK(std::filesystem::is_empty(root.image_folder() + "/var"));
}

TEST_CASE("no list: shadow alone") {
  EtcRoot root;
  std::filesystem::remove_all(root.image("aimee-os"));
  root.boot();
  CHECK(root.run().exit == 0);
  CHECK(root.bound("shadow"));
  CHECK_FALSE(root.bound("hostname"));
}

TEST_CASE("every bad line is named by line and column, and the others are done all the same") {
  EtcRoot root;
  root.file("a file", "x");
  root.file("folder/x", "x");
  std::filesystem::create_symlink("hostname", root.image("link"));
  std::filesystem::create_directory_symlink("folder", root.image("way"));
  checked(mkfifo(root.image("fifo").c_str(), 0644), "mkfifo");
  root.list(
      "f /etc/hostname\nf ../x\nf hostname\nf hostname\nf link\nf way/x\nd a file\nf folder\n  f fifo\nf missing\n"
      "f a\x01z\nf crlf\r\nf \xff\nf " +
      std::string(300, 'n') + "\nwhat\nf a file\n");
  root.boot();
  const Outcome outcome = root.run({"--json"});
  CHECK(outcome.exit == 1);
  for (const char* text :
       {"1:3: /etc/hostname: is absolute: ", "2:3: ../x: has \"..\" in it: ", "4:3: hostname: is in line 3 already: ",
        "5:3: link: is a symbolic link in the image: ", "6:3: way/x: is reached through a symbolic link in the image: ",
        "7:3: a file: is a file in the image: write f in place of d", "8:3: folder: is a folder in the image: write d ",
        "9:5: fifo: is a FIFO in the image: ", "10:3: missing: is not in the image: ",
        "11:4: has the control character 0x01: ", "12:7: the line ends with a carriage return (CRLF): ",
        "13:3: is not UTF-8: ", "15:1: \"what\" is no type: ", "16:3: a file: is in line 7 already: "})
    says(outcome, prefix + text);
  says(outcome, prefix + "14:3: " + std::string(300, 'n') + ": has a name of 300 bytes: ");
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') >= 15);
  CHECK(root.bound("hostname"));
  CHECK(root.bound("shadow"));
  CHECK(json(outcome, ".exit") == "1");
  CHECK(json(outcome, ".error | type") == "string");
  CHECK(json(outcome, ".problems | length") == "9");
  CHECK(json(outcome, ".problems[0] | [.line, .column, .path]") == "[1,3,\"/etc/hostname\"]");
  CHECK(entry(outcome, "hostname", "problem") == "null");
  CHECK(entry(outcome, "missing", "state") == "missing-in-image");
  CHECK(entry(outcome, "fifo", "state") == "broken");
}

TEST_CASE("a list that is no plain file is told, and shadow is seen to all the same") {
  EtcRoot root;
  std::filesystem::remove(root.image("aimee-os/writable-etc"));
  SUBCASE("a link") { std::filesystem::create_symlink("/dev/zero", root.image("aimee-os/writable-etc")); }
  SUBCASE("a folder") { std::filesystem::create_directory(root.image("aimee-os/writable-etc")); }
  SUBCASE("too large") { root.list(std::string(2 * MiB, '\n')); }
  root.boot();
  const Outcome outcome = root.run();
  CHECK(outcome.exit == 1);
  says(outcome, "writable-etc: /etc/aimee-os/writable-etc: is ");
  CHECK(root.bound("shadow"));
}

TEST_CASE("labels of the store's files are those that the image's policy has for /etc") {
  NEEDS("matchpathcon");
  EtcRoot root;
  if (!add_policy(root)) return;
  root.file("ssh/ssh_host_rsa_key", "key", 0600);
  root.file("cups/printers.conf", "x");
  root.list("f hostname\nd ssh\nf cups/printers.conf\n");
  root.boot();
  const Outcome outcome = root.run();
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  const std::string contexts = root.image("selinux/default/contexts/files/file_contexts");
  const Tree tree = read_tree(root.store(""));
  const auto label = [&](const std::string& path) {
    const auto& attributes = tree.at(path).attributes;
    const auto found = attributes.find("security.selinux");
    return found == attributes.end() ? std::string("none") : std::string(found->second.c_str());
  };
  const auto expected = [&](const std::string& path, const std::string& type) {
    const std::string line = tool({"matchpathcon", "-n", "-f", contexts, "-m", type, path});
    return line.substr(0, line.find('\n'));
  };
  for (const char* path : {"shadow", "hostname", "ssh/sshd_config", "ssh/ssh_host_rsa_key", "cups/printers.conf"}) {
    CHECK_MESSAGE(label(path) == expected("/etc/" + std::string(path), "file"), path);
    CHECK_MESSAGE(label(".aimee/image/" + std::string(path)) == expected("/etc/" + std::string(path), "file"), path);
  }
  CHECK(label("shadow").find("shadow_t") != std::string::npos);
  for (const char* path : {"ssh", "ssh/sshd_config.d", "cups"})
    CHECK_MESSAGE(label(path) == expected("/etc/" + std::string(path), "dir"), path);
  CHECK(label("") == expected("/var/etc", "dir"));
  CHECK(label(".aimee") == expected("/var/etc/.aimee", "dir"));
  REQUIRE(root.run({"--reset", "hostname"}).exit == 0);
  edit(root.etc("hostname"), "mine\n");
  edit(root.etc("shadow"), "root:$6$mine:20000:0:99999:7:::\n");
  REQUIRE(root.run({"--reset", "hostname"}).exit == 0);
  REQUIRE(root.run({"--reset", "shadow"}).exit == 0);
  const Tree after = read_tree(root.store(""));
  for (const auto& [path, node] : after) {
    if (path.find("shadow") == std::string::npos) continue;
    CHECK_MESSAGE(node.attributes.at("security.selinux").find("shadow_t") != std::string::npos, path);
  }
  CHECK(after.at("hostname").attributes.at("security.selinux") ==
        tree.at("hostname").attributes.at("security.selinux"));
}

TEST_CASE("what was removed from the store under its mount is there again after the next run") {
  EtcRoot root;
  root.boot();
  const auto remove = [&] {
    REQUIRE(root.run().exit == 0);
    std::filesystem::remove_all(root.store("ssh"));
    std::filesystem::remove(root.store("hostname"));
  };
  const auto is_the_images = [&] {
    for (const char* path : {"ssh", "hostname"}) {
      CHECK_MESSAGE(root.bound(path), path);
      CHECK_MESSAGE(difference(root.etc(path), root.image(path)).empty(), path);
    }
  };
  remove();
  const Outcome outcome = root.run();
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  is_the_images();
  remove();
  for (const char* path : {"ssh", "hostname"}) CHECK(root.run({"--reset", path}).exit == 0);
  is_the_images();
  CHECK(root.run({"--dry-run"}).out == "nothing to do\n");
}

// They are read only where something is to be made: an image has megabytes of them, and at most boots nothing is.
TEST_CASE("file contexts that cannot be read stop only the entries that have to be made") {
  EtcRoot root;
  root.list("f hostname\nd ssh\n");
  const auto lose_contexts = [&] { root.file("selinux/config", "SELINUX=enforcing\nSELINUXTYPE=mine\n"); };
  const std::string problem = "/etc/selinux/mine/contexts/files/file_contexts: ";
  SUBCASE("no store yet: nothing is made") {
    lose_contexts();
    root.boot();
    for (const Arguments& how : {Arguments{"--dry-run"}, Arguments{}}) {
      const Outcome outcome = root.run(how);
      CHECK(outcome.exit == 1);
      CHECK(says(outcome, problem));
      CHECK_FALSE(std::filesystem::exists(root.store("")));
    }
  }
  SUBCASE("all in the store: it is mounted") {
    root.boot();
    REQUIRE(root.run().exit == 0);
    root.shut_down();
    lose_contexts();
    root.boot();
    const Outcome outcome = root.run();
    CHECK_MESSAGE(outcome.exit == 0, outcome.err);
    for (const char* path : {"shadow", "hostname", "ssh"}) CHECK_MESSAGE(root.bound(path), path);
  }
  SUBCASE("one is new: it is named, and the others are mounted") {
    root.boot();
    REQUIRE(root.run().exit == 0);
    root.shut_down();
    lose_contexts();
    root.file("motd", "image\n");
    root.list("f motd\nf hostname\nd ssh\n");
    root.boot();
    for (const Arguments& how : {Arguments{"--dry-run"}, Arguments{}}) {
      const Outcome outcome = root.run(how);
      CHECK(outcome.exit == 1);
      CHECK(says(outcome, prefix + "1:3: "));
      CHECK(says(outcome, problem));
    }
    CHECK_FALSE(std::filesystem::exists(root.store("motd")));
    CHECK_FALSE(std::filesystem::exists(root.store(".aimee/image/motd")));
    for (const char* path : {"shadow", "hostname", "ssh"}) CHECK_MESSAGE(root.bound(path), path);
  }
}

TEST_CASE("folders on the way to an entry are made like the image's") {
  EtcRoot root;
  root.file("deep/er/file", "x");
  checked(chmod(root.image("deep").c_str(), 0750), "chmod");
  checked(chown(root.image("deep/er").c_str(), 5, 6), "chown");
  root.list("f deep/er/file\n");
  root.boot();
  CHECK(root.run().exit == 0);
  CHECK(root.bound("deep/er/file"));
  const Tree tree = read_tree(root.store("deep"));
  CHECK((tree.at("").mode & 07777) == 0750);
  CHECK(tree.at("er").owner == 5);
  CHECK(tree.at("er").group == 6);
  CHECK_FALSE(root.bound("deep"));
}

TEST_CASE("the owner's version is there again after the next boot, whatever a newer image says") {
  EtcRoot root;
  root.file("motd", "image\n");
  root.file("issue", "image\n");
  root.list("f hostname\nd ssh\nf motd\nf issue\n");
  root.boot();
  REQUIRE(root.run().exit == 0);
  edit(root.etc("hostname"), "mine\n");
  edit(root.etc("issue"), "mine\n");
  root.shut_down();
  root.file("hostname", "newer\n");
  root.file("motd", "newer\n");
  root.boot();
  CHECK(read_text(root.etc("hostname")) == "newer\n");
  CHECK(root.run().exit == 0);
  CHECK(read_text(root.etc("hostname")) == "mine\n");
  CHECK(read_text(root.etc("motd")) == "image\n");
  CHECK(state(root, "hostname") == "changed-by-both");
  CHECK(state(root, "motd") == "changed-by-image");
  CHECK(state(root, "issue") == "changed-by-owner");
  CHECK(state(root, "ssh") == "same");
  CHECK(state(root, "shadow") == "same");
  checked(chmod(root.etc("ssh/sshd_config").c_str(), 0644), "chmod");
  CHECK(state(root, "ssh") == "changed-by-owner");
  REQUIRE(root.run({"--reset", "hostname"}).exit == 0);
  CHECK(read_text(root.etc("hostname")) == "newer\n");
  CHECK(state(root, "hostname") == "same");
}

TEST_CASE("an older volume under a newer image: a new entry is seeded, one that is gone is kept and reported") {
  EtcRoot root;
  root.boot();
  REQUIRE(root.run().exit == 0);
  edit(root.etc("hostname"), "mine\n");
  root.shut_down();
  root.file("motd", "new in this image\n");
  root.list("d ssh\nf motd\n");
  root.boot();
  const Outcome outcome = root.run({"--json"});
  CHECK(outcome.exit == 0);
  says(outcome, "/var/etc/hostname: no line of /etc/aimee-os/writable-etc names it any more: it is kept, and not used");
  CHECK(json(outcome, ".unlisted") == "[\"hostname\"]");
  CHECK(root.bound("motd"));
  CHECK_FALSE(root.bound("hostname"));
  CHECK(read_text(root.etc("hostname")) == "appliance\n");
  CHECK(read_text(root.store("hostname")) == "mine\n");
}

TEST_CASE("an older volume under a newer image: accounts are added to the stored shadow, which keeps its own") {
  EtcRoot root;
  root.boot();
  REQUIRE(root.run().exit == 0);
  const std::string mine = "root:$6$salt$hash:20001:0:99999:7:::\n";
  std::string stored = read_text(root.etc("shadow"));
  stored.replace(stored.find("root:*:20000:0:99999:7:::\n"), 26, mine);
  edit(root.store("shadow"), stored.substr(0, 4096));
  const ino_t before = inode(root.store("shadow"));
  CHECK(state(root, "shadow") == "changed-by-owner");
  root.shut_down();
  root.file("shadow", read_text(root.image("shadow")) + "web:!:20100::::::\ndb:!:20100::::::\n", 0640);
  root.boot();
  CHECK(root.run({"--dry-run"}).out.find("add to /var/etc/shadow the image's new accounts: web, db\n") !=
        std::string::npos);
  const Outcome outcome = root.run();
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  const std::string text = read_text(root.etc("shadow"));
  CHECK(text.find(mine) != std::string::npos);
  CHECK(text.find("root:*") == std::string::npos);
  CHECK(text.find("web:!:20100::::::\n") != std::string::npos);
  CHECK(text.find("db:!:20100::::::\n") != std::string::npos);
  CHECK(inode(root.store("shadow")) == before);
  CHECK(state(root, "shadow") == "changed-by-owner");
  CHECK(root.run().err == "");
}

TEST_CASE("a shadow that the image ships as a link to the store is seeded, and nothing is mounted on it") {
  EtcRoot root;
  const std::string content = read_text(root.image("shadow"));
  std::filesystem::remove(root.image("shadow"));
  SUBCASE("an absolute link") { std::filesystem::create_symlink("/var/etc/shadow", root.image("shadow")); }
  SUBCASE("a relative link") { std::filesystem::create_symlink("../var/etc/shadow", root.image("shadow")); }
  std::filesystem::create_directories(root.image_folder() + "/var/etc");
  write_text(root.image_folder() + "/var/etc/shadow", content, 0640);
  root.list("");
  root.boot();
  const std::string mounts = mountinfo();
  const Outcome outcome = root.run();
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  CHECK(mountinfo() == mounts);
  CHECK(without_empty_lines(read_text(root.store("shadow"))) == content);
  CHECK(root.run().err == "");
}

TEST_CASE("a shadow that leads elsewhere is refused, and nothing there is touched") {
  EtcRoot root;
  std::filesystem::remove(root.image("shadow"));
  std::filesystem::create_symlink("/usr/shadow", root.image("shadow"));
  root.boot();
  const Outcome outcome = root.run();
  CHECK(outcome.exit == 1);
  says(outcome, "writable-etc: shadow: is a symbolic link in the image: ");
  CHECK(root.bound("hostname"));
}

TEST_CASE("a listed machine id is the first boot's for ever, without a warning") {
  const std::string first = "0123456789abcdef0123456789abcdef\n";
  const TemporaryFolder run_of_system;
  EtcRoot root;
  root.file("machine-id", "", 0444);
  root.list("f machine-id\n");
  root.boot();
  const Outcome early = root.run();
  CHECK(early.exit == 1);
  says(early, prefix + "1:3: machine-id: the system has no machine id to keep: ");
  write_text(run_of_system / "machine-id", first);
  tool({"mount", "--bind", run_of_system / "machine-id", root.etc("machine-id")});
  const Outcome outcome = root.run();
  CHECK(outcome.exit == 0);
  CHECK(outcome.err.find("before /var is mounted") == std::string::npos);
  CHECK(root.bound("machine-id"));
  CHECK(read_text(root.store("machine-id")) == first);
  CHECK(root.run().err == "");
  root.shut_down();
  root.boot();
  write_text(run_of_system / "machine-id", "ffffffffffffffffffffffffffffffff\n");
  tool({"mount", "--bind", run_of_system / "machine-id", root.etc("machine-id")});
  CHECK(root.run().exit == 0);
  CHECK(read_text(root.etc("machine-id")) == first);
  CHECK(state(root, "machine-id") == "same");
  CHECK(root.run({"--reset", "machine-id"}).exit == 3);
  CHECK(read_text(root.etc("machine-id")) == first);
}

TEST_CASE("entries that are read before /var is there are warned of at each run, and done") {
  EtcRoot root;
  root.file("systemd/system/x.service", "x");
  root.file("fstab", "x");
  root.list("d systemd/system\nf fstab\nf hostname\n");
  root.boot();
  for (int i = 0; i < 2; ++i) {
    const Outcome outcome = root.run();
    CHECK(outcome.exit == 0);
    says(outcome, prefix + "1:3: systemd/system: systemd reads it before /var is mounted: ");
    says(outcome, prefix + "2:3: fstab: systemd-fstab-generator reads it before /var is mounted: ");
    CHECK(outcome.err.find("hostname: ") == std::string::npos);
  }
  CHECK(root.bound("systemd/system"));
}

TEST_CASE("lines of the image's shadow that no reader takes for an account are seeded, and named with file and line") {
  EtcRoot root;
  const std::string accounts = read_text(root.image("shadow"));
  const std::string foreign = "alice:$6$salt$hash\n:1::::::\n# a comment\n+::::::::\n-guest::::::::\nroot:!:1::::::\n" +
                              ("ldap:" + std::string(1100, 'z') + ":1::::::\n");
  root.file("shadow", accounts + foreign + "web:!:1::::::\r\n", 0640);
  root.file("passwd", "root:*:0:0:root:/root:/bin/sh\n");
  root.boot();
  const Outcome outcome = root.run();
  CHECK(outcome.exit == 0);
  const auto line = static_cast<std::size_t>(std::ranges::count(accounts, '\n'));
  const auto warns = [&](std::size_t number, const std::string& what) {
    says(outcome,
         "writable-etc: /etc/shadow:" + std::to_string(line + number) + ": " + what + ": correct it in the image\n");
  };
  warns(1, "has not nine fields");
  warns(2, "begins with no account's name");
  warns(6, "names root again, and the first line counts");
  warns(7, "is too long");
  warns(8, "ends with a carriage return");
  says(outcome, "writable-etc: /etc/passwd:1: the second field of root is \"*\", not \"x\"");
  CHECK(outcome.err.find("comment") == std::string::npos);
  CHECK(outcome.err.find("guest") == std::string::npos);
  CHECK(without_empty_lines(read_text(root.etc("shadow"))) == accounts + foreign + "web:!:1::::::\n");
  CHECK(state(root, "shadow") == "same");
  CHECK(entry(root.run({"--json"}), "shadow", "warning").find("\"/etc/passwd:1: ") == 0);
  root.shut_down();

  // A newer image: its accounts are added, a line of nobody's is not.
  root.file("shadow", accounts + "db:!:2::::::\n-other::::::::\n" + foreign, 0640);
  root.boot();
  CHECK(root.run().exit == 0);
  CHECK(without_empty_lines(read_text(root.etc("shadow"))).find("\ndb:!:2::::::\n") != std::string::npos);
  CHECK(read_text(root.etc("shadow")).find(foreign.substr(0, 80)) != std::string::npos);
  CHECK(read_text(root.etc("shadow")).find("-other") == std::string::npos);

  CHECK(root.run({"--reset", "shadow"}).exit == 0);
  CHECK(state(root, "shadow") == "same");
  CHECK(read_text(root.etc("shadow")).find("-other::::::::\nalice:$6$salt$hash\n:1::::::\n") != std::string::npos);
  CHECK(read_text(root.etc("shadow")).find("web:") == std::string::npos);
}

TEST_CASE("a volume that is read-only: what is stored is mounted, what is not is told") {
  EtcRoot root;
  root.boot();
  REQUIRE(root.run().exit == 0);
  edit(root.etc("hostname"), "mine\n");
  root.shut_down();
  root.file("motd", "x");
  root.list("f motd\nf hostname\n");
  root.boot("ro");
  const Outcome outcome = root.run();
  CHECK(outcome.exit == 1);
  says(outcome, prefix + "1:3: motd: ");
  says(outcome, "Read-only file system");
  CHECK(read_text(root.etc("hostname")) == "mine\n");
  CHECK(root.bound("shadow"));
}

TEST_CASE("a changed host name is applied to the running system") {
  NEEDS("unshare", "chroot", "hostname");
  EtcRoot root;
  for (const char* name : {"bin", "lib", "lib64"})
    std::filesystem::create_symlink("usr/" + std::string(name), root.image_folder() + "/" + name);
  std::filesystem::copy_file(aimee(), root.image_folder() + "/aimee");
  root.boot();
  tool({"mount", "--rbind", "/usr", root.path() + "/usr"});
  tool({"mount", "-t", "proc", "proc", root.path() + "/proc"});
  const std::string before = tool({"hostname"});
  const auto in_system = [&](const std::string& running) {
    return run({"unshare", "--uts", "sh", "-c",
                "hostname \"$1\" && chroot \"$2\" /aimee writable-etc; echo \"exit $?\"; hostname", "sh", running,
                root.path()});
  };
  Outcome outcome = in_system("other");
  CHECK_MESSAGE(outcome.out == "exit 0\nappliance\n", outcome.out << outcome.err);
  says(outcome, "writable-etc: the host name is appliance now\n");
  edit(root.etc("hostname"), "# changed\nmine\n");
  outcome = in_system("appliance");
  CHECK_MESSAGE(outcome.out == "exit 0\nmine\n", outcome.out << outcome.err);
  outcome = in_system("mine");
  CHECK(outcome.out == "exit 0\nmine\n");
  CHECK(outcome.err == "");
  for (const std::string& text :
       {std::string("no name at all\n"), "\xef\xbb\xbf" + std::string("box\n"), std::string(65, 'h'),
        std::string("caf\xc3\xa9\n"), std::string(2 << 20, 'h'), std::string("b\0x", 3)}) {
    CAPTURE(text.substr(0, 80));
    edit(root.etc("hostname"), text);
    outcome = in_system("mine");
    CHECK(outcome.out == "exit 0\nmine\n");
    CHECK(outcome.err ==
          "writable-etc: /var/etc/hostname: says no host name: write one line of at most 64 letters, "
          "digits, \"-\" and \".\"; the name in force stays\n");
  }
  for (const char* text : {"", "\n\n", "# set by the installer\n", "box-????\n"}) {
    CAPTURE(text);
    edit(root.etc("hostname"), text);
    outcome = in_system("mine");
    CHECK(outcome.out == "exit 0\nmine\n");
    CHECK(outcome.err == "");
  }
  edit(root.etc("hostname"), " \n# mine\n\tdevice.example.org.  \r\n");
  CHECK(in_system("mine").out == "exit 0\ndevice.example.org\n");
  CHECK(tool({"hostname"}) == before);
}

TEST_CASE("the command line: what does not go together is wrong usage") {
  EtcRoot root;
  root.boot();
  for (const Arguments& more : {Arguments{"--diff", "hostname", "--json"}, Arguments{"--diff", "hostname", "--dry-run"},
                                Arguments{"--diff", "x", "--reset", "x"}, Arguments{"--reset", ""},
                                Arguments{"--diff="}, Arguments{"surplus"}, Arguments{"--nonsense"}}) {
    CAPTURE(more.front());
    CHECK(root.run(more).exit == 2);
  }
  CHECK_FALSE(std::filesystem::exists(root.store("")));
}

TEST_CASE("a link of the image that leads out of /etc is named with advice that works, and so is one that does not") {
  EtcRoot root;
  root.file("names/host", "image\n");
  for (const auto& [name, target] : {std::pair("localtime", "../usr/share/zoneinfo/Etc/UTC"),
                                     std::pair("resolv.conf", "/run/systemd/resolve/stub-resolv.conf"),
                                     std::pair("mtab", "../proc/self/mounts"), std::pair("inside", "names/host")})
    checked(symlink(target, root.image(name).c_str()), name);
  checked(symlink("../usr/lib/hello", root.image("hello").c_str()), "hello");
  root.list("f localtime\nf resolv.conf\nf mtab\nf inside\nd hello\n");
  root.boot();
  const Outcome outcome = root.run();
  root.shut_down();
  CHECK(outcome.exit == 1);
  const std::string place = "writable-etc: /etc/aimee-os/writable-etc:";
  const std::string leads = ": is a symbolic link in the image: it leads out of /etc, to ";
  const std::string advice = ", which no line can name: ship a file in its place in the image, or remove the line\n";
  says(outcome, place + "1:3: localtime" + leads + "/usr/share/zoneinfo/Etc/UTC" + advice);
  says(outcome, place + "2:3: resolv.conf" + leads + "/run/systemd/resolve/stub-resolv.conf" + advice);
  says(outcome, place + "3:3: mtab" + leads + "/proc/self/mounts" + advice);
  says(outcome, place + "4:3: inside: is a symbolic link in the image: name what it leads to, names/host\n");
  says(outcome, place + "5:3: hello" + leads + "/usr/lib/hello, which no line can name: ship a folder in its place ");
  // As it was advised.
  for (const char* name : {"localtime", "resolv.conf", "hello"}) std::filesystem::remove(root.image(name));
  for (const char* name : {"localtime", "resolv.conf", "hello/x"}) root.file(name, "image\n");
  root.list("f localtime\nf resolv.conf\nf names/host\nd hello\n");
  root.boot();
  const Outcome after = root.run();
  CHECK_MESSAGE(after.exit == 0, after.err);
  for (const char* name : {"localtime", "resolv.conf", "names/host", "hello"}) CHECK(root.bound(name));
  edit(root.etc("localtime"), "mine\n");
  CHECK(read_text(root.etc("localtime")) == "mine\n");
}
