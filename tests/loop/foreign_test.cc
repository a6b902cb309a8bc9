// Disks that hold something: refused with the disk untouched, until their owner erases them on purpose.
//
// One table, {name, tools, disk before, what the message says}. Every row goes the whole way: refused, in a
// dry run too; erased by the very command that the message prints; created.
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include <functional>
#include <string>
#include <vector>

#include "harness/btrfs_volume.h"
#include "harness/doctest_main.h"
#include "harness/init_storage.h"
#include "harness/signatures.h"

using namespace looptest;

namespace {

struct Foreign {
  const char* name;
  std::vector<std::string> tools;
  std::function<void(const LoopDisk&)> make;
  std::vector<std::string> says;
  std::uint64_t size = 192 * MiB;
  unsigned sector_size = 512;
};

std::string erasing_command(const std::string& device) {
  return "wipefs -a " + device + " && dd if=/dev/zero of=" + device + " bs=1M count=16 conv=fsync";
}

// "mkfs.ext4 -q -F" with the device as its last argument.
auto made_by(Arguments arguments) {
  return [arguments](const LoopDisk& disk) {
    Arguments command = arguments;
    command.push_back(disk.device());
    tool(command);
  };
}

// The same, and then its magic numbers taken away.
auto wiped_after(std::function<void(const LoopDisk&)> make) {
  return [make](const LoopDisk& disk) {
    make(disk);
    tool({"wipefs", "--quiet", "--all", disk.device()});
  };
}

auto both(std::function<void(const LoopDisk&)> first, std::function<void(const LoopDisk&)> second) {
  return [first, second](const LoopDisk& disk) {
    first(disk);
    second(disk);
  };
}

auto partitioned(const std::string& label) {
  return [label](const LoopDisk& disk) {
    tool({"sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", disk.device()}, "label: " + label + "\nsize=32MiB\n");
  };
}

auto luks(const std::string& type) {
  return [type](const LoopDisk& disk) {
    tool({"cryptsetup", "luksFormat", "--batch-mode", "--type", type, "--pbkdf", "pbkdf2", "--pbkdf-force-iterations",
          "1000", disk.device()},
         "secret");
  };
}

auto md_1(unsigned minor) {
  return [minor](const LoopDisk& disk) { write_md_1(disk, minor); };
}

// An archive's image, copied to the disk.
auto image_made_by(std::function<Arguments(const std::string& folder, const std::string& image)> command) {
  return [command](const LoopDisk& disk) {
    const TemporaryFolder folder;
    write_text(folder / "file", random_bytes(300 * KiB));
    const TemporaryFolder result;
    tool(command(folder.path(), result / "image"));
    disk.write(0, read_text(result / "image"));
  };
}

auto bytes_at(std::uint64_t offset, std::string bytes) {
  return [offset, bytes](const LoopDisk& disk) { disk.write(offset, bytes); };
}

void fill_with_random_bytes(const LoopDisk& disk) {
  for (std::uint64_t offset = 0; offset < disk.size(); offset += 16 * MiB) disk.write(offset, random_bytes(16 * MiB));
}

// The protective MBR is there, the header and the entries behind it are not: their backup at the end counts.
void gpt_by_its_backup(const LoopDisk& disk) {
  partitioned("gpt")(disk);
  disk.fill(512, MiB - 512, 0);
}

const auto ext4 = made_by({"mkfs.ext4", "-q", "-F", "-L", "home"});
const auto xfs = made_by({"mkfs.xfs", "-q", "-f", "-L", "data"});
const auto swap_area = made_by({"mkswap", "--quiet", "-L", "swap"});
const auto btrfs = made_by({"mkfs.btrfs", "-q", "-f", "-L", "pool"});
const std::vector<std::string> nameless{"data without a known signature"};

// clang-format off
const std::vector<Foreign> known_signatures{
    {"ext4", {}, ext4, {"holds ext4 (label \"home\")"}},
    {"ext4 on 4096-byte sectors", {}, ext4, {"holds ext4 (label \"home\")"}, 192 * MiB, 4096},
    {"ext2", {}, made_by({"mkfs.ext2", "-q", "-F"}), {"holds ext2"}},
    {"ext4 label with a quote and a newline", {}, made_by({"mkfs.ext4", "-q", "-F", "-L", "a\"b\nc"}), {"holds ext4"}},
    {"xfs", {"mkfs.xfs"}, xfs, {"holds xfs (label \"data\")"}, 320 * MiB},
    {"vfat", {"mkfs.vfat"}, made_by({"mkfs.vfat", "-n", "BOOT"}), {"holds vfat (label \"BOOT\")"}},
    {"swap", {}, swap_area, {"holds swap (label \"swap\")"}},
    {"LUKS1", {"cryptsetup"}, luks("luks1"), {"holds crypto_LUKS"}},
    {"LUKS2", {"cryptsetup"}, luks("luks2"), {"holds crypto_LUKS"}},
    {"LVM physical volume", {"pvcreate"}, made_by({"pvcreate", "-q", "-ff", "-y", "--config", "devices{use_devicesfile=0}"}), {"holds LVM2_member"}},
    {"md 0.90", {}, write_md_090, {"holds linux_raid_member"}},
    {"md 1.0", {}, md_1(0), {"holds linux_raid_member (label \"host:0\")"}},
    {"md 1.1", {}, md_1(1), {"holds linux_raid_member (label \"host:0\")"}},
    {"md 1.2", {}, md_1(2), {"holds linux_raid_member (label \"host:0\")"}},
    {"ZFS", {}, [](const LoopDisk& disk) { write_zfs(disk, ZfsLabels::at_start); }, {"holds zfs_member"}},
    {"ISO 9660", {"mkisofs"}, image_made_by([](const std::string& from, const std::string& to) { return Arguments{"mkisofs", "-quiet", "-V", "CDROM", "-o", to, from}; }), {"holds iso9660 (label \"CDROM\")"}},
    {"SquashFS", {"mksquashfs"}, image_made_by([](const std::string& from, const std::string& to) { return Arguments{"mksquashfs", from, to, "-quiet", "-no-progress"}; }), {"holds squashfs"}},
    {"GPT", {}, partitioned("gpt"), {"gpt"}},
    {"GPT by its backup", {}, gpt_by_its_backup, {"gpt"}},
    {"MBR", {}, partitioned("dos"), {"dos"}},
};

const std::vector<Foreign> several_signatures{
    {"ext4 and md 1.0", {}, both(ext4, md_1(0)), {"ext4", "linux_raid_member"}},
    {"ext4 and md 0.90", {}, both(ext4, write_md_090), {"ext4", "linux_raid_member"}},
    {"btrfs on md 1.0", {}, both(made_by({"mkfs.btrfs", "-q", "-f", "-b", "160M"}), md_1(0)), {"btrfs", "linux_raid_member"}},
    {"btrfs of others and ext4's magic", {}, both(btrfs, bytes_at(1024 + 56, "\x53\xef")), {"btrfs"}},
    {"swap and xfs's magic", {}, both(swap_area, bytes_at(0, "XFSB")), {"swap"}},
    {"squashfs and GPT's backup", {"mksquashfs"}, both(partitioned("gpt"), image_made_by([](const std::string& from, const std::string& to) { return Arguments{"mksquashfs", from, to, "-quiet", "-no-progress"}; })), {"squashfs"}},
};

const std::vector<Foreign> nothing_known{
    {"random bytes all over", {}, fill_with_random_bytes, nameless, 160 * MiB},
    {"one byte at the start", {}, bytes_at(0, "x"), nameless},
    {"one byte at the end of the first MiB", {}, bytes_at(MiB - 1, "\x01"), nameless},
    {"one byte at the end of the first 16 MiB", {}, bytes_at(16 * MiB - 1, "\x01"), nameless},
    {"ones with a zero in the first MiB", {}, [](const LoopDisk& disk) { disk.fill(0, 16 * MiB, '\xff'); disk.write(MiB / 2, std::string(1, '\0')); }, nameless},
    {"zeros, then ones in the first MiB", {}, [](const LoopDisk& disk) { disk.fill(512 * KiB, 512 * KiB, '\xff'); }, nameless},
    {"zeros, but ones where the superblock stands", {}, [](const LoopDisk& disk) { disk.fill(64 * KiB, 4 * KiB, '\xff'); }, nameless},
    {"ones, but zeros where the superblock stands", {}, [](const LoopDisk& disk) { disk.fill(0, 16 * MiB, '\xff'); disk.fill(64 * KiB, 4 * KiB, 0); }, nameless},
    {"text", {}, bytes_at(4096, "dear diary\n"), nameless},
    {"ext4 after wipefs", {}, wiped_after(ext4), {nameless[0], "a backup superblock of ext4"}},
    {"xfs after wipefs", {"mkfs.xfs"}, wiped_after(xfs), {nameless[0], "a secondary superblock of XFS"}, 320 * MiB},
    {"swap after wipefs", {}, wiped_after(swap_area), nameless},
    {"LUKS1 after wipefs", {"cryptsetup"}, wiped_after(luks("luks1")), nameless},
    {"LUKS2 after wipefs", {"cryptsetup"}, wiped_after(luks("luks2")), nameless},
    {"GPT after wipefs", {}, wiped_after(partitioned("gpt")), nameless},
};
// clang-format on

void check_row(const Foreign& row) {
  for (const std::string& program : row.tools)
    if (!available({program})) return;
  const LoopDisk disk({.size = row.size, .sector_size = row.sector_size});
  row.make(disk);
  const SampleRoot root(disk.device());
  std::vector<std::string> texts = row.says;
  texts.push_back(erasing_command(disk.device()));
  check_refused(root, disk.device(), texts);

  erase_as_advised(init_storage(root));
  check_created(root, disk.device());
}

void check_table(const std::vector<Foreign>& table) {
  for (const Foreign& row : table) {
    SUBCASE(row.name) { check_row(row); }
  }
}

}  // namespace

