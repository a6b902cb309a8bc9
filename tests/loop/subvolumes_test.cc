// The subvolume list: tmpfiles.d's v, q and Q lines for paths below /var, with its folders and precedence.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <memory>

#include "harness/btrfs_volume.h"
#include "harness/doctest_main.h"
#include "harness/file_tree.h"
#include "harness/init_storage.h"
#include "harness/mounted.h"

using namespace looptest;

namespace {

using Paths = std::vector<std::string>;

struct Lists {
  const char* name;
  std::vector<std::pair<std::string, std::string>> files;  // name below the root, content; "->X" = symlink to X
  Paths subvolumes;
};

const std::string usr = "usr/lib/tmpfiles.d/";
const std::string etc = "etc/tmpfiles.d/";
const std::string run_folder_of_image = "run/tmpfiles.d/";

const std::vector<Lists> rows{
    {"v, q and Q", {{usr + "a.conf", "v /var/a\nq /var/b\nQ /var/c\n"}}, {"a", "b", "c"}},
    {"every modifier",
     {{usr + "a.conf", "v! /var/a\nq- /var/b\nQ+ /var/c\nv= /var/d\nv!+$ /var/e\n"}},
     {"a", "b", "c", "d", "e"}},
    {"other types",
     {{usr + "a.conf", "d /var/a\nD /var/b\nf /var/c\nL /var/d\nz /var/e\nx /var/f\nr /var/g\nv /var/h\n"}},
     {"h"}},
    {"comments and blanks", {{usr + "a.conf", "# v /var/x\n\n  \t\n\tv\t/var/a\t0700\n   v /var/b"}}, {"a", "b"}},
    {"quoted paths",
     {{usr + "a.conf", "v \"/var/two words\"\nv '/var/it is'\nv /var/esc\\x20aped\n"}},
     {"esc aped", "it is", "two words"}},
    {"slashes", {{usr + "a.conf", "v /var//a/\nv /var/./b\n"}}, {"a", "b"}},
    {"/var itself", {{usr + "a.conf", "q /var 0755 - - -\nv /var/a\n"}}, {"a"}},
    {"outside /var", {{usr + "a.conf", "v /home\nv /srv/x\nv /variant\nv /var/../etc/a\nv /var/a\n"}}, {"a"}},
    {"below a link that tmpfiles.d makes",
     {{usr + "a.conf", "v /var/run/app\nv /var/lock/app\nv /var/mail/x/y\nv /var/here\n"},
      {usr + "b.conf", "L /var/run - - - - ../run\nL+! /var/lock - - - - ../run/lock\nL? /var/mail - - - - spool\n"}},
     {"here"}},
    {"below a link of the image", {{usr + "a.conf", "v /var/linked/x\nv /var/a\n"}, {"var/linked", "->lib"}}, {"a"}},
    {"below a copy, a file and a FIFO",
     {{usr + "a.conf", "C /var/c - - - - /etc\nf /var/f\np /var/p\nv /var/c/x\nv /var/f/x\nv /var/p/x\nv /var/a\n"}},
     {"a"}},
    {"below a folder whose link comes too late",
     {{usr + "a.conf", "d /var/run\nd /var/d\nv /var/d/x\nL /var/d - - - - ../run\n"}},
     {"d/x"}},
    {"/var/run is /run, whatever it is", {{usr + "a.conf", "d /var/run\nv /var/run/app\nv /var/runs/x\n"}}, {"runs/x"}},
    {"nested", {{usr + "a.conf", "v /var/lib/a/b\nv /var/lib\nv /var/lib/a\n"}}, {"lib", "lib/a", "lib/a/b"}},
    {"parents that nothing names", {{usr + "a.conf", "v /var/new/deep/er\n"}}, {"new/deep/er"}},
    {"the first line wins",
     {{usr + "a.conf", "d /var/a\nv /var/b\n"}, {usr + "b.conf", "v /var/a\nd /var/b\n"}},
     {"b"}},
    {"order is that of names, not of folders", {{usr + "a.conf", "d /var/a\n"}, {etc + "b.conf", "v /var/a\n"}}, {}},
    {"/etc over /usr/lib", {{usr + "a.conf", "v /var/a\n"}, {etc + "a.conf", "v /var/b\n"}}, {"b"}},
    {"/run over /usr/lib", {{usr + "a.conf", "v /var/a\n"}, {run_folder_of_image + "a.conf", "v /var/b\n"}}, {"b"}},
    {"/etc over /run", {{run_folder_of_image + "a.conf", "v /var/a\n"}, {etc + "a.conf", "v /var/b\n"}}, {"b"}},
    {"masked by a link to /dev/null",
     {{usr + "a.conf", "v /var/a\n"}, {usr + "b.conf", "v /var/b\n"}, {etc + "a.conf", "->/dev/null"}},
     {"b"}},
    {"masked by an empty file",
     {{usr + "a.conf", "v /var/a\n"}, {usr + "b.conf", "v /var/b\n"}, {etc + "a.conf", ""}},
     {"b"}},
    {"a link inside the image",
     {{"usr/share/real.conf", "v /var/a\n"}, {etc + "a.conf", "->/usr/share/real.conf"}},
     {"a"}},
    {"files without .conf",
     {{usr + "a.conf~", "v /var/a\n"}, {usr + "README", "v /var/b\n"}, {usr + "c.conf", "v /var/c\n"}},
     {"c"}},
    {"a line that makes no sense", {{usr + "a.conf", "what?\nv \"/var/open\nv relative\nv /var/a\n"}}, {"a"}},
};

std::unique_ptr<SampleRoot> root_with(const LoopDisk& disk, const Lists& row) {
  auto root = std::make_unique<SampleRoot>(disk.device());
  run({"rm", "-rf", *root / "usr/lib/tmpfiles.d"});
  for (const auto& [name, content] : row.files) {
    if (content.starts_with("->"))
      root->symlink(name, content.substr(2));
    else
      root->file(name, content);
  }
  return root;
}

}  // namespace

