// The copy of a tree, unprivileged, from one folder to another. Devices, capabilities, ACLs and labels on a real
// volume are the loop tests' business.
#include "effects/copy_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>

#include "harness/child.h"
#include "harness/temporary_folder.h"
#include "harness/test.h"
#include "system/process.h"

namespace aimee::test {

namespace {

constexpr timespec long_ago = {1'000'000'000, 123'456'789};

struct Trees {
  TemporaryFolder folder;
  Trees() {
    folder.folder("source");
    folder.folder("copy");
  }
  [[nodiscard]] std::string source(std::string_view name) const { return concat("source/", name); }
  [[nodiscard]] std::string copied(std::string_view name) const { return folder / concat("copy/", name); }

  std::string copy(Progress& progress, const FileContexts& contexts) const {
    const auto from = open_file(folder / "source", O_RDONLY | O_DIRECTORY);
    const auto to = open_file(folder / "copy", O_RDONLY | O_DIRECTORY);
    prepared(from && to, "trees");
    return told(copy_tree(*from, *to, "/var", contexts, progress));
  }
  [[nodiscard]] std::string copy() const {
    Progress progress;
    return copy(progress, FileContexts());
  }
};

void set_time(const std::string& path, timespec time) {
  const timespec times[] = {time, time};
  prepared(utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) == 0, path);
}

struct stat status_of_path(const std::string& path) {
  struct stat status{};
  prepared(lstat(path.c_str(), &status) == 0, path);
  return status;
}

// What a file is, but for its content's place: kind, mode, owner, size, time and content or target.
std::string shown(const std::string& path) {
  const struct stat status = status_of_path(path);
  std::string text =
      concat(in_base(status.st_mode, 8), " ", status.st_uid, ":", status.st_gid, " ",
             static_cast<std::int64_t>(status.st_mtim.tv_sec), ".", static_cast<std::int64_t>(status.st_mtim.tv_nsec));
  if (S_ISREG(status.st_mode)) text += concat(" ", printable(content_of(path)));
  if (S_ISLNK(status.st_mode)) text += concat(" -> ", printable(link_target(path)));
  return text;
}

// Every file of a tree by its path in it; the folder itself is "".
std::map<std::string, std::string> tree_of(const std::string& top) {
  std::map<std::string, std::string> tree{{"", shown(top)}};
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(top, error)) {
    const std::string path = entry.path().string();
    tree[path.substr(top.size() + 1)] = shown(path);
  }
  CHECK_FALSE(error);
  return tree;
}

void check_same(const Trees& trees) {
  const auto source = tree_of(trees.folder / "source");
  const auto copy = tree_of(trees.folder / "copy");
  for (const auto& [path, expected] : source) {
    CAPTURE(printable(path));
    const auto found = copy.find(path);
    MUST(found != copy.end());
    CHECK(found->second == expected);
  }
  CHECK(copy.size() == source.size());
}

}  // namespace

TEST_CASE("an empty folder's copy is empty, and has its mode and time") {
  const Trees trees;
  prepared(chmod((trees.folder / "source").c_str(), 01750) == 0, "chmod");
  set_time(trees.folder / "source", long_ago);
  CHECK(trees.copy() == "done");
  check_same(trees);
}

TEST_CASE("every kind of file that needs no privilege is copied, with mode, time and content") {
  EMULATION_LACKS("openat2");
  const Trees trees;
  const TemporaryFolder& folder = trees.folder;
  folder.file("source/file", "content\n", 0640);
  folder.file("source/empty", "", 0400);
  folder.file("source/setuid", "program", 04755);
  folder.file("source/large", std::string(1 << 20, 'l'), 0644);
  folder.folder("source/sticky", 01777);
  folder.folder("source/setgid", 02755);
  folder.folder("source/read-only", 0755);
  folder.file("source/read-only/inside", "x");
  folder.file("source/deep/er/and/deeper/file", "deep");
  folder.link("source/link", "file");
  folder.link("source/dangling", "no/where at all");
  folder.link("source/absolute", "/etc/passwd");
  folder.link("source/long", std::string(3000, 't'));
  folder.file("source/name with blanks and \n\x1b", "odd");
  folder.file("source/\xff\xfe not UTF-8", "odd");
  folder.file(concat("source/", std::string(255, 'n')), "long");
  prepared(mkfifo((folder / "source/fifo").c_str(), 0620) == 0, "fifo");
  prepared(mknod((folder / "source/socket").c_str(), S_IFSOCK | 0755, 0) == 0, "socket");
  for (const std::string_view name : {"file", "link", "fifo", "deep/er", "sticky"}) {
    set_time(folder / trees.source(name), long_ago);
  }
  prepared(chmod((folder / "source/read-only").c_str(), 0555) == 0, "chmod");
  CHECK(trees.copy() == "done");
  check_same(trees);
  // So that the folder can be removed by those who are not root.
  chmod((folder / "source/read-only").c_str(), 0755);
  chmod(trees.copied("read-only").c_str(), 0755);
}

