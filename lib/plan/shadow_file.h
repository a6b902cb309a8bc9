// shadow(5) as the store keeps it, so that every update is one block that changes at one stroke.
//
// The kernel exchanges one block of 4096 bytes of a btrfs file atomically (store/shadow.h); two blocks it does not.
// So the file is always whole blocks, a line never runs from one into the next, and newlines fill the rest: readers
// pass over empty lines (getspnam(3) of glibc and musl, shadow-utils, BusyBox). Each block is four cells, and a line
// does not run from one cell into the next either: a reader with a small buffer (musl's has 1024 bytes) takes a cell
// at a time. Readers go forward and believe the first line of an account; that is what the plan of an update rests on.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "plan/shadow_lines.h"

namespace aimee {

inline constexpr std::size_t shadow_block = 4096;  // bytes

// The same lines in whole blocks, each cell with room for its lines to grow. A line that is longer than a cell is put
// at the start of one and runs on.
std::string shadow_in_blocks(std::string_view content);

struct BlockUpdate {
  std::size_t number = 0;  // of the block, from 0; one more than the last appends it
  std::string content;     // shadow_block bytes
};

// The blocks to be exchanged, one after the other, so that a reader finds the accounts of `wanted`. After each of them
// every account has its old line or its new one, also for a reader who got a part of the file before one exchange and
// the rest after another. Where one account changes, one exchange does it. Lines that do not fit any more are
// written further behind first and then taken away in front, so that a cut leaves at most a line too many behind the
// one that counts. Lines that are nobody's stay where they are as long as `wanted` has them. Empty = nothing to do.
// What somebody wrote into `stored` without regard to blocks is moved behind first, a block at a time.
// Failed: `wanted` has no root and `stored` has one.
Result<std::vector<BlockUpdate>> plan_shadow_update(std::string_view stored, std::string_view wanted);

}  // namespace aimee