TEST_CASE("the subvolumes are those of tmpfiles.d") {
  for (const Lists& row : rows) {
    SUBCASE(row.name) {
      const LoopDisk disk({.size = 160 * MiB});
      const auto root = root_with(disk, row);
      const Outcome outcome = init_storage(*root);
      CHECK_MESSAGE(outcome.exit == 0, outcome.err);
      const Mounted volume(disk.device(), "ro");
      CHECK(volume.subvolumes() == row.subvolumes);
    }
  }
}

TEST_CASE("a link that leads out of the image is not read from the host") {
  const LoopDisk disk;
  const TemporaryFolder outside;
  write_text(outside / "host.conf", "v /var/host\n");
  const auto root = root_with(
      disk, {"", {{etc + "a.conf", "->" + outside.path() + "/host.conf"}, {etc + "b.conf", "v /var/b\n"}}, {}});
  const Outcome outcome = init_storage(*root);
  const Mounted volume(disk.device(), "ro");
  CHECK(volume.subvolumes() == Paths{"b"});
}

TEST_CASE("a subvolume that the template has is like the template's folder") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  root.file("usr/lib/tmpfiles.d/var.conf", "v /var/spool 0700 daemon daemon\nv /var/log 0711 - -\n");
  root.file("etc/passwd", "root:x:0:0::/:/bin/sh\ndaemon:x:4321:4322::/:/bin/sh\n");
  root.file("etc/group", "root:x:0:\ndaemon:x:4322:\n");
  root.file("var/spool/job", "print me\n");
  root.folder("var/spool", 01733);
  checked(chown((root / "var/spool").c_str(), 11, 22), "chown");
  const timespec times[2]{{1234567890, 123456789}, {1234567890, 123456789}};
  checked(utimensat(AT_FDCWD, (root / "var/spool").c_str(), times, 0), "utimensat");
  check_created(root, disk.device());
  const Mounted volume(disk.device(), "ro");
  CHECK(volume.subvolumes() == Paths{"log", "spool"});
  CHECK(compare(read_tree(root / "var"), read_tree(volume.path())) == "");
}

TEST_CASE("a subvolume that the template lacks has the line's mode and owner, by the image's own passwd") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  root.file("usr/lib/tmpfiles.d/var.conf",
            "v /var/a 0710 daemon staff\nv /var/b 2775 77 88\nv /var/c\nv /var/d - - -\nv /var/e ~01777 root root\n");
  root.file("etc/passwd", "root:x:0:0::/:/bin/sh\ndaemon:x:4321:4322::/:/bin/sh\n");
  root.file("etc/group", "root:x:0:\nstaff:x:555:\n");
  check_created(root, disk.device());
  const Mounted volume(disk.device(), "ro");
  const Tree tree = read_tree(volume.path());
  const auto is = [&](const char* name, std::uint32_t mode, std::uint32_t owner, std::uint32_t group) {
    REQUIRE(tree.contains(name));
    CAPTURE(name);
    CHECK(tree.at(name).mode == (S_IFDIR | mode));
    CHECK(tree.at(name).owner == owner);
    CHECK(tree.at(name).group == group);
  };
  is("a", 0710, 4321, 555);
  is("b", 02775, 77, 88);
  is("c", 0755, 0, 0);
  is("d", 0755, 0, 0);
  is("e", 01777, 0, 0);
}

TEST_CASE("a subvolume where the template has something that is no folder") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  root.file("usr/lib/tmpfiles.d/var.conf", "v /var/file\nv /var/link\nv /var/link/below\nv /var/good\n");
  root.file("var/file", "I am a file");
  root.symlink("var/link", "/etc");
  const Outcome outcome = init_storage(root);
  // Either way is a correct /var: the template's own thing is kept, or the contradiction is refused.
  if (outcome.exit == 3) {
    CHECK(outcome.err.find("/var/") != std::string::npos);
    return;
  }
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  const Mounted volume(disk.device(), "ro");
  CHECK(read_text(volume / "file") == "I am a file");
  CHECK(volume.subvolumes() == Paths{"good"});
  CHECK(std::filesystem::read_symlink(volume / "link") == "/etc");
}

TEST_CASE("hard links across subvolumes become copies, all others stay links") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  root.file("var/lib/one", "the same");
  checked(link((root / "var/lib/one").c_str(), (root / "var/lib/two").c_str()), "link");
  checked(link((root / "var/lib/one").c_str(), (root / "var/log/three").c_str()), "link");
  check_created(root, disk.device());
  const Mounted volume(disk.device(), "ro");
  const Tree tree = read_tree(volume.path());
  CHECK(tree.at("lib/two").first_name == "lib/one");
  CHECK(tree.at("log/three").first_name == "log/three");
  CHECK(read_text(volume / "log/three") == "the same");
}
