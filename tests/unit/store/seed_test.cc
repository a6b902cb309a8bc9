// Seeding, without the mounts: the loop tests have those.
#include "store/seed.h"

#include "harness/etc_trees.h"
#include "plan/shadow_file.h"

namespace aimee::test {

namespace {

std::string seed(const EtcTrees& trees, const WritableEntry& entry) {
  const Places places = trees.places();
  const auto facts = facts_of(places, entry);
  if (!facts) return told(facts);
  const auto plan = plan_entry(entry, *facts);
  if (!plan) return plan.error();
  for (const EntryAction action : *plan) {
    if (action == EntryAction::bind) continue;
    if (const auto done = carry_out(action, places, entry, FileContexts()); !done) return told(done);
  }
  return "done";
}

}  // namespace

TEST_CASE("the note and the store's version are the image's, and the owner's is never overwritten") {
  EMULATION_LACKS("openat2");
  const EtcTrees trees;
  const WritableEntry entry{EntryKind::file, "a/x", 1, 3};
  trees.image("a/x", "image");
  CHECK(seed(trees, entry) == "done");
  CHECK(trees.content("a/x") == "image");
  CHECK(trees.content(".aimee/image/a/x") == "image");
  trees.stored("a/x", "mine");
  trees.image("a/x", "newer");
  CHECK(seed(trees, entry) == "done");
  CHECK(trees.content("a/x") == "mine");
  CHECK(trees.content(".aimee/image/a/x") == "image");
}

TEST_CASE("shadow is seeded in whole blocks") {
  EMULATION_LACKS("openat2");
  const EtcTrees trees;
  const std::string image = "root:*:1::::::\nbin:*:1::::::\n";
  trees.image("shadow", image);
  CHECK(seed(trees, {EntryKind::file, "shadow", 0, 0}) == "done");
  CHECK(trees.content("shadow") == shadow_in_blocks(image));
  CHECK(trees.content(".aimee/image/shadow") == image);
}

TEST_CASE("a machine id that the system has now is kept, and none that it has not") {
  EMULATION_LACKS("openat2");
  const EtcTrees trees;
  const WritableEntry entry{EntryKind::file, "machine-id", 1, 3};
  trees.image("machine-id", "uninitialized\n");
  CHECK(seed(trees, entry) == "the system has no machine id to keep: run this where systemd runs");
  CHECK_FALSE(trees.has("machine-id"));
  trees.image("machine-id", "0123456789abcdef0123456789abcdef\n");
  CHECK(seed(trees, entry) == "done");
  CHECK(trees.content("machine-id") == "0123456789abcdef0123456789abcdef\n");
}

TEST_CASE("accounts that the stored shadow lacks are found") {
  EMULATION_LACKS("openat2");
  const EtcTrees trees;
  trees.image("shadow", "root:*:1::::::\nweb:*:1::::::\ndb:!:1::::::\n");
  trees.stored("shadow", "root:!:1::::::\ndb:*:1::::::\n");
  const auto facts = facts_of(trees.places(), {EntryKind::file, "shadow", 0, 0});
  MUST_SUCCEED(facts);
  CHECK(facts->missing_accounts == std::vector<std::string>{"web"});
}

}  // namespace aimee::test
