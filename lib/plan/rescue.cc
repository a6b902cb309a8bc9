// Texts of the rescue console; pure.
#include "plan/rescue.h"

#include <algorithm>

#include "base/text.h"

namespace aimee {

namespace {

constexpr std::string_view rule = "------------------------------------------------------------------------------\n";
constexpr std::string_view margin = "           ";

std::string* field_of(UnitReport& unit, std::string_view key) {
  if (key == "Id") return &unit.name;
  if (key == "LoadState") return &unit.load;
  if (key == "ActiveState") return &unit.active;
  if (key == "Result") return &unit.result;
  if (key == "ExecMainStatus") return &unit.status;
  return nullptr;
}

// "label:     text", and what follows below it.
std::string paragraph(std::string_view label, const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    std::string head(text.empty() ? label : std::string_view());
    head.resize(margin.size(), ' ');
    text += concat(head, line, "\n");
  }
  return text;
}

std::vector<std::string> story_of(const UnitReport& unit) {
  std::string what = concat(unit.name, unit.failed() ? " failed" : " was not started");
  if (unit.failed() && unit.result == "exit-code") {
    what += concat(" (exit code ", unit.status, ")");
  } else if (unit.failed() && !unit.result.empty()) {
    what += concat(" (", unit.result, ")");
  }
  std::vector<std::string> lines{what + (unit.messages.empty() ? "" : ":")};
  lines.insert(lines.end(), unit.messages.begin(), unit.messages.end());
  return lines;
}

std::vector<std::string> trouble_of(const RescueFacts& facts) {
  if (facts.creation.failed()) return story_of(facts.creation);
  if (facts.mount.load == "not-found") return {"/etc/fstab has no line for /var: the image is not complete"};
  return story_of(facts.mount);
}

std::string storage_page(const RescueFacts& facts) {
  std::string page = "This device cannot start: its storage (/var) is not available.\n\n";
  page += paragraph("What:", trouble_of(facts));
  const auto& told = facts.creation.messages;
  if (!facts.volume.empty() && std::ranges::find(told, facts.volume) == told.end())
    page += paragraph("Now:", {facts.volume});
  if (!facts.volume_is_usable) page += paragraph("", {"Nothing on the disk was changed."});
  return page;
}

std::string other_page(const RescueFacts& facts) {
  std::string page = "The storage (/var) of this device is ready; it stopped for another reason.\n\n";
  if (!facts.failed.empty()) page += paragraph("Failed:", facts.failed);
  return page;
}

std::string_view explained(RescueChoice choice, const RescueFacts& facts) {
  switch (choice) {
    case RescueChoice::retry:
      return storage_is_ready(facts) ? "start the system" : "try again, after the disk was connected or repaired";
    case RescueChoice::erase:
      return "erase everything that was ever stored (factory reset); asks before it does";
    case RescueChoice::shell:
      if (facts.password == PasswordState::set) return "a shell, for root's password";
      return facts.password == PasswordState::locked ? "a shell; not possible here: root's password is locked"
                                                     : "a shell; not possible here: root has no password";
    case RescueChoice::power_off:
      return "power off";
    case RescueChoice::reboot:
      return "reboot";
  }
  return "";
}

}  // namespace

std::vector<UnitReport> parse_unit_reports(std::string_view text) {
  std::vector<UnitReport> units;
  bool in_block = false;
  for (const std::string_view line : split(text, '\n')) {
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) {
      in_block = false;
      continue;
    }
    if (!in_block) units.emplace_back();
    in_block = true;
    if (std::string* field = field_of(units.back(), line.substr(0, equals)))
      *field = printable(line.substr(equals + 1));
  }
  return units;
}

bool storage_is_ready(const RescueFacts& facts) { return facts.mount.is_active(); }

std::vector<RescueChoice> rescue_choices(const RescueFacts& facts) {
  using enum RescueChoice;
  if (storage_is_ready(facts)) return {retry, shell, power_off, reboot};
  return {retry, erase, shell, power_off, reboot};
}

std::string rescue_page(const RescueFacts& facts) {
  std::string page = concat("\n", rule);
  page += storage_is_ready(facts) ? other_page(facts) : storage_page(facts);
  page += "\n";
  for (const RescueChoice choice : rescue_choices(facts)) {
    page += concat("  ", static_cast<char>(choice), "  ", explained(choice, facts), "\n");
  }
  return page + std::string(rule);
}

std::optional<RescueChoice> parse_rescue_choice(std::string_view line, const std::vector<RescueChoice>& offered) {
  line = trimmed(line);
  if (line.size() != 1) return std::nullopt;
  const auto choice = static_cast<RescueChoice>(line[0] >= 'A' && line[0] <= 'Z' ? line[0] - 'A' + 'a' : line[0]);
  if (std::ranges::find(offered, choice) == offered.end()) return std::nullopt;
  return choice;
}

}  // namespace aimee
