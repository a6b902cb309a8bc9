// One line of fstab(5), taken apart as systemd does it, with getmntent(3); pure.
#pragma once

#include <string>
#include <string_view>

namespace aimee {

struct FstabLine {
  std::string source;
  std::string target;
  std::string type;
  std::string options;     // escaped commas and quotes as they are: next_mount_option() says what they mean
  std::string_view wrong;  // why mount(8) would pass over it, and what to do; empty = it is a good line
};

// False for an empty line and a comment. Of the escapes only those for blank, tab, newline and backslash are undone,
// since systemd knows no others.
bool parse_fstab_line(std::string_view text, FstabLine& line);

}  // namespace aimee
