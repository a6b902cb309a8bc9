// The note on the data volume that tells which policy its files were last labelled by: /var/lib/aimee/labels.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "selinux/labels.h"
#include "system/fd.h"

namespace aimee {

inline constexpr std::string_view label_stamp_path = "/var/lib/aimee/labels";

// What the note says after a relabelling by this policy. The version in it is that of the rules in
// selinux/relabel_rule.h.
std::string label_stamp(std::string_view policy, std::string_view digest);

// The note on the volume at ROOT/var; empty where there is none. Failed: it is there and cannot be read.
Result<std::string> read_label_stamp(const std::string& root);

// On the volume whose top level is `volume`, with its folder where that is missing. Durable when it returns; after a
// cut the old note or none is there, or the whole new one.
Result<> write_label_stamp(const Fd& volume, const std::string& stamp, const FileContexts& contexts);

}  // namespace aimee
