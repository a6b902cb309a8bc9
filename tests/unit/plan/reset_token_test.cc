// The reset token is bound to one volume on one device.
#include "plan/reset_token.h"

#include "harness/superblocks.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

const DeviceIdentity device{1ULL << 30, "SERIAL1"};
constexpr std::string_view token = "aimee-reset-1:00010203-0405-8607-8809-61696d656501:1073741824:SERIAL1";

}  // namespace

TEST_CASE("a token is prefix, version, UUID, size and serial number") {
  CHECK(reset_token(our_uuid(), device) == token);
  CHECK(reset_token(our_uuid(), {1ULL << 30, ""}) == "aimee-reset-1:00010203-0405-8607-8809-61696d656501:1073741824:");
}

TEST_CASE("a token is valid for exactly its volume and device") {
  CHECK(is_reset_token(token, our_uuid(), device));
  CHECK_FALSE(is_reset_token(token, plain_uuid(), device));
  CHECK_FALSE(is_reset_token(token, our_uuid(), {(1ULL << 30) + 512, "SERIAL1"}));
  CHECK_FALSE(is_reset_token(token, our_uuid(), {1ULL << 30, "SERIAL2"}));
  CHECK_FALSE(is_reset_token(token, our_uuid(), {1ULL << 30, ""}));
}

TEST_CASE("what is almost a token is none") {
  for (const std::string_view label :
       {"", "aimee-data", "aimee-reset-", "aimee-reset-1", "aimee-reset-1:", "aimee-reset-1::1073741824:SERIAL1",
        "aimee-reset-2:00010203-0405-8607-8809-61696d656501:1073741824:SERIAL1",
        "aimee-reset-1:00010203-0405-8607-8809-61696d656501:1073741824:SERIAL",
        "aimee-reset-1:00010203-0405-8607-8809-61696d656501:1073741824:SERIAL1 ",
        "aimee-reset-1:00010203-0405-8607-8809-61696D656501:1073741824:SERIAL1"}) {
    CAPTURE(label);
    CHECK_FALSE(is_reset_token(label, our_uuid(), device));
  }
}

TEST_CASE("a token fits into the first 512 bytes of the superblock, whatever the device calls itself") {
  constexpr std::size_t room = 512 - 299 - 1;
  for (const std::string& serial : {std::string(300, 's'), std::string(300, '\xff')}) {
    const DeviceIdentity wordy{~0ULL, serial};
    const std::string label = reset_token(our_uuid(), wordy);
    CHECK(label.size() == room);
    CHECK(is_reset_token(label, our_uuid(), wordy));
  }
}

TEST_CASE("bytes of a serial number that are not printable are escaped") {
  CHECK(reset_token(our_uuid(), {1, "a\n\xff"}).ends_with(R"(:1:a\x0a\xff)"));
}

TEST_CASE("a token is no label of a creation") { CHECK(label_meaning(token) == LabelMeaning::committed); }

}  // namespace aimee::test
