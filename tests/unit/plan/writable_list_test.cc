// The list of the writable parts of /etc: what is an entry, and what each bad line is told.
#include "plan/writable_list.h"

#include "harness/test.h"

namespace aimee::test {

namespace {

// One line for each entry, "LINE:COLUMN f PATH", then one for each problem, "! LINE:COLUMN PATH | WHAT".
std::string shown(std::string_view text) {
  const WritableList list = parse_writable_list(text);
  std::string out;
  for (const WritableEntry& entry : list.entries) {
    out += concat(entry.line, ":", entry.column, entry.kind == EntryKind::file ? " f " : " d ", entry.path, "\n");
  }
  for (const ListProblem& problem : list.problems) {
    out += concat("! ", problem.line, ":", problem.column, " ", printable(problem.path), " | ", problem.what, "\n");
  }
  return out;
}

struct Row {
  std::string text;
  std::string expected;  // after the implicit shadow
};

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(printable(row.text));
    CHECK(shown(row.text) == concat("0:0 f shadow\n", row.expected));
  }
}

}  // namespace

TEST_CASE("entries are a type, white space and a path up to the end of the line") {
  check({
      {"", ""},
      {"\n\n  \n\t\n", ""},
      {"# f hostname\n   # d ssh\n", ""},
      {"f hostname", "1:3 f hostname\n"},
      {"f hostname\nd ssh\n", "1:3 f hostname\n2:3 d ssh\n"},
      {"  f \t hostname \t \n", "1:7 f hostname\n"},
      {"f a name with blanks # and more\n", "1:3 f a name with blanks # and more\n"},
      {"f caf\xc3\xa9/\xe2\x82\xac\n", "1:3 f caf\xc3\xa9/\xe2\x82\xac\n"},
      {"f ssh/sshd_config.d/10.conf", "1:3 f ssh/sshd_config.d/10.conf\n"},
      {"f ...\nf ..x\nf x..\nf .hidden\n", "1:3 f ...\n2:3 f ..x\n3:3 f x..\n4:3 f .hidden\n"},
      {"f a\nf ab\nd a.b\n", "1:3 f a\n2:3 f ab\n3:3 d a.b\n"},
      {"f x/.aimee\n", "1:3 f x/.aimee\n"},
      {"\r\n# comment\r\n", ""},
  });
}

TEST_CASE("shadow is always among them, listed or not, and only as a file") {
  CHECK(shown("f hostname\nf shadow\n") == "1:3 f hostname\n2:3 f shadow\n");
  check({
      {"d shadow", "! 1:3 shadow | is a file and always writable: remove the line\n"},
      {"f shadow/x", "! 1:3 shadow/x | lies inside shadow, which is a file: remove the line\n"},
      {"f shadow-", "1:3 f shadow-\n"},
      {"f gshadow", "1:3 f gshadow\n"},
  });
}

TEST_CASE("a bad type or a missing path is named by line and column") {
  check({
      {"x hostname", "! 1:1  | \"x\" is no type: write f for a file or d for a folder, a blank and a path\n"},
      {"  file hostname", "! 1:3  | \"file\" is no type: write f for a file or d for a folder, a blank and a path\n"},
      {"F hostname", "! 1:1  | \"F\" is no type: write f for a file or d for a folder, a blank and a path\n"},
      {"hostname", "! 1:1  | \"hostname\" is no type: write f for a file or d for a folder, a blank and a path\n"},
      {"fhostname", "! 1:1  | \"fhostname\" is no type: write f for a file or d for a folder, a blank and a path\n"},
      {"f", "! 1:2  | the path is missing: write it after the type\n"},
      {"\nd  \t", "! 2:2  | the path is missing: write it after the type\n"},
  });
}

TEST_CASE("paths that leave /etc or are not plain are refused") {
  check({
      {"f /etc/hostname", "! 1:3 /etc/hostname | is absolute: write it relative to /etc\n"},
      {"f /", "! 1:3 / | is absolute: write it relative to /etc\n"},
      {"f ..", "! 1:3 .. | has \"..\" in it: name the path itself\n"},
      {"f ../etc/x", "! 1:3 ../etc/x | has \"..\" in it: name the path itself\n"},
      {"f a/b/../c", "! 1:7 a/b/../c | has \"..\" in it: name the path itself\n"},
      {"f a/..", "! 1:5 a/.. | has \"..\" in it: name the path itself\n"},
      {"d .", "! 1:3 . | has \".\" in it: remove that\n"},
      {"f ./a", "! 1:3 ./a | has \".\" in it: remove that\n"},
      {"f a/./b", "! 1:5 a/./b | has \".\" in it: remove that\n"},
      {"f a//b", "! 1:5 a//b | has an empty name between slashes or at its end: remove the slash\n"},
      {"d a/", "! 1:5 a/ | has an empty name between slashes or at its end: remove the slash\n"},
      {"d .aimee", "! 1:3 .aimee | is where the store keeps its own notes: choose another name\n"},
      {"f .aimee/image", "! 1:3 .aimee/image | is where the store keeps its own notes: choose another name\n"},
      {"f x/.aimee-new", "! 1:5 x/.aimee-new | is a name that the store needs for itself: choose another\n"},
  });
}

