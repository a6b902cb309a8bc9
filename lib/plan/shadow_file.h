// shadow(5) as the store keeps it, so that every update is one block that changes at one stroke.
//
// The kernel exchanges one block of 4096 bytes of a btrfs file atomically (store/shadow.h); two blocks it does not.
// So the file is always whole blocks, a line never runs from one into the next, and newlines fill the rest: readers
// pass over empty lines (getspnam(3) of glibc and musl, shadow-utils, BusyBox). Each block is four cells, and a line
// does not run from one cell into the next either: a reader with a small buffer (musl's has 1024 bytes) takes a cell
// at a time. Readers go forward and believe the first line of an account; that is what the plan of an update rests on.
//
// An account's line has nine fields, numbers in the last seven, and fits a cell; blanks and a carriage return around it
// are no part of it. Every other line (a comment, an NIS entry, a broken or overlong one, an account's second one) is
// nobody's: no reader finds an account by it, and it is carried along as it is.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace aimee {

inline constexpr std::size_t shadow_block = 4096;  // bytes
inline constexpr std::size_t shadow_cell = 1024;   // bytes

// The same lines in whole blocks, each cell with room for its lines to grow. A line that is longer than a cell is put
// at the start of one and runs on.
std::string shadow_in_blocks(std::string_view content);

// The lines without the padding.
std::string without_padding(std::string_view content);

// The accounts' lines alone, each account once: what a program is given that changes one of them.
std::string accounts_alone(std::string_view content);

// The line of `user` that readers find, without its end; empty where there is none.
std::string account_line(std::string_view content, std::string_view user);

// `stored` with `line` in place of the user's, broken ones of his included, or at the end; nothing else is touched.
std::string with_account_line(std::string_view stored, std::string_view user, std::string_view line);

// `stored` with the accounts that only `image` has added after it, in their order; nothing else is touched.
std::string with_accounts_of(std::string_view stored, std::string_view image);

// The accounts that only `from` has, in order.
std::vector<std::string> accounts_missing(std::string_view in, std::string_view from);

// Whether a reader finds the same line for every account, and the lines that are nobody's are the same too; the order of
// accounts, padding and second lines of an account do not count.
bool same_accounts(std::string_view one, std::string_view other);

bool has_account(std::string_view content, std::string_view user);

// The second field of the user's line; empty where there is none.
std::string password_field(std::string_view content, std::string_view user);

struct ShadowFault {
  std::size_t line = 0;  // from 1
  std::string what;      // "names root again, and the first line counts"; never anything of a password
};

// Lines that somebody meant for an account, and that readers take for none or for another. What is nobody's on purpose
// (comments, NIS entries, blank lines) is none of them.
std::vector<ShadowFault> shadow_faults(std::string_view content);

// Failed, about `subject`: what a program wrote that was given accounts alone has other lines in it: one without nine
// fields or longer than a cell, a name that no account can have, an account twice, a NUL byte.
Result<> check_shadow(std::string_view content, std::string_view subject);

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
