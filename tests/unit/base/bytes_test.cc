// Bytes that nobody wrote, and numbers in those that somebody did.
#include "base/bytes.h"

#include <array>

#include "harness/test.h"

namespace aimee::test {

TEST_CASE("bytes are zero where every one is, and a fill only where all are the same") {
  std::array<std::byte, 4096> bytes{};
  CHECK(is_zero(bytes));
  CHECK(is_zero(std::span(bytes).first(1)));
  for (const std::size_t at : {std::size_t{0}, std::size_t{1}, std::size_t{2048}, std::size_t{4095}}) {
    CAPTURE(at);
    bytes[at] = std::byte{0x80};
    CHECK_FALSE(is_zero(bytes));
    CHECK((fill_of(bytes) == Fill::data));
    bytes[at] = std::byte{0};
  }
  bytes.fill(std::byte{0xff});
  CHECK_FALSE(is_zero(bytes));
  CHECK((fill_of(bytes) == Fill::ones));
  CHECK((fill_of(std::span(bytes).first(1)) == Fill::ones));
  bytes.fill(std::byte{0x5a});
  CHECK((fill_of(bytes) == Fill::data));
}

TEST_CASE("numbers are read in either order") {
  const std::array bytes = {std::byte{0}, std::byte{1}, std::byte{2}, std::byte{0xff}};
  CHECK(little_endian<2>(bytes, 1) == 0x0201);
  CHECK(big_endian<2>(bytes, 1) == 0x0102);
  CHECK(little_endian<4>(bytes, 0) == 0xff020100);
  CHECK(big_endian<4>(bytes, 0) == 0x000102ff);
}

}  // namespace aimee::test
