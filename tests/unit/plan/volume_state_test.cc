// The design's table of states, line by line: those in which something may be done, or need not be.
// volume_state_refused_test.cc has the others.
#include "harness/facts.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

constexpr std::string_view unfinished = "holds an aimee volume whose creation was cut short";
constexpr std::string_view armed = "holds a data volume that is to be erased (factory reset)";
constexpr std::string_view token = "aimee-reset-1:00010203-0405-8607-8809-61696d656501:1073741824:SERIAL1";

Uuid another_of_ours() {
  Uuid uuid = our_uuid();
  uuid[0] = std::byte{0x99};
  return uuid;
}

}  // namespace

TEST_CASE("ready: ours and committed, whatever the owner calls it") {
  check_states({
      {"committed", volume(ours("aimee-data"), ours("aimee-data")), State::ready, "holds the data volume"},
      {"label changed", volume(ours("my disk"), ours("my disk")), State::ready, "holds the data volume"},
      {"no label", volume(ours("")), State::ready, "holds the data volume"},
      {"label almost creating", volume(ours("aimee-creating-01")), State::ready, "holds the data volume"},
      {"copy torn", volume(ours("aimee-data"), torn(ours("aimee-data"))), State::ready, "holds the data volume"},
      {"copy lost", volume(ours("aimee-data"), Superblock{}), State::ready, "holds the data volume"},
      {"copy of an earlier volume", volume(ours("aimee-data"), others("home")), State::ready, "holds the data volume"},
      {"copy of an earlier creation", volume(ours("aimee-data"), parsed(another_of_ours(), "aimee-creating-1")),
       State::ready, "holds the data volume"},
      {"a torn copy of the creation proves nothing", volume(ours("aimee-data"), torn(ours("aimee-creating-1"))),
       State::ready, "holds the data volume"},
      {"data in the first MiB", with(volume(ours("aimee-data")), [](auto& f) { f.first_mib = Fill::data; }),
       State::ready, "holds the data volume"},
      {"another signature beside it",
       with(volume(ours("aimee-data")), [](auto& f) { f.signatures.push_back({"gpt partition table", ""}); }),
       State::ready, "holds the data volume"},
  });
}

TEST_CASE("ready: torn in a write of the superblock, unless its creation or its reset decides") {
  const auto in_a_write = [](VolumeFacts facts) {
    facts.primary_is_torn = true;
    return facts;
  };
  const VolumeState mendable = classify(in_a_write(volume(torn(ours("my disk")), ours("my disk"))));
  CHECK(mendable.state == State::ready);
  CHECK(mendable.superblock_is_torn);
  CHECK(mendable.found == "holds the data volume, whose superblock was being written when the power was cut");
  CHECK(mendable.resettable.has_value());
  CHECK(classify(in_a_write(volume(torn(ours("aimee-data")), torn(ours("aimee-creating-1"))))).superblock_is_torn);
  for (const VolumeFacts& facts :
       {volume(torn(ours("aimee-creating-1")), torn(ours("aimee-creating-1"))),
        volume(torn(ours("aimee-data")), ours("aimee-creating-1")), volume(torn(ours(token)), ours("aimee-data")),
        volume(torn(others("home")), others("home")), volume(torn(newer("aimee-data")), newer("aimee-data")),
        with(volume(torn(ours("aimee-data")), ours("aimee-data")),
             [](auto& f) { f.signatures.push_back({"vfat", ""}); })}) {
    CAPTURE(facts.superblocks[0]->label);
    const VolumeState decided = classify(in_a_write(facts));
    CHECK_FALSE(decided.superblock_is_torn);
    CHECK(state_name(decided.state) == state_name(classify(facts).state));
    CHECK(decided.state != State::ready);
  }
}

TEST_CASE("ready: a newer aimee's volume is used and never made anew") {
  constexpr std::string_view found = "holds the data volume of a newer aimee";
  check_states({
      {"committed", volume(newer("aimee-data")), State::ready, found},
      {"newest", volume(parsed(our_uuid_of_version(255), "x")), State::ready, found},
      {"stale copy", volume(newer("aimee-data"), newer("aimee-creating-1")), State::ready, found},
  });
}

TEST_CASE("ready, with a copy that says creating: the commit must be completed") {
  struct StaleRow {
    std::string_view what;
    std::optional<Superblock> first;
    std::optional<Superblock> second;
    bool stale;
  };
  const StaleRow rows[] = {
      {"first copy", ours("aimee-creating-1"), {}, true},
      {"second copy", ours("aimee-data"), ours("aimee-creating-1"), true},
      {"both copies", ours("aimee-creating-1"), ours("aimee-creating-1"), true},
      {"second copy, first one lost", Superblock{}, ours("aimee-creating-1"), true},
      {"all up to date", ours("aimee-data"), ours("aimee-data"), false},
      {"an older label of the owner's", ours("old"), ours("older"), false},
      {"temporary copy", temporary(ours("aimee-creating-1")), {}, false},
  };
  for (const StaleRow& row : rows) {
    CAPTURE(row.what);
    VolumeFacts facts = volume(ours("aimee-data"), row.first);
    facts.superblocks[2] = row.second;
    const VolumeState state = classify(facts);
    CHECK(state_name(state.state) == "ready");
    CHECK(state.copies_are_stale == row.stale);
  }
}

