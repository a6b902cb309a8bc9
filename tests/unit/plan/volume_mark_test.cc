// The mark of our volumes: UUID and label.
#include "plan/volume_mark.h"

#include "harness/superblocks.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

Uuid filled(unsigned char byte) {
  Uuid uuid{};
  uuid.fill(std::byte{byte});
  return uuid;
}

}  // namespace

TEST_CASE("a UUID is printed as RFC 9562 wants it") {
  CHECK(uuid_text(plain_uuid()) == plain_uuid_text);
  CHECK(uuid_text(filled(0)) == "00000000-0000-0000-0000-000000000000");
  CHECK(uuid_text(filled(0xff)) == "ffffffff-ffff-ffff-ffff-ffffffffffff");
}

TEST_CASE("marking sets version 8, the variant and the last six bytes, and keeps what is random") {
  CHECK(uuid_text(marked_uuid(plain_uuid())) == our_uuid_text);
  CHECK(uuid_text(marked_uuid(filled(0))) == "00000000-0000-8000-8000-61696d656501");
  CHECK(uuid_text(marked_uuid(filled(0xff))) == "ffffffff-ffff-8fff-bfff-61696d656501");
}

TEST_CASE("a marked UUID has our version, and marking it again changes nothing") {
  const Uuid marked = marked_uuid(filled(0x5a));
  CHECK(mark_version(marked) == volume_format_version);
  CHECK(marked_uuid(marked) == marked);
}

TEST_CASE("the version of a mark is its last byte, newer ones included") {
  for (const unsigned version : {1U, 2U, 127U, 255U}) CHECK(mark_version(our_uuid_of_version(version)) == version);
}

TEST_CASE("a UUID of others has version 0") {
  CHECK(mark_version(plain_uuid()) == 0);
  CHECK(mark_version(filled(0)) == 0);
  CHECK(mark_version(filled(0xff)) == 0);
  CHECK(mark_version(our_uuid_of_version(0)) == 0);
}

TEST_CASE("the mark counts only whole and only in a version 8 UUID") {
  for (std::size_t at = 10; at < 15; ++at) {
    CAPTURE(at);
    Uuid uuid = our_uuid();
    uuid[at] ^= std::byte{0x20};
    CHECK(mark_version(uuid) == 0);
  }
  Uuid random = our_uuid();
  random[6] = std::byte{0x46};  // version 4
  CHECK(mark_version(random) == 0);
}

TEST_CASE("only our own creating label means that a creation is under way") {
  struct Row {
    std::string_view label;
    LabelMeaning meaning;
  };
  using enum LabelMeaning;
  const Row rows[] = {
      {"aimee-creating-1", creating},
      {"aimee-data", committed},
      {"", committed},
      {"home", committed},
      {"aimee", committed},
      {"aimee-creating", committed},
      {"aimee-creating-", committed},
      {"aimee-creating-2", creating_by_newer},
      {"aimee-creating-10", creating_by_newer},
      {"aimee-creating-255", creating_by_newer},
      {"aimee-creating-0", committed},
      {"aimee-creating-01", committed},
      {"aimee-creating-1 ", committed},
      {"aimee-creating-1x", committed},
      {"aimee-creating--2", committed},
      {"aimee-creating-99999999999999999999", committed},
      {"Aimee-creating-1", committed},
      {" aimee-creating-1", committed},
  };
  for (const Row& row : rows) {
    CAPTURE(row.label);
    CHECK(label_meaning(row.label) == row.meaning);
  }
}

TEST_CASE("the labels that are written mean what they are written for") {
  CHECK(label_meaning(creating_label) == LabelMeaning::creating);
  CHECK(label_meaning(committed_label) == LabelMeaning::committed);
}

}  // namespace aimee::test
