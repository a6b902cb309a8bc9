// init-storage as a black box: run it, and say what is expected of the run and of the disk.
#pragma once

#include <string>
#include <vector>

#include "harness/loop_disk.h"
#include "harness/process.h"
#include "harness/sample_root.h"

namespace looptest {

// The program under test, from AIMEE_BINARY.
std::string aimee();

// Runs "aimee APPLET ARGUMENT...". Afterwards nothing may be left that was not there before: children, loop
// devices, held or locked disks, files in the staging mount point, and mounts but those of `expected`, which the
// applet is there to make; and each line on standard error has to be the applet's own.
enum class Mounts { unchanged, may_change };
Outcome run_applet(const std::string& applet, const Arguments& arguments, RunOptions options = {},
                   Mounts expected = Mounts::unchanged);

Arguments init_storage_command(const SampleRoot& root, const Arguments& more = {});

// run_applet() with --root.
Outcome init_storage(const SampleRoot& root, const Arguments& more = {}, RunOptions options = {});

// A field of the object that --json prints; jq has to accept the whole output.
std::string json(const Outcome& outcome, const std::string& filter);

// What must be as it was when it goes out of scope.
class NothingLeft {
 public:
  explicit NothingLeft(Mounts expected = Mounts::unchanged);
  ~NothingLeft() noexcept(false);

 private:
  Mounts expected_;
  std::string mounts_;
  std::vector<pid_t> children_;
  std::vector<std::string> loops_;
  std::vector<bool> held_;
};

// One line on standard error, "init-storage: SUBJECT: ..." with each of the texts in it.
void check_message(const Outcome& outcome, const std::string& subject, const std::vector<std::string>& texts);

// Refused, in a dry run too: exit code 3, the message, and all disks untouched.
void check_refused(const SampleRoot& root, const std::string& subject, const std::vector<std::string>& texts,
                   const Arguments& more = {});

// Executes the command that a refusal prints for its owner, to the letter.
void erase_as_advised(const Outcome& refusal);

// Created: exit code 0, committed with our UUID, btrfs check clean.
void check_created(const SampleRoot& root, const std::string& device);
void check_volume_is_ready(const std::string& device);

// Left alone: exit code 0 and all disks untouched.
Outcome check_left_alone(const SampleRoot& root, const std::string& state);

}  // namespace looptest
