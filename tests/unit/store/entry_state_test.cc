// The states: the image's version now, the one that was noted, and the owner's.
#include "store/entry_state.h"

#include "harness/etc_trees.h"

namespace aimee::test {

namespace {

std::string state_of(const EtcTrees& trees, const WritableEntry& entry) {
  const EntryReport report = examine_entry(trees.places(), entry);
  return concat(name_of(report.state), report.why.empty() ? "" : ": ", report.why);
}

const WritableEntry file{EntryKind::file, "x", 1, 3};

}  // namespace

TEST_CASE("three versions of a file make its state") {
  EMULATION_LACKS("openat2");
  struct Row {
    std::string_view image;  // "" = not there
    std::string_view note;
    std::string_view stored;
    std::string_view expected;
  };
  const Row rows[] = {
      {"1", "", "", "unseeded"},
      {"1", "1", "", "unseeded"},
      {"1", "1", "1", "same"},
      {"1", "", "1", "same"},
      {"1", "1", "2", "changed-by-owner"},
      {"1", "", "2", "changed-by-owner"},
      {"2", "1", "1", "changed-by-image"},
      {"2", "1", "3", "changed-by-both"},
      {"2", "1", "2", "same"},
      {"", "1", "1", "missing-in-image"},
      {"", "", "", "missing-in-image"},
  };
  for (const Row& row : rows) {
    const EtcTrees trees;
    if (!row.image.empty()) trees.image("x", row.image);
    if (!row.note.empty()) trees.stored(".aimee/image/x", row.note);
    if (!row.stored.empty()) trees.stored("x", row.stored);
    CAPTURE(row.image);
    CAPTURE(row.note);
    CAPTURE(row.stored);
    CHECK(state_of(trees, file) == row.expected);
  }
}

TEST_CASE("a type that does not fit is broken, and says which") {
  EMULATION_LACKS("openat2");
  const EtcTrees trees;
  trees.image("x", "1");
  trees.folder.link("store/x", "y");
  CHECK(state_of(trees, file) == "broken: the store's is a symbolic link");
  CHECK(state_of(trees, {EntryKind::folder, "x", 1, 3}).starts_with("broken: "));
  trees.folder.link("root/etc/link", "x");
  CHECK(state_of(trees, {EntryKind::file, "link", 1, 3}) == "broken: the image's is a symbolic link");
}

TEST_CASE("a kept machine id is not compared with the image's") {
  EMULATION_LACKS("openat2");
  const EtcTrees trees;
  const WritableEntry id{EntryKind::file, "machine-id", 1, 3};
  trees.image("machine-id", "");
  CHECK(state_of(trees, id) == "unseeded");
  trees.stored("machine-id", "1");
  CHECK(state_of(trees, id) == "same");
  trees.stored(".aimee/image/machine-id", "1");
  CHECK(state_of(trees, id) == "same");
  trees.stored("machine-id", "2");
  CHECK(state_of(trees, id) == "changed-by-owner");
}

TEST_CASE("what no line names is told, at the highest folder that leads to no entry") {
  EMULATION_LACKS("openat2");
  const EtcTrees trees;
  trees.image("aimee-os/writable-etc", "f a/b/c\nd d\n");
  for (const char* name : {"a/b/c", "a/b/other", "a/x/y", "d/x", "gone", "shadow", ".aimee/image/z", ".aimee-new"})
    trees.stored(name, "x");
  const Places places = trees.places();
  const auto report = examine_store(places, *read_writable_list(places));
  MUST_SUCCEED(report);
  CHECK(report->unlisted == std::vector<std::string>{"a/b/other", "a/x", "gone"});
  CHECK(report->store_present);
  CHECK(report->entries.size() == 3);
}

}  // namespace aimee::test
