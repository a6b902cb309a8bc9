// User and group names as an image's own files have them.
#include "storage/accounts.h"

#include "harness/temporary_folder.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

constexpr std::string_view passwd =
    "root:x:0:0:root:/root:/bin/sh\n"
    "daemon:x:1:1::/:/bin/false\n"
    "\n"
    "# no comment in passwd(5), only a line that names nobody\n"
    "short:x\n"
    "broken:x:many:1::/:/bin/false\n"
    "huge:x:4294967295:1::/:/bin/false\n"
    "nobody:x:65534:65534::/:/bin/false\n"
    "twice:x:7:7::/:/bin/false\n"
    "twice:x:8:8::/:/bin/false\n"
    "12:x:99:99::/:/bin/false\n"
    "last:x:5:5::/:/bin/false";
constexpr std::string_view group = "root:x:0:\nadm:x:4:syslog\ndaemon:x:2:\nnobody:x:65534:\ntwice:x:70:\n";

std::string shown(const Result<Owner>& owner) { return owner ? concat(owner->user, ":", owner->group) : told(owner); }

}  // namespace

TEST_CASE("names are looked up in the image's files, numbers are taken as they are") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder root;
  root.file("etc/passwd", passwd);
  root.file("etc/group", group);
  struct Row {
    std::string user;
    std::string group;
    std::string owner;
  };
  const Row rows[] = {
      {"root", "root", "0:0"},
      {"daemon", "daemon", "1:2"},
      {"daemon", "adm", "1:4"},
      {"nobody", "nobody", "65534:65534"},
      {"0", "0", "0:0"},
      {"1000", "1000", "1000:1000"},
      {"4294967294", "0", "4294967294:0"},
      {"twice", "twice", "7:70"},
      {"last", "root", "5:0"},
      {"12", "root", "12:0"},  // a number, whatever account has it as its name
  };
  for (const Row& row : rows) {
    CAPTURE(row.user);
    CAPTURE(row.group);
    CHECK(shown(find_owner(root.path(), row.user, row.group)) == row.owner);
  }
}

TEST_CASE("a name that is not in the file is a failure that names both") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder root;
  root.file("etc/passwd", passwd);
  root.file("etc/group", group);
  for (const std::string_view name :
       {"somebody", "dae", "daemon ", "short", "broken", "huge", "4294967295", "-1", "", "ROOT"}) {
    CAPTURE(name);
    CHECK(shown(find_owner(root.path(), std::string(name), "0")) ==
          concat("failed: ", root / "etc/passwd", ": has no ", name));
  }
  CHECK(shown(find_owner(root.path(), "0", "somebody")) == concat("failed: ", root / "etc/group", ": has no somebody"));
  CHECK(shown(find_owner(root.path(), "\x1b", "0")) == concat("failed: ", root / "etc/passwd", R"(: has no \x1b)"));
}

TEST_CASE("root and numbers need no file") {
  const TemporaryFolder root;
  CHECK(shown(find_owner(root.path(), "root", "root")) == "0:0");
  CHECK(shown(find_owner(root.path(), "5", "6")) == "5:6");
}

TEST_CASE("an image's passwd that is a link leads to a file of the image") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder root;
  root.file("usr/share/passwd", "daemon:x:77:77::/:/bin/false\n");
  root.link("etc/passwd", "/usr/share/passwd");
  CHECK(shown(find_owner(root.path(), "daemon", "0")) == "77:0");
}

TEST_CASE("a file that is missing is a failure where it is needed") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder root;
  CHECK(shown(find_owner(root.path(), "daemon", "0")) ==
        with_errno(concat("failed: ", root / "etc/passwd", ": open"), ENOENT));
  CHECK(shown(find_owner(root.path(), "0", "adm")) ==
        with_errno(concat("failed: ", root / "etc/group", ": open"), ENOENT));
}

}  // namespace aimee::test
