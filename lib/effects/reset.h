// Carries out the plan of a factory reset.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "effects/erase.h"
#include "plan/reset_plan.h"
#include "system/block.h"

namespace aimee {

// Where a shutdown finds what the command was told; gone with the next boot, as the run-time unit is.
inline constexpr std::string_view remembered_label_file = "/run/aimee/reset-label";
inline constexpr std::string_view reset_environment_file = "/run/aimee/factory-reset.env";

struct ResetWorkplace {
  BlockNode device;
  std::uint64_t size = 0;  // bytes
  Uuid uuid{};             // of the volume that is meant
  std::string root;        // empty = the running system
  Progress& progress;
  // All of the volume's devices, the one above last, and each opened with O_EXCL for writing; only where the volume is
  // not mounted.
  std::vector<VolumeDevice> devices{};
  std::vector<Fd> opened{};
  std::vector<Erasure> erased{};  // what an erasure did to them
};

// Stops at the first operation that fails. What only makes an armed reset come sooner (the unit) is a warning.
Result<> execute(const ResetPlan& plan, ResetWorkplace& workplace);

// Empty where nothing is remembered.
std::string remembered_label(const std::string& root);

// Whether systemd runs and can be asked. Source: sd_booted(3).
bool has_service_manager();

}  // namespace aimee
