// The applets' links.
#include "cli/install.h"

#include <sys/stat.h>
#include <unistd.h>

#include "harness/temporary_folder.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

constexpr std::string_view names[] = {"init-storage", "factory-reset"};

std::string own_path() { return link_target("/proc/self/exe"); }

ino_t inode_of(const std::string& path) {
  struct stat status{};
  prepared(lstat(path.c_str(), &status) == 0, path);
  return status.st_ino;
}

}  // namespace

TEST_CASE("beside the program the links are relative, so that an image can be built in any place") {
  const TemporaryFolder folder;
  folder.link("aimee", "/proc/self/exe");
  CHECK(told(install_links(folder.path(), names)) == "done");
  CHECK(link_target(folder / "init-storage") == "aimee");
  CHECK(link_target(folder / "factory-reset") == "aimee");
}

TEST_CASE("elsewhere the links are absolute") {
  const TemporaryFolder folder;
  CHECK(told(install_links(folder.path(), names)) == "done");
  CHECK(own_path().starts_with('/'));
  CHECK(link_target(folder / "init-storage") == own_path());
  CHECK(link_target(folder / "factory-reset") == own_path());
}

TEST_CASE("beside an aimee for another machine the links are relative too") {
  const TemporaryFolder folder;
  folder.file("aimee", "another machine's program\n", 0755);
  CHECK(told(install_links(folder.path(), names)) == "done");
  CHECK(link_target(folder / "init-storage") == "aimee");
}

TEST_CASE("something else called aimee makes no link relative") {
  const TemporaryFolder folder;
  SUBCASE("a folder") { folder.folder("aimee"); }
  SUBCASE("a dangling link") { folder.link("aimee", "nowhere"); }
  CHECK(told(install_links(folder.path(), names)) == "done");
  CHECK(link_target(folder / "init-storage") == own_path());
}

TEST_CASE("right links stay as they are, and missing ones are made") {
  const TemporaryFolder folder;
  folder.link("aimee", "/proc/self/exe");
  MUST_SUCCEED(install_links(folder.path(), names));
  const ino_t before = inode_of(folder / "init-storage");
  prepared(unlink((folder / "factory-reset").c_str()) == 0, "unlink");
  CHECK(told(install_links(folder.path(), names)) == "done");
  CHECK(inode_of(folder / "init-storage") == before);
  CHECK(link_target(folder / "factory-reset") == "aimee");
}

TEST_CASE("anything else under one of the names refuses the whole call before a link is made") {
  const TemporaryFolder folder;
  folder.link("aimee", "/proc/self/exe");
  const std::string at = folder / "factory-reset";
  SUBCASE("a file") { folder.file("factory-reset", "somebody's\n"); }
  SUBCASE("a folder") { folder.folder("factory-reset"); }
  SUBCASE("a link to another program") { folder.link("factory-reset", "/usr/bin/true"); }
  SUBCASE("a dangling link") { folder.link("factory-reset", "nowhere"); }
  SUBCASE("a link whose target begins like ours") { folder.link("factory-reset", "aimee2"); }
  const ino_t before = inode_of(at);
  CHECK(told(install_links(folder.path(), names)) ==
        concat("refused: ", at, ": exists and is not a link to aimee; remove it first"));
  CHECK_FALSE(exists(folder / "init-storage"));
  CHECK(inode_of(at) == before);
}

TEST_CASE("a folder that does not exist is a failure") {
  const TemporaryFolder folder;
  const std::string missing = folder / "missing";
  CHECK(told(install_links(missing, names)) ==
        with_errno(concat("failed: ", missing, "/init-storage: make link"), ENOENT));
}

TEST_CASE("a file in place of the folder is a failure") {
  const TemporaryFolder folder;
  const std::string file = folder.file("file", "");
  CHECK(told(install_links(file, names)) == with_errno(concat("failed: ", file, "/init-storage: stat"), ENOTDIR));
}

TEST_CASE("no names, no links") {
  const TemporaryFolder folder;
  CHECK(told(install_links(folder.path(), {})) == "done");
}

}  // namespace aimee::test
