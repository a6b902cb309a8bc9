// From facts to problems; pure.
#include "plan/status_report.h"

#include <algorithm>

#include "base/text.h"
#include "plan/refusal.h"

namespace aimee {

namespace {

// By its own name: init-storage.service is not started again once it ran, and refuses to be stopped by hand.
constexpr std::string_view make_and_mount = "init-storage && systemctl start var.mount";

using Problems = std::vector<StatusProblem>;

void add_state_problem(const StatusVolume& volume, Problems& problems) {
  const VolumeState& state = *volume.state;
  const std::string what = concat(volume.device, " ", state.found);
  const std::string zeroing = concat("to erase it on purpose: ", zeroing_command(volume.device, state.remnants));
  switch (state.state) {
    case State::ready:
    case State::existing:
    case State::reset_armed:  // told as a pending reset
      return;
    case State::blank:
    case State::unfinished:
      problems.push_back({what, concat(make_and_mount, ", or reboot")});
      return;
    case State::foreign:
      problems.push_back({what, state.advice.empty() ? zeroing : std::string(state.advice)});
      return;
    case State::damaged:
      problems.push_back(
          {what, state.has_valid_copy ? concat("to repair it: btrfs rescue super-recover ", volume.device) : zeroing});
      return;
  }
}

void add_mount_problem(const StatusVolume& volume, Problems& problems) {
  if (!volume.other_on_var.empty()) {
    problems.push_back({concat("/var is not the data volume but ", volume.other_on_var),
                        concat("reboot, or: umount /var && ", make_and_mount)});
    return;
  }
  const bool usable = volume.state && (volume.state->state == State::ready || volume.state->state == State::existing);
  if (usable && !volume.on_var) {
    problems.push_back(
        {"the data volume is not mounted on /var", "systemctl restart var.mount; systemctl status var.mount"});
  }
}

void add_space_problem(const StatusVolume& volume, Problems& problems) {
  if (!volume.space || volume.space->total == 0) return;
  const std::uint64_t percent = volume.space->used * 100 / volume.space->total;
  if (percent < 95) return;
  problems.push_back(
      {concat("the data volume is ", percent, " % full"), "remove files; see btrfs filesystem usage /var"});
}

void add_volume_problems(const StatusReport& report, Problems& problems) {
  const StatusVolume& volume = report.volume;
  if (report.reset == ResetPending::on_volume) {
    problems.push_back(
        {"a factory reset is pending: the next boot erases the data volume", "to keep it: factory-reset --cancel"});
  }
  if (report.reset == ResetPending::on_command_line) {
    problems.push_back({"the kernel command line asks for a factory reset of this volume: the next boot erases it",
                        "to keep it: take aimee.factory_reset= off the kernel command line"});
  }
  if (!volume.absent.empty()) {
    std::string next = volume.source.empty() ? "correct /etc/fstab in the image" : "blkid; dmesg";
    if (volume.unattended) next = "to have it looked after: a line for /var in /etc/fstab of the image";
    problems.push_back({volume.absent, std::move(next)});
    return;
  }
  if (volume.state) add_state_problem(volume, problems);
  if (volume.state && !volume.state->not_obeyed.empty()) {
    problems.push_back({concat(volume.device, ": ", volume.state->not_obeyed), "factory-reset, to erase the volume"});
  }
  if (volume.state && volume.state->seeding) {
    problems.push_back({concat(volume.device, " ", seed_warning), concat("unmounted: btrfstune -S 0 ", volume.device)});
  }
  if (volume.doubt.kind != Doubt::Kind::none) {
    problems.push_back({concat("the data volume on ", volume.device, ": ", volume.doubt.what), volume.doubt.remedy});
  }
  add_mount_problem(volume, problems);
  add_space_problem(volume, problems);
}

void add_store_problems(const StatusStore& store, Problems& problems) {
  for (const std::string& problem : store.list_problems) problems.push_back({problem, "correct the list in the image"});
  if (!store.present) {
    problems.push_back({"there is no store for the writable parts of /etc", "writable-etc"});
    return;
  }
  for (const StatusEntry& entry : store.entries) {
    const std::string path = concat("/etc/", printable(entry.path));
    if (entry.state == "broken") {
      const bool in_image = entry.why.starts_with("the image's");
      problems.push_back({concat(path, ": ", entry.why), in_image
                                                             ? "correct the list in the image"
                                                             : concat("writable-etc --diff ", printable(entry.path))});
    } else if (entry.state == "missing-in-image") {
      problems.push_back(
          {concat(path, " is listed as writable, and the image has none"), "correct the list in the image"});
    } else if (entry.state == "unseeded" || !entry.bound) {
      problems.push_back({concat(path, " is the image's own, not the writable one"), "writable-etc"});
    }
  }
}

void add_host_key_problems(const std::vector<StatusHostKey>& keys, Problems& problems) {
  const auto missing = [](const StatusHostKey& key) { return key.state == "missing"; };
  if (std::ranges::all_of(keys, missing)) return;  // no ssh on this device
  for (const StatusHostKey& key : keys) {
    if (key.state == "good" || key.state == "wrong-type") continue;  // sshd uses either
    problems.push_back({concat("the ", key.type, " host key ", key.found), concat("ssh-hostkey-gen ", key.type)});
  }
}

}  // namespace

std::vector<StatusProblem> problems_of(const StatusReport& report) {
  Problems problems;
  add_volume_problems(report, problems);
  if (report.root_password == PasswordState::none) problems.push_back({"root has no password", "set-root-password"});
  if (report.store) add_store_problems(*report.store, problems);
  if (report.host_keys) add_host_key_problems(*report.host_keys, problems);
  if (report.labels == LabelsState::stale) {
    problems.push_back(
        {"the image has a new SELinux policy, and /var is not labelled by it yet", "aimee relabel-var, or reboot"});
  }
  return problems;
}

std::string_view name_of(SubvolumePresence presence) {
  switch (presence) {
    case SubvolumePresence::subvolume:
      return "subvolume";
    case SubvolumePresence::folder:
      return "folder";
    case SubvolumePresence::missing:
      return "missing";
  }
  return {};
}

std::string_view name_of(ResetPending reset) {
  switch (reset) {
    case ResetPending::no:
      return "none";
    case ResetPending::on_volume:
      return "volume";
    case ResetPending::on_command_line:
      return "kernel-command-line";
  }
  return {};
}

std::string_view name_of(LabelsState labels) {
  switch (labels) {
    case LabelsState::no_policy:
      return "no-policy";
    case LabelsState::current:
      return "current";
    case LabelsState::stale:
      return "stale";
  }
  return {};
}

}  // namespace aimee
