// Plain text as man(7) source, word for word.
#include "pages/roff.h"

#include "harness/test.h"

namespace aimee::test {

TEST_CASE("characters that roff takes for its own or turns into others are escaped") {
  CHECK(roff_text(R"(a-b 'c' \d `e` "f" ~g ^h)") == R"(a\-b \(aqc\(aq \ed \(gae\(ga \(dqf\(dq \(tig \(hah)");
}

TEST_CASE("what is not ASCII is written in ASCII") {
  CHECK(roff_text("TYPE…") == "TYPE...");
  CHECK(roff_text("a → b") == "a \\(-> b");
  CHECK(roff_text("µ") == "\\[u00B5]");
}

TEST_CASE("text cut inside a character ends") { CHECK(roff_text("\xe2\x80") == "\\[u0080]"); }

TEST_CASE("each sentence starts a line, and no line is longer than 76 bytes") {
  CHECK(roff_filled("One thing. Two things (e.g. these). Three?") == "One thing.\nTwo things (e.g. these).\nThree?\n");
  std::string text;
  for (int i = 0; i < 40; ++i) text += "word ";
  for (const std::string_view line : split(roff_filled(text), '\n')) CHECK(line.size() <= 76);
}

TEST_CASE("a line never starts with what roff would take for a request") {
  CHECK(roff_filled(".aimee is a name. 'q' too") == "\\&.aimee is a name.\n\\(aqq\\(aq too\n");
}

TEST_CASE("an abbreviation at the end of a filled line is not the end of a sentence") {
  const std::string long_word(70, 'x');
  CHECK(roff_filled(concat(long_word, " e.g. this one")) == concat(long_word, " e.g.\\&\nthis one\n"));
}

TEST_CASE("options and references are bold, punctuation and values are not") {
  CHECK(roff_filled("Use --dry-run, see init-storage(8).") ==
        "Use \\fB\\-\\-dry\\-run\\fR, see \\fBinit\\-storage\\fR(8).\n");
  CHECK(roff_filled("(--root=DIR)") == "(\\-\\-root=DIR)\n");
  CHECK(roff_filled("--root=DIR is") == "\\fB\\-\\-root\\fR=DIR is\n");
}

TEST_CASE("paragraphs, examples and tagged paragraphs") {
  CHECK(roff_paragraphs("First\nparagraph.\n\nSecond.\n\n  an example\n  .of two lines\n\nTAG:: what it is.\n") ==
        "First paragraph.\n"
        ".PP\n"
        "Second.\n"
        ".PP\n"
        ".RS 4\n"
        ".EX\n"
        "an example\n"
        "\\&.of two lines\n"
        ".EE\n"
        ".RE\n"
        ".TP\n"
        "\\fBTAG\\fR\n"
        "what it is.\n");
}

TEST_CASE("nothing gives nothing") { CHECK(roff_paragraphs("").empty()); }

}  // namespace aimee::test
