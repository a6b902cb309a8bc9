// Which label a file of an older volume gets from a newer policy: restorecon(8)'s rule, as text in and text out.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace aimee {

// The path by whose label a file on the data volume goes. It is its own ("/var/log/x"), but what is in the store
// is seen in /etc, and the copies that writable-etc keeps of it are as secret: "/var/etc/shadow",
// "/var/etc/.aimee/image/shadow" and "/var/etc/.aimee/backup/shadow.20261124-190000" → "/etc/shadow".
std::string path_for_label(std::string_view path);

// The label to set on a file that has `present` (none where it has none) where the policy says `wanted`; none
// where it is to stay as it is: the type is right already, or `customizable`. Only the type is changed; user, role
// and range stay the file's, unless `present` is no label at all.
std::optional<std::string> changed_label(const std::optional<std::string>& present, const std::string& wanted,
                                         const std::set<std::string, std::less<>>& customizable);

}  // namespace aimee
