// What `aimee status` tells of a system that is full of strange bytes: one JSON object, and a page that drives no
// terminal.
#include "plan/status_report.h"

#include <algorithm>

#include "base/text.h"
#include "parts/input.h"
#include "parts/json_reader.h"
#include "parts/oracle.h"
#include "parts/volumes.h"

namespace aimee::fuzz {

namespace {

constexpr std::string_view entry_states[] = {
    "same", "changed-by-owner", "changed-by-image", "changed-by-both", "unseeded", "missing-in-image", "broken"};
constexpr std::string_view key_states[] = {"good", "missing", "truncated", "mismatch"};

std::string text(Input& input) { return std::string(input.text()); }
// What the rest of the program has made fit for one line before it comes here.
std::string line(Input& input) { return printable(input.text()); }

StatusVolume some_volume(Input& input) {
  StatusVolume volume;
  volume.source = text(input);
  if (input.flag()) volume.absent = line(input);
  if (input.flag()) volume.device = "/dev/vda3";
  volume.size = input.number();
  volume.serial = text(input);
  volume.model = text(input);
  if (input.flag()) {
    const VolumeFacts facts = some_facts(input);
    volume.state = classify(facts);
    if (facts.superblocks[0]) {
      volume.label = facts.superblocks[0]->label;
      volume.uuid = uuid_text(facts.superblocks[0]->uuid);
    }
  }
  for (std::size_t i = input.below(3); i > 0; --i) volume.mounted_at.push_back(text(input));
  volume.on_var = input.flag();
  if (input.flag()) volume.other_on_var = "another file system";
  if (input.flag()) volume.space = StatusSpace{input.number(), input.number()};
  return volume;
}

StatusStore some_store(Input& input) {
  StatusStore store;
  store.present = input.flag();
  for (std::size_t i = input.below(3); i > 0; --i) {
    StatusEntry entry{input.flag(), text(input), std::string(input.one_of(entry_states)), line(input), input.flag()};
    store.entries.push_back(std::move(entry));
  }
  for (std::size_t i = input.below(2); i > 0; --i) store.list_problems.push_back(concat("line 1: ", line(input)));
  for (std::size_t i = input.below(2); i > 0; --i) store.unlisted.push_back(text(input));
  return store;
}

StatusReport some_report(Input& input) {
  StatusReport report;
  report.version = "1.0";
  report.volume = some_volume(input);
  if (input.flag()) {
    constexpr SubvolumePresence presences[] = {SubvolumePresence::subvolume, SubvolumePresence::folder,
                                               SubvolumePresence::missing};
    report.subvolumes.emplace();
    for (std::size_t i = input.below(3); i > 0; --i)
      report.subvolumes->push_back({text(input), input.one_of(presences)});
  }
  if (input.flag()) report.store = some_store(input);
  constexpr PasswordState passwords[] = {PasswordState::none, PasswordState::locked, PasswordState::set};
  if (input.flag()) report.root_password = input.one_of(passwords);
  if (input.flag()) {
    report.host_keys.emplace();
    for (std::size_t i = input.below(3); i > 0; --i)
      report.host_keys->push_back({"ed25519", std::string(input.one_of(key_states)), "is truncated", line(input)});
  }
  constexpr LabelsState labels[] = {LabelsState::no_policy, LabelsState::current, LabelsState::stale};
  constexpr ResetPending resets[] = {ResetPending::no, ResetPending::on_volume, ResetPending::on_command_line};
  if (input.flag()) report.labels = input.one_of(labels);
  if (input.flag()) report.reset = input.one_of(resets);
  for (std::size_t i = input.below(2); i > 0; --i) report.unread.push_back(line(input));
  return report;
}

}  // namespace

void try_input(std::string_view bytes) {
  Input input(bytes);
  const StatusReport report = some_report(input);
  const std::string json = status_json(report);
  HOLDS_OF(json, is_json(json));
  HOLDS_OF(json, std::ranges::count(json, '\n') == 1 && json.ends_with('\n'));
  const std::string page = status_text(report);
  HOLDS_OF(page, is_page(page));
  const auto problems = problems_of(report);
  HOLDS(problems.empty() == page.starts_with("No problems.\n"));
  for (const StatusProblem& problem : problems)
    HOLDS_OF(problem.what, !problem.what.empty() && is_one_line(problem.what) && is_one_line(problem.next));
}

}  // namespace aimee::fuzz
