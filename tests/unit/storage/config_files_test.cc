// Drop-in folders: precedence, masks, order.
#include "storage/config_files.h"

#include "harness/temporary_folder.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

// "NAME=CONTENT;" of each file, the names relative to `root`.
std::string shown(const TemporaryFolder& root) {
  const auto files = read_tmpfiles_configuration(root.path());
  if (!files) return told(files);
  std::string text;
  for (const ConfigFile& file : *files) {
    std::string_view name = file.name;
    if (name.starts_with(root.path())) name.remove_prefix(root.path().size());
    text += concat(name, "=", file.content, ";");
  }
  return text;
}

}  // namespace

TEST_CASE("without any folder there is nothing") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder root;
  CHECK(shown(root) == "");
}

TEST_CASE("files are sorted by their base name, whatever folder they are in") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder root;
  root.file("etc/tmpfiles.d/c.conf", "c");
  root.file("usr/lib/tmpfiles.d/a.conf", "a");
  root.file("run/tmpfiles.d/b.conf", "b");
  root.file("usr/local/lib/tmpfiles.d/10-x.conf", "x");
  root.file("usr/lib/tmpfiles.d/B.conf", "B");
  CHECK(shown(root) ==
        "/usr/local/lib/tmpfiles.d/10-x.conf=x;/usr/lib/tmpfiles.d/B.conf=B;/usr/lib/tmpfiles.d/a.conf=a;"
        "/run/tmpfiles.d/b.conf=b;/etc/tmpfiles.d/c.conf=c;");
}

TEST_CASE("of files with one name the first folder's counts: etc, run, usr/local/lib, usr/lib") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder root;
  root.file("usr/lib/tmpfiles.d/a.conf", "vendor");
  CHECK(shown(root) == "/usr/lib/tmpfiles.d/a.conf=vendor;");
  root.file("usr/local/lib/tmpfiles.d/a.conf", "local");
  CHECK(shown(root) == "/usr/local/lib/tmpfiles.d/a.conf=local;");
  root.file("run/tmpfiles.d/a.conf", "runtime");
  CHECK(shown(root) == "/run/tmpfiles.d/a.conf=runtime;");
  root.file("etc/tmpfiles.d/a.conf", "owner");
  CHECK(shown(root) == "/etc/tmpfiles.d/a.conf=owner;");
}

TEST_CASE("a link to /dev/null masks the files behind it, and only those of its name") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder root;
  root.link("etc/tmpfiles.d/a.conf", "/dev/null");
  root.file("usr/lib/tmpfiles.d/a.conf", "masked");
  root.file("usr/lib/tmpfiles.d/b.conf", "b");
  CHECK(shown(root) == "/usr/lib/tmpfiles.d/b.conf=b;");
}

TEST_CASE("a mask behind a file masks nothing") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder root;
  root.file("etc/tmpfiles.d/a.conf", "owner");
  root.link("usr/lib/tmpfiles.d/a.conf", "/dev/null");
  CHECK(shown(root) == "/etc/tmpfiles.d/a.conf=owner;");
}

TEST_CASE("an empty file masks too") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder root;
  root.file("run/tmpfiles.d/a.conf", "");
  root.file("usr/lib/tmpfiles.d/a.conf", "masked");
  const auto files = read_tmpfiles_configuration(root.path());
  MUST_SUCCEED(files);
  for (const ConfigFile& file : *files) CHECK(file.content == "");
}

TEST_CASE("only visible names that end in .conf count") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder root;
  for (const std::string_view name : {"a.conf~", "a.conf.bak", "a", "aconf", ".a.conf", ".conf", "a.CONF"}) {
    root.file(concat("usr/lib/tmpfiles.d/", name), "no");
  }
  root.file("usr/lib/tmpfiles.d/a b.conf", "yes");
  CHECK(shown(root) == "/usr/lib/tmpfiles.d/a b.conf=yes;");
}

TEST_CASE("a symbolic link to a file is read") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder root;
  root.file("usr/share/real", "content");
  root.link("usr/lib/tmpfiles.d/a.conf", "../../share/real");
  CHECK(shown(root) == "/usr/lib/tmpfiles.d/a.conf=content;");
}

TEST_CASE("links in an image lead to files of the image, and never out of it") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder outside;
  outside.file("secret", "outside");
  const TemporaryFolder root;
  root.file("usr/share/real", "content");
  root.link("etc/tmpfiles.d/a.conf", "/usr/share/real");
  root.link("etc/tmpfiles.d/b.conf", "../../../../../../../../usr/share/real");
  root.file("usr/share/drop-ins/c.conf", "c");
  root.link("usr/lib/tmpfiles.d", "/usr/share/drop-ins");
  CHECK(shown(root) == "/etc/tmpfiles.d/a.conf=content;/etc/tmpfiles.d/b.conf=content;/usr/lib/tmpfiles.d/c.conf=c;");
  root.link("etc/tmpfiles.d/z.conf", outside / "secret");
  const auto files = read_tmpfiles_configuration(root.path());
  MUST_SUCCEED(files);
  CHECK(files->size() == 3);
}

TEST_CASE("a mask in a folder that an image reaches through an absolute link masks too") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder root;
  root.link("usr/share/drop-ins/a.conf", "/dev/null");
  root.link("etc/tmpfiles.d", "/usr/share/drop-ins");
  root.file("usr/lib/tmpfiles.d/a.conf", "masked");
  CHECK(shown(root) == "");
}

TEST_CASE("what is no file in the end is passed over, and still masks") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder root;
  SUBCASE("a link that leads nowhere") { root.link("etc/tmpfiles.d/a.conf", "nowhere"); }
  SUBCASE("a folder") { root.folder("etc/tmpfiles.d/a.conf"); }
  SUBCASE("a fifo") {
    root.folder("etc/tmpfiles.d");
    prepared(mkfifo((root / "etc/tmpfiles.d/a.conf").c_str(), 0600) == 0, "fifo");
  }
  root.file("usr/lib/tmpfiles.d/a.conf", "masked");
  root.file("usr/lib/tmpfiles.d/b.conf", "b");
  CHECK(shown(root) == "/usr/lib/tmpfiles.d/b.conf=b;");
}

TEST_CASE("a file that is there but cannot be read is a failure") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder root;
  const std::string path = root.link("usr/lib/tmpfiles.d/a.conf", "a.conf");
  CHECK(shown(root) == with_errno(concat("failed: ", path, ": open"), ELOOP));
}

TEST_CASE("a folder that is a file is a failure") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder root;
  const std::string path = root.file("run/tmpfiles.d", "");
  CHECK(shown(root) == with_errno(concat("failed: ", path, ": open"), ENOTDIR));
}

}  // namespace aimee::test
