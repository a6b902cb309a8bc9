#include "storage/mount_table.h"

#include <sys/mount.h>

#include <cstdio>

#include "harness/child.h"
#include "harness/temporary_folder.h"
#include "harness/test.h"

using namespace aimee;
using namespace aimee::test;

namespace {

void print_mounts_below(const std::string& path) {
  const auto found = mounts_below(path);
  prepared(found.has_value(), path);
  for (const std::string& below : *found) std::printf("%s\n", below.c_str());
}

}  // namespace

TEST_CASE("mounts below a folder: relative, each once, without those inside of one of them or beside the folder") {
  const TemporaryFolder folder;
  for (const char* name : {"etc/a b", "etc/x/deep", "etc/xy", "etc2/no"}) folder.folder(name);
  const auto ended = run_with_own_mounts([&] {
    const auto put = [&](const char* name) {
      prepared(mount("none", (folder / name).c_str(), "tmpfs", 0, nullptr) == 0, name);
    };
    put("etc/a b");
    put("etc/x/deep");
    put("etc/xy");
    put("etc/xy");  // a second one on top
    put("etc2/no");
    print_mounts_below(folder / "etc");
    put("etc/x");  // covers x/deep
    std::printf("then\n");
    print_mounts_below(folder / "etc");
    std::fflush(stdout);
    return 0;
  });
  if (ended) CHECK(ended->out == "a b\nx/deep\nxy\nthen\na b\nxy\nx\n");
}
