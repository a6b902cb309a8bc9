// The options of a mount, taken apart as libmount does it; pure.
#pragma once

#include <string>
#include <string_view>

namespace aimee {

struct MountOption {
  std::string_view text;  // as written
  std::string_view name;
  std::string value;  // without the quotes around it, "\," and "\"" undone
  bool has_value = false;
};

// Takes the next option that is not empty off `rest`: up to a comma that is neither quoted nor escaped. False at the
// end, and where a quote is not closed; what is left in `rest` then begins there.
bool next_mount_option(std::string_view& rest, MountOption& option);

}  // namespace aimee
