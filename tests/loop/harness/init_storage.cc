// Runs of init-storage and the expectations that many tests share.
#include "harness/init_storage.h"

#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "harness/btrfs_volume.h"
#include "harness/doctest_main.h"

namespace looptest {

namespace {

std::string fingerprints() {
  std::ostringstream all;
  for (const LoopDisk* disk : disks()) all << disk->device() << ": " << disk->fingerprint() << "\n";
  return all.str();
}

std::vector<bool> held_disks() {
  std::vector<bool> held;
  for (const LoopDisk* disk : disks()) held.push_back(disk->held());
  return held;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// A library's own words and a sanitizer's report have no place there.
void check_lines_are_ours(const Outcome& outcome, const std::string& applet) {
  for (const std::string& line : lines_of(outcome.err))
    CHECK_MESSAGE(line.starts_with(applet + ": "), "on standard error: " << line);
}

}  // namespace

// main() has seen to it that it is set.
std::string aimee() { return std::getenv("AIMEE_BINARY"); }

Arguments init_storage_command(const SampleRoot& root, const Arguments& more) {
  Arguments command{aimee(), "init-storage", "--root", root.path()};
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

NothingLeft::NothingLeft(Mounts expected)
    : expected_(expected),
      mounts_(read_text("/proc/self/mountinfo")),
      children_(looptest::children()),
      loops_(attached_loop_devices()),
      held_(held_disks()) {}

NothingLeft::~NothingLeft() noexcept(false) {
  // What was killed takes a moment to go: its children are sent their signal, its mounts are undone by the kernel.
  const auto reap = [this] {
    for (pid_t child : looptest::children())
      if (std::find(children_.begin(), children_.end(), child) == children_.end()) waitpid(child, nullptr, WNOHANG);
  };
  CHECK(wait_until([&] { return reap(), looptest::children() == children_; }, std::chrono::seconds(5)));
  CHECK(wait_until([&] { return held_disks() == held_; }, std::chrono::seconds(5)));
  if (expected_ == Mounts::unchanged) CHECK(read_text("/proc/self/mountinfo") == mounts_);
  CHECK(attached_loop_devices() == loops_);
  if (std::filesystem::exists("/run/aimee/storage")) CHECK(std::filesystem::is_empty("/run/aimee/storage"));
}

Outcome run_applet(const std::string& applet, const Arguments& arguments, RunOptions options, Mounts expected) {
  const NothingLeft nothing_left(expected);
  std::vector<bool> locked;
  for (const LoopDisk* disk : disks()) locked.push_back(disk->locked());
  Arguments command{aimee(), applet};
  command.insert(command.end(), arguments.begin(), arguments.end());
  Outcome outcome = run(command, std::move(options));
  // Others take locks for moments, too: losetup does while it looks for a free device, udev while it probes.
  for (std::size_t i = 0; i < disks().size(); ++i)
    if (!locked[i] && !wait_until([&] { return !disks()[i]->locked(); }, std::chrono::seconds(5)))
      FAIL_CHECK("lock left on " << disks()[i]->device());
  check_lines_are_ours(outcome, applet);
  return outcome;
}

Outcome init_storage(const SampleRoot& root, const Arguments& more, RunOptions options) {
  Arguments arguments{"--root", root.path()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_applet("init-storage", arguments, std::move(options));
}

std::string json(const Outcome& outcome, const std::string& filter) {
  const Outcome answer = run({"jq", "--raw-output", "--exit-status", filter + " | tojson"}, {.input = outcome.out});
  CHECK_MESSAGE(answer.exit == 0, "jq " << filter << " refused: " << outcome.out << answer.err);
  std::string value = answer.out.substr(0, answer.out.find('\n'));
  if (value.size() >= 2 && value.front() == '"' && value.find('\\') == std::string::npos)
    value = value.substr(1, value.size() - 2);
  return value;
}

void check_message(const Outcome& outcome, const std::string& subject, const std::vector<std::string>& texts) {
  const std::vector<std::string> lines = lines_of(outcome.err);
  CHECK_MESSAGE(lines.size() == 1, "one line expected: " << outcome.err);
  if (lines.empty()) return;
  CHECK_MESSAGE(lines.back().starts_with("init-storage: " + subject + ": "), outcome.err);
  for (const std::string& text : texts)
    CHECK_MESSAGE(lines.back().find(text) != std::string::npos, "\"" << text << "\" not in: " << outcome.err);
}

void check_refused(const SampleRoot& root, const std::string& subject, const std::vector<std::string>& texts,
                   const Arguments& more) {
  const std::string before = fingerprints();
  for (const Arguments& mode : {Arguments{"--dry-run"}, Arguments{"--json"}, Arguments{}}) {
    INFO("arguments: ", mode.empty() ? "none" : mode.front());
    Arguments arguments = more;
    arguments.insert(arguments.end(), mode.begin(), mode.end());
    const Outcome outcome = init_storage(root, arguments);
    CHECK(outcome.exit == 3);
    check_message(outcome, subject, texts);
    if (mode == Arguments{"--json"}) {
      CHECK(json(outcome, ".exit") == "3");
      CHECK(json(outcome, ".error | type") == "string");
      CHECK(json(outcome, ".plan") == "[]");
    }
    CHECK(fingerprints() == before);
  }
}

void erase_as_advised(const Outcome& refusal) {
  const std::string before = "to erase it on purpose: ";
  const std::size_t at = refusal.err.find(before);
  REQUIRE(at != std::string::npos);
  const std::size_t start = at + before.size();
  const Outcome erased = shell(refusal.err.substr(start, refusal.err.find('\n', start) - start));
  CHECK_MESSAGE(erased.exit == 0, erased.err);
}

void check_volume_is_ready(const std::string& device) {
  const Superblock superblock = Superblock::at(device, primary_superblock);
  CHECK(superblock.valid());
  CHECK(superblock.label() == final_label);
  CHECK(superblock.uuid().ends_with("-61696d656501"));
  CHECK(superblock.uuid().at(14) == '8');
  CHECK(superblock.sector_size() == 4096);
  const Superblock copy = Superblock::at(device, second_superblock);
  CHECK(copy.valid());
  CHECK(copy.uuid() == superblock.uuid());
  CHECK(copy.label() == superblock.label());
  const Outcome check = run({"btrfs", "check", "--readonly", device});
  CHECK_MESSAGE(check.exit == 0, check.out << check.err);
}

void check_created(const SampleRoot& root, const std::string& device) {
  const Outcome outcome = init_storage(root);
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  check_volume_is_ready(device);
}

Outcome check_left_alone(const SampleRoot& root, const std::string& state) {
  const std::string before = fingerprints();
  const Outcome outcome = init_storage(root, {"--json"});
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  CHECK(json(outcome, ".state") == state);
  CHECK(json(outcome, ".action") == "none");
  CHECK(json(outcome, ".error") == "null");
  CHECK(init_storage(root, {"--dry-run"}).exit == 0);
  CHECK(init_storage(root).exit == 0);
  CHECK(fingerprints() == before);
  return outcome;
}

}  // namespace looptest
