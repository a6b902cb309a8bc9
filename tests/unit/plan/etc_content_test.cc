// Host names and machine ids in their files.
#include "plan/etc_content.h"

#include "harness/test.h"

namespace aimee::test {

TEST_CASE("the host name is the first line that says something") {
  struct Row {
    std::string content;
    std::string expected;  // "" = none
  };
  const Row rows[] = {
      {"device\n", "device"},
      {"  device-1.example.org  \n", "device-1.example.org"},
      {"# comment\n\n\tdevice\nother\n", "device"},
      {"device", "device"},
      {"", ""},
      {"\n# only\n", ""},
      {"two words\n", ""},
      {"a..b", ""},
      {".a", ""},
      {"a.", ""},
      {"-a", ""},
      {"a-", ""},
      {"caf\xc3\xa9", ""},
      {"a/b", ""},
      {std::string(64, 'h'), std::string(64, 'h')},
      {std::string(65, 'h'), ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.content);
    CHECK(host_name_in(row.content).value_or("") == row.expected);
  }
}

TEST_CASE("a machine id is 32 small hexadecimal digits, not all zero") {
  CHECK(is_machine_id("0123456789abcdef0123456789abcdef\n"));
  CHECK(is_machine_id("0123456789abcdef0123456789abcdef"));
  for (const char* text :
       {"", "\n", "uninitialized\n", "00000000000000000000000000000000\n", "0123456789ABCDEF0123456789abcdef\n",
        "0123456789abcdef0123456789abcde\n", "0123456789abcdef0123456789abcdef\n\n",
        " 0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef0"}) {
    CAPTURE(text);
    CHECK_FALSE(is_machine_id(text));
  }
}

}  // namespace aimee::test
