// What --reset refuses; what it does is the loop tests' business, since it mounts.
#include "store/reset_entry.h"

#include "harness/etc_trees.h"

namespace aimee::test {

TEST_CASE("what the image does not have cannot be put back") {
  EMULATION_LACKS("openat2");
  const EtcTrees trees;
  const Places places = trees.places();
  trees.image("x", "image");
  trees.image("machine-id", "");
  const auto check = [&](EntryKind kind, const char* path) {
    return told(check_can_be_reset(places, {kind, path, 1, 3}));
  };
  CHECK(check(EntryKind::file, "x") == "done");
  CHECK(check(EntryKind::folder, "x") == "refused: x: there is nothing to go back to: in the image it is a file");
  CHECK(check(EntryKind::file, "none") == "refused: none: there is nothing to go back to: in the image it is missing");
  CHECK(check(EntryKind::file, "machine-id").starts_with("refused: machine-id: the image has none; "));
}

}  // namespace aimee::test
