// The design's table of states, line by line: those that are refused.
#include "harness/facts.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

constexpr std::string_view broken = "holds a btrfs superblock that is broken, and no valid copy of it";
constexpr std::string_view unknown_data = "holds data without a known signature (encrypted, or wiped by wipefs?)";

}  // namespace

TEST_CASE("an unfinished volume that something else moved into is foreign") {
  const auto add = [](std::string_view type, std::string_view label) {
    return with(volume(ours("aimee-creating-1")),
                [&](auto& f) { f.signatures.push_back({std::string(type), std::string(label)}); });
  };
  check_states({
      {"a file system", add("vfat", "EFI"), State::foreign,
       R"(holds an unfinished aimee volume and btrfs (label "aimee-creating-1") and vfat (label "EFI"))"},
      {"a partition table", add("gpt partition table", ""), State::foreign,
       R"(holds an unfinished aimee volume and btrfs (label "aimee-creating-1") and gpt partition table)"},
      {"data in the first MiB", with(volume(ours("aimee-creating-1")), [](auto& f) { f.first_mib = Fill::data; }),
       State::foreign, "holds an unfinished aimee volume and other data in its first MiB"},
      {"torn, and data in the first MiB",
       with(volume(torn(ours("aimee-creating-1"))), [](auto& f) { f.first_mib = Fill::data; }), State::foreign,
       "holds an unfinished aimee volume and other data in its first MiB"},
  });
}

TEST_CASE("an unfinished volume on which probes contradict each other is foreign, and the message is a sentence") {
  VolumeFacts facts = volume(ours("aimee-creating-1"));
  facts.probe_is_certain = false;
  facts.signatures.clear();
  const VolumeState state = classify(facts);
  CHECK(state_name(state.state) == "foreign");
  CHECK_FALSE(state.found.ends_with("and "));
}

