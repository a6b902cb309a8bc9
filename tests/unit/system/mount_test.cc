// Mounts that nobody else sees. What needs root runs in a child, so that the tests' own mounts stay as they are.
#include "system/mount.h"

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "harness/child.h"
#include "harness/temporary_folder.h"
#include "harness/test.h"

namespace aimee::test {

TEST_CASE("a mount that fails names source, type and options") {
  CHECK(told(Mounted::at("/dev/vda3", "/nonexistent/target", "btrfs", 0, "subvolid=5")) ==
        with_errno("failed: /dev/vda3: mount as btrfs with options subvolid=5", ENOENT));
  CHECK(told(Mounted::at("tmpfs", "/nonexistent/target", "tmpfs", 0, "")) ==
        with_errno("failed: tmpfs: mount as tmpfs", ENOENT));
}

TEST_CASE("a namespace that may not be made says that it needs root") {
  const Ended ended = run_in_child([] {
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) return 1;
    const auto entered = enter_private_mount_namespace();
    return told(entered) == with_errno("failed: mount namespace: create (this needs root)", EPERM) ? 0 : 2;
  });
  CHECK(ended.exit == 0);
}

TEST_CASE("a mount is seen inside only, and is gone at the end of its scope") {
  const TemporaryFolder folder;
  folder.file("file", "below");
  const auto ended = run_with_own_mounts([&] {
    {
      const auto mounted = Mounted::at("tmpfs", folder.path(), "tmpfs", 0, "mode=0700,size=1m");
      if (!mounted) return 1;
      if (exists(folder / "file")) return 2;
      folder.file("inside", "x");
    }
    return content_of(folder / "file") == "below" ? 0 : 3;
  });
  if (!ended) return;
  CHECK(ended->exit == 0);
  CHECK_FALSE(exists(folder / "inside"));
}

TEST_CASE("a mount of a process that is killed is gone with it") {
  const TemporaryFolder folder;
  folder.file("file", "below");
  const auto ended = run_with_own_mounts([&] {
    const auto mounted = Mounted::at("tmpfs", folder.path(), "tmpfs", 0, "");
    if (!mounted) return 1;
    kill(getpid(), SIGKILL);
    return 2;
  });
  if (!ended) return;
  CHECK(ended->signal == SIGKILL);
  CHECK(content_of(folder / "file") == "below");
}

TEST_CASE("unmounting reports what kept it, and lets go all the same") {
  const TemporaryFolder folder;
  folder.file("file", "below");
  const auto ended = run_with_own_mounts([&] {
    auto mounted = Mounted::at("tmpfs", folder.path(), "tmpfs", 0, "");
    if (!mounted) return 1;
    const auto busy = open_file(folder.path(), O_RDONLY | O_DIRECTORY);
    if (told(mounted->unmount()) != with_errno(concat("failed: ", folder.path(), ": unmount"), EBUSY)) return 2;
    return exists(folder / "file") ? 0 : 3;
  });
  if (ended) CHECK(ended->exit == 0);
}

TEST_CASE("a view shows what is mounted over as it is below") {
  EMULATION_LACKS("open_tree");
  const TemporaryFolder folder;
  folder.file("covered/file", "below");
  const auto ended = run_with_own_mounts([&] {
    const auto mounted = Mounted::at("tmpfs", folder / "covered", "tmpfs", 0, "");
    if (!mounted || exists(folder / "covered/file")) return 1;
    const auto view = view_without_submounts(folder.path());
    if (!view) return 2;
    return content_of(path_of(*view) + "/covered/file") == "below" ? 0 : 3;
  });
  if (ended) CHECK(ended->exit == 0);
}

TEST_CASE("a view of nothing is a failure") {
  EMULATION_LACKS("open_tree");
  const auto ended = run_with_own_mounts([] {
    const auto view = view_without_submounts("/nonexistent");
    return told(view) == with_errno("failed: /nonexistent: open_tree", ENOENT) ? 0 : 1;
  });
  if (ended) CHECK(ended->exit == 0);
}

TEST_CASE("a folder is a mount point where something is mounted on it, and read-only as that mount is") {
  const TemporaryFolder folder;
  folder.folder("below");
  const auto ended = run_with_own_mounts([&] {
    const auto plain = open_file(folder / "below", O_RDONLY | O_DIRECTORY);
    if (!plain || is_mount_point(*plain, "").value_or(true)) return 1;
    constexpr unsigned long read_only = 1;  // MS_RDONLY
    const auto mounted = Mounted::at("tmpfs", folder / "below", "tmpfs", read_only, "");
    const auto top = open_file(folder / "below", O_RDONLY | O_DIRECTORY);
    if (!mounted || !top || !is_mount_point(*top, "").value_or(false)) return 2;
    if (!is_mounted_read_only(*top, "").value_or(false)) return 3;
    return is_mounted_read_only(*plain, "").value_or(true) ? 4 : 0;
  });
  if (!ended) return;
  CHECK(ended->exit == 0);
}

}  // namespace aimee::test