TEST_CASE("access times are those that the source had before it was read") {
  EMULATION_LACKS("openat2");
  const Trees trees;
  set_time(trees.folder.file("source/file", "content"), long_ago);
  CHECK(trees.copy() == "done");
  const struct stat copy = status_of_path(trees.copied("file"));
  CHECK(copy.st_atim.tv_sec == long_ago.tv_sec);
  CHECK(copy.st_atim.tv_nsec == long_ago.tv_nsec);
}

TEST_CASE("many files in many folders are all copied, and counted") {
  EMULATION_LACKS("openat2");
  const Trees trees;
  for (int folder = 0; folder < 20; ++folder) {
    for (int file = 0; file < 50; ++file) {
      trees.folder.file(concat("source/", folder, "/", file), concat("content of ", folder, "/", file));
    }
  }
  Progress progress;
  CHECK(trees.copy(progress, FileContexts()) == "done");
  check_same(trees);
  CHECK(progress.files == 20 * 50 + 20);
}

TEST_CASE("holes stay holes") {
  EMULATION_LACKS("openat2");
  const Trees trees;
  const std::string path = trees.folder.file("source/sparse", "begin");
  prepared(truncate(path.c_str(), 64 << 20) == 0, path);
  CHECK(trees.copy() == "done");
  CHECK(status_of_path(trees.copied("sparse")).st_size == 64 << 20);
  CHECK(status_of_path(trees.copied("sparse")).st_blocks <= status_of_path(path).st_blocks);
}

TEST_CASE("extended attributes of files and folders are copied") {
  EMULATION_LACKS("openat2");
  const Trees trees;
  const std::string file = trees.folder.file("source/folder/file", "");
  for (const std::string& path : {file, trees.folder / "source/folder", trees.folder / "source"}) {
    if (setxattr(path.c_str(), "user.name", path.data(), path.size(), 0) == 0) continue;
    skip(concat("no user attributes in ", path));
    return;
  }
  CHECK(trees.copy() == "done");
  for (const std::string_view name : {"folder/file", "folder", ""}) {
    CAPTURE(name);
    char value[4096];
    CHECK(getxattr(trees.copied(name).c_str(), "user.name", value, sizeof value) > 0);
  }
}

TEST_CASE("names of one file are names of one file in the copy") {
  EMULATION_LACKS("openat2");
  const Trees trees;
  const std::string first = trees.folder.file("source/a/first", "content");
  trees.folder.folder("source/b");
  prepared(link(first.c_str(), (trees.folder / "source/b/second").c_str()) == 0, "link");
  const std::string fifo = trees.folder / "source/fifo";
  prepared(mkfifo(fifo.c_str(), 0600) == 0 && link(fifo.c_str(), (trees.folder / "source/fifo2").c_str()) == 0, "fifo");
  const std::string result = trees.copy();
  if (result.find("open by file handle") != std::string::npos || result.find("get file handle") != std::string::npos) {
    skip(concat("no file handles here, or no CAP_DAC_READ_SEARCH: ", result));
    return;
  }
  CHECK(result == "done");
  check_same(trees);
  CHECK(status_of_path(trees.copied("a/first")).st_ino == status_of_path(trees.copied("b/second")).st_ino);
  CHECK(status_of_path(trees.copied("a/first")).st_nlink == 2);
  CHECK(status_of_path(trees.copied("fifo")).st_ino == status_of_path(trees.copied("fifo2")).st_ino);
}

TEST_CASE("a folder that is there already is filled, and becomes like the source's") {
  EMULATION_LACKS("openat2");
  const Trees trees;
  trees.folder.file("source/log/file", "x");
  trees.folder.folder("source/log", 0750);
  set_time(trees.folder / "source/log", long_ago);
  trees.folder.folder("copy/log", 0777);
  const ino_t before = status_of_path(trees.copied("log")).st_ino;
  CHECK(trees.copy() == "done");
  CHECK(status_of_path(trees.copied("log")).st_ino == before);
  check_same(trees);
}

TEST_CASE("a link in the place of a folder is not followed") {
  const Trees trees;
  trees.folder.file("source/log/file", "x");
  trees.folder.folder("elsewhere");
  trees.folder.link("copy/log", "../elsewhere");
  CHECK(trees.copy().starts_with("failed: /var/log: open: "));
  CHECK_FALSE(exists(trees.folder / "elsewhere/file"));
}

