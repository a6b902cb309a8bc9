// The kernel command line as the kernel and systemd read it, and what counts as a volume's UUID.
#include "plan/kernel_command_line.h"

#include "harness/superblocks.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

std::string digits_in(std::string_view line) { return parse_kernel_command_line(line).reset.digits; }

}  // namespace

TEST_CASE("a request is the UUID or at least its first eight digits") {
  struct Row {
    std::string_view line;
    std::string_view digits;
  };
  const Row rows[] = {
      {"aimee.factory_reset=00010203", "00010203"},
      {"aimee.factory_reset=000102030", "000102030"},
      {"aimee.factory_reset=00010203-0405", "000102030405"},
      {"aimee.factory_reset=00010203-0405-8607-8809-61696d656501",
       "00010203040586078809"
       "61696d656501"},
      {"aimee.factory_reset=0001020304058607880961696D656501", "0001020304058607880961696d656501"},
      {"aimee.factory_reset=ABCDEF01", "abcdef01"},
      {"quiet aimee.factory_reset=00010203 ro", "00010203"},
      {"\tquiet\naimee.factory_reset=00010203\n", "00010203"},
      {"aimee.factory-reset=00010203", "00010203"},
      {"aimee.factory_reset=11111111 aimee.factory_reset=00010203", "00010203"},
      {R"(aimee.factory_reset="00010203")", "00010203"},
      {R"("aimee.factory_reset=00010203")", "00010203"},
      {R"(aimee.factory_reset='00010203')", "00010203"},
      {R"(x="a b" aimee.factory_reset=00010203)", "00010203"},
      {R"(x="it's" aimee.factory_reset=00010203)", "00010203"},
      {R"(aimee.factory_reset="00010203)", "00010203"},
      {"", ""},
      {"quiet ro", ""},
      {"aimee.factory_resets=00010203", ""},
      {"aimee.factory_rese=00010203", ""},
      {"xaimee.factory_reset=00010203", ""},
      {R"(x="a aimee.factory_reset=00010203 b")", ""},
      {R"(x='a aimee.factory_reset=00010203 b')", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.line);
    const KernelCommandLine parsed = parse_kernel_command_line(row.line);
    CHECK(parsed.reset.digits == row.digits);
    CHECK(parsed.warning == "");
  }
}

TEST_CASE("an argument that is no beginning of a UUID is ignored with a warning, and hides those before it") {
  for (const std::string_view value :
       {"", "0", "0001020", "0001020g", "yes", "00010203-", "-00010203", "0001-0203", "00010203--0405",
        "00010203-0405-", "00010203_0405", "00010203-0405-8607-8809-61696d65650", "0x00010203",
        "00010203-0405-8607-8809-61696d6565011", "00010203 ", "00010203\x01"}) {
    CAPTURE(value);
    const KernelCommandLine parsed =
        parse_kernel_command_line(concat("aimee.factory_reset=11111111 \"aimee.factory_reset=", value, "\""));
    if (value == "00010203-0405-8607-8809-61696d65650") {
      CHECK(parsed.reset.digits.size() == 31);  // all but one digit is a beginning too
      continue;
    }
    CHECK(parsed.reset.digits == "");
    CHECK(parsed.warning == concat("aimee.factory_reset=", printable(value),
                                   " is no volume's UUID (all of it, or its first eight digits): ignored"));
  }
  CHECK(parse_kernel_command_line("aimee.factory_reset").warning.starts_with("aimee.factory_reset= is no volume's"));
  const KernelCommandLine mended = parse_kernel_command_line("aimee.factory_reset=x aimee.factory_reset=00010203");
  CHECK(mended.reset.digits == "00010203");
  CHECK(mended.warning == "");
}

TEST_CASE("a zero byte is a byte like any other, and none that can be left out") {
  using namespace std::string_view_literals;
  for (const std::string_view line : {"aimee\0.factory_reset=00010203"sv, "aimee.factory_reset\0=00010203"sv}) {
    CHECK(digits_in(line) == "");
    CHECK(parse_kernel_command_line(line).warning == "");
  }
  CHECK(digits_in("aimee.factory_reset=0001\0000203"sv) == "");
}

TEST_CASE("a request names the volumes whose UUID begins so, and no request names none") {
  CHECK(ResetRequest{"00010203"}.names(our_uuid()));
  CHECK(ResetRequest{digits_in(concat("aimee.factory_reset=", our_uuid_text))}.names(our_uuid()));
  CHECK(request_for(our_uuid()).names(our_uuid()));
  CHECK_FALSE(request_for(our_uuid()).names(plain_uuid()));
  CHECK_FALSE(ResetRequest{"00010204"}.names(our_uuid()));
  CHECK_FALSE(ResetRequest{"01020304"}.names(our_uuid()));
  CHECK_FALSE(ResetRequest{}.names(our_uuid()));
}

TEST_CASE("the argument that is shown names the volume that it is shown for") {
  CHECK(kernel_argument(our_uuid()) == "aimee.factory_reset=00010203");
  CHECK(parse_kernel_command_line(kernel_argument(our_uuid())).reset.names(our_uuid()));
}

}  // namespace aimee::test
