// Host names and machine ids in their files.
#include "plan/etc_content.h"

#include "harness/test.h"

namespace aimee::test {

TEST_CASE("the host name is the first line that says something, as hostname(5) of systemd has it") {
  struct Row {
    std::string content;
    std::string expected;  // "none", "invalid" or the name
  };
  const Row rows[] = {
      {"device\n", "device"},
      {"  device-1.example.org  \n", "device-1.example.org"},
      {"device.example.org.\n", "device.example.org"},
      {"# comment\n\n\tdevice\nother\n", "device"},
      {"device", "device"},
      {"Device9\r\n", "Device9"},
      {"my_box", "my_box"},
      {"", "none"},
      {" \n\t\n\r\n", "none"},
      {"\n# only\n  # comments", "none"},
      {"box-????\n", "none"},
      {"?\nother\n", "none"},
      {"b?x.example.org.\n", "none"},
      {"two ????", "invalid"},
      {std::string(65, '?'), "invalid"},
      {"\xef\xbb\xbf" + std::string("box\n"), "invalid"},
      {"two words\n", "invalid"},
      {"box # comment\n", "invalid"},
      {"a..b", "invalid"},
      {".a", "invalid"},
      {".", "invalid"},
      {"a..", "invalid"},
      {"-a", "invalid"},
      {"a-", "invalid"},
      {"a.-b", "invalid"},
      {"a-.b", "invalid"},
      {"caf\xc3\xa9", "invalid"},
      {"a/b", "invalid"},
      {std::string("b\0o\0x\0", 6), "invalid"},
      {std::string(64, 'h'), std::string(64, 'h')},
      {std::string(65, 'h'), "invalid"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.content);
    const auto name = host_name_in(row.content);
    CHECK((!name ? "invalid" : name->empty() ? "none" : *name) == row.expected);
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
