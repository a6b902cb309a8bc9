// A volume with a reset token: erased and made anew, if and only if the token is for this volume on this device.
#include "harness/reset.h"

#include <fstream>

#include "harness/doctest_main.h"
#include "harness/signatures.h"

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
    const SampleRoot root(disk.device());
    const Outcome outcome = check_left_alone(root, "ready");
    const std::string told = "the reset token on it is not obeyed: it is ";
    CHECK(json(outcome, ".not_obeyed").starts_with(told));
    CHECK(init_storage(root).err.find(disk.device() + ": " + told) != std::string::npos);
    CHECK(factory_reset(root, {"--status"}).out.find(told) != std::string::npos);
    CHECK(json(factory_reset(root, {"--status", "--json"}), ".not_obeyed").starts_with(told));
    CHECK(run_applet("status", {"--root", root.path()}).out.find("token on it is not obeyed") != std::string::npos);
    CHECK(marker_says(disk.device(), "kept"));
  }
}

TEST_CASE("a token on a btrfs that aimee did not make does nothing") {
  const LoopDisk disk;
  make_btrfs(disk.device(), "pool");
  set_label(disk, token(uuid_of(disk), disk.size()));
  const SampleRoot root(disk.device());
  check_left_alone(root, "existing");
  CHECK(init_storage(root).err.find("not obeyed: aimee did not make this volume") != std::string::npos);
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
  const SampleRoot root(disk.device());
  check_left_alone(root, "ready");
  CHECK(init_storage(root).err.find("not obeyed: the device also holds ") != std::string::npos);
}

namespace {

// What a user who may write nothing but files can bring to the end of a volume: md's superblock 1.0.
void fill_with_md_superblocks(const LoopDisk& disk) {
  const LoopDisk other({.size = disk.size()});
  write_md_1(other, 0);
  std::string page(1 * MiB, '\0');
  const std::string superblock = other.read(disk.size() - 8 * KiB, 4 * KiB);
  for (std::size_t at = 0; at < page.size(); at += superblock.size()) page.replace(at, superblock.size(), superblock);
  const Mounted volume(disk.device());
  std::ofstream file(volume / "pages");
  while (file.write(page.data(), static_cast<std::streamsize>(page.size())) && file.flush()) {
  }
}

}  // namespace

TEST_CASE("content of the volume's files undoes nothing: not a reset, not the kernel's, not a mended superblock") {
  const LoopDisk disk;
  make_ready(disk.device(), secret);
  fill_with_md_superblocks(disk);
  REQUIRE(run({"wipefs", "--noheadings", "--output", "TYPE", disk.device()}).out.find("raid") != std::string::npos);
  const SampleRoot root(disk.device());
  SUBCASE("a token") {
    set_label(disk, token(uuid_of(disk), disk.size()));
    check_created(root, disk.device());
  }
  SUBCASE("the shutdown's erasure, and a quick one") {
    set_label(disk, token(uuid_of(disk), disk.size()));
    CHECK(factory_reset(root, {"--erase", "--quick"}).exit == 0);
    check_created(root, disk.device());
  }
  SUBCASE("the kernel's argument") {
    const KernelCommandLine argument("aimee.factory_reset=" + uuid_of(disk).substr(0, 8));
    check_created(root, disk.device());
  }
  SUBCASE("factory-reset of a volume that nobody has mounted") {
    CHECK(factory_reset(root, {"--yes"}).exit == 0);
    check_created(root, disk.device());
  }
  SUBCASE("a torn superblock") {
    disk.write(primary_superblock + 3000, "\x01");
    CHECK(init_storage(root).err.find("is mended") != std::string::npos);
    const TemporaryFolder folder;
    tool({"mount", "-t", "btrfs", "-o", "ro", disk.device(), folder.path()});
    CHECK(read_text(folder / "marker") == secret);
    tool({"umount", folder.path()});
    return;
  }
  CHECK_FALSE(holds(disk, secret));
}

TEST_CASE("a quick erasure leaves no file's content that would be taken for another file system's") {
  const LoopDisk disk({.size = 320 * MiB});
  make_ready(disk.device());
  const LoopDisk other({.size = 320 * MiB});
  tool({"mkfs.ext4", "-q", "-b", "4096", other.device()});
  disk.write(128 * MiB, other.read(128 * MiB, 4 * KiB));  // of free space, so that the volume stays whole
  set_label(disk, token(uuid_of(disk), disk.size()));
  const SampleRoot root(disk.device());
  CHECK(factory_reset(root, {"--erase", "--quick"}).exit == 0);
  check_created(root, disk.device());
}

TEST_CASE("a lone backup of a partition table is somebody's, unless the disk begins with 16 MiB of zeros") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  disk.write(disk.size() - 512, "EFI PART");
  disk.write(2 * MiB, "a partition's data");
  check_refused(root, disk.device(), {"partition table"});
  disk.fill(2 * MiB, 4096, '\0');
  check_created(root, disk.device());
  CHECK(disk.read(disk.size() - 512, 8) != "EFI PART");
}
