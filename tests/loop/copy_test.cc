// The copy is complete and exact, judged by rsync, btrfs check and a walk of the tests' own.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "harness/btrfs_volume.h"
#include "harness/doctest_main.h"
#include "harness/file_tree.h"
#include "harness/init_storage.h"
#include "harness/mounted.h"
#include "harness/rich_tree.h"

using namespace looptest;

namespace {

// Written zeros may become holes or stay: only what reads back counts.
Tree comparable(Tree tree) {
  for (auto& [path, node] : tree)
    if (path.ends_with("/zeros")) node.data.clear();
  return tree;
}

// Without the subvolume that the template lacks: its creation is not the copy's business.
void only_subvolumes_of_the_template(const SampleRoot& root) {
  root.file("usr/lib/tmpfiles.d/var.conf", "v /var/log\nq /var/tmp 1777\nv /var/lib/rich/elsewhere\n");
}

}  // namespace

TEST_CASE("everything in the template is in the volume, and nothing else") {
  NEEDS("rsync", "setfacl", "setcap");
  const LoopDisk disk({.size = 512 * MiB});
  const SampleRoot root(disk.device());
  root.folder("var/lib/rich");
  make_rich_tree(root / "var/lib/rich");
  SUBCASE("without subvolumes") { root.file("usr/lib/tmpfiles.d/var.conf", ""); }
  SUBCASE("with subvolumes") {
    only_subvolumes_of_the_template(root);
    // Hard links cannot cross into a subvolume.
    for (const char* name : {"hard link", "deeper/hard link", "the same fifo"})
      checked(unlink((root / "var/lib/rich/elsewhere/" + name).c_str()), name);
  }
  const Tree expected = read_tree(root / "var");
  const auto times = change_times(root.path());
  check_created(root, disk.device());
  CHECK(change_times(root.path()) == times);
  const Mounted volume(disk.device(), "ro");
  CHECK(differences(root / "var", volume.path()) == "");
  CHECK(compare(comparable(expected), comparable(read_tree(volume.path()))) == "");
}

TEST_CASE("getfattr, getfacl, getcap and find say the same of template and volume") {
  NEEDS("getfattr", "getfacl", "getcap", "setfacl", "setcap");
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  root.folder("var/etc");
  root.folder("var/lib/rich");
  make_rich_tree(root / "var/lib/rich");
  check_created(root, disk.device());
  const Mounted volume(disk.device(), "ro");
  // Sizes and link counts of folders are each file system's own affair.
  for (const std::string question :
       {"find . -print0 | xargs -0 getfattr -h -d -m - -e hex | sort", "getfacl -R -P -n . | sort",
        "getcap -r . | sort",
        R"(find . -type d -printf '%p %m %U %G %T@\n' -o -printf '%p %y %m %U %G %s %T@ %n %l\n' | sort)"}) {
    CAPTURE(question);
    const auto answer = [&](const std::string& folder) { return shell("cd '" + folder + "' && " + question).out; };
    CHECK(answer(root / "var") != "");
    CHECK(answer(root / "var") == answer(volume.path()));
  }
}

TEST_CASE("paths longer than PATH_MAX are copied") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  root.folder("var/lib/deep");
  make_deep_chain(root / "var/lib/deep", "the bottom");
  const Tree expected = read_tree(root / "var/lib/deep");
  check_created(root, disk.device());
  const Mounted volume(disk.device(), "ro");
  CHECK(compare(expected, read_tree(volume / "lib/deep")) == "");
}

TEST_CASE("a terabyte of hole takes neither time nor room") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  root.file("var/lib/sparse", "");
  checked(truncate((root / "var/lib/sparse").c_str(), static_cast<off_t>(1024 * GiB)), "truncate");
  write_at(root / "var/lib/sparse", 512 * GiB, "in the middle");
  const Outcome outcome = init_storage(root);
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  CHECK(outcome.took < std::chrono::seconds(20));
  const Mounted volume(disk.device(), "ro");
  struct stat status;
  checked(stat((volume / "lib/sparse").c_str(), &status), "stat");
  CHECK(static_cast<std::uint64_t>(status.st_size) == 1024 * GiB);
  CHECK(static_cast<std::uint64_t>(status.st_blocks) * 512 < MiB);
  CHECK(read_at(volume / "lib/sparse", 512 * GiB, 13) == "in the middle");
}

TEST_CASE("a folder of many files, all cores at work, is copied whole") {
  NEEDS("rsync");
  const LoopDisk disk({.size = 512 * MiB});
  const SampleRoot root(disk.device());
  root.bulk(5000, 5000);
  for (int number = 0; number < 300; ++number)
    checked(link((root / "var/lib/bulk/1/file1").c_str(),
                 (root / ("var/lib/bulk/1/link" + std::to_string(number))).c_str()),
            "link");
  check_created(root, disk.device());
  const Mounted volume(disk.device(), "ro");
  CHECK(differences(root / "var", volume.path(), "/etc") == "");
}

TEST_CASE("a template on a SquashFS is copied whole") {
  NEEDS("mksquashfs", "rsync");
  const LoopDisk disk;
  const TemporaryFolder folder;
  {
    const SampleRoot root(disk.device());
    root.bulk(200, 20000);
    for (const auto& [name, value] :
         {std::pair("user.note", "kept"), {"security.selinux", "system_u:object_r:var_lib_t:s0"}})
      checked(lsetxattr((root / "var/lib/hello").c_str(), name, value, std::string(value).size() + 1, 0), name);
    tool({"mksquashfs", root.path(), folder / "image", "-comp", "zstd", "-xattrs", "-quiet", "-no-progress"});
  }
  const LoopDisk image_disk({.read_only = true, .backing = folder / "image"});
  const Mounted image(image_disk.device(), "ro", "squashfs");
  const Arguments command{aimee(), "init-storage", "--root", image.path()};
  const Outcome outcome = run(command);
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  check_volume_is_ready(disk.device());
  const Mounted volume(disk.device(), "ro");
  CHECK(differences(image / "var", volume.path(), "/etc") == "");
}

TEST_CASE("a template on a read-only mount is copied and nothing is asked of it") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  tool({"mount", "--bind", root.path(), root.path()});
  tool({"mount", "-o", "remount,bind,ro", root.path()});
  const Outcome outcome = init_storage(root);
  tool({"umount", root.path()});
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  const Mounted volume(disk.device(), "ro");
  CHECK(differences(root / "var", volume.path(), "/etc") == "");
}
