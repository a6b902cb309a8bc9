// What `aimee status` tells, as data: facts gathered by store/status_facts.h, problems concluded from them, and the
// page and the JSON object made of both. Pure.
//
// Every fact may be missing (std::optional): it could not be read, or there is nothing to read it from while /var is
// not mounted. What could not be read is named in `unread`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plan/password.h"
#include "plan/volume_devices.h"
#include "plan/volume_state.h"

namespace aimee {

struct StatusSpace {
  std::uint64_t total = 0;  // bytes
  std::uint64_t used = 0;
};

struct StatusVolume {
  std::string source;  // what fstab says, "PARTLABEL=aimee-data"; empty = it has no line that can serve
  std::string absent;  // why there is no device; empty = there is
  std::string device;
  std::uint64_t size = 0;  // bytes
  std::string serial;
  std::string model;
  std::optional<VolumeState> state;
  std::string label;
  std::string uuid;
  std::vector<std::string> mounted_at;  // of its file system, anywhere
  bool on_var = false;                  // what /var shows is this volume
  std::string other_on_var;             // UUID of another btrfs that /var shows, or "another file system"; else empty
  std::optional<StatusSpace> space;
  bool unattended = false;  // there is no device, and that is as it should be: something else than fstab mounts /var
  std::vector<VolumeDevice> others;  // the volume's other devices
  Doubt doubt;                       // whether these are they
};

enum class SubvolumePresence { subvolume, folder, missing };

struct StatusSubvolume {
  std::string path;
  SubvolumePresence presence = SubvolumePresence::missing;
};

struct StatusEntry {
  bool folder = false;
  std::string path;   // relative to /etc
  std::string state;  // "same", "changed-by-owner", … (store/entry_state.h)
  std::string why;    // of a broken one
  bool bound = false;
};

struct StatusStore {
  bool present = false;
  std::vector<StatusEntry> entries;
  std::vector<std::string> list_problems;  // "/etc/aimee-os/writable-etc:3:5: …"
  std::vector<std::string> unlisted;
};

struct StatusHostKey {
  std::string type;
  std::string state;        // "good", "missing", "truncated", … (plan/host_key.h)
  std::string found;        // the same for people: "is truncated"
  std::string fingerprint;  // "SHA256:…", empty where there is none
};

enum class ResetPending { no, on_volume, on_command_line };
enum class LabelsState { no_policy, current, stale };

struct StatusReport {
  std::string version;
  StatusVolume volume;
  std::optional<std::vector<StatusSubvolume>> subvolumes;
  std::optional<StatusStore> store;
  std::optional<PasswordState> root_password;
  std::optional<std::vector<StatusHostKey>> host_keys;
  std::optional<LabelsState> labels;
  std::optional<ResetPending> reset;
  std::vector<std::string> unread;  // one message each
};

struct StatusProblem {
  std::string what;
  std::string next;  // what to do, a command where there is one
};

// In the order of urgency.
std::vector<StatusProblem> problems_of(const StatusReport& report);

// Lines of at most 80 columns, but for what is longer by itself (a device's name, a command).
std::string status_text(const StatusReport& report);

// One object, docs/status.schema.json.
std::string status_json(const StatusReport& report);

std::string_view name_of(SubvolumePresence presence);
std::string_view name_of(ResetPending reset);
std::string_view name_of(LabelsState labels);

}  // namespace aimee
