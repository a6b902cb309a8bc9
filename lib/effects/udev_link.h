// Which of two devices a link of udev's leads to.
// Source: udev(7), OPTIONS "link_priority"; udevadm(8).
#pragma once

#include <string>

#include "base/result.h"
#include "system/block.h"

namespace aimee {

// Gives `device` the highest claim to `link` by a rule in /run/udev/rules.d, which lasts until the next boot, and
// waits for udev. The caller holds no lock on the disk. Failed: udevadm fails, or the link leads elsewhere still.
Result<> lead_link_to(const std::string& link, const BlockNode& device);

}  // namespace aimee
