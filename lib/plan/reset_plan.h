// A factory reset as data: from what was seen of the volume to the operations that arm, erase or cancel; pure.
//
// A mounted volume is armed, and erased when it is unmounted (by the shutdown unit, or by init-storage at the next
// boot); one that nobody has mounted is erased at once.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "plan/operation.h"
#include "plan/volume_devices.h"
#include "plan/volume_state.h"

namespace aimee {

// What one look at the volume told, and what a person is shown before the question; the device is the one that fstab
// names.
struct ResetFacts : VolumeDevice {
  std::string host;
  std::vector<VolumeDevice> others;  // the volume's other devices
  Doubt doubt;                       // whether these are they
  VolumeState volume;
  std::vector<std::string> mount_points;  // in this mount namespace
};

struct SetMountedLabel {
  std::vector<std::string> mount_points;  // tried in this order
  std::string label;
  std::string advice{};  // for when it fails
};
struct SetUnmountedLabel {
  std::string label;
  std::vector<std::string> others{};  // devices that have the token too; before the one that fstab names
};
struct RememberLabel {
  std::string label;  // what --cancel puts back
};
struct RememberQuick {
  bool quick = false;  // what the shutdown unit is to do
};
struct ForgetLabel {};
struct EnableShutdownUnit {};
struct DisableShutdownUnit {};
struct Reboot {};

using ResetOperation = std::variant<RememberLabel, RememberQuick, SetMountedLabel, EnableShutdownUnit, WriteToken,
                                    EraseVolume, Reboot, SetUnmountedLabel, DisableShutdownUnit, ForgetLabel>;
using ResetPlan = std::vector<ResetOperation>;

std::string describe(const ResetOperation& operation);

struct ResetChoice {
  bool quick = false;
  bool units = true;   // there is a service manager whose unit can be enabled
  bool reboot = true;  // and that can be asked to reboot
};

// Arms a mounted volume, or erases one that is not. Refused: the state allows neither; says why and what to do.
Result<ResetPlan> plan_reset(const ResetFacts& facts, const ResetChoice& choice);

// What the shutdown unit runs. Refused: the volume is mounted, or there is no valid token on it.
Result<ResetPlan> plan_erasure(const ResetFacts& facts, bool quick);

// Empty where nothing is armed. Refused: the erasure has begun, or the kernel command line is what arms it.
Result<ResetPlan> plan_cancellation(const ResetFacts& facts, const std::string& remembered_label, bool units);

// "no", "token" (on the volume) or "command-line" (of the kernel, at the next start of init-storage).
std::string_view armed_by(const ResetFacts& facts);

// The facts as a page for the person who is asked.
std::string reset_page(const ResetFacts& facts);

}  // namespace aimee
