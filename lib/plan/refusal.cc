// Words of refusals; pure.
#include "plan/refusal.h"

#include "base/text.h"

namespace aimee {

Error refusal_of(const VolumeState& volume, std::string_view device, std::string_view refusing) {
  std::string ways = zeroing_command(device);
  if (volume.state == State::damaged && volume.resettable) {
    ways = concat("factory-reset, or ", kernel_argument(volume.resettable->uuid), " on the kernel command line, or ",
                  ways);
  }
  const std::string repair =
      volume.has_valid_copy ? concat("; to repair it: btrfs rescue super-recover ", device) : std::string();
  return refusal(device, concat(volume.found, ": ", refusing, repair, "; to erase it on purpose: ", ways)).error();
}

Error refusal_of(const Doubt& doubt, std::string_view device, std::string_view refusing, std::string_view keep) {
  const std::string otherwise = keep.empty() ? std::string() : concat("; to keep the volume: ", keep);
  return refusal(device, concat(doubt.what, ": ", refusing, "; ", doubt.remedy, otherwise)).error();
}

std::string zeroing_command(std::string_view device) {
  return concat("wipefs -a ", device, " && dd if=/dev/zero of=", device, " bs=1M count=16 conv=fsync");
}

}  // namespace aimee
