// The lock on the whole disk, as systemd's block-device locking asks: waited for, held while the disk is
// probed, erased and formatted, free while files are copied.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include "harness/btrfs_volume.h"
#include "harness/doctest_main.h"
#include "harness/init_storage.h"
#include "harness/mounted.h"

using namespace looptest;

namespace {

class Lock {
 public:
  // Others, losetup for one, take locks for moments: waited for.
  explicit Lock(const std::string& device, int kind = LOCK_EX) : file_(device, O_RDONLY) {
    checked(flock(file_.get(), kind), "flock " + device);
  }

 private:
  Fd file_;
};

bool has_open(pid_t pid, const std::string& device) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
    std::error_code gone;
    if (std::filesystem::read_symlink(entry, gone) == device) return true;
  }
  return false;
}

// Returns when the run has come to the lock, which somebody else holds.
void wait_for_lock_attempt(Process& process, const std::string& device) {
  REQUIRE(wait_until([&] { return has_open(process.pid(), device) || !process.running(); }));
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  CHECK(process.running());
}

}  // namespace

TEST_CASE("a disk that somebody else keeps locked fails after the time limit, untouched") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  const Fingerprint before = disk.fingerprint();
  const Lock lock(disk.device());
  const Outcome outcome = init_storage(root, {"--timeout", "1"});
  CHECK(outcome.exit == 1);
  check_message(outcome, disk.device(), {"lock"});
  CHECK(outcome.took >= std::chrono::milliseconds(900));
  CHECK(outcome.took < std::chrono::seconds(5));
  CHECK(disk.fingerprint() == before);
}

TEST_CASE("a lock on the whole disk keeps its partitions too") {
  GptDisk disk({{"root", 64 * MiB}, {"data"}});
  const SampleRoot root(disk.partition(2));
  const Fingerprint before = disk.disk().fingerprint();
  const Lock lock(disk.disk().device());
  const Outcome outcome = init_storage(root, {"--timeout", "1"});
  CHECK(outcome.exit == 1);
  CHECK(outcome.err.find("lock") != std::string::npos);
  CHECK(outcome.err.find(disk.disk().device()) != std::string::npos);
  CHECK(disk.disk().fingerprint() == before);
}

TEST_CASE("a lock that is released is waited for") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  std::optional<Lock> lock(std::in_place, disk.device());
  Process process(init_storage_command(root, {"--timeout", "30"}));
  wait_for_lock_attempt(process, disk.device());
  lock.reset();
  const Outcome outcome = process.wait();
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  check_volume_is_ready(disk.device());
}

TEST_CASE("what the lock's holder made of the disk meanwhile is seen, and refused") {
  GptDisk disk({{"root", 64 * MiB}, {"data"}});
  const SampleRoot root(disk.partition(2));
  std::optional<Lock> lock(std::in_place, disk.disk().device());
  Process process(init_storage_command(root, {"--timeout", "30"}));
  wait_for_lock_attempt(process, disk.disk().device());
  tool({"mkfs.ext4", "-q", "-F", "-L", "mine", disk.partition(2)});
  const std::string content = tool({"sha256sum", disk.partition(2)});
  lock.reset();
  const Outcome outcome = process.wait();
  CHECK(outcome.exit == 3);
  CHECK(outcome.err.find("holds ext4 (label \"mine\")") != std::string::npos);
  CHECK(tool({"sha256sum", disk.partition(2)}) == content);
}

TEST_CASE("a partition that goes while the lock is waited for is not written to") {
  GptDisk disk({{"root", 64 * MiB}, {"data", 128 * MiB}});
  const SampleRoot root(disk.partition(2));
  std::optional<Lock> lock(std::in_place, disk.disk().device());
  Process process(init_storage_command(root, {"--timeout", "2"}));
  wait_for_lock_attempt(process, disk.disk().device());
  const Outcome removed = run({"partx", "-d", disk.disk().device()});
  const Fingerprint before = disk.disk().fingerprint();
  lock.reset();
  const Outcome outcome = process.wait();
  if (removed.exit != 0) return;  // held open: the kernel refuses to remove it, so it did not go
  CHECK(outcome.exit == 1);
  CHECK(disk.disk().fingerprint() == before);
}

TEST_CASE("the disk is locked while mkfs.btrfs runs") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  const TemporaryFolder folder;
  // Stands in for mkfs.btrfs: tries the lock as udev would, and then fails.
  write_text(folder / "mkfs.btrfs",
             "#!/bin/sh\nPATH=/usr/bin:/bin\nif flock --shared --nonblock " + disk.device() +
                 " true; then echo free; else echo locked; fi > " + (folder / "answer") + "\nexit 1\n",
             0755);
  const Outcome outcome = init_storage(root, {}, {.environment = {{"PATH", folder.path()}}});
  CHECK(outcome.exit == 1);
  CHECK(read_text(folder / "answer") == "locked\n");
}

TEST_CASE("the disk is free for others while files are copied") {
  const LoopDisk disk({.size = 1 * GiB});
  const SampleRoot root(disk.device());
  root.bulk(1500, 200000);
  Process process(init_storage_command(root));
  bool was_free = false;
  wait_until([&] {
    const Superblock superblock = Superblock::at(disk.backing(), primary_superblock);
    const bool copying = superblock.valid() && superblock.label() == creating_label;
    was_free = was_free || (copying && !disk.locked());
    return was_free || !process.running();
  });
  CHECK(was_free);
  const Outcome outcome = process.wait();
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
}

TEST_CASE("a ready volume is told even while somebody holds a shared lock") {
  const LoopDisk disk;
  make_ready(disk.device());
  const SampleRoot root(disk.device());
  const Lock lock(disk.device(), LOCK_SH);
  const Outcome outcome = init_storage(root, {"--timeout", "1"});
  CHECK((outcome.exit == 0 || outcome.exit == 1));
  if (outcome.exit == 1) CHECK(outcome.err.find("lock") != std::string::npos);
}

TEST_CASE("two runs at once: one creates, the other finds the volume ready") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  root.bulk(200, 50000);
  Process first(init_storage_command(root, {"--timeout", "30"}));
  Process second(init_storage_command(root, {"--timeout", "30"}));
  const Outcome outcomes[]{first.wait(), second.wait()};
  CHECK((outcomes[0].exit == 0 || outcomes[1].exit == 0));
  for (const Outcome& outcome : outcomes) CHECK_MESSAGE((outcome.exit == 0 || outcome.exit == 3), outcome.err);
  check_volume_is_ready(disk.device());
  const Mounted volume(disk.device(), "ro");
  CHECK(differences(root / "var", volume.path(), "/etc") == "");
}
