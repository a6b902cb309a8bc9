// Coming to the data volume, as far as no device is needed; the loop tests have the rest.
#include "storage/data_volume.h"

#include "harness/temporary_folder.h"
#include "harness/test.h"

namespace aimee::test {

TEST_CASE("without a line in fstab, or with one for a device that is not there, the reason is the one of that step") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder root;
  CHECK(
      told(find_data_volume(root.path(), {})).starts_with(concat("refused: ", root / "etc/fstab", ": does not exist")));
  root.file("etc/fstab", "/dev/no-such-device /var btrfs defaults 0 0\n");
  CHECK(told(find_data_volume(root.path(), {})).starts_with("failed: /dev/no-such-device: did not appear within 0 s"));
}

TEST_CASE("a device of which the kernel knows no mount is mounted nowhere") {
  const auto points = mount_points_of({{"/dev/no-such-device", 0}}, "/var");
  MUST_SUCCEED(points);
  CHECK(points->empty());
}

TEST_CASE("what is too small is told with what is needed") {
  CHECK(told(too_small_refusal({"/dev/vda3", 0}, 64ULL << 20)) ==
        "refused: /dev/vda3: is too small for a data volume: 64.0 MiB, at least 128 MiB are needed");
}

}  // namespace aimee::test
