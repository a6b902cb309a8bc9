// The note of the last relabelling: written whole, read as it was, and absent where it is absent.
#include "effects/label_stamp.h"

#include <unistd.h>

#include "harness/temporary_folder.h"
#include "harness/test.h"

namespace aimee::test {

TEST_CASE("a stamp names the rules' version, the policy and its digest") {
  EMULATION_LACKS("openat2");
  CHECK(label_stamp("default", "0123456789abcdef") == "1 default 0123456789abcdef\n");
}

TEST_CASE("no note is an empty one") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder root;
  CHECK(read_label_stamp(root.path()).value_or("failed").empty());
  root.folder("var/lib");
  CHECK(read_label_stamp(root.path()).value_or("failed").empty());
}

TEST_CASE("a note is written with its folders, over an older one and over what a cut left, and read again") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder root;
  const FileContexts none;
  SUBCASE("nothing there") { root.folder("var"); }
  SUBCASE("an older one") { root.file("var/lib/aimee/labels", "old"); }
  SUBCASE("left by a cut") { root.file("var/lib/aimee/labels.new", "half"); }
  const auto volume = open_file(root / "var", O_RDONLY | O_DIRECTORY);
  MUST_SUCCEED(volume);
  CHECK(told(write_label_stamp(*volume, "1 a b\n", none)) == "done");
  CHECK(read_label_stamp(root.path()).value_or("failed") == "1 a b\n");
  CHECK_FALSE(exists(root / "var/lib/aimee/labels.new"));
}

TEST_CASE("a note or a folder that is a link is not followed") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder root;
  const std::string outside = root.folder("outside");
  root.file("outside/labels", "theirs");
  root.folder("var/lib");
  const FileContexts none;
  SUBCASE("the folder") { root.link("var/lib/aimee", outside); }
  SUBCASE("the note") { root.link("var/lib/aimee/labels", outside + "/labels"); }
  CHECK(told(read_label_stamp(root.path())).starts_with("failed: "));
  CHECK(content_of(outside + "/labels") == "theirs");
}

}  // namespace aimee::test
