// Roots whose files and folders have different device numbers: overlays, and btrfs with subvolumes in it. What is
// mounted below /var is never copied all the same.
#include <sys/stat.h>
#include <sys/xattr.h>

#include <filesystem>

#include "harness/doctest_main.h"
#include "harness/file_tree.h"
#include "harness/init_storage.h"
#include "harness/mounted.h"
#include "harness/rich_tree.h"

using namespace looptest;

namespace {

// A file system image of the sample root, and of what a second layer adds to it.
class Layers {
 public:
  explicit Layers(const std::string& device) : root_(device) {
    root_.file("usr/lib/tmpfiles.d/var.conf", "v /var/log\n");
    root_.folder("var/lib/rich");
    make_rich_tree(root_ / "var/lib/rich");
    root_.file("var/lib/replaced", "below");
    root_.file("var/lib/removed", "below");
    root_.file("var/lib/moved/file", "below");
    root_.file("var/lib/changed", "below");
    more_.populate();
  }
  std::string base() const { return squashed(root_.path(), "base"); }
  std::string more() const { return squashed(more_.folder.path(), "more"); }

 private:
  struct More {
    TemporaryFolder folder;
    void populate() const {
      std::filesystem::create_directories(folder / "var/lib");
      write_text(folder / "var/lib/replaced", "above");
      write_text(folder / "var/lib/added", "above");
      checked(setxattr((folder / "var/lib/added").c_str(), "trusted.layer", "above", 5, 0), "setxattr");
    }
  };

  std::string squashed(const std::string& folder, const std::string& name) const {
    tool({"mksquashfs", folder, files_ / name, "-quiet", "-no-progress"});
    return files_ / name;
  }

  SampleRoot root_;
  More more_;
  TemporaryFolder files_;
};

dev_t device_of(const std::string& path) {
  struct stat status{};
  checked(lstat(path.c_str(), &status), path);
  return status.st_dev;
}

// The first boot of that root: the volume has all that /var shows, and nothing of what is mounted in it.
void check_first_boot(const std::string& root, const LoopDisk& disk) {
  CHECK(device_of(root + "/var/lib") != device_of(root + "/var/lib/replaced"));
  Tree expected = read_tree(root + "/var");
  const TemporaryFolder elsewhere;
  write_text(elsewhere / "file", "mounted");
  const std::string covered = root + "/var/lib/moved";
  const std::string covered_file = root + "/var/lib/added";
  tool({"mount", "--bind", elsewhere.path(), covered});
  tool({"mount", "--bind", elsewhere / "file", covered_file});
  const Outcome outcome = run_applet("init-storage", {"--root", root});
  tool({"umount", covered, covered_file});
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  check_volume_is_ready(disk.device());
  const Mounted volume(disk.device(), "ro");
  CHECK(differences(root + "/var", volume.path()) == "");
  Tree made = read_tree(volume.path());
  for (Tree* tree : {&expected, &made}) {
    for (auto& [path, node] : *tree) node.data.clear();  // the holes of a layer are copy_test's business
  }
  CHECK(compare(expected, made) == "");
}

}  // namespace

TEST_CASE("the root is an overlay of two read-only layers") {
  NEEDS("mksquashfs", "rsync", "setfacl", "setcap");
  const LoopDisk disk({.size = 512 * MiB});
  const Layers layers(disk.device());
  const Mounted base(layers.base(), "ro,loop", "squashfs");
  const Mounted more(layers.more(), "ro,loop", "squashfs");
  const Mounted root("overlay", "ro,lowerdir=" + more.path() + ":" + base.path(), "overlay");
  check_first_boot(root.path(), disk);
}

TEST_CASE("the root is an overlay of a read-only layer and a tmpfs") {
  NEEDS("mksquashfs", "rsync", "setfacl", "setcap");
  const LoopDisk disk({.size = 512 * MiB});
  const Layers layers(disk.device());
  const Mounted base(layers.base(), "ro,loop", "squashfs");
  const Mounted top("none", "defaults", "tmpfs");
  for (const char* name : {"upper", "work"}) std::filesystem::create_directory(top / name);
  std::string options = "lowerdir=" + base.path() + ",upperdir=" + (top / "upper") + ",workdir=" + (top / "work");
  SUBCASE("plain") {}
  SUBCASE("with files of which only the metadata is above, and folders that were renamed") {
    options += ",metacopy=on,redirect_dir=on";
  }
  const Mounted root("overlay", options, "overlay");
  write_text(root / "var/lib/added", "above");
  write_text(root / "var/lib/replaced", "above");
  std::filesystem::remove(root / "var/lib/removed");
  checked(chmod((root / "var/lib/changed").c_str(), 0600), "chmod");
  tool({"mv", root / "var/lib/moved", root / "var/lib/elsewhere"});
  std::filesystem::create_directory(root / "var/lib/moved");
  check_first_boot(root.path(), disk);
}

TEST_CASE("what an image has of another overlay's layers is copied as it is") {
  NEEDS("mksquashfs");
  const LoopDisk disk;
  const SampleRoot content(disk.device());
  content.folder("var/lib/containers/layer");
  checked(setxattr((content / "var/lib/containers/layer").c_str(), "trusted.overlay.opaque", "y", 1, 0), "setxattr");
  checked(mknod((content / "var/lib/containers/whiteout").c_str(), S_IFCHR, 0), "mknod");
  const Outcome outcome = init_storage(content);
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  const Mounted volume(disk.device(), "ro");
  char value[2] = {};
  CHECK(getxattr((volume / "lib/containers/layer").c_str(), "trusted.overlay.opaque", value, sizeof value) == 1);
  struct stat status{};
  CHECK(lstat((volume / "lib/containers/whiteout").c_str(), &status) == 0);
  CHECK(S_ISCHR(status.st_mode));
}

TEST_CASE("the root is btrfs, and has subvolumes in /var") {
  const LoopDisk disk({.size = 256 * MiB});
  const LoopDisk root_disk({.size = 256 * MiB});
  tool({"mkfs.btrfs", "-q", root_disk.device()});
  const Mounted root(root_disk.device());
  const SampleRoot image(root.path(), disk.device(), "defaults");
  tool({"btrfs", "subvolume", "create", root / "var/lib/machine"});
  write_text(root / "var/lib/machine/file", "in a subvolume");
  CHECK(device_of(root / "var/lib") != device_of(root / "var/lib/machine"));
  const Outcome outcome = init_storage(image);
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  const Mounted volume(disk.device(), "ro");
  CHECK(read_text(volume / "lib/machine/file") == "in a subvolume");
}
