// The program as it is started by whoever happens to start it: standard files closed, signals ignored or blocked, no
// PATH, another umask, limits, a folder that is gone.
#include <fcntl.h>
#include <sys/file.h>

#include <csignal>

#include "harness/btrfs_volume.h"
#include "harness/doctest_main.h"
#include "harness/init_storage.h"
#include "harness/mounted.h"
#include "harness/reset.h"

using namespace looptest;

namespace {

Outcome run_by(const Arguments& starter, const Arguments& command) {
  const NothingLeft nothing_left;
  Arguments arguments = starter;
  arguments.insert(arguments.end(), command.begin(), command.end());
  return run(arguments);
}

// `script` starts the program with exec "$@".
Arguments by_shell(const std::string& script) { return {"bash", "-c", script, "starter"}; }

// Standard error is a pipe that nobody reads any more.
constexpr const char* nobody_reads = "mkfifo \"$0\" && exec 3<>\"$0\" 2>\"$0\" 3<&- && exec \"$@\"";

std::string mode_of(const std::string& path) { return tool({"stat", "-c", "%a", path}); }

}  // namespace

TEST_CASE("a first boot is the same whoever starts it") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  root.file("usr/lib/tmpfiles.d/var.conf", "v /var/log\nv /var/lib/made/below 0750\n");
  const TemporaryFolder folder;
  Arguments starter;
  SUBCASE("with an end of children that nobody waits for") { starter = {"env", "--ignore-signal=CHLD"}; }
  SUBCASE("with all signals blocked") { starter = {"env", "--block-signal"}; }
  SUBCASE("without an environment") { starter = {"env", "-i", "AIMEE_REQUIRE_ALL=1"}; }
  SUBCASE("with an empty PATH") { starter = {"env", "PATH="}; }
  SUBCASE("with a umask that lets nobody in") { starter = by_shell("umask 077; exec \"$@\""); }
  SUBCASE("with a umask that lets everybody in") { starter = by_shell("umask 0; exec \"$@\""); }
  SUBCASE("with small files only") { starter = {"prlimit", "--fsize=4096:unlimited"}; }
  SUBCASE("in a folder that is gone") {
    starter =
        by_shell("mkdir " + (folder / "gone") + " && cd " + (folder / "gone") + " && rmdir ../gone && exec \"$@\"");
  }
  SUBCASE("with all standard files closed") { starter = by_shell("exec 0<&- 1>&- 2>&-; exec \"$@\""); }
  SUBCASE("with standard error closed") { starter = by_shell("exec 2>&-; exec \"$@\""); }
  SUBCASE("with nobody who reads its messages") { starter = {"bash", "-c", nobody_reads, folder / "pipe"}; }
  SUBCASE("without a session or a terminal") { starter = {"setsid", "--wait"}; }
  const Outcome outcome = run_by(starter, init_storage_command(root));
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  check_volume_is_ready(disk.device());
  const Mounted volume(disk.device(), "ro");
  CHECK(volume.subvolumes() == std::vector<std::string>{"lib/made/below", "log"});
  CHECK(mode_of(volume / "lib/made") == "755\n");
  CHECK(mode_of(volume / "lib/made/below") == "750\n");
  CHECK(differences(root / "var", volume.path(), "/lib/made") == "");
  CHECK(mode_of("/run/aimee/storage") == "755\n");
}

TEST_CASE("an erase goes on to its end, and writes nothing else, whoever listens") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  make_armed(disk);
  const TemporaryFolder folder;
  Arguments starter;
  SUBCASE("nobody reads its messages") { starter = {"bash", "-c", nobody_reads, folder / "pipe"}; }
  SUBCASE("standard error is closed") { starter = by_shell("exec 2>&-; exec \"$@\""); }
  SUBCASE("all standard files are closed") { starter = by_shell("exec 0<&- 1>&- 2>&-; exec \"$@\""); }
  const Outcome outcome = run_by(starter, init_storage_command(root));
  CHECK(outcome.exit == 0);
  check_volume_is_ready(disk.device());
  CHECK(label_of(disk) == final_label);
  CHECK_FALSE(holds(disk, secret));
  CHECK_FALSE(holds(disk, "init-storage: "));
}

TEST_CASE("a tool that fails is noticed by who ignores the end of children") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  const TemporaryFolder tools;
  write_text(tools / "mkfs.btrfs", "#!/bin/sh\nexit 1\n", 0755);
  const Outcome outcome = run_by({"env", "--ignore-signal=CHLD", "PATH=" + tools.path()}, init_storage_command(root));
  CHECK(outcome.exit == 1);
  CHECK_MESSAGE(outcome.err.find("mkfs.btrfs: failed with exit status 1") != std::string::npos, outcome.err);
}

TEST_CASE("a hangup ends the run, but not under nohup") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  const Fd held(disk.device(), O_RDONLY);
  CHECK(flock(held.get(), LOCK_EX) == 0);
  const auto waits_for_lock = [](Process& process) {
    const std::string entry = "-> FLOCK  ADVISORY  WRITE " + std::to_string(process.pid()) + " ";
    return wait_until([&] { return read_text("/proc/locks").find(entry) != std::string::npos; });
  };
  Arguments command = init_storage_command(root);
  SUBCASE("alone") {
    Process process(command);
    CHECK(waits_for_lock(process));
    process.signal(SIGHUP);
    CHECK(process.wait().exit == 1);
  }
  SUBCASE("under nohup") {
    command.insert(command.begin(), "nohup");
    Process process(command);
    CHECK(waits_for_lock(process));
    process.signal(SIGHUP);
    CHECK(flock(held.get(), LOCK_UN) == 0);
    const Outcome outcome = process.wait();
    CHECK_MESSAGE(outcome.exit == 0, outcome.err);
    check_volume_is_ready(disk.device());
  }
}

TEST_CASE("output whose reader has gone is no failure, and nothing is said of it") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  const TemporaryFolder folder;
  const std::string nobody = "mkfifo \"$0\" && exec 3<>\"$0\" >\"$0\" 3<&- && exec \"$@\"";
  for (const std::string applet : {"status", "init-storage"}) {
    const Outcome outcome =
        run({"bash", "-c", nobody, folder / applet, aimee(), applet, "--json", "--root", root.path()});
    CHECK(outcome.exit == 0);
    CHECK(outcome.err.find("standard output") == std::string::npos);
  }
}
