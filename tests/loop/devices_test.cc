// Which device the /var line means: labels, UUIDs, paths and links, twins, late and missing ones.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <filesystem>

#include "harness/btrfs_volume.h"
#include "harness/doctest_main.h"
#include "harness/init_storage.h"
#include "harness/mounted.h"

using namespace looptest;

namespace {

constexpr std::uint64_t root_size = 64 * MiB;

std::vector<Partition> with_root(const std::string& data_label) { return {{"root", root_size}, {data_label}}; }

// What udev's link says, or would say where there is no udev.
class PartlabelLink {
 public:
  PartlabelLink(const std::string& label, const std::string& device) : path_("/dev/disk/by-partlabel/" + label) {
    std::filesystem::create_directories("/dev/disk/by-partlabel");
    std::filesystem::remove(path_);
    std::filesystem::create_symlink(device, path_);
  }
  PartlabelLink(const PartlabelLink&) = delete;
  PartlabelLink& operator=(const PartlabelLink&) = delete;
  ~PartlabelLink() {
    unlink(path_.c_str());
    for (const char* folder : {"/dev/disk/by-partlabel", "/dev/disk"}) rmdir(folder);  // where empty
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

bool is_untouched(const std::string& device) { return read_at(device, 0, root_size) == std::string(root_size, '\0'); }

}  // namespace

TEST_CASE("PARTLABEL= names a partition") {
  const std::string label = random_name("aimee-");
  GptDisk disk(with_root(label));
  check_created(SampleRoot("PARTLABEL=" + label), disk.partition(2));
  CHECK(is_untouched(disk.partition(1)));
}

TEST_CASE("PARTLABEL= names a partition of a disk with 4096-byte sectors") {
  const std::string label = random_name("aimee-");
  GptDisk disk(with_root(label), {.sector_size = 4096});
  check_created(SampleRoot("PARTLABEL=" + label), disk.partition(2));
}

TEST_CASE("a PARTLABEL with blanks is found as fstab escapes or quotes it") {
  const std::string name = random_name("data of ");
  GptDisk disk(with_root(name));
  std::string escaped = "PARTLABEL=" + name;
  for (std::size_t blank; (blank = escaped.find(' ')) != std::string::npos;) escaped.replace(blank, 1, "\\040");
  check_created(SampleRoot(escaped), disk.partition(2));
}

TEST_CASE("PARTLABEL= is the whole label and not a prefix of it, letter case included") {
  const std::string label = random_name("aimee-");
  GptDisk disk({{label + "-b", root_size}, {"A" + label.substr(1)}});
  const SampleRoot root("PARTLABEL=" + label);
  const Outcome outcome = init_storage(root, {"--timeout", "1"});
  CHECK(outcome.exit == 1);
}

TEST_CASE("PARTUUID= names a partition, in either letter case") {
  GptDisk disk(with_root("data"));
  std::string uuid = disk.partition_uuid(2);
  SUBCASE("lower") {}
  SUBCASE("upper") {
    for (char& letter : uuid) letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  }
  check_created(SampleRoot("PARTUUID=" + uuid), disk.partition(2));
}

TEST_CASE("a link below /dev is followed to its device") {
  const LoopDisk disk;
  const std::string link = "/dev/" + random_name("aimee-link-");
  checked(symlink(disk.device().c_str(), link.c_str()), link);
  const Outcome outcome = init_storage(SampleRoot(link), {"--json"});
  unlink(link.c_str());
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  CHECK(json(outcome, ".device") == disk.device());
  check_volume_is_ready(disk.device());
}

TEST_CASE("a device under another name is the same device") {
  const LoopDisk disk;
  struct stat status;
  checked(stat(disk.device().c_str(), &status), disk.device());
  const std::string node = "/dev/" + random_name("aimee-node-");
  checked(mknod(node.c_str(), S_IFBLK | 0600, status.st_rdev), node);
  const Outcome outcome = init_storage(SampleRoot(node));
  unlink(node.c_str());
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  check_volume_is_ready(disk.device());
}

TEST_CASE("what is not a block device is refused") {
  const std::string name = "/dev/" + random_name("aimee-file-");
  SUBCASE("a regular file") { write_text(name, std::string(MiB, '\0')); }
  SUBCASE("a folder") { checked(mkdir(name.c_str(), 0755), name); }
  SUBCASE("a character device") { checked(mknod(name.c_str(), S_IFCHR | 0600, makedev(1, 5)), name); }
  SUBCASE("a link to a file") { checked(symlink("/etc/passwd", name.c_str()), name); }
  const SampleRoot root(name);
  const Outcome outcome = init_storage(root, {"--timeout", "1"});
  run({"rm", "-rf", name});
  CHECK(outcome.exit == 3);
  check_message(outcome, name, {"block device"});
}

TEST_CASE("a missing device is waited for until the time limit") {
  const std::string label = random_name("aimee-");
  for (const std::string& source :
       {"PARTLABEL=" + label, "/dev/" + label, std::string("PARTUUID=01234567-89ab-4def-8123-456789abcdef")}) {
    CAPTURE(source);
    const Outcome outcome = init_storage(SampleRoot(source), {"--timeout", "1"});
    CHECK(outcome.exit == 1);
    CHECK(outcome.err.find(source) != std::string::npos);
    CHECK(outcome.took >= std::chrono::milliseconds(900));
    CHECK(outcome.took < std::chrono::seconds(5));
  }
}

TEST_CASE("a device that comes late is used") {
  const std::string label = random_name("aimee-");
  GptDisk disk(with_root(label));
  disk.remove_partitions();
  const SampleRoot root("PARTLABEL=" + label);
  Process waiting(init_storage_command(root, {"--timeout", "30"}));
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  CHECK(waiting.running());
  disk.add_partitions();
  const Outcome outcome = waiting.wait();
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  CHECK(outcome.took < std::chrono::seconds(20));
  check_volume_is_ready(disk.partition(2));
}

TEST_CASE("of two partitions with the label, neither on the root's disk, none is used and both are named") {
  const std::string label = random_name("aimee-");
  GptDisk first(with_root(label));
  GptDisk second(with_root(label));
  const SampleRoot root("PARTLABEL=" + label);
  const Fingerprint before[]{first.disk().fingerprint(), second.disk().fingerprint()};
  const Outcome outcome = init_storage(root, {"--timeout", "1"});
  CHECK(outcome.exit == 3);
  check_message(outcome, "PARTLABEL=" + label, {first.partition(2), second.partition(2)});
  CHECK(first.disk().fingerprint() == before[0]);
  CHECK(second.disk().fingerprint() == before[1]);
}

TEST_CASE("of two partitions with the label on one disk, none is used") {
  const std::string label = random_name("aimee-");
  GptDisk disk({{label, 128 * MiB}, {label}}, {.size = 300 * MiB});
  const SampleRoot root("PARTLABEL=" + label);
  const Fingerprint before = disk.disk().fingerprint();
  const Outcome outcome = init_storage(root, {"--timeout", "1"});
  CHECK(outcome.exit == 3);
  check_message(outcome, "PARTLABEL=" + label, {disk.partition(1), disk.partition(2)});
  CHECK(disk.disk().fingerprint() == before);
}

TEST_CASE("of two partitions with the label the one on the root's own disk is used") {
  const std::string label = random_name("aimee-");
  GptDisk first(with_root(label));
  GptDisk second(with_root(label));
  GptDisk& with_the_root = [&]() -> GptDisk& {
    GptDisk* chosen = &first;
    SUBCASE("the first disk") { chosen = &first; }
    SUBCASE("the second disk") { chosen = &second; }
    return *chosen;
  }();
  GptDisk& other = &with_the_root == &first ? second : first;
  tool({"mkfs.ext4", "-q", "-F", with_the_root.partition(1)});
  const Fingerprint before = other.disk().fingerprint();
  {
    const PartlabelLink link(label, with_the_root.partition(2));
    const Mounted image(with_the_root.partition(1));
    const SampleRoot root(image.path(), "PARTLABEL=" + label, "defaults");
    const Outcome outcome = init_storage(root);
    CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  }
  check_volume_is_ready(with_the_root.partition(2));
  CHECK(other.disk().fingerprint() == before);
}

TEST_CASE("a twin of a ready volume on another disk is not taken for it") {
  // The builder's card is still in the reader while the device boots from its own disk.
  const std::string label = random_name("aimee-");
  GptDisk own(with_root(label));
  GptDisk card(with_root(label));
  make_ready(own.partition(2), "own");
  make_ready(card.partition(2), "card");
  tool({"mkfs.ext4", "-q", "-F", own.partition(1)});
  const PartlabelLink link(label, own.partition(2));
  const Mounted image(own.partition(1));
  const SampleRoot root(image.path(), "PARTLABEL=" + label, "defaults");
  const Outcome outcome = init_storage(root, {"--json"});
  CHECK(outcome.exit == 0);
  CHECK(json(outcome, ".device") == own.partition(2));
}

// tests/udev has the other half: a udev that runs is told to lead the link to the right one.
TEST_CASE("where udev's link, by which /var would be mounted, leads to the twin and stays so, the run fails") {
  const std::string label = random_name("aimee-");
  GptDisk own(with_root(label));
  GptDisk card(with_root(label));
  tool({"mkfs.ext4", "-q", "-F", own.partition(1)});
  const PartlabelLink link(label, card.partition(2));
  const Mounted no_udev = Mounted::tmpfs_on("/run");
  const Mounted image(own.partition(1));
  const SampleRoot root(image.path(), "PARTLABEL=" + label, "defaults");
  const Fingerprint before = card.disk().fingerprint();
  const Outcome outcome = init_storage(root, {"--timeout", "1"});
  CHECK((outcome.exit == 1 || outcome.exit == 3));
  CHECK(outcome.err.find("init-storage: ") != std::string::npos);
  CHECK(card.disk().fingerprint() == before);
}

TEST_CASE("a link below /dev/disk/by-partlabel means its label") {
  const std::string label = random_name("aimee-");
  GptDisk disk(with_root(label));
  const PartlabelLink link(label, disk.partition(2));
  check_created(SampleRoot(link.path()), disk.partition(2));
}

TEST_CASE("a path names its device even where another partition has a label like that") {
  GptDisk disk(with_root("data"));
  check_created(SampleRoot(disk.partition(2)), disk.partition(2));
  CHECK(is_untouched(disk.partition(1)));
}