TEST_CASE("existing: a btrfs of one device that aimee did not make") {
  constexpr std::string_view found = R"(holds btrfs (label "home") that aimee did not make)";
  check_states({
      {"with a label", volume(others("home"), others("home")), State::existing, found},
      {"without a label", volume(others("")), State::existing, "holds btrfs that aimee did not make"},
      {"our label alone does not make it ours", volume(others("aimee-creating-1")), State::existing,
       R"(holds btrfs (label "aimee-creating-1") that aimee did not make)"},
      {"a label that would drive a terminal", volume(others("\x1b[2J\n")), State::existing,
       R"(holds btrfs (label "\x1b[2J\x0a") that aimee did not make)"},
      {"copy lost", volume(others("home"), Superblock{}), State::existing, found},
      {"copy of an unfinished creation of ours", volume(others("home"), ours("aimee-creating-1")), State::existing,
       found},
      {"a mark of version 0", volume(parsed(our_uuid_of_version(0), "home")), State::existing, found},
  });
}

TEST_CASE("blank: nothing found, and all zeros or all ones where file systems begin") {
  check_states({
      {"zeros", zeros(), State::blank, "is blank"},
      {"ones", with(zeros(), [](auto& f) { f.first_mib = f.head = Fill::ones; }), State::blank, "is blank"},
      {"zeros, too small for any copy", with(zeros(), [](auto& f) { f.superblocks[1].reset(); }), State::blank,
       "is blank"},
      {"a re-flashed image over an old partition table's backup", with(zeros(), [](auto& f) { f.backup_table = true; }),
       State::blank, "is blank"},
  });
}

TEST_CASE("blank: a re-flashed image over an old volume, whose copies are to be erased first") {
  struct CopyRow {
    std::string_view what;
    std::optional<Superblock> first;
    std::optional<Superblock> second;
    std::vector<std::uint64_t> erased;
  };
  const CopyRow rows[] = {
      {"valid copy of others", others("home"), {}, {first_copy}},
      {"valid copy of ours", ours("aimee-data"), {}, {first_copy}},
      {"both", ours("aimee-data"), ours("aimee-data"), {first_copy, second_copy}},
      {"only the second", Superblock{}, others("home"), {second_copy}},
      {"torn beside valid", torn(others("home")), others("home"), {first_copy, second_copy}},
      {"temporary beside valid", temporary(others("x")), others("x"), {first_copy, second_copy}},
      {"none", Superblock{}, Superblock{}, {}},
  };
  for (const CopyRow& row : rows) {
    CAPTURE(row.what);
    VolumeFacts facts = zeros();
    facts.superblocks[1] = row.first;
    facts.superblocks[2] = row.second;
    const VolumeState state = classify(facts);
    CHECK(state_name(state.state) == "blank");
    CHECK(state.found == "is blank");
    CHECK((state.old_copies == row.erased));
  }
}

TEST_CASE("blank: copies that are no longer valid hold nothing, and are erased all the same") {
  for (const Fill fill : {Fill::zeros, Fill::ones}) {
    for (const Superblock& copy : {torn(others("home")), temporary(others("home")), torn(ours("aimee-data"))}) {
      VolumeFacts facts = zeros();
      facts.first_mib = facts.head = fill;
      facts.superblocks[1] = copy;
      const VolumeState state = classify(facts);
      CHECK(state_name(state.state) == "blank");
      CHECK((state.old_copies == std::vector{first_copy}));
    }
  }
}

TEST_CASE("unfinished: ours and never committed, whole or torn") {
  check_states({
      {"whole", volume(ours("aimee-creating-1"), ours("aimee-creating-1")), State::unfinished, unfinished},
      {"no copy yet", volume(ours("aimee-creating-1"), Superblock{}), State::unfinished, unfinished},
      {"no signature seen", with(volume(ours("aimee-creating-1")), [](auto& f) { f.signatures.clear(); }),
       State::unfinished, unfinished},
      {"mkfs's temporary magic", volume(temporary(ours("aimee-creating-1"))), State::unfinished, unfinished},
      {"mkfs's temporary magic, torn", volume(torn(temporary(ours("aimee-creating-1")))), State::unfinished,
       unfinished},
      {"torn first write", volume(torn(ours("aimee-creating-1"))), State::unfinished, unfinished},
      {"torn, over an old volume's copy", volume(torn(ours("aimee-creating-1")), others("home")), State::unfinished,
       unfinished},
      {"whole, over an old volume's copy", volume(ours("aimee-creating-1"), others("home")), State::unfinished,
       unfinished},
      {"torn commit: label new, copy still creating", volume(torn(ours("aimee-data")), ours("aimee-creating-1")),
       State::unfinished, unfinished},
      {"first MiB of ones", with(volume(ours("aimee-creating-1")), [](auto& f) { f.first_mib = Fill::ones; }),
       State::unfinished, unfinished},
  });
}

TEST_CASE("states are called as in the design") {
  CHECK(state_name(State::ready) == "ready");
  CHECK(state_name(State::existing) == "existing");
  CHECK(state_name(State::blank) == "blank");
  CHECK(state_name(State::unfinished) == "unfinished");
  CHECK(state_name(State::reset_armed) == "reset-armed");
  CHECK(state_name(State::foreign) == "foreign");
  CHECK(state_name(State::damaged) == "damaged");
}

TEST_CASE("reset armed: ours, with the token of exactly this volume on this device") {
  check_states({
      {"whole", volume(ours(token), ours(token)), State::reset_armed, armed},
      {"copies erased already", volume(ours(token), Superblock{}), State::reset_armed, armed},
      {"copies of before the arming", volume(ours(token), ours("aimee-data")), State::reset_armed, armed},
      {"copy from the creation", volume(ours(token), ours("aimee-creating-1")), State::reset_armed, armed},
      {"cut at the last step", volume(torn(ours(token))), State::reset_armed, armed},
      {"cut at the last step, no signature", with(volume(torn(ours(token))), [](auto& f) { f.signatures.clear(); }),
       State::reset_armed, armed},
      {"overwriting under way", with(volume(ours(token)), [](auto& f) { f.first_mib = Fill::data; }),
       State::reset_armed, armed},
  });
}

}  // namespace aimee::test
