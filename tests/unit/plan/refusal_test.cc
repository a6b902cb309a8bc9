// Words of refusals: every way out, and only where it leads somewhere.
#include "plan/refusal.h"

#include "harness/facts.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

constexpr std::string_view zeroing = "wipefs -a /dev/vda3 && dd if=/dev/zero of=/dev/vda3 bs=1M count=16 conv=fsync";

VolumeState damaged_with(const Superblock& copy) {
  VolumeFacts facts = zeros();
  facts.head = Fill::data;
  facts.superblocks[1] = copy;
  return classify(facts);
}

std::string words(const VolumeState& volume) { return told(refusal_of(volume, "/dev/vda3", "refusing to format")); }

}  // namespace

TEST_CASE("a foreign volume can be zeroed on purpose") {
  CHECK(words({.state = State::foreign, .found = "holds swap"}) ==
        concat("refused: /dev/vda3: holds swap: refusing to format; to erase it on purpose: ", zeroing));
}

TEST_CASE("remnants of another file system have to be zeroed with the head") {
  VolumeState volume{.state = State::foreign, .found = "holds ext4"};
  volume.remnants = {25ULL << 20, (128ULL << 20) + 512};
  CHECK(words(volume) ==
        concat("refused: /dev/vda3: holds ext4: refusing to format; to erase it on purpose: ", zeroing,
               " && for n in 51200 262145; do dd if=/dev/zero of=/dev/vda3 bs=512 seek=$n count=1 conv=fsync; done"));
}

TEST_CASE("what helps besides erasing is said first") {
  VolumeState volume{.state = State::foreign, .found = "holds a newer volume"};
  volume.advice = "boot the newer image";
  CHECK(words(volume) == concat("refused: /dev/vda3: holds a newer volume: refusing to format; boot the newer image; "
                                "to erase it on purpose: ",
                                zeroing));
}

TEST_CASE("a reset that is asked for and not done is told in the same line") {
  VolumeState volume{.state = State::foreign, .found = "holds ext4"};
  volume.not_obeyed = "the reset token on it is not obeyed: it is a newer aimee's";
  CHECK(words(volume) == concat("refused: /dev/vda3: holds ext4: refusing to format; the reset token on it is not "
                                "obeyed: it is a newer aimee's; to erase it on purpose: ",
                                zeroing));
}

TEST_CASE("a damaged volume of ours can be repaired, reset or zeroed") {
  const std::string text = words(damaged_with(ours("aimee-data")));
  CHECK(
      text.ends_with(concat(": refusing to format; to repair it: btrfs rescue super-recover /dev/vda3; to erase it on "
                            "purpose: factory-reset, or aimee.factory_reset=00010203 on the kernel command line, or ",
                            zeroing)));
}

TEST_CASE("a damaged volume of others can be repaired or zeroed") {
  const std::string text = words(damaged_with(others("home")));
  CHECK(text.ends_with(concat(
      ": refusing to format; to repair it: btrfs rescue super-recover /dev/vda3; to erase it on purpose: ", zeroing)));
}

}  // namespace aimee::test
