// writable-etc in a store that somebody hostile writes to, and cut short at any moment.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "harness/doctest_main.h"
#include "harness/etc_root.h"
#include "harness/file_tree.h"
#include "harness/mounted.h"

using namespace looptest;

namespace {

const std::string prefix = "writable-etc: /etc/aimee-os/writable-etc:";

bool unfinished_left(const std::string& folder) {
  for (const auto& [path, node] : read_tree(folder))
    if (path == ".aimee-new" || path.ends_with("/.aimee-new")) return true;
  return false;
}

// An image whose copy takes a while.
void fill(const EtcRoot& root, int files) {
  for (int i = 0; i < files; ++i)
    root.file("big/" + std::to_string(i % 10) + "/f" + std::to_string(i), random_bytes(3000), 0640);
  root.list("f hostname\nd big\nf ssh/sshd_config\n");
}

}  // namespace

TEST_CASE("what was planted in the store is refused entry by entry, never followed, and nothing outside is touched") {
  EtcRoot root;
  for (const char* name : {"link", "fifo", "device", "folder", "way/x", "mounted", "below/x"})
    root.file(name, "image\n");
  root.file("real/x", "image\n");
  root.list("f link\nf fifo\nf device\nf folder\nf way/x\nf mounted\nf below/x\nd real\nf hostname\n");
  root.boot();
  REQUIRE(root.run().exit == 0);
  root.shut_down();
  root.boot();
  const TemporaryFolder outside;
  write_text(outside / "x", "outside\n");
  const auto times = change_times(outside.path());
  for (const char* name : {"link", "fifo", "device", "folder", "way", "real"})
    std::filesystem::remove_all(root.store(name));
  std::filesystem::create_symlink(outside / "x", root.store("link"));
  checked(mkfifo(root.store("fifo").c_str(), 0600), "mkfifo");
  checked(mknod(root.store("device").c_str(), S_IFCHR | 0600, makedev(1, 5)), "mknod");
  std::filesystem::create_directory(root.store("folder"));
  std::filesystem::create_directory_symlink(outside.path(), root.store("way"));
  std::filesystem::create_directory_symlink(outside.path(), root.store("real"));
  tool({"mount", "--bind", outside / "x", root.store("mounted")});
  tool({"mount", "--bind", outside.path(), root.store("below")});
  const Outcome outcome = root.run();
  CHECK(outcome.exit == 1);
  for (const char* text :
       {"1:3: link: is a symbolic link in the store: it is not used; set it aside with: writable-etc --reset link",
        "2:3: fifo: is a FIFO in the store: ", "3:3: device: is a device in the store: ",
        "4:3: folder: is a folder in the store: ", "5:3: way/x: is reached through a symbolic link in the store: ",
        "6:3: mounted: is on another mount in the store: ", "7:3: below/x: is on another mount in the store: ",
        "8:3: real: is a symbolic link in the store: "})
    says(outcome, prefix + text);
  CHECK(root.bound("hostname"));
  CHECK(root.bound("shadow"));
  for (const char* name : {"link", "fifo", "device", "folder", "way/x", "mounted", "below/x", "real/x"})
    CHECK_MESSAGE(read_text(root.etc(name)) == "image\n", name);
  for (const char* name : {"way/x", "below/x", "mounted"}) CHECK(root.run({"--reset", name}).exit != 0);
  CHECK(change_times(outside.path()) == times);
}

TEST_CASE("notes and backups that lead elsewhere are not followed") {
  EtcRoot root;
  root.boot();
  REQUIRE(root.run().exit == 0);
  root.shut_down();
  root.boot();
  const TemporaryFolder outside;
  const auto times = change_times(outside.path());
  std::filesystem::remove_all(root.store(".aimee"));
  SUBCASE("all of them") { std::filesystem::create_directory_symlink(outside.path(), root.store(".aimee")); }
  SUBCASE("the image's versions") {
    std::filesystem::create_directory(root.store(".aimee"));
    std::filesystem::create_directory_symlink(outside.path(), root.store(".aimee/image"));
    std::filesystem::create_directory_symlink(outside.path(), root.store(".aimee/backup"));
  }
  write_text(root.store("hostname"), "mine\n");
  CHECK(root.run().exit == 1);
  CHECK(root.run({"--reset", "hostname"}).exit == 1);
  CHECK(read_text(root.store("hostname")) == "mine\n");
  CHECK(std::filesystem::is_empty(outside.path()));
  CHECK(change_times(outside.path()) == times);
}

TEST_CASE("what is planted under the name of an unfinished copy is removed, not followed or entered") {
  EtcRoot root;
  root.boot();
  REQUIRE(root.run().exit == 0);
  root.shut_down();
  root.boot();
  const TemporaryFolder outside;
  write_text(outside / "x", "outside\n");
  std::filesystem::remove(root.store("hostname"));
  SUBCASE("a link") { std::filesystem::create_directory_symlink(outside.path(), root.store(".aimee-new")); }
  SUBCASE("a folder with a link") {
    std::filesystem::create_directories(root.store(".aimee-new/deep"));
    std::filesystem::create_directory_symlink(outside.path(), root.store(".aimee-new/deep/link"));
  }
  CHECK(root.run().exit == 0);
  CHECK(root.bound("hostname"));
  CHECK_FALSE(unfinished_left(root.store("")));
  CHECK(read_text(outside / "x") == "outside\n");
}

