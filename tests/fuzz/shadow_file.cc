// An update of shadow: the stored file and the wanted one, "%%" between them. After every exchange, and across any of
// them, each account is there with its old line or its new one; at the end with its new one. What is nobody's line is
// in the way of none of it, and is there at the end in its order.
#include "plan/shadow_file.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "parts/input.h"
#include "parts/oracle.h"

namespace aimee::fuzz {

namespace {

using Accounts = std::map<std::string_view, std::string_view>;

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

bool is_number(std::string_view field) {
  if (!field.empty() && field[0] == '-') field = field.substr(1);
  return field.size() < 20 && std::ranges::all_of(field, is_digit);
}

bool is_account(std::string_view line) {
  std::vector<std::string_view> fields(1, line.substr(0, 0));
  for (std::size_t start = 0; start <= line.size();) {
    const std::size_t end = std::min(line.find(':', start), line.size());
    if (start == 0) fields.clear();
    fields.push_back(line.substr(start, end - start));
    start = end + 1;
  }
  if (fields.size() != 9 || line.size() >= shadow_cell || line.find('\0') != line.npos || fields[0].empty())
    return false;
  const char first = fields[0][0];
  if (first == '#' || first == '+' || first == '-') return false;
  const auto is_of_name = [](char letter) { return letter >= '!' && letter <= '~' && letter != '/'; };
  return std::ranges::all_of(fields[0], is_of_name) && std::all_of(fields.begin() + 2, fields.end(), is_number);
}

// Without blanks and carriage returns around it where it is an account's then.
std::string_view bare(std::string_view line) {
  std::string_view inner = line;
  const auto is_blank = [](char letter) { return letter == ' ' || letter == '\t' || letter == '\r'; };
  while (!inner.empty() && is_blank(inner.front())) inner.remove_prefix(1);
  while (!inner.empty() && is_blank(inner.back())) inner.remove_suffix(1);
  return is_account(inner) ? inner : line;
}

std::vector<std::string_view> lines_in(std::string_view content) {
  std::vector<std::string_view> lines;
  for (std::size_t start = content.find_first_not_of('\n'); start != content.npos;) {
    const std::size_t end = std::min(content.find('\n', start), content.size());
    lines.push_back(bare(content.substr(start, end - start)));
    start = content.find_first_not_of('\n', end);
  }
  return lines;
}

// As readers of shadow(5) do it: what is no account's line is passed over, the first line of an account counts.
Accounts seen_in(std::string_view content) {
  Accounts accounts;
  for (const std::string_view line : lines_in(content)) {
    if (is_account(line)) accounts.emplace(line.substr(0, line.find(':')), line);
  }
  return accounts;
}

std::vector<std::string_view> others_in(std::string_view content) {
  std::vector<std::string_view> lines = lines_in(content);
  std::erase_if(lines, is_account);
  return lines;
}

bool is_between(const Accounts& seen, const Accounts& before, const Accounts& after) {
  const auto is_line_of = [](const Accounts& accounts, const auto& entry) {
    const auto found = accounts.find(entry.first);
    return found != accounts.end() && found->second == entry.second;
  };
  const auto is_known = [&](const auto& entry) { return is_line_of(before, entry) || is_line_of(after, entry); };
  const auto is_seen = [&](const auto& entry) { return seen.contains(entry.first) || !before.contains(entry.first); };
  return std::ranges::all_of(seen, is_known) && std::ranges::all_of(after, is_seen);
}

bool is_in_cells(std::string_view content) {
  if (content.empty() || content.size() % shadow_block != 0) return false;
  for (std::size_t end = shadow_cell; end <= content.size(); end += shadow_cell) {
    if (content[end - 1] != '\n') return false;
  }
  return true;
}

std::size_t differences(const Accounts& before, const Accounts& after) {
  std::size_t count = 0;
  for (const auto& [name, line] : before) {
    const auto found = after.find(name);
    if (found == after.end() || found->second != line) ++count;
  }
  for (const auto& [name, line] : after) {
    if (!before.contains(name)) ++count;
  }
  return count;
}

// The file's states, the first one included.
std::vector<std::string> states_of(std::string stored, const std::vector<BlockUpdate>& updates) {
  std::vector<std::string> states{stored};
  stored.resize((stored.size() + shadow_block - 1) / shadow_block * shadow_block, '\n');
  for (const BlockUpdate& update : updates) {
    HOLDS(update.content.size() == shadow_block);
    HOLDS(update.number * shadow_block <= stored.size());
    stored.replace(update.number * shadow_block, shadow_block, update.content);
    states.push_back(stored);
  }
  return states;
}

// A reader who got all before `change` from one state and the rest from the next one, or from the last.
void check_readers(const std::vector<std::string>& states, const Accounts& before, const Accounts& after,
                   std::size_t piece) {
  for (std::size_t i = 0; i < states.size(); ++i) {
    HOLDS(is_between(seen_in(states[i]), before, after));
    for (const std::size_t later : {i + 1, states.size() - 1}) {
      if (later >= states.size()) continue;
      for (std::size_t change = piece; change < states[i].size(); change += piece) {
        const std::string read =
            states[i].substr(0, change) + states[later].substr(std::min(change, states[later].size()));
        HOLDS(is_between(seen_in(read), before, after));
      }
    }
  }
}

void check_update(const std::string& stored, const std::string& wanted) {
  const auto updates = plan_shadow_update(stored, wanted);
  const bool loses_root = seen_in(stored).contains("root") && !seen_in(wanted).contains("root");
  if (!updates) {
    check_message(updates.error());
    HOLDS(loses_root);
    return;
  }
  HOLDS(!loses_root);
  const auto states = states_of(stored, *updates);
  const Accounts before = seen_in(stored);
  const Accounts after = seen_in(wanted);
  const bool in_cells = is_in_cells(stored) || stored.empty();
  // Of a line that somebody wrote across two blocks a reader may find all but the end, which is this reserved field.
  if (!in_cells && std::ranges::any_of(before, [](const auto& account) { return account.second.back() != ':'; }))
    return;
  check_readers(states, before, after, in_cells ? shadow_cell : shadow_block);
  HOLDS(seen_in(states.back()) == after);
  HOLDS(others_in(states.back()) == others_in(wanted));
  HOLDS(same_accounts(states.back(), wanted));
  // Where one account changes, one exchange does it.
  if (differences(before, after) == 1) {
    for (const std::string& state : states) HOLDS(seen_in(state) == before || seen_in(state) == after);
  }
  if (in_cells) HOLDS(!updates->empty() || before == after);
  const auto nothing = plan_shadow_update(states.back(), wanted);
  HOLDS(nothing && nothing->empty());
}

void check_layout(const std::string& content) {
  const std::string blocks = shadow_in_blocks(content);
  HOLDS(!blocks.empty() && blocks.size() % shadow_block == 0);
  HOLDS(without_padding(blocks) == without_padding(content));
  HOLDS(same_accounts(blocks, content));
  HOLDS(seen_in(blocks) == seen_in(content) && others_in(blocks) == others_in(content));
  for (const ShadowFault& fault : shadow_faults(content)) HOLDS(is_one_line(fault.what));
  if (check_shadow(content, "it")) HOLDS(is_in_cells(blocks));
}

// One user's line from `from` in `stored`, as set-root-password does it.
void check_renewal(const std::string& stored, const Accounts& from) {
  for (const auto& [name, line] : from) {
    const std::string wanted = with_account_line(stored, name, line);
    Accounts after = seen_in(stored);
    after.insert_or_assign(name, line);
    HOLDS(seen_in(wanted) == after);
    auto kept = others_in(stored);
    std::erase_if(kept, [&](std::string_view other) { return other.substr(0, other.find(':')) == name; });
    HOLDS(others_in(wanted) == kept);
    check_update(shadow_in_blocks(stored), wanted);
  }
}

}  // namespace

void try_input(std::string_view text) {
  const auto parts = sections(text, 2);
  check_layout(parts[0]);
  check_layout(parts[1]);
  const std::string both = with_accounts_of(parts[0], parts[1]);
  HOLDS(both.starts_with(parts[0]));
  HOLDS(parts[0].find_last_of('\n') + 1 != parts[0].size() || accounts_missing(both, parts[1]).empty());
  check_renewal(parts[0], seen_in(parts[1]));
  check_update(parts[0], parts[1]);
  check_update(shadow_in_blocks(parts[0]), parts[1]);
}

}  // namespace aimee::fuzz