TEST_CASE("what is mounted in the place of a folder is not entered") {
  EMULATION_LACKS("openat2");
  const Trees trees;
  trees.folder.file("source/log/file", "x");
  trees.folder.folder("elsewhere", 0755);
  trees.folder.folder("copy/log");
  const auto ended = run_with_own_mounts([&] {
    prepared(mount((trees.folder / "elsewhere").c_str(), trees.copied("log").c_str(), nullptr, MS_BIND, nullptr) == 0,
             "bind");
    std::printf("%s", trees.copy().c_str());
    std::fflush(stdout);
    return 0;
  });
  if (!ended) return;
  CHECK(ended->out == "failed: /var/log: has something mounted on its copy");
  CHECK_FALSE(exists(trees.folder / "elsewhere/file"));
  CHECK((status_of_path(trees.folder / "elsewhere").st_mode & 07777) == 0755);
}

TEST_CASE("what is mounted in the source is not copied, also where it is of the same file system") {
  EMULATION_LACKS("openat2");
  struct Row {
    const char* covered;
    const char* by;
  };
  for (const Row& row : {Row{"folder", "source/other"},
                         {"file", "source/other/file"},
                         {"fifo", "source/other/fifo"},
                         {"linked", "source/other/linked"}}) {
    CAPTURE(row.covered);
    const Trees trees;
    for (const std::string in : {"source", "source/other"}) {
      trees.folder.folder(in + "/folder");
      const std::string linked = trees.folder.file(in + "/linked", in);
      prepared(link(linked.c_str(), (trees.folder / (in + "/second name")).c_str()) == 0, "link");
      prepared(mkfifo((trees.folder / (in + "/fifo")).c_str(), 0600) == 0, "fifo");
      trees.folder.file(in + "/file", in);
    }
    const auto ended = run_with_own_mounts([&] {
      const std::string covered = trees.folder / trees.source(row.covered);
      prepared(mount((trees.folder / row.by).c_str(), covered.c_str(), nullptr, MS_BIND, nullptr) == 0, "bind");
      std::printf("%s", trees.copy().c_str());
      std::fflush(stdout);
      return 0;
    });
    if (!ended) return;
    CHECK(ended->out == concat("failed: /var/", row.covered, ": has something mounted on it"));
    CHECK_FALSE(exists(trees.copied(concat(row.covered, "/file"))));
  }
}

TEST_CASE("a source whose files have other device numbers than its folders, an overlay, is copied") {
  EMULATION_LACKS("openat2");
  const Trees trees;
  for (const char* layer : {"upper", "lower"}) trees.folder.folder(layer);
  const auto ended = run_with_own_mounts([&] {
    for (const char* layer : {"upper", "lower"}) {
      prepared(mount("tmpfs", (trees.folder / layer).c_str(), "tmpfs", 0, nullptr) == 0, "tmpfs");
      const std::string first = trees.folder.file(concat(layer, "/both/", layer), layer);
      prepared(link(first.c_str(), (trees.folder / concat(layer, "/both/", layer, "2")).c_str()) == 0, "link");
      trees.folder.file(concat(layer, "/both/one"), layer);
      trees.folder.file(concat(layer, "/", layer, "'s/file"), layer);
    }
    const std::string layers = concat("xino=off,lowerdir=", trees.folder / "upper", ":", trees.folder / "lower");
    prepared(mount("overlay", (trees.folder / "source").c_str(), "overlay", MS_RDONLY, layers.c_str()) == 0, "overlay");
    const struct stat folder = status_of_path(trees.folder / "source/both");
    const struct stat upper = status_of_path(trees.folder / "source/both/upper");
    const struct stat lower = status_of_path(trees.folder / "source/both/lower");
    prepared(folder.st_dev != lower.st_dev && upper.st_dev != lower.st_dev, "device numbers that differ");
    std::printf("%s", trees.copy().c_str());
    std::fflush(stdout);
    for (const std::string layer : {"upper", "lower"}) {
      const struct stat first = status_of_path(trees.copied("both/" + layer));
      if (first.st_nlink != 2 || first.st_ino != status_of_path(trees.copied("both/" + layer + "2")).st_ino) return 1;
    }
    return tree_of(trees.folder / "source") == tree_of(trees.folder / "copy") ? 0 : 2;
  });
  if (!ended) return;
  CHECK(ended->out == "done");
  CHECK(ended->exit == 0);
}