TEST_CASE("a mount under the name of an unfinished copy stops that folder's entries only") {
  EtcRoot root;
  root.boot();
  REQUIRE(root.run().exit == 0);
  root.shut_down();
  root.file("new/x", "image\n");
  root.list("f hostname\nf new/x\n");
  root.boot();
  const TemporaryFolder outside;
  write_text(outside / "x", "outside\n");
  std::filesystem::create_directories(root.store("new/.aimee-new"));
  tool({"mount", "--bind", outside.path(), root.store("new/.aimee-new")});
  const Outcome outcome = root.run();
  CHECK(outcome.exit == 1);
  says(outcome, prefix + "2:3: new/x: ");
  CHECK(root.bound("hostname"));
  CHECK(read_text(outside / "x") == "outside\n");
}

TEST_CASE("a store that is a link is refused and not followed") {
  EtcRoot root;
  const TemporaryFolder outside;
  root.boot();
  std::filesystem::create_directory_symlink(outside.path(), root.path() + "/var/etc");
  const Outcome outcome = root.run();
  CHECK(outcome.exit == 3);
  says(outcome, "/var/etc: is no folder, or is reached through a link; remove it");
  CHECK(std::filesystem::is_empty(outside.path()));
}

TEST_CASE("killed at any moment while it seeds: each entry is absent or whole, and the next run finishes") {
  constexpr int moments = 16;
  std::chrono::milliseconds whole{0};
  for (int moment = 0; moment <= moments; ++moment) {
    CAPTURE(moment);
    EtcRoot root;
    fill(root, 400);
    root.boot();
    if (moment == 0) {
      const Outcome outcome = root.run();
      REQUIRE_MESSAGE(outcome.exit == 0, outcome.err);
      whole = outcome.took;
      continue;
    }
    {
      const NothingLeft nothing_left(Mounts::may_change);
      Process process(root.command());
      std::this_thread::sleep_for(whole * moment / moments);
      process.signal(SIGKILL);
      process.wait();
    }
    for (const char* name : {"hostname", "big", "ssh/sshd_config"}) {
      if (!std::filesystem::exists(root.store(name))) continue;
      CHECK_MESSAGE(difference(root.image(name), root.store(name)) == "", name);
    }
    root.shut_down();
    root.boot();
    const Outcome next = root.run();
    CHECK_MESSAGE(next.exit == 0, next.err);
    for (const char* name : {"hostname", "big", "ssh/sshd_config"}) {
      CHECK_MESSAGE(difference(root.image(name), root.store(name)) == "", name);
      CHECK(root.bound(name));
    }
    CHECK_FALSE(unfinished_left(root.store("")));
    CHECK_FALSE(std::filesystem::exists(root.path() + "/var/.aimee-new"));
  }
}

TEST_CASE("killed at any moment while it resets: the old version or the new one, and the owner's is never lost") {
  constexpr int moments = 16;
  EtcRoot root;
  fill(root, 400);
  root.boot();
  REQUIRE(root.run().exit == 0);
  std::chrono::milliseconds whole{0};
  for (int moment = 0; moment <= moments; ++moment) {
    CAPTURE(moment);
    const std::string mark = "mine " + std::to_string(moment);
    write_text(root.store("big/mark"), mark);
    const Tree mine = read_tree(root.store("big"));
    if (moment == 0) {
      const Outcome outcome = root.run({"--reset", "big"});
      REQUIRE_MESSAGE(outcome.exit == 0, outcome.err);
      whole = outcome.took;
      continue;
    }
    {
      const NothingLeft nothing_left(Mounts::may_change);
      Process process(root.command({"--reset", "big"}));
      std::this_thread::sleep_for(whole * moment / moments);
      process.signal(SIGKILL);
      process.wait();
    }
    root.shut_down();
    root.boot();
    const bool still_mine = std::filesystem::exists(root.store("big/mark"));
    if (still_mine) CHECK(compare(mine, read_tree(root.store("big"))) == "");
    if (!still_mine) CHECK(compare(read_tree(root.image("big")), read_tree(root.store("big"))) == "");
    CHECK(root.run().exit == 0);
    CHECK(root.bound("big"));
    CHECK(root.run({"--reset", "big"}).exit == 0);
    CHECK(compare(read_tree(root.image("big")), read_tree(root.etc("big"))) == "");
    bool kept = false;
    for (const std::string& backup : root.backups("big"))
      if (std::filesystem::exists(backup + "/mark") && read_text(backup + "/mark") == mark)
        kept = compare(mine, read_tree(backup)) == "";
    CHECK(kept);
    CHECK_FALSE(unfinished_left(root.store("")));
  }
}

TEST_CASE("two runs at once: the second waits, and all is there once") {
  EtcRoot root;
  fill(root, 200);
  root.boot();
  Process one(root.command());
  Process other(root.command());
  const Outcome first = one.wait();
  const Outcome second = other.wait();
  CHECK_MESSAGE(first.exit == 0, first.err);
  CHECK_MESSAGE(second.exit == 0, second.err);
  CHECK(compare(read_tree(root.image("big")), read_tree(root.store("big"))) == "");
  for (const char* name : {"hostname", "big", "ssh/sshd_config", "shadow"}) CHECK(root.bound(name));
  const std::string mounts = read_text("/proc/self/mountinfo");
  std::size_t count = 0;
  for (std::size_t at = 0; (at = mounts.find(root.etc("hostname") + " ", at)) != std::string::npos; ++at) ++count;
  CHECK(count == 1);
}
