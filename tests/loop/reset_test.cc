// A volume with a reset token: erased and made anew, if and only if the token is for this volume on this device.
#include "harness/reset.h"
#include "harness/doctest_main.h"

using namespace looptest;

TEST_CASE("an armed volume is erased to the last byte and made anew") {
  const LoopDisk disk;
  make_ready(disk.device(), secret);
  CHECK(holds(disk, secret));
  const std::string old_uuid = uuid_of(disk);
  set_label(disk, token(old_uuid, disk.size()));
  const SampleRoot root(disk.device());
  const Outcome plan = init_storage(root, {"--dry-run", "--json"});
  CHECK(json(plan, ".state") == "reset-armed");
  CHECK(holds(disk, secret));

  check_created(root, disk.device());
  CHECK_FALSE(holds(disk, secret));
  CHECK(uuid_of(disk) != old_uuid);
  CHECK_FALSE(holds(disk, old_uuid));
  check_left_alone(root, "ready");
}

TEST_CASE("data beyond what the file system knows of is erased too") {
  const LoopDisk disk;
  make_ready(disk.device());
  disk.write(disk.size() - 512, secret);
  disk.write(200 * MiB + 17, secret);
  disk.write(3 * KiB, secret);
  set_label(disk, token(uuid_of(disk), disk.size()));
  check_created(SampleRoot(disk.device()), disk.device());
  CHECK_FALSE(holds(disk, secret));
}

TEST_CASE("a token for another device or volume, or of a newer version, does nothing") {
  const LoopDisk disk;
  make_ready(disk.device());
  const std::string uuid = uuid_of(disk);
  const std::string another = "11111111-2222-8333-8444-61696d656501";
  const std::string right = token(uuid, disk.size());
  for (const std::string& label : {token(uuid, disk.size() + 1), token(another, disk.size()), right + "SERIAL",
                                   right.substr(0, right.size() - 1), "aimee-reset-2" + right.substr(13)}) {
    CAPTURE(label);
    set_label(disk, label);
    check_left_alone(SampleRoot(disk.device()), "ready");
    CHECK(marker_says(disk.device(), "kept"));
  }
}

TEST_CASE("a token on a btrfs that aimee did not make does nothing") {
  const LoopDisk disk;
  make_btrfs(disk.device(), "pool");
  set_label(disk, token(uuid_of(disk), disk.size()));
  check_left_alone(SampleRoot(disk.device()), "existing");
}

TEST_CASE("an erasure that was cut before its last write goes on") {
  const LoopDisk disk;
  make_ready(disk.device(), secret);
  set_label(disk, token(uuid_of(disk), disk.size()));
  disk.fill(second_superblock, superblock_size, '\0');
  disk.fill(primary_superblock + 512, superblock_size - 512, '\0');
  check_created(SampleRoot(disk.device()), disk.device());
  CHECK_FALSE(holds(disk, secret));
}

TEST_CASE("an armed volume that somebody has mounted is refused") {
  const LoopDisk disk;
  make_ready(disk.device());
  set_label(disk, token(uuid_of(disk), disk.size()));
  const SampleRoot root(disk.device());
  const Mounted volume(disk.device(), "ro");
  check_refused(root, disk.device(), {"is in use"});
}

TEST_CASE("an armed volume beside another signature is not erased") {
  const LoopDisk disk;
  make_ready(disk.device());
  set_label(disk, token(uuid_of(disk), disk.size()));
  const LoopDisk other;
  tool({"mkfs.ext4", "-q", "-L", "home", other.device()});
  disk.write(1024, other.read(1024, 1024));  // ext4's superblock
  check_left_alone(SampleRoot(disk.device()), "ready");
}

TEST_CASE("a lone backup of a partition table is somebody's, unless the disk begins with 16 MiB of zeros") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  disk.write(disk.size() - 512, "EFI PART");
  disk.write(2 * MiB, "a partition's data");
  check_refused(root, disk.device(), {"partition table"});
  disk.fill(2 * MiB, 4096, '\0');
  check_created(root, disk.device());
}
