// The facts of a factory reset as JSON; pure. docs/json.md describes it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "plan/reset_plan.h"

namespace aimee {

// What was read back from a device after it was erased.
struct DeviceProof {
  std::string device;
  std::string text;
};

// All members that say what was found; `armed` is how it is after the run.
void add_reset_facts(JsonObject& object, const ResetFacts& facts, std::string_view armed,
                     const std::vector<DeviceProof>& proofs);

// The same members where no volume was found.
void add_unknown_reset_facts(JsonObject& object, std::string_view device);

}  // namespace aimee