TEST_CASE("duplicates and entries within each other name the first line") {
  check({
      {"f a\nf a", "1:3 f a\n! 2:3 a | is in line 1 already: remove one of them\n"},
      {"f a\nd a", "1:3 f a\n! 2:3 a | is in line 1 already: remove one of them\n"},
      {"d a\n\nf a/b/c", "1:3 d a\n! 3:3 a/b/c | lies inside a of line 1: remove one of them\n"},
      {"f a/b/c\nd a", "1:3 f a/b/c\n! 2:3 a | contains a/b/c of line 1: remove one of them\n"},
      {"f a/b\nd a b\nd a-b\nd a",
       "1:3 f a/b\n2:3 d a b\n3:3 d a-b\n! 4:3 a | contains a/b of line 1: remove one of them\n"},
  });
}

TEST_CASE("shadow twice is a duplicate") {
  CHECK(shown("f shadow\nf shadow") == "1:3 f shadow\n! 2:3 shadow | is in line 1 already: remove one of them\n");
}

TEST_CASE("over-long lines, paths and names are told with their length") {
  const std::string name(256, 'n');
  const std::string line = concat("f ", std::string(9000, 'l'));
  std::string path = "p";
  while (path.size() <= 4090) path += "/pppppppp";
  check({
      {concat("f ", std::string(255, 'n')), concat("1:3 f ", std::string(255, 'n'), "\n")},
      {concat("f a/", name), concat("! 1:5 a/", name, " | has a name of 256 bytes: at most 255 can exist\n")},
      {concat("f ", path), concat("! 1:3 ", path, " | has ", path.size(), " bytes: at most 4090 can exist\n")},
      {line, "! 1:8193  | the line has 9002 bytes: at most 8192 are read\n"},
  });
}

TEST_CASE("carriage returns, control characters and what is not UTF-8 are called what they are") {
  using namespace std::string_literals;
  check({
      {"f a\r\nf b\n",
       "2:3 f b\n! 1:4  | the line ends with a carriage return (CRLF): save the list with Unix line ends\n"},
      {"f a\x07z", "! 1:4  | has the control character 0x07: is this a text file?\n"},
      {"f a\rb", "! 1:4  | has the control character 0x0d: is this a text file?\n"},
      {"f a\x7f", "! 1:4  | has the control character 0x7f: is this a text file?\n"},
      {"f a\0b\nf c"s, "2:3 f c\n! 1:4  | has the control character 0x00: is this a text file?\n"},
      {"f a\tb", "! 1:4 a\\x09b | has the control character 0x09: one entry a line, without a comment after it\n"},
      {"f \xff\xfe", "! 1:3  | is not UTF-8: is this a text file?\n"},
      {"f \xc3", "! 1:3  | is not UTF-8: is this a text file?\n"},
      {"\x7f"
       "ELF\x02\x01\x01\n",
       "! 1:1  | has the control character 0x7f: is this a text file?\n"},
      {"\xef\xbb\xbf"
       "f a\n",
       "1:3 f a\n! 1:1  | the list starts with a byte order mark: save it as UTF-8 without one\n"},
  });
}

TEST_CASE("a bad line stops no other") {
  check({{"f /x\nf a\nq\nd b\nf ..\nf c",
          "2:3 f a\n4:3 d b\n6:3 f c\n"
          "! 1:3 /x | is absolute: write it relative to /etc\n"
          "! 3:1  | \"q\" is no type: write f for a file or d for a folder, a blank and a path\n"
          "! 5:3 .. | has \"..\" in it: name the path itself\n"}});
}

TEST_CASE("places read as file, line, column and path") {
  CHECK(place_of(WritableEntry{EntryKind::file, "a b", 3, 5}) == "/etc/aimee-os/writable-etc:3:5: a b");
  CHECK(place_of(WritableEntry{EntryKind::file, "shadow", 0, 0}) == "shadow");
  CHECK(place_of(ListProblem{2, 1, "", "x"}) == "/etc/aimee-os/writable-etc:2:1");
  CHECK(place_of(ListProblem{2, 3, "\x1b", "x"}) == "/etc/aimee-os/writable-etc:2:3: \\x1b");
  CHECK(place_of(ListProblem{0, 0, "", "x"}) == "/etc/aimee-os/writable-etc");
}

}  // namespace aimee::test