TEST_CASE("foreign: whatever else is found") {
  const auto found = [](std::vector<Signature> signatures) {
    return with(zeros(), [&](auto& f) {
      f.first_mib = Fill::data;
      f.signatures = std::move(signatures);
    });
  };
  check_states({
      {"a file system", found({{"ext4", "home"}}), State::foreign, R"(holds ext4 (label "home"))"},
      {"without a label", found({{"crypto_LUKS", ""}}), State::foreign, "holds crypto_LUKS"},
      {"a partition table", found({{"gpt partition table", ""}}), State::foreign, "holds gpt partition table"},
      {"several", found({{"ext4", "a"}, {"swap", ""}, {"xfs", "b"}}), State::foreign,
       R"(holds several signatures: ext4 (label "a") and swap and xfs (label "b"))"},
      {"a signature in the midst of zeros", with(zeros(), [](auto& f) { f.signatures = {{"zfs_member", ""}}; }),
       State::foreign, "holds zfs_member"},
      {"a signature over an old btrfs's copy",
       with(found({{"ext4", "home"}}), [](auto& f) { f.superblocks[1] = others("x"); }), State::foreign,
       R"(holds ext4 (label "home"))"},
      {"a label that would drive a terminal", found({{"ext4", "\x1b[2J"}}), State::foreign,
       R"(holds ext4 (label "\x1b[2J"))"},
      {"an uncertain probe", with(zeros(), [](auto& f) { f.probe_is_certain = false; }), State::foreign,
       "holds signatures that contradict each other"},
      {"an uncertain probe of 16 MiB of zeros", with(zeros(), [](auto& f) { f.probe_is_certain = false; }),
       State::foreign, "holds signatures that contradict each other"},
  });
}

TEST_CASE("foreign: data without a signature in the first 16 MiB") {
  check_states({
      {"in the first MiB", with(zeros(), [](auto& f) { f.first_mib = f.head = Fill::data; }), State::foreign,
       unknown_data},
      {"behind it", with(zeros(), [](auto& f) { f.head = Fill::data; }), State::foreign, unknown_data},
  });
}

TEST_CASE("foreign: what is left of somebody's file system, whatever its beginning is like now") {
  constexpr std::string_view found = "holds a backup superblock of ext4 at 128 MiB, though its beginning is gone";
  const VolumeFacts left =
      with(zeros(), [](auto& f) { f.remnants = {"a backup superblock of ext4 at 128 MiB", {128ULL << 20}}; });
  check_states({
      {"zeros", left, State::foreign, found},
      {"ones", with(left, [](auto& f) { f.first_mib = f.head = Fill::ones; }), State::foreign, found},
      {"data", with(left, [](auto& f) { f.first_mib = f.head = Fill::data; }), State::foreign,
       "holds data without a known signature (encrypted, or wiped by wipefs?) and a backup superblock of ext4 at 128 "
       "MiB"},
      {"several", with(left, [](auto& f) { f.remnants.offsets.push_back(384ULL << 20); }), State::foreign,
       "holds a backup superblock of ext4 at 128 MiB and 1 more, though its beginning is gone"},
      {"over an old volume's copy", with(left, [](auto& f) { f.superblocks[1] = ours("aimee-data"); }), State::foreign,
       found},
      {"in a partition of a lost table", with(left, [](auto& f) { f.backup_table = true; }), State::foreign, found},
  });
  CHECK(classify(left).remnants.size() == 1);
}

TEST_CASE("foreign: a creation of a newer aimee that was cut short, with the advice to boot that one") {
  constexpr std::string_view found = "holds a volume of a newer aimee, whose creation was cut short";
  check_states({
      {"newer mark and label", volume(newer("aimee-creating-2")), State::foreign, found},
      {"newer mark, our label", volume(newer("aimee-creating-1")), State::foreign, found},
      {"our mark, newer label", volume(ours("aimee-creating-2")), State::foreign, found},
      {"torn", volume(torn(newer("aimee-creating-2"))), State::foreign, found},
      {"in mkfs's temporary state", volume(temporary(newer("aimee-creating-1"))), State::foreign, found},
      {"our mark, newer label, torn", volume(torn(ours("aimee-creating-2"))), State::foreign, found},
  });
  CHECK(classify(volume(newer("aimee-creating-2"))).advice == "boot the newer image, which starts it over");
}

TEST_CASE("foreign: a partition table of which only the backup is left") {
  constexpr std::string_view found = "holds the backup of a partition table (GPT) whose primary is gone";
  const VolumeFacts backup = with(zeros(), [](auto& f) {
    f.backup_table = true;
    f.head = Fill::data;
  });
  check_states({
      {"behind data", backup, State::foreign, found},
      {"in ones", with(backup, [](auto& f) { f.first_mib = f.head = Fill::ones; }), State::foreign, found},
      {"with an invalid copy of a btrfs", with(backup, [](auto& f) { f.superblocks[1] = torn(others("home")); }),
       State::foreign, found},
  });
}

TEST_CASE("foreign: a btrfs with company") {
  check_states({
      {"one of several devices", with(volume(others("pool")), [](auto& f) { f.superblocks[0]->device_count = 2; }),
       State::foreign, "holds one device of a btrfs of 2 devices"},
      {"another signature", with(volume(others("home")), [](auto& f) { f.signatures.push_back({"swap", ""}); }),
       State::foreign, R"(holds several signatures: btrfs (label "home") and swap)"},
  });
}

TEST_CASE("a btrfs of others on which probes contradict each other is foreign, and the message says so") {
  VolumeFacts facts = volume(others("home"));
  facts.probe_is_certain = false;
  facts.signatures.clear();
  const VolumeState state = classify(facts);
  CHECK(state_name(state.state) == "foreign");
  CHECK_FALSE(state.found.ends_with(": "));
}

TEST_CASE("damaged: no valid primary superblock, and a valid copy") {
  constexpr std::string_view at_64_mib =
      "has no valid btrfs superblock, but a valid copy at 64.0 MiB (UUID 00010203-0405-0607-0809-0a0b0c0d0e0f)";
  constexpr std::string_view at_256_gib =
      "has no valid btrfs superblock, but a valid copy at 256 GiB (UUID 00010203-0405-8607-8809-61696d656501)";
  check_states({
      {"primary zeroed",
       with(zeros(),
            [](auto& f) {
              f.head = Fill::data;
              f.superblocks[1] = others("home");
            }),
       State::damaged, at_64_mib},
      {"primary and all around it overwritten by ones",
       with(zeros(),
            [](auto& f) {
              f.first_mib = f.head = Fill::ones;
              f.superblocks[1] = others("home");
            }),
       State::damaged, at_64_mib},
      {"overwritten by data",
       with(zeros(),
            [](auto& f) {
              f.first_mib = f.head = Fill::data;
              f.superblocks[1] = others("home");
            }),
       State::damaged, at_64_mib},
      {"only the last copy is left",
       with(zeros(),
            [](auto& f) {
              f.head = Fill::data;
              f.superblocks[2] = ours("aimee-data");
            }),
       State::damaged, at_256_gib},
      {"primary torn", volume(torn(others("home")), others("home")), State::damaged, at_64_mib},
      {"our primary torn after the commit",
       with(volume(torn(ours("aimee-data")), torn(ours("aimee-data"))),
            [](auto& f) { f.superblocks[2] = ours("aimee-data"); }),
       State::damaged, at_256_gib},
      {"our primary torn, copy of another creation",
       with(volume(torn(ours("aimee-data"))), [](auto& f) { f.superblocks[1] = others("aimee-creating-1"); }),
       State::damaged, at_64_mib},
  });
}

TEST_CASE("damaged: a broken superblock that is not provably an unfinished one of ours") {
  check_states({
      {"of others", volume(torn(others("home"))), State::damaged, broken},
      {"of others, with our label", volume(torn(others("aimee-creating-1"))), State::damaged, broken},
      {"temporary, of others", volume(temporary(others(""))), State::damaged, broken},
      {"ours, committed", volume(torn(ours("aimee-data"))), State::damaged, broken},
      {"ours, committed, copy torn too", volume(torn(ours("aimee-data")), torn(ours("aimee-creating-1"))),
       State::damaged, broken},
      {"a newer aimee's", volume(torn(newer("aimee-data"))), State::damaged, broken},
  });
}

TEST_CASE("damaged: a read error, whatever else was seen") {
  for (VolumeFacts facts : {zeros(), volume(ours("aimee-creating-1")), volume(ours("aimee-data"))}) {
    facts.read_error = "read at byte 65536: Input/output error";
    const VolumeState state = classify(facts);
    CHECK(state_name(state.state) == "damaged");
    CHECK(state.found == "cannot be read: read at byte 65536: Input/output error");
  }
}

TEST_CASE("facts that nobody filled in are foreign") { CHECK(state_name(classify({}).state) == "foreign"); }

}  // namespace aimee::test
