// Joining, splitting, numbers, sizes and the escaping of untrusted bytes.
#include "base/text.h"

#include <cstdint>
#include <limits>

#include "harness/test.h"

namespace aimee::test {

namespace {

using Texts = std::vector<std::string>;

Texts as_strings(const std::vector<std::string_view>& views) { return {views.begin(), views.end()}; }

std::string shown(const Texts& texts) {
  std::string all;
  for (const std::string& text : texts) all += concat("[", text, "]");
  return all;
}

}  // namespace

TEST_CASE("concat joins text, characters and numbers of every size and sign") {
  CHECK(concat() == "");
  CHECK(concat("a", std::string("b"), std::string_view("c"), 'd') == "abcd");
  CHECK(concat(0, " ", -1, " ", 42U) == "0 -1 42");
  CHECK(concat(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  CHECK(concat(std::numeric_limits<std::int64_t>::max()) == "9223372036854775807");
  CHECK(concat(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(concat(static_cast<std::int8_t>(-128)) == "-128");
  CHECK(concat(static_cast<std::uint8_t>(255)) == "255");
}

TEST_CASE("a number in a base is padded with zeros to its width and never cut") {
  CHECK(in_base(0, 10) == "0");
  CHECK(in_base(0, 16, 4) == "0000");
  CHECK(in_base(0755, 8) == "755");
  CHECK(in_base(0755, 8, 4) == "0755");
  CHECK(in_base(0xbeef, 16) == "beef");
  CHECK(in_base(0xbeef, 16, 2) == "beef");
  CHECK(in_base(5, 2, 8) == "00000101");
  CHECK(in_base(std::numeric_limits<std::uint64_t>::max(), 16) == "ffffffffffffffff");
}

TEST_CASE("sizes are for people: binary units, one decimal below a hundred") {
  struct Row {
    std::uint64_t bytes;
    std::string text;
  };
  const Row rows[] = {
      {0, "0 B"},
      {1, "1 B"},
      {512, "512 B"},
      {1023, "1023 B"},
      {1024, "1.0 KiB"},
      {1536, "1.5 KiB"},
      {2047, "1.9 KiB"},  // never rounded up to what is not there
      {20ULL << 20, "20.0 MiB"},
      {(100ULL << 10) - 1, "99.9 KiB"},
      {100ULL << 10, "100 KiB"},
      {1023ULL << 10, "1023 KiB"},
      {1ULL << 30, "1.0 GiB"},
      {256ULL << 30, "256 GiB"},
      {1ULL << 40, "1.0 TiB"},
      {1ULL << 50, "1.0 PiB"},
      {std::numeric_limits<std::uint64_t>::max(), "15.9 EiB"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.bytes);
    CHECK(human_size(row.bytes) == row.text);
  }
}

TEST_CASE("printable leaves printable ASCII alone") {
  std::string all;
  for (char c = 0x20; c < 0x7f; ++c) {
    if (c != '\\') all += c;
  }
  CHECK(printable(all) == all);
}

TEST_CASE("printable escapes all that could break a line, drive a terminal or fake an escape") {
  CHECK(printable("a\nb\r\t") == R"(a\x0ab\x0d\x09)");
  CHECK(printable("\x1b[2J") == R"(\x1b[2J)");
  CHECK(printable(R"(\x41)") == R"(\x5cx41)");
  CHECK(printable("\x7f\x80\xff") == R"(\x7f\x80\xff)");
  CHECK(printable("Fläche") == R"(Fl\xc3\xa4che)");
  CHECK(printable(std::string_view("a\0b", 3)) == R"(a\x00b)");
  CHECK(printable("") == "");
}

TEST_CASE("words are what stands between blanks of any number and kind") {
  struct Row {
    std::string_view line;
    Texts words;
  };
  const Row rows[] = {
      {"", {}},
      {"  \t ", {}},
      {"a", {"a"}},
      {"a b", {"a", "b"}},
      {"  a\t\tb  ", {"a", "b"}},
      {"one\r\n", {"one"}},
      {"\"a b\"", {"\"a", "b\""}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.line);
    CHECK(shown(as_strings(words(row.line))) == shown(row.words));
  }
}

TEST_CASE("split keeps empty parts") {
  struct Row {
    std::string_view line;
    Texts parts;
  };
  const Row rows[] = {
      {"", {""}}, {",", {"", ""}}, {"a", {"a"}}, {"a,b", {"a", "b"}}, {",a,,b,", {"", "a", "", "b", ""}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.line);
    CHECK(shown(as_strings(split(row.line, ','))) == shown(row.parts));
  }
}

TEST_CASE("trimmed takes blanks and line ends off both sides only") {
  CHECK(trimmed("") == "");
  CHECK(trimmed(" \t\r\n") == "");
  CHECK(trimmed("a") == "a");
  CHECK(trimmed("  a b\r\n") == "a b");
}

TEST_CASE("a number is digits of its base and nothing else") {
  struct Row {
    std::string_view digits;
    unsigned base;
    std::optional<std::uint64_t> number;
  };
  const Row rows[] = {
      {"0", 10, 0},
      {"007", 10, 7},
      {"90", 10, 90},
      {"18446744073709551615", 10, std::numeric_limits<std::uint64_t>::max()},
      {"18446744073709551616", 10, {}},
      {"99999999999999999999999", 10, {}},
      {"1777", 8, 01777},
      {"8", 8, {}},
      {"ff", 16, 0xff},
      {"ffffffffffffffff", 16, std::numeric_limits<std::uint64_t>::max()},
      {"10000000000000000", 16, {}},
      {"a", 10, {}},
      {"", 10, {}},
      {"-1", 10, {}},
      {"+1", 10, {}},
      {" 1", 10, {}},
      {"1 ", 10, {}},
      {"0x10", 16, {}},
      {"1.5", 10, {}},
      {std::string_view("1\0", 2), 10, {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.digits);
    CAPTURE(row.base);
    CHECK(parse_number(row.digits, row.base) == row.number);
  }
}

}  // namespace aimee::test
