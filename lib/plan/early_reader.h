// Parts of /etc that somebody reads before /var is mounted, and so before the store's version is there: at that
// moment the image's counts. Source: bootup(7) and the ordering of systemd's own units.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace aimee {

// Who reads `path` (relative to /etc), or something in it, so early, and what makes the store's version count, as
// "systemd reads it before /var is mounted: …"; none where nobody does.
std::optional<std::string> early_reader_of(std::string_view path);

}  // namespace aimee
