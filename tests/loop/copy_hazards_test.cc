// Templates that are not just files: mounts in them, and somebody who changes them during the copy.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "harness/btrfs_volume.h"
#include "harness/doctest_main.h"
#include "harness/file_tree.h"
#include "harness/init_storage.h"
#include "harness/mounted.h"

using namespace looptest;

namespace {

void exchange(const std::string& one, const std::string& other) {
  constexpr unsigned rename_exchange = 2;
  syscall(SYS_renameat2, AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), rename_exchange);
}

// Exchanges pairs of names as fast as it can, until it goes out of scope.
class Swapper {
 public:
  explicit Swapper(std::vector<std::pair<std::string, std::string>> pairs)
      : pairs_(std::move(pairs)), thread_([this] {
          while (!stop_)
            for (const auto& [one, other] : pairs_) exchange(one, other);
        }) {}
  Swapper(const Swapper&) = delete;
  Swapper& operator=(const Swapper&) = delete;
  ~Swapper() {
    stop_ = true;
    thread_.join();
  }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

constexpr std::string_view secret = "this must never be copied";

bool contains_secret(const std::string& folder) {
  return run({"grep", "--recursive", "--quiet", "--text", std::string(secret), folder}).exit == 0;
}

}  // namespace

TEST_CASE("an image without a folder at /var is refused, and the message says what it lacks") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  std::filesystem::remove_all(root / "var");
  std::string what;
  SUBCASE("nothing") { what = "is missing in the image; make it a folder there"; }
  SUBCASE("a link") {
    root.folder("data/var");
    root.symlink("var", "data/var");
    what = "is a symbolic link in the image; make it a folder there";
  }
  SUBCASE("a link that leads nowhere") {
    root.symlink("var", "/nowhere");
    what = "is a symbolic link in the image; make it a folder there";
  }
  SUBCASE("a file") {
    root.file("var", "");
    what = "is no folder in the image; make it a folder there";
  }
  SUBCASE("a FIFO") {
    checked(mkfifo((root / "var").c_str(), 0600), "mkfifo");
    what = "is no folder in the image; make it a folder there";
  }
  check_refused(root, root / "var", {what});
}

TEST_CASE("what is mounted on the image's /var is no part of it") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  const Mounted over = Mounted::tmpfs_on(root / "var");
  root.file("var/lib/not the image's", "x");
  const Outcome outcome = init_storage(root);
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  const Mounted volume(disk.device(), "ro");
  CHECK_FALSE(std::filesystem::exists(volume / "lib/not the image's"));
  CHECK(std::filesystem::exists(volume / "lib"));
}

TEST_CASE("what is mounted below the template is not copied, what it covers is") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  root.file("var/lib/x/covered", "below the mount");
  root.file("var/lib/y", "a file that another one covers");
  write_text(root / "elsewhere", "the other one");
  {
    const Mounted tmpfs = Mounted::tmpfs_on(root / "var/lib/x");
    write_text(root / "var/lib/x/mounted", "on the mount");
    tool({"mount", "--bind", root / "elsewhere", root / "var/lib/y"});
    const Outcome outcome = init_storage(root);
    tool({"umount", root / "var/lib/y"});
    CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  }
  const Mounted volume(disk.device(), "ro");
  CHECK(differences(root / "var", volume.path(), "/etc") == "");
  CHECK(read_text(volume / "lib/x/covered") == "below the mount");
  CHECK(read_text(volume / "lib/y") == "a file that another one covers");
  CHECK(access((volume / "lib/x/mounted").c_str(), F_OK) != 0);
}

TEST_CASE("a mount over the whole template is not the template") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  {
    const Mounted tmpfs = Mounted::tmpfs_on(root / "var");
    write_text(root / "var/volatile", "a /var in memory");
    const Outcome outcome = init_storage(root);
    CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  }
  const Mounted volume(disk.device(), "ro");
  CHECK(differences(root / "var", volume.path(), "/etc") == "");
}

TEST_CASE("files and folders that turn into links to the outside never bring the outside in") {
  const TemporaryFolder outside;
  for (int number = 0; number < 50; ++number) write_text(outside / ("f" + std::to_string(number)), secret);
  for (int round = 0; round < 5; ++round) {
    const LoopDisk disk({.size = 160 * MiB});
    const SampleRoot root(disk.device());
    root.bulk(300, 2000);
    std::vector<std::pair<std::string, std::string>> pairs;
    for (int number = 0; number < 50; ++number) {
      const std::string name = "f" + std::to_string(number);
      root.file("var/lib/race/" + name, "harmless");
      root.symlink("var/lib/race/link to " + name, outside.path() + "/" + name);
      root.file("var/lib/race/folder" + name + "/" + name, "harmless");
      root.symlink("var/lib/race/link to folder" + name, outside.path());
      pairs.emplace_back(root / ("var/lib/race/" + name), root / ("var/lib/race/link to " + name));
      pairs.emplace_back(root / ("var/lib/race/folder" + name), root / ("var/lib/race/link to folder" + name));
    }
    const Outcome outcome = [&] {
      const Swapper swapper(pairs);
      return init_storage(root);
    }();
    // A template that changes may fail the creation, even before there is a volume; then it is not committed.
    CHECK((outcome.exit == 0 || outcome.exit == 1));
    CHECK((Superblock::at(disk.device(), primary_superblock).label() == final_label) == (outcome.exit == 0));
    if (!Superblock::at(disk.device(), primary_superblock).valid()) continue;
    const Mounted volume(disk.device(), "ro");
    CHECK_FALSE(contains_secret(volume.path()));
  }
}

TEST_CASE("a /var that is a link is not followed") {
  const LoopDisk disk;
  const TemporaryFolder outside;
  write_text(outside / "file", secret);
  const SampleRoot root(disk.device());
  run({"rm", "-rf", root / "var"});
  root.symlink("var", outside.path());
  const Outcome outcome = init_storage(root);
  CHECK(outcome.exit != 0);
  CHECK(outcome.err.find("var") != std::string::npos);
  CHECK(Superblock::at(disk.device(), primary_superblock).label() != final_label);
}

TEST_CASE("a file that grows, shrinks and changes during the copy does not fail it") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  root.bulk(500, 20000);
  const std::string log = root / "var/log/growing.log";
  write_text(log, "");
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    while (!stop) {
      write_text(log, std::string(200000, 'x'));
      write_text(log, "short");
    }
  });
  const Outcome outcome = init_storage(root);
  stop = true;
  writer.join();
  CHECK((outcome.exit == 0 || outcome.exit == 1));
  CHECK((Superblock::at(disk.device(), primary_superblock).label() == final_label) == (outcome.exit == 0));
}

TEST_CASE("an open file with a lease or a lock, and a FIFO that nobody reads, do not hang the copy") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  root.file("var/lib/locked", "locked");
  checked(mkfifo((root / "var/lib/fifo").c_str(), 0600), "mkfifo");
  const Fd locked(root / "var/lib/locked", O_RDWR);
  struct flock lock{};
  lock.l_type = F_WRLCK;
  checked(fcntl(locked.get(), F_SETLK, &lock), "F_SETLK");
  const Outcome outcome = init_storage(root, {}, {.deadline = std::chrono::seconds(20)});
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
}
