// Words of refusals; pure.
#include "plan/refusal.h"

#include "base/text.h"

namespace aimee {

Error refusal_of(const VolumeState& volume, std::string_view device, std::string_view refusing) {
  std::string ways = zeroing_command(device, volume.remnants);
  if (volume.state == State::damaged && volume.resettable) {
    ways = concat("factory-reset, or ", kernel_argument(volume.resettable->uuid), " on the kernel command line, or ",
                  ways);
  }
  std::string advice;
  if (!volume.not_obeyed.empty()) advice = concat("; ", volume.not_obeyed);
  if (!volume.advice.empty()) advice += concat("; ", volume.advice);
  if (volume.has_valid_copy) advice += concat("; to repair it: btrfs rescue super-recover ", device);
  return refusal(device, concat(volume.found, ": ", refusing, advice, "; to erase it on purpose: ", ways)).error();
}

Error refusal_of(const Doubt& doubt, std::string_view device, std::string_view refusing, std::string_view keep) {
  const std::string otherwise = keep.empty() ? std::string() : concat("; to keep the volume: ", keep);
  return refusal(device, concat(doubt.what, ": ", refusing, "; ", doubt.remedy, otherwise)).error();
}

std::string zeroing_command(std::string_view device, const std::vector<std::uint64_t>& remnants) {
  std::string command = concat("wipefs -a ", device, " && dd if=/dev/zero of=", device, " bs=1M count=16 conv=fsync");
  if (remnants.empty()) return command;
  command += " && for n in";
  for (const std::uint64_t offset : remnants) command += concat(" ", offset / remnant_size);
  return command + concat("; do dd if=/dev/zero of=", device, " bs=512 seek=$n count=1 conv=fsync; done");
}

}  // namespace aimee
