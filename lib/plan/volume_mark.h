// How a data volume says that it is ours and how far it is.
//
// Two places of the btrfs superblock carry it, and both change by one btrfs transaction:
//  - the file system's UUID: a version 8 UUID (RFC 9562, custom) whose last six bytes are "aimee" and the
//    format version. The other bytes are random, the first eight hex digits among them.
//  - the label: "aimee-creating-1" from mkfs to the commit, "aimee-data" afterwards. The owner may change
//    the label of a committed volume to anything else.
// Versions above ours belong to a newer aimee, whose volume is used and never made anew.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace aimee {

using Uuid = std::array<std::byte, 16>;

inline constexpr unsigned volume_format_version = 1;
inline constexpr std::string_view creating_label_prefix = "aimee-creating-";
inline constexpr std::string_view creating_label = "aimee-creating-1";
inline constexpr std::string_view committed_label = "aimee-data";

// "xxxxxxxx-xxxx-8xxx-xxxx-61696d656501"
std::string uuid_text(const Uuid& uuid);

// A volume UUID of our own from 16 random bytes.
Uuid marked_uuid(const Uuid& random);

// The format version in a UUID of ours, 0 for any other UUID.
unsigned mark_version(const Uuid& uuid);

enum class LabelMeaning { committed, creating, creating_by_newer };
LabelMeaning label_meaning(std::string_view label);

}  // namespace aimee
