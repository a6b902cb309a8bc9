// JSON text is valid whatever the bytes were.
#include "base/json.h"

#include <cstdint>
#include <limits>

#include "harness/test.h"

namespace aimee::test {

TEST_CASE("a JSON string is quoted, and what must be escaped is") {
  CHECK(json_string("") == R"("")");
  CHECK(json_string("plain text /") == R"("plain text /")");
  CHECK(json_string("say \"no\"") == R"("say \"no\"")");
  CHECK(json_string("a\\b") == R"("a\\b")");
}

TEST_CASE("control characters are escaped, DEL too") {
  CHECK(json_string(std::string_view("\0", 1)) == R"("\u0000")");
  CHECK(json_string("\n\t\x1f") == R"("\u000a\u0009\u001f")");
  CHECK(json_string("\x7f") == R"("\u007f")");
  CHECK(json_string("\x20\x7e") == "\"\x20\x7e\"");
}

TEST_CASE("what drives a terminal or shows a text as another one is escaped, and its neighbours are not") {
  CHECK(json_string("a\xc2\x9b"
                    "31mRED\xe2\x80\xae"
                    "b") == R"("a\u009b31mRED\u202eb")");
  CHECK(json_string("\xc2\x80\xc2\x85\xc2\x9f\xc2\xa0") == "\"\\u0080\\u0085\\u009f\xc2\xa0\"");
  CHECK(json_string("\xc2\xac\xc2\xad\xc2\xae") == "\"\xc2\xac\\u00ad\xc2\xae\"");
  CHECK(json_string("\xd8\x9b\xd8\x9c\xd8\x9d") == "\"\xd8\x9b\\u061c\xd8\x9d\"");
  CHECK(json_string("\xe2\x80\x8a\xe2\x80\x8b\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\x90") ==
        "\"\xe2\x80\x8a\\u200b\\u200e\\u200f\xe2\x80\x90\"");
  CHECK(json_string("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa\xe2\x80\xae\xe2\x80\xaf") ==
        "\"\xe2\x80\xa7\\u2028\\u2029\\u202a\\u202e\xe2\x80\xaf\"");
  CHECK(json_string("\xe2\x81\x9f\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaf\xe2\x81\xb0") ==
        "\"\xe2\x81\x9f\\u2066\\u2069\\u206f\xe2\x81\xb0\"");
  CHECK(json_string("\xef\xbb\xbf"
                    "text\xef\xbf\xbb") == R"("\ufefftext\ufffb")");
}

TEST_CASE("well-formed UTF-8 passes unchanged, at the ends of every length too") {
  for (const std::string_view text : {
           "\xc2\xa0",
           "\xdf\xbf",  // U+00A0, U+07FF
           "\xe0\xa0\x80",
           "\xef\xbf\xbf",  // U+0800, U+FFFF
           "\xed\x9f\xbf",
           "\xee\x80\x80",  // beside the surrogates
           "\xf0\x90\x80\x80",
           "\xf4\x8f\xbf\xbf",  // U+10000, U+10FFFF
           "Größe €, 𝄞",
       }) {
    CAPTURE(printable(text));
    CHECK(json_string(text) == concat("\"", text, "\""));
  }
}

TEST_CASE("each byte that is not UTF-8 becomes U+FFFD, and the text around it stays") {
  struct Row {
    std::string_view what;
    std::string_view bytes;
    std::string_view json;
  };
  const Row rows[] = {
      {"a lone continuation", "a\x80z", R"("a\ufffdz")"},
      {"bytes that never occur", "\xfe\xff", R"("\ufffd\ufffd")"},
      {"a lead byte at the end", "a\xc3", R"("a\ufffd")"},
      {"a lead byte before ASCII", "\xc3z", R"("\ufffdz")"},
      {"three bytes cut to two", "\xe2\x82", R"("\ufffd\ufffd")"},
      {"three bytes cut short by text", "\xe2\x82z", R"("\ufffd\ufffdz")"},
      {"overlong of two", "\xc0\xaf", R"("\ufffd\ufffd")"},
      {"overlong of two, second form", "\xc1\xbf", R"("\ufffd\ufffd")"},
      {"overlong of three", "\xe0\x80\xaf", R"("\ufffd\ufffd\ufffd")"},
      {"overlong of four", "\xf0\x80\x80\xaf", R"("\ufffd\ufffd\ufffd\ufffd")"},
      {"a high surrogate", "\xed\xa0\x80", R"("\ufffd\ufffd\ufffd")"},
      {"a low surrogate", "\xed\xbf\xbf", R"("\ufffd\ufffd\ufffd")"},
      {"beyond Unicode", "\xf4\x90\x80\x80", R"("\ufffd\ufffd\ufffd\ufffd")"},
      {"far beyond Unicode", "\xf5\x80\x80\x80", R"("\ufffd\ufffd\ufffd\ufffd")"},
      {"good after bad", "\xff\xc3\xa4\"", "\"\\ufffd\xc3\xa4\\\"\""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK(json_string(row.bytes) == row.json);
  }
}

TEST_CASE("an object keeps the order of its members and has one kind of value for each kind of argument") {
  JsonObject object;
  CHECK(object.str() == "{}");
  object.add("device", "/dev/vda3").add("size", std::uint64_t{5}).add("dry_run", true).add("ready", false);
  object.add_null("error").add_raw("plan", "[]").add("text", std::string("a")).add("view", std::string_view("b"));
  CHECK(object.str() ==
        R"({"device": "/dev/vda3", "size": 5, "dry_run": true, "ready": false, "error": null, "plan": [], )"
        R"("text": "a", "view": "b"})");
}

TEST_CASE("keys are escaped like text") { CHECK(JsonObject().add("a\"\n", "x").str() == R"({"a\"\u000a": "x"})"); }

TEST_CASE("the largest number is written in full") {
  CHECK(JsonObject().add("n", std::numeric_limits<std::uint64_t>::max()).str() == R"({"n": 18446744073709551615})");
}

TEST_CASE("an array holds text and ready-made values") {
  JsonArray array;
  CHECK(array.str() == "[]");
  array.add("a").add("\xff").add_raw(JsonObject().add("b", std::uint64_t{1}).str());
  CHECK(array.str() == R"(["a", "\ufffd", {"b": 1}])");
}

TEST_CASE("a text that may be missing is null where it is empty") {
  JsonObject object;
  CHECK(object.add_or_null("a", "").add_or_null("b", "x").str() == R"({"a": null, "b": "x"})");
}

}  // namespace aimee::test