TEST_CASE("a copy on an overlay, which gives no file handles, has a file of its own for each name") {
  EMULATION_LACKS("openat2");
  const Trees trees;
  const std::string first = trees.folder.file("source/first", "content");
  prepared(link(first.c_str(), (trees.folder / "source/second").c_str()) == 0, "link");
  const auto ended = run_with_own_mounts([&] {
    trees.folder.folder("layer");
    prepared(mount("tmpfs", (trees.folder / "layer").c_str(), "tmpfs", 0, nullptr) == 0, "tmpfs");
    for (const char* part : {"layer/lower", "layer/upper", "layer/work"}) trees.folder.folder(part);
    const std::string layers =
        concat("nfs_export=off,lowerdir=", trees.folder / "layer/lower", ",upperdir=", trees.folder / "layer/upper",
               ",workdir=", trees.folder / "layer/work");
    prepared(mount("overlay", (trees.folder / "copy").c_str(), "overlay", 0, layers.c_str()) == 0, "overlay");
    std::printf("%s", trees.copy().c_str());
    std::fflush(stdout);
    for (const char* name : {"first", "second"}) {
      if (content_of(trees.copied(name)) != "content" || status_of_path(trees.copied(name)).st_nlink != 1) return 1;
    }
    return 0;
  });
  if (!ended) return;
  CHECK(ended->out == "done");
  CHECK(ended->exit == 0);
  CHECK(ended->err.find("/var/second: has another name, becomes a file of its own\n") != std::string::npos);
}

