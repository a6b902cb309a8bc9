// Armed volumes are made by the tools that a person has; see the header.
#include "harness/reset.h"

#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "harness/doctest_main.h"
#include "harness/process.h"

namespace looptest {

std::string token(const std::string& uuid, std::uint64_t size) {
  return "aimee-reset-1:" + uuid + ":" + std::to_string(size) + ":";
}

std::string token_of(const LoopDisk& disk) { return token(uuid_of(disk), disk.size()); }

std::string uuid_of(const LoopDisk& disk) { return Superblock::at(disk.device(), primary_superblock).uuid(); }

std::string label_of(const LoopDisk& disk) {
  const Superblock superblock = Superblock::at(disk.device(), primary_superblock);
  return superblock.valid() ? superblock.label() : "(no valid superblock)";
}

void set_label(const LoopDisk& disk, const std::string& label) {
  tool({"btrfs", "filesystem", "label", disk.device(), label});
}

void make_armed(const LoopDisk& disk) {
  make_ready(disk.device(), secret);
  set_label(disk, token_of(disk));
}

bool holds(const LoopDisk& disk, std::string_view text) {
  constexpr std::uint64_t step = 16 * MiB;
  for (std::uint64_t offset = 0; offset < disk.size(); offset += step) {
    const std::uint64_t length = std::min(step + text.size(), disk.size() - offset);
    if (disk.read(offset, length).find(text) != std::string::npos) return true;
  }
  return false;
}

void check_nothing_is_found(const LoopDisk& disk) {
  const Outcome probe = run({"blkid", "-p", disk.device()});
  CHECK_MESSAGE(probe.exit == 2, probe.out << probe.err);
  CHECK(tool({"wipefs", disk.device()}) == "");
  for (const std::string copy : {"0", "1", "2"}) {
    const TemporaryFolder restored;
    const Outcome outcome = run({"btrfs", "restore", "-u", copy, "-i", disk.device(), restored.path()});
    CHECK_MESSAGE(outcome.exit != 0, "restored from copy " << copy << ": " << outcome.out);
    CHECK(std::filesystem::is_empty(restored.path()));
  }
  for (const std::uint64_t offset : {primary_superblock, second_superblock})
    CHECK(disk.read(offset, superblock_size) == std::string(superblock_size, '\0'));
}

Outcome factory_reset(const SampleRoot& root, const Arguments& more, RunOptions options) {
  Arguments arguments{"--root", root.path()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_applet("factory-reset", arguments, std::move(options));
}

void check_reset_refused(const SampleRoot& root, const Arguments& arguments, const std::vector<std::string>& texts) {
  std::vector<Fingerprint> before;
  for (const LoopDisk* disk : disks()) before.push_back(disk->fingerprint());
  for (const Arguments& mode : {Arguments{"--dry-run"}, Arguments{"--json"}, Arguments{}}) {
    Arguments all = arguments;
    all.insert(all.end(), mode.begin(), mode.end());
    const Outcome outcome = factory_reset(root, all);
    CHECK_MESSAGE(outcome.exit == 3, outcome.out << outcome.err);
    for (const std::string& text : texts)
      CHECK_MESSAGE(outcome.err.find(text) != std::string::npos, "\"" << text << "\" not in: " << outcome.err);
    if (mode == Arguments{"--json"}) {
      CHECK(json(outcome, ".exit") == "3");
      CHECK(json(outcome, ".error | type") == "string");
      CHECK(json(outcome, ".proof") == "null");
    }
    for (std::size_t i = 0; i < before.size(); ++i) CHECK(disks()[i]->fingerprint() == before[i]);
  }
}

FileCovered::FileCovered(const std::string& path, std::string_view text) : path_(path) {
  write_text(folder_ / "text", text);
  tool({"mount", "--bind", folder_ / "text", path});
}

FileCovered::~FileCovered() {
  const Outcome outcome = run({"umount", path_});
  if (outcome.exit != 0) FAIL_CHECK(outcome.err);
}

FakeSystemd::FakeSystemd() : run_(Mounted::tmpfs_on("/run")) {
  std::filesystem::create_directories("/run/systemd/system");
  write_text(folder_ / "systemctl",
             "#!/bin/sh\n"
             "folder=${0%/*}\n"
             "echo \"$*\" >>\"$folder/asked\"\n"
             "while case $1 in -*) true ;; *) false ;; esac; do shift; done\n"
             "test ! -e \"$folder/fail-$1\" || { echo \"$1 does not work today\" >&2; exit 1; }\n",
             0755);
  write_text(folder_ / "asked", "");
}

void FakeSystemd::let_fail(const std::string& verb) const { write_text(folder_ / ("fail-" + verb), ""); }

RunOptions FakeSystemd::options() const {
  return {.environment = {{"PATH", folder_.path() + ":" + std::getenv("PATH")}}};
}

std::string FakeSystemd::asked() const { return read_text(folder_ / "asked"); }

bool killed_at(const std::string& system_call, unsigned nth, const Arguments& command) {
  const NothingLeft nothing_left;
  Arguments arguments{"strace",
                      "-f",
                      "-qq",
                      "-o",
                      "/dev/null",
                      "-e",
                      "trace=" + system_call,
                      "-e",
                      "inject=" + system_call + ":signal=KILL:when=" + std::to_string(nth)};
  arguments.insert(arguments.end(), command.begin(), command.end());
  // The leak checker is a tracer too, and there can be only one.
  const Outcome outcome = run(arguments, {.environment = {{"ASAN_OPTIONS", "detect_leaks=0"}}});
  CHECK_MESSAGE((outcome.exit == 0 || outcome.exit == 128 + SIGKILL), outcome.err);
  return outcome.exit != 0;
}

}  // namespace looptest
