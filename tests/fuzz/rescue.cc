// The rescue console: what `systemctl show` printed, what a person typed, shadow; "%%" between them.
#include "plan/rescue.h"

#include <algorithm>

#include "base/text.h"
#include "parts/input.h"
#include "parts/oracle.h"

namespace aimee::fuzz {

namespace {

std::vector<std::string> printable_lines(std::string_view text) {
  std::vector<std::string> lines;
  for (const std::string_view line : split(text, '\n')) lines.push_back(printable(line));
  return lines;
}

RescueFacts facts_of(const std::vector<std::string>& parts) {
  RescueFacts facts;
  const auto units = parse_unit_reports(parts[0]);
  if (!units.empty()) facts.creation = units[0];
  if (units.size() > 1) facts.mount = units[1];
  facts.creation.messages = printable_lines(parts[3]);
  facts.volume = facts.creation.messages.back();
  facts.volume_is_usable = parts[3].size() % 2 == 0;
  facts.password = password_of("root", parts[1], parts[2]);
  facts.failed = printable_lines(parts[3]);
  return facts;
}

// Less than this no scheme of crypt(5) has.
bool may_be_password(std::string_view text) {
  constexpr std::size_t shortest = 13;
  return text.find("root:") != text.npos && text.size() > shortest;
}

}  // namespace

void try_input(std::string_view text) {
  const auto parts = sections(text, 4);
  for (const UnitReport& unit : parse_unit_reports(parts[0])) {
    for (const std::string* field : {&unit.name, &unit.load, &unit.active, &unit.result, &unit.status})
      HOLDS_OF(*field, is_one_line(*field));
    HOLDS(!unit.is_active() || !unit.failed());
  }
  const RescueFacts facts = facts_of(parts);
  const auto choices = rescue_choices(facts);
  const bool can_erase = std::ranges::find(choices, RescueChoice::erase) != choices.end();
  HOLDS(can_erase == !storage_is_ready(facts) && can_erase == (facts.mount.active != "active"));
  HOLDS(is_page(rescue_page(facts)));
  if (const auto choice = parse_rescue_choice(parts[1], choices)) {
    HOLDS(std::ranges::find(choices, *choice) != choices.end());
    const char letter = static_cast<char>(*choice);
    HOLDS(trimmed(parts[1]) == std::string(1, letter) ||
          trimmed(parts[1]) == std::string(1, static_cast<char>(letter - 32)));
  }
  HOLDS(facts.password == PasswordState::none || may_be_password(concat(parts[1], "\n", parts[2])));
}

}  // namespace aimee::fuzz
