// A kernel command line: only our argument, with what is a UUID or the beginning of one, asks for a reset.
#include "plan/kernel_command_line.h"

#include <algorithm>

#include "base/text.h"
#include "harness/superblocks.h"
#include "parts/oracle.h"

namespace aimee::fuzz {

namespace {

bool is_same(const KernelCommandLine& one, const KernelCommandLine& other) {
  return one.reset.digits == other.reset.digits && one.warning == other.warning;
}

// The line without quotes, its dashes as underscores: what our name has to stand in.
bool has_name(std::string_view line) {
  std::string text;
  for (const char c : line) {
    if (c != '"' && c != '\'') text += c == '-' ? '_' : c;
  }
  return text.find("aimee.factory_reset") != std::string::npos;
}

void check_request(const KernelCommandLine& parsed, std::string_view line) {
  const std::string& digits = parsed.reset.digits;
  HOLDS(digits.empty() || parsed.warning.empty());
  HOLDS_OF(parsed.warning, is_one_line(parsed.warning));
  HOLDS(has_name(line) || (digits.empty() && parsed.warning.empty()));
  if (digits.empty()) {
    HOLDS(!parsed.reset.names(test::our_uuid()) && !parsed.reset.names(Uuid{}));
    return;
  }
  HOLDS(digits.size() >= 8 && digits.size() <= 32);
  HOLDS(digits.find_first_not_of("0123456789abcdef") == std::string::npos);
  std::string plain;
  for (const char c : uuid_text(test::our_uuid())) {
    if (c != '-') plain += c;
  }
  HOLDS(parsed.reset.names(test::our_uuid()) == (plain.substr(0, digits.size()) == digits));
}

}  // namespace

void try_input(std::string_view line) {
  const KernelCommandLine parsed = parse_kernel_command_line(line);
  check_request(parsed, line);
  HOLDS(is_same(parse_kernel_command_line(concat("quiet ro \"a=b c\" ", line)), parsed));
  // The last one counts; where the line says nothing, the one before it does.
  const auto after = parse_kernel_command_line(concat("aimee.factory-reset=1234ABCD ", line));
  const bool is_silent = parsed.reset.digits.empty() && parsed.warning.empty();
  HOLDS(is_silent ? after.reset.digits == "1234abcd" : is_same(after, parsed));
  const bool quoted = line.find_first_of("\"'") != std::string_view::npos;
  if (quoted) return;
  const auto before = parse_kernel_command_line(concat(line, " ", kernel_argument(test::our_uuid())));
  HOLDS(before.reset.names(test::our_uuid()) && before.reset.digits.size() == 8);
}

}  // namespace aimee::fuzz
