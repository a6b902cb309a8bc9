// A reset that the kernel command line or a person asks for: which volumes it may arm, row by row.
#include "harness/facts.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

constexpr std::string_view token = "aimee-reset-1:00010203-0405-8607-8809-61696d656501:1073741824:SERIAL1";

VolumeFacts asked(VolumeFacts facts, std::string_view digits = "00010203") {
  facts.request = {std::string(digits)};
  return facts;
}

// Of a damaged volume: the primary is gone, what libblkid sees with it.
VolumeFacts without_primary(const Superblock& copy) {
  VolumeFacts facts = zeros();
  facts.head = Fill::data;
  facts.superblocks[1] = copy;
  return facts;
}

struct Row {
  std::string_view what;
  VolumeFacts facts;
  std::string_view state;
};

void check_rows(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const VolumeState volume = classify(row.facts);
    CHECK(state_name(volume.state) == row.state);
    CHECK(volume.token_to_write == "");
  }
}

}  // namespace

TEST_CASE("ours, ready or stale or damaged: armed, with the token that is to be written and where from") {
  struct Armed {
    std::string_view what;
    VolumeFacts facts;
    std::uint64_t superblock;
  };
  const Armed rows[] = {
      {"ready", asked(volume(ours("aimee-data"), ours("aimee-data"))), superblock_offsets[0]},
      {"the whole UUID", asked(volume(ours("my disk")), request_for(our_uuid()).digits), superblock_offsets[0]},
      {"stale", asked(volume(ours("aimee-data"), ours("aimee-creating-1"))), superblock_offsets[0]},
      {"another volume's token", asked(volume(ours("aimee-reset-1:x"))), superblock_offsets[0]},
      {"primary gone", asked(without_primary(ours("aimee-data"))), first_copy},
      {"primary torn", asked(volume(torn(ours("aimee-data")), ours("aimee-data"))), first_copy},
  };
  for (const Armed& row : rows) {
    CAPTURE(row.what);
    const VolumeState volume = classify(row.facts);
    CHECK(state_name(volume.state) == "reset-armed");
    CHECK(volume.token_to_write == token);
    CHECK_FALSE(volume.copies_are_stale);
    MUST(volume.resettable.has_value());
    CHECK((volume.resettable->uuid == our_uuid()));
    CHECK(volume.resettable->superblock == row.superblock);
  }
}

TEST_CASE("armed by the token already: nothing is to be written") {
  const VolumeState state = classify(asked(volume(ours(token))));
  CHECK(state_name(state.state) == "reset-armed");
  CHECK(state.token_to_write == "");
}

TEST_CASE("without a request that names it, a volume is what it is, and can be named") {
  check_rows({
      {"no request", volume(ours("aimee-data")), "ready"},
      {"another's", asked(volume(ours("aimee-data")), "00010204"), "ready"},
      {"damaged, no request", without_primary(ours("aimee-data")), "damaged"},
      {"damaged, another's", asked(without_primary(ours("aimee-data")), "00010204"), "damaged"},
  });
  CHECK(classify(volume(ours("aimee-data"))).resettable.has_value());
  CHECK(classify(without_primary(ours("aimee-data"))).resettable.has_value());
}

TEST_CASE("nothing else is ever armed by a request") {
  const auto beside = [](VolumeFacts facts) {
    return with(asked(std::move(facts)), [](auto& f) { f.signatures.push_back({"ext4", "home"}); });
  };
  check_rows({
      {"existing", asked(volume(others("home"))), "existing"},
      {"a newer aimee's", asked(volume(newer("aimee-data"))), "ready"},
      {"a newer aimee's creation", asked(volume(ours("aimee-creating-2"))), "foreign"},
      {"blank", asked(zeros()), "blank"},
      {"unfinished", asked(volume(ours("aimee-creating-1"))), "unfinished"},
      {"ready beside another signature", beside(volume(ours("aimee-data"))), "ready"},
      {"foreign over our copy", beside(without_primary(ours("aimee-data"))), "foreign"},
      {"probes contradict each other",
       with(asked(volume(ours("aimee-data"))), [](auto& f) { f.probe_is_certain = false; }), "ready"},
      {"damaged, the copy is others'", asked(without_primary(others("home"))), "damaged"},
      {"damaged, the copy is a newer aimee's", asked(without_primary(newer("aimee-data"))), "damaged"},
      {"damaged, the copy is torn", asked(volume(torn(ours("aimee-data")), torn(ours("aimee-data")))), "damaged"},
      {"damaged, what is left of the primary is others'", asked(volume(torn(others("home")), ours("aimee-data"))),
       "damaged"},
      {"damaged, a partition table's backup at the end",
       with(asked(without_primary(ours("aimee-data"))), [](auto& f) { f.backup_table = true; }), "damaged"},
      {"a read error", with(asked(volume(ours("aimee-data"))), [](auto& f) { f.read_error = "read at byte 0: EIO"; }),
       "damaged"},
      {"a re-flashed image over our copy",
       with(asked(without_primary(ours("aimee-data"))), [](auto& f) { f.head = Fill::zeros; }), "blank"},
  });
}

}  // namespace aimee::test