TEST_CASE("the copy fails where the tree's own folder cannot be completed, which is done last of all") {
  const Trees trees;
  prepared(chmod((trees.folder / "source").c_str(), 0750) == 0, "chmod");
  const auto ended = run_with_own_mounts([&] {
    const std::string copy = trees.folder / "copy";
    prepared(mount(copy.c_str(), copy.c_str(), nullptr, MS_BIND, nullptr) == 0, "mount");
    prepared(mount(nullptr, copy.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0, "remount");
    std::printf("%s", trees.copy().c_str());
    std::fflush(stdout);
    return 0;
  });
  if (!ended) return;
  CHECK(ended->out == with_errno("failed: /var: set mode", EROFS));
}

TEST_CASE("a file that is there already is not overwritten, and the copy fails") {
  EMULATION_LACKS("openat2");
  const Trees trees;
  trees.folder.file("source/file", "new");
  trees.folder.file("copy/file", "old");
  CHECK(trees.copy() == with_errno("failed: /var/file: open", EEXIST));
  CHECK(content_of(trees.copied("file")) == "old");
}

TEST_CASE("paths longer than PATH_MAX are copied") {
  EMULATION_LACKS("openat2");
  const Trees trees;
  const std::string name(200, 'd');
  constexpr int levels = 30;
  Fd at(open((trees.folder / "source").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (int level = 0; level < levels; ++level) {
    prepared(mkdirat(at.get(), name.c_str(), 0755) == 0, "mkdirat");
    at = Fd(openat(at.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  CHECK(trees.copy() == "done");
  Fd copy(open((trees.folder / "copy").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  int found = 0;
  while (copy.is_open() && found <= levels) {
    copy = Fd(openat(copy.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (copy.is_open()) ++found;
  }
  CHECK(found == levels);
}

TEST_CASE("the process's umask neither spoils the copy nor is changed by it") {
  EMULATION_LACKS("openat2");
  const Trees trees;
  trees.folder.file("source/file", "x", 0666);
  trees.folder.folder("source/folder", 0777);
  const mode_t before = umask(077);
  CHECK(trees.copy() == "done");
  CHECK(umask(before) == 077);
  check_same(trees);
}

TEST_CASE("a tree on a compressed file system is measured by what a copy of it takes") {
  EMULATION_LACKS("openat2");
  NEEDS("mkfs.erofs", "mksquashfs", "mount");
  const Trees trees;
  trees.folder.file("source/dense", std::string(1'000'000, 'x'));
  const std::string sparse = trees.folder.file("source/sparse", std::string(5000, 'x'));
  prepared(truncate(sparse.c_str(), 64 << 20) == 0, sparse);
  const std::string source = trees.folder / "source";
  const std::string image = trees.folder / "image";
  SUBCASE("EROFS") {
    prepared(run_program({"mkfs.erofs", "-zlz4hc", image, source}, std::chrono::seconds(60)).has_value(), "mkfs.erofs");
  }
  SUBCASE("SquashFS") {
    prepared(run_program({"mksquashfs", source, image, "-quiet", "-no-progress"}, std::chrono::seconds(60)).has_value(),
             "mksquashfs");
  }
  const auto ended = run_with_own_mounts([&] {
    prepared(run_program({"mount", "-o", "loop,ro", image, source}, std::chrono::seconds(60)).has_value(), "mount");
    const auto top = open_file(source, O_RDONLY | O_DIRECTORY);
    const auto size = measure_tree(*top);
    std::printf("%s", size ? concat(size->bytes).c_str() : size.error().message().c_str());
    std::fflush(stdout);
    return 0;
  });
  if (!ended) return;
  const auto bytes = parse_number(ended->out);  // holes are told by blocks, of 128 KiB in a SquashFS
  CHECK_MESSAGE((bytes && *bytes >= 1'005'000 && *bytes <= 1'000'000 + (128 << 10)), ended->out << ended->err);
}

TEST_CASE("a tree is measured by files of every kind, and by what is not a hole") {
  EMULATION_LACKS("openat2");
  const Trees trees;
  trees.folder.file("source/a/file", std::string(10'000, 'x'));
  trees.folder.file("source/b/empty", "");
  trees.folder.link("source/link", "a");
  const std::string sparse = trees.folder.file("source/sparse", "");
  prepared(truncate(sparse.c_str(), 64 << 20) == 0, sparse);
  const auto top = open_file(trees.folder / "source", O_RDONLY | O_DIRECTORY);
  MUST_SUCCEED(top);
  const auto size = measure_tree(*top);
  MUST_SUCCEED(size);
  CHECK(size->files == 6);
  CHECK(size->bytes == 10'000);
}

TEST_CASE(
    "files are born with the labels of the image's policy; without one, or where it says <<none>>, with their own") {
  EMULATION_LACKS("openat2");
  const Trees trees;
  const std::string file = trees.folder.file("source/log/file", "x");
  const std::string none = trees.folder.file("source/none", "x");
  trees.folder.link("source/link", "log");
  const std::string_view own = "u:r:own_t:s0";
  for (const std::string& path : {file, none}) {
    if (!selinux_is_enabled() && setxattr(path.c_str(), label_attribute, own.data(), own.size(), 0) == 0) continue;
    skip("no privilege to set labels, a file system without them, or a kernel that knows which there are");
    return;
  }
  const auto label = [&](std::string_view name) {
    char value[512] = {};
    const ssize_t length = lgetxattr(trees.copied(name).c_str(), label_attribute, value, sizeof value - 1);
    return length <= 0 ? std::string("(none)") : std::string(value);
  };
  SUBCASE("policy") {
    trees.folder.file("image/etc/selinux/config", "SELINUXTYPE=test\n");
    trees.folder.file("image/etc/selinux/test/contexts/files/file_contexts",
                      "/var(/.*)?\tu:r:var_t:s0\n/var/log/.*\t--\tu:r:log_t:s0\n/var/link\t-l\tu:r:link_t:s0\n"
                      "/var/none\t<<none>>\n");
    const auto contexts = FileContexts::of_image(trees.folder / "image");
    MUST_SUCCEED(contexts);
    Progress progress;
    CHECK(trees.copy(progress, *contexts) == "done");
    CHECK(label("") == "u:r:var_t:s0");
    CHECK(label("log") == "u:r:var_t:s0");
    CHECK(label("log/file") == "u:r:log_t:s0");
    CHECK(label("link") == "u:r:link_t:s0");
    CHECK(label("none") == own);
  }
  SUBCASE("no policy") {
    CHECK(trees.copy() == "done");
    CHECK(label("log/file") == own);
    CHECK(label("log") == "(none)");
  }
}

TEST_CASE("a hollow folder is made with its mode and stays empty, one of its name deeper is filled; the size agrees") {
  EMULATION_LACKS("openat2");
  const Trees trees;
  trees.folder.file(trees.source("left/out"), "12345678");
  trees.folder.file(trees.source("deep/left/in"), "kept");
  prepared(chmod((trees.folder / trees.source("left")).c_str(), 0750) == 0, "chmod");
  const auto from = open_file(trees.folder / "source", O_RDONLY | O_DIRECTORY);
  const auto to = open_file(trees.folder / "copy", O_RDONLY | O_DIRECTORY);
  prepared(from && to, "trees");
  Progress progress;
  REQUIRE(told(copy_tree(*from, *to, "/etc", FileContexts(), progress, "left")) == "done");
  CHECK((status_of_path(trees.copied("left")).st_mode & 07777) == 0750);
  CHECK_FALSE(exists(trees.copied("left/out")));
  CHECK(content_of(trees.copied("deep/left/in")) == "kept");
  CHECK(measure_tree(*from, "left")->files == progress.files);
}

}  // namespace aimee::test
