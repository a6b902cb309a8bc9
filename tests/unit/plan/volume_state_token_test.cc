// Reset tokens, and requests, that are not obeyed: what the volume is then, and what its owner is told.
#include "harness/facts.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

constexpr std::string_view token = "aimee-reset-1:00010203-0405-8607-8809-61696d656501:1073741824:SERIAL1";
constexpr std::string_view token_ignored = "the reset token on it is not obeyed: ";
constexpr std::string_view request_ignored = "the kernel command line asks for its reset, which is not obeyed: ";

struct Row {
  std::string_view what;
  VolumeFacts facts;
  State state;
  std::string why;
};

void check_rows(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const VolumeState volume = classify(row.facts);
    CHECK(state_name(volume.state) == state_name(row.state));
    CHECK(volume.not_obeyed == row.why);
    CHECK(volume.token_to_write == "");
  }
}

VolumeFacts with_label(std::string_view label) { return volume(ours(label), ours(label)); }

VolumeFacts beside(VolumeFacts facts, Signature signature) {
  facts.signatures.push_back(std::move(signature));
  return facts;
}

VolumeFacts asked(VolumeFacts facts) {
  facts.request = {"00010203"};
  return facts;
}

Superblock of_size(Superblock superblock, std::uint64_t bytes) {
  superblock.device_size = bytes;
  return superblock;
}

}  // namespace

TEST_CASE("a token that is not for this volume on this device leaves it ready, and says what does not fit") {
  const auto why = [](std::string_view reason) { return concat(token_ignored, reason); };
  check_rows({
      {"another volume's", with_label("aimee-reset-1:99010203-0405-8607-8809-61696d656501:1073741824:SERIAL1"),
       State::ready, why("it is for the volume 99010203-0405-8607-8809-61696d656501")},
      {"on a device of another size", with(with_label(token), [](auto& f) { ++f.device.size; }), State::ready,
       why("it is for a device of 1073741824 bytes, and this one has 1073741825")},
      {"on another device", with(with_label(token), [](auto& f) { f.device.serial = "SERIAL2"; }), State::ready,
       why("it is for a device with the serial number SERIAL1, and this one's is SERIAL2")},
      {"on a device without a serial number", with(with_label(token), [](auto& f) { f.device.serial.clear(); }),
       State::ready, why("it is for a device with the serial number SERIAL1, and this one's is none")},
      {"a serial number with colons", with_label(concat(token, ":1:\x1b")), State::ready,
       why("it is for a device with the serial number SERIAL1:1:\\x1b, and this one's is SERIAL1")},
      {"a newer version", with_label("aimee-reset-2:00010203-0405-8607-8809-61696d656501:1073741824:SERIAL1"),
       State::ready, why("it is a newer aimee's")},
      {"cut off", with_label(token.substr(0, token.size() - 1)), State::ready,
       why("it is for a device with the serial number SERIAL, and this one's is SERIAL1")},
      {"cut off earlier", with_label(token.substr(0, 40)), State::ready, why("it is not complete")},
      {"only the prefix", with_label("aimee-reset-"), State::ready, why("it is not complete")},
  });
}

TEST_CASE("a token is obeyed on a volume of ours only, and on nothing that others moved into, and that is said") {
  const auto why = [](std::string_view reason) { return concat(token_ignored, reason); };
  check_rows({
      {"a newer aimee's volume", volume(newer(token)), State::ready, why("the volume is a newer aimee's")},
      {"somebody's btrfs",
       volume(parsed(plain_uuid(), "aimee-reset-1:00010203-0405-0607-0809-0a0b0c0d0e0f:1073741824:SERIAL1")),
       State::existing, why("aimee did not make this volume")},
      {"another signature", beside(volume(ours(token)), {"vfat", ""}), State::ready,
       why(concat("the device also holds btrfs (label \"", token, "\") and vfat"))},
      {"an uncertain probe",
       with(volume(ours(token)),
            [](auto& f) {
              f.probe_is_certain = false;
              f.signatures.clear();
            }),
       State::ready, why("the device also holds signatures that contradict each other")},
      {"torn, and another signature", beside(volume(torn(ours(token))), {"vfat", ""}), State::damaged,
       why(concat("the device also holds btrfs (label \"", token, "\") and vfat"))},
      {"cannot be read", with(volume(ours(token)), [](auto& f) { f.read_error = "read at byte 0: EIO"; }),
       State::damaged, why("it cannot be read")},
  });
}

