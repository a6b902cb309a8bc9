// The lines of fstab, as systemd's getmntent(3) takes them apart, and what mount(8) would not take.
#include "plan/fstab_line.h"

#include "harness/test.h"

namespace aimee::test {

namespace {

// "SOURCE|TARGET|TYPE|OPTIONS", or what is wrong, a line each.
std::string shown(std::string_view content) {
  std::string text;
  for (const std::string_view of_file : split(content, '\n')) {
    FstabLine line;
    if (!parse_fstab_line(of_file, line)) continue;
    const std::string fields = concat(line.source, "|", line.target, "|", line.type, "|", line.options);
    text += concat(line.wrong.empty() ? std::string_view(fields) : line.wrong, "\n");
  }
  return text;
}

}  // namespace

TEST_CASE("fields are what stands between blanks and tabs") {
  CHECK(shown("a b c d 0 0") == "a|b|c|d\n");
  CHECK(shown(" \t a\t\tb  c \t d\t0   2 \t\n") == "a|b|c|d\n");
  CHECK(shown("a b c d\n") == "a|b|c|d\n");
  CHECK(shown("a b c d 0\n") == "a|b|c|d\n");
  CHECK(shown("a b c\n") == "a|b|c|\n");
  CHECK(shown("a b c d 0 0\r\ne f g h\r\n") == "a|b|c|d\ne|f|g|h\n");
  CHECK(shown("a b c d -1 +2\n") == "a|b|c|d\n");
}

TEST_CASE("empty lines and comments are none") {
  CHECK(shown("") == "");
  CHECK(shown("\n# a b c\n  \t\n\t# a b c\n#\na b c\n") == "a|b|c|\n");
  CHECK(shown("a b c d 0 0 # a comment after all fields\n") == "a|b|c|d\n");
  CHECK(shown("a#b c d\n") == "a#b|c|d|\n");
}

TEST_CASE("the escapes that systemd knows are undone, and no others") {
  CHECK(shown(R"(a\040b \011 \012 \134)") == "a b|\t|\n|\\\n");
  CHECK(shown(R"(a\\b c d e)") == R"(a\b|c|d|e)"
                                  "\n");
  CHECK(shown(R"(\134040 \\040 c)") == R"(\040|\040|c|)"
                                       "\n");
  for (const std::string_view kept :
       {R"(\043)", R"(\040b\04)", R"(\x20)", R"(\101)", R"(\)", R"(\,)", R"(\")", R"(\s)", R"(\0400)"}) {
    CAPTURE(kept);
    FstabLine line;
    CHECK(parse_fstab_line(concat("a b c x", kept), line));
    std::string expected = concat("x", kept);
    for (std::size_t at = 0; (at = expected.find(R"(\040)")) != std::string::npos;) expected.replace(at, 4, " ");
    CHECK(line.options == expected);
  }
}

TEST_CASE("what mount(8) would pass over is told, with what to do") {
  CHECK(shown("a") == "cannot be parsed\n");
  CHECK(shown("a /var") == "has no type of a file system\n");
  for (const std::string_view line : {"a b c d # data", "a b c d #data", "a b c # data", "a b c 0 # data",
                                      "a b c d data", "a b c d 0 0x", "a b c d 0 0,0", "a b c d 1.5"}) {
    CAPTURE(line);
    CHECK(shown(line) == "has more than options and two numbers; put a comment on a line of its own\n");
  }
}

TEST_CASE("a zero byte ends its line") {
  using namespace std::string_view_literals;
  CHECK(shown("a b c\0 d\ne f g\n"sv) == "a|b|c|\ne|f|g|\n");
}

}  // namespace aimee::test
