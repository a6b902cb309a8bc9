// The stored shadow: one inode for ever, which every mount namespace has mounted at /etc/shadow.
//
// New content goes into it by FICLONERANGE (ioctl_ficlonerange(2)) of one block of 4096 bytes that is on the disk
// already: every reader, in every namespace and through every bind mount, gets the block as it was or as it is, masks
// that services have over it stay, and so do owner, mode and label. After a power cut the block is the whole old one
// or the whole new one, since one btrfs transaction changes the extent. plan/shadow_file.h says which blocks.
#pragma once

#include <string_view>

#include "base/result.h"
#include "system/fd.h"

namespace aimee {

inline constexpr std::string_view stored_shadow = "/var/etc/shadow";  // for messages

// The store's shadow, open for reading and writing and locked against a second run until the descriptor is closed.
// Refused: it is not there, is no regular file with one name, or somebody else has the lock.
Result<Fd> lock_shadow(const Fd& store);

// Makes readers of `shadow`, which lock_shadow() gave, find the accounts of `wanted`, and puts that on the disk.
// Nothing is written where they find them already. Owner, mode, label and inode stay.
// Failed: `wanted` lacks root; no space for the new block; I/O error: the old one is whole.
// Refused: the file system cannot exchange blocks; the file was edited by hand so that it cannot be changed by blocks.
Result<> renew_shadow(const Fd& store, const Fd& shadow, std::string_view wanted);

}  // namespace aimee