TEST_CASE("the kernel's argument that names a volume and is not obeyed is told with its reason") {
  const auto why = [](std::string_view reason) { return concat(request_ignored, reason); };
  VolumeFacts damaged = with(zeros(), [](auto& f) {
    f.head = Fill::data;
    f.superblocks[1] = others("home");
  });
  check_rows({
      {"existing", asked(volume(others("home"))), State::existing, why("aimee did not make this volume")},
      {"a newer aimee's", asked(volume(newer("x"))), State::ready, why("the volume is a newer aimee's")},
      {"beside another signature", asked(beside(volume(ours("x")), {"ext4", "home"})), State::ready,
       why("the device also holds btrfs (label \"x\") and ext4 (label \"home\")")},
      {"damaged, the copy is others'", asked(damaged), State::damaged,
       why(concat("the device ", classify(damaged).found))},
      {"and a token of another version", asked(volume(newer(token))), State::ready,
       concat(token_ignored, "the volume is a newer aimee's; ", request_ignored, "the volume is a newer aimee's")},
      {"blank but for an old copy", asked(with(zeros(), [](auto& f) { f.superblocks[1] = ours("x"); })), State::blank,
       ""},
      {"unfinished: it is made anew in any case", asked(volume(ours("aimee-creating-1"))), State::unfinished, ""},
      {"names another", with(volume(others("home")), [](auto& f) { f.request = {"99999999"}; }), State::existing, ""},
  });
}

TEST_CASE("content of the volume's own files is nobody's signature") {
  constexpr std::uint64_t mib = 1ULL << 20;
  constexpr std::uint64_t end = 600 * mib;
  const auto at = [](std::uint64_t offset) { return Signature{"linux_raid_member", "", offset}; };
  const VolumeFacts armed = volume(of_size(ours(token), end));
  const VolumeFacts torn_in_a_write =
      with(volume(torn(of_size(ours("x"), end))), [](auto& f) { f.primary_is_torn = true; });
  const VolumeFacts existing = volume(of_size(others("home"), end));
  for (const std::uint64_t offset : {mib, 300 * mib, end - 1}) {
    CAPTURE(offset);
    CHECK((classify(beside(armed, at(offset))).state == State::reset_armed));
    CHECK((classify(asked(beside(volume(of_size(ours("x"), end)), at(offset)))).state == State::reset_armed));
    CHECK(classify(beside(torn_in_a_write, at(offset))).superblock_is_torn);
    CHECK((classify(beside(existing, at(offset))).state == State::existing));
    CHECK(classify(beside(volume(of_size(ours("x"), end)), at(offset))).resettable.has_value());
    CHECK(holds_one_btrfs(beside(existing, at(offset))));
  }
  for (const Signature& other : {at(0), at(mib - 1), at(end), Signature{"vfat", "", {}}}) {
    CAPTURE(other.offset.value_or(1));
    CHECK((classify(beside(armed, other)).state == State::ready));
    CHECK((classify(beside(torn_in_a_write, other)).state == State::damaged));
    CHECK((classify(beside(existing, other)).state == State::foreign));
    CHECK_FALSE(classify(beside(volume(of_size(ours("x"), end)), other)).resettable.has_value());
  }
}

TEST_CASE("a volume that is larger than its device has no content that could be told from somebody's") {
  const VolumeFacts larger = volume(of_size(ours("x"), (1ULL << 30) + 1));
  CHECK((classify(asked(larger)).state == State::reset_armed));
  CHECK((classify(asked(beside(larger, {"linux_raid_member", "", 300ULL << 20}))).state == State::ready));
}

TEST_CASE("beside an unfinished volume every signature is somebody's, wherever it stands") {
  const Superblock creating = of_size(ours("aimee-creating-1"), 600ULL << 20);
  CHECK((classify(beside(volume(creating), {"linux_raid_member", "", 300ULL << 20})).state == State::foreign));
}

TEST_CASE("a seed device is told to be one, ours or another's, and nothing else is") {
  const auto seed = [](Superblock superblock) {
    superblock.seeding = true;
    return superblock;
  };
  CHECK(classify(volume(seed(ours("x")))).seeding);
  CHECK(classify(volume(seed(others("x")))).seeding);
  CHECK_FALSE(classify(volume(ours("x"))).seeding);
  CHECK_FALSE(classify(volume(seed(ours("aimee-creating-1")))).seeding);
}

}  // namespace aimee::test