TEST_CASE("a disk with a known signature is refused, erased on purpose, and created") { check_table(known_signatures); }

TEST_CASE("a disk with several signatures is refused, erased on purpose, and created") {
  check_table(several_signatures);
}

TEST_CASE("data without a signature is refused, erased on purpose, and created") { check_table(nothing_known); }

TEST_CASE("JSON calls a disk of somebody else's foreign") {
  const LoopDisk disk;
  ext4(disk);
  const SampleRoot root(disk.device());
  const Outcome outcome = init_storage(root, {"--json"});
  CHECK(outcome.exit == 3);
  CHECK(json(outcome, ".state") == "foreign");
  CHECK(json(outcome, ".action") == "refuse");
  CHECK(json(outcome, ".device") == disk.device());
  CHECK(json(outcome, ".size") == std::to_string(disk.size()));
  CHECK(json(outcome, ".error").find("ext4") != std::string::npos);
}

TEST_CASE("ZFS that has only its labels at the end is refused") {
  const LoopDisk disk;
  write_zfs(disk, ZfsLabels::at_end);
  check_refused(SampleRoot(disk.device()), disk.device(), {"zfs_member"});
}

TEST_CASE("a device of a btrfs of two devices is refused, whichever of them it is") {
  const LoopDisk first;
  const LoopDisk second;
  tool({"mkfs.btrfs", "-q", "-f", "-L", "pool", "-d", "raid1", "-m", "raid1", first.device(), second.device()});
  for (const LoopDisk* disk : {&first, &second})
    check_refused(SampleRoot(disk->device()), disk->device(), {"btrfs", "2 devices", erasing_command(disk->device())});
  for (const LoopDisk* disk : {&first, &second}) tool({"btrfs", "device", "scan", "--forget", disk->device()});
}

TEST_CASE("a signature inside a partition of the same disk is not the disk's own") {
  GptDisk disk({{"other", 64 * MiB}, {"data"}});
  tool({"mkfs.ext4", "-q", "-F", "-L", "neighbour", disk.partition(1)});
  const std::string neighbour = tool({"sha256sum", disk.partition(1)});
  check_created(SampleRoot(disk.partition(2)), disk.partition(2));
  CHECK(tool({"sha256sum", disk.partition(1)}) == neighbour);
}
