#include "system/mount_tree.h"

#include <sys/mount.h>
#include <sys/stat.h>

#include <cstdio>

#include "harness/child.h"
#include "harness/temporary_folder.h"
#include "harness/test.h"
#include "system/mount.h"

using namespace aimee;
using namespace aimee::test;

TEST_CASE("a tmpfs is filled before it is put into the tree, and what was mounted below comes back on top") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder folder;
  folder.file("place/covered", "old");
  folder.folder("place/below");
  const auto ended = run_with_own_mounts([&] {
    prepared(mount("none", (folder / "place/below").c_str(), "tmpfs", 0, nullptr) == 0, "tmpfs");
    folder.file("place/below/kept", "kept");
    const Fd place = *open_file(folder / "place", O_PATH | O_DIRECTORY);
    const Fd below = *open_file(folder / "place/below", O_PATH | O_DIRECTORY);
    const auto view = view_with_submounts(below, "below");
    const auto tmpfs = make_tmpfs(1 << 20);
    std::printf("%s, %s", told(view).c_str(), told(tmpfs).c_str());
    if (mkdirat(tmpfs->get(), "below", 0755) != 0 || exists(folder / "place/covered") == false) return 1;
    std::printf(", %s", told(attach_tree(*tmpfs, place, "place")).c_str());
    const Fd again = *open_at(*tmpfs, "below", O_PATH);
    std::printf(", %s", told(attach_tree(*view, again, "below")).c_str());
    std::printf(", %s, %d", content_of(folder / "place/below/kept").c_str(), exists(folder / "place/covered") ? 1 : 0);
    std::fflush(stdout);
    return 0;
  });
  if (!ended) return;
  CHECK(ended->out == "done, done, done, done, kept, 0");
  CHECK(content_of(folder / "place/covered") == "old");
}
