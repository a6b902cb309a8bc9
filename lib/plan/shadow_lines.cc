// Which lines are accounts', and what is wrong with the others; pure.
#include "plan/shadow_lines.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace aimee {

namespace {

constexpr std::size_t fields_of_line = 9;   // shadow(5)
constexpr std::size_t longest_number = 19;  // letters

bool is_name(std::string_view name) {
  return !name.empty() && !std::string_view("+-#").contains(name[0]) &&
         std::ranges::all_of(name, [](char letter) { return letter > ' ' && letter < 0x7f && letter != '/'; });
}

bool is_number(std::string_view field) {
  if (field.starts_with('-')) field.remove_prefix(1);
  return field.size() <= longest_number && field.find_first_not_of("0123456789") == std::string_view::npos;
}

// Why it is no account's line; empty = it is one.
std::string_view fault_of(std::string_view line) {
  if (line.size() >= shadow_cell) return "is too long";
  if (!is_name(account_of(line))) return "begins with no account's name";
  if (line.contains('\0')) return "has a NUL byte in it";
  const auto fields = split(line, ':');
  if (fields.size() != fields_of_line) return "has not nine fields";
  return std::all_of(fields.begin() + 2, fields.end(), is_number) ? "" : "has letters where a number belongs";
}

// glibc passes over blanks in front of a line and no reader over a carriage return behind it: without them it is one
// line for all.
std::string_view normal(std::string_view line) {
  const std::string_view bare = trimmed(line);
  return bare.size() != line.size() && is_account(bare) ? bare : line;
}

std::string joined(const Lines& lines) {
  std::string text;
  for (const std::string_view line : lines) text += concat(line, '\n');
  return text;
}

}  // namespace

std::string_view account_of(std::string_view line) { return line.substr(0, line.find(':')); }

bool is_account(std::string_view line) { return fault_of(line).empty(); }

bool is_line_of(std::string_view account, std::string_view line) {
  return account_of(line) == account && is_account(line);
}

Lines lines_of(std::string_view content) {
  Lines lines;
  for (const std::string_view line : split(content, '\n')) {
    if (!line.empty()) lines.push_back(normal(line));
  }
  return lines;
}

Reading read_lines(std::string_view content) {
  Reading reading;
  std::set<std::string_view> known;
  for (const std::string_view line : lines_of(content)) {
    if (!is_account(line)) {
      reading.others.push_back(line);
    } else if (known.insert(account_of(line)).second) {
      reading.accounts.push_back(line);
    } else {
      reading.seconds.push_back(line);
    }
  }
  return reading;
}

std::string_view line_of(const Lines& accounts, std::string_view account) {
  const auto found = std::ranges::find(accounts, account, account_of);
  return found == accounts.end() ? std::string_view() : *found;
}

std::string without_padding(std::string_view content) { return joined(lines_of(content)); }

std::string accounts_alone(std::string_view content) { return joined(read_lines(content).accounts); }

std::string account_line(std::string_view content, std::string_view user) {
  return std::string(line_of(read_lines(content).accounts, user));
}

std::string with_account_line(std::string_view stored, std::string_view user, std::string_view line) {
  const std::string old = account_line(stored, user);
  std::string all;
  bool done = false;
  for (const std::string_view other : lines_of(stored)) {
    const bool is_his = account_of(other) == user && (!is_account(other) || (!done && other == old));
    const bool is_place = is_his && !done && (old.empty() || other == old);
    if (is_place) all += concat(line, '\n');
    if (!is_his) all += concat(other, '\n');
    done = done || is_place;
  }
  return done ? all : concat(all, line, '\n');
}

std::vector<std::string> accounts_missing(std::string_view in, std::string_view from) {
  const Lines present = read_lines(in).accounts;
  std::vector<std::string> missing;
  for (const std::string_view line : read_lines(from).accounts) {
    if (line_of(present, account_of(line)).empty()) missing.emplace_back(account_of(line));
  }
  return missing;
}

std::string with_accounts_of(std::string_view stored, std::string_view image) {
  std::string all(stored);
  for (const std::string& account : accounts_missing(stored, image)) {
    if (!all.empty() && all.back() != '\n') all += '\n';
    all += concat(account_line(image, account), '\n');
  }
  return all;
}

bool same_accounts(std::string_view one, std::string_view other) {
  const Reading first = read_lines(one);
  const Reading second = read_lines(other);
  return first.accounts.size() == second.accounts.size() && first.others == second.others &&
         std::ranges::all_of(first.accounts,
                             [&](std::string_view line) { return line_of(second.accounts, account_of(line)) == line; });
}

bool has_account(std::string_view content, std::string_view user) { return !account_line(content, user).empty(); }

std::string password_field(std::string_view content, std::string_view user) {
  const std::string line = account_line(content, user);
  return line.empty() ? line : std::string(split(line, ':')[1]);
}

std::vector<ShadowFault> shadow_faults(std::string_view content) {
  std::vector<ShadowFault> faults;
  std::set<std::string_view> known;
  std::size_t number = 0;
  for (const std::string_view line : split(content, '\n')) {
    ++number;
    const std::string_view bare = trimmed(line);
    if (bare.empty() || std::string_view("#+-").contains(bare[0])) continue;
    if (const std::string_view fault = fault_of(bare); !fault.empty()) {
      faults.push_back({number, std::string(fault)});
    } else if (!known.insert(account_of(bare)).second) {
      faults.push_back({number, concat("names ", account_of(bare), " again, and the first line counts")});
    } else if (bare.size() != line.size()) {
      faults.push_back({number, line.back() == '\r' ? "ends with a carriage return" : "has blanks around it"});
    }
  }
  return faults;
}

Result<> check_shadow(std::string_view content, std::string_view subject) {
  std::set<std::string_view> known;
  for (const std::string_view line : lines_of(content)) {
    if (line[0] == '#') continue;
    const std::string name = printable(account_of(line).substr(0, 64));  // never the password
    if (const std::string_view fault = fault_of(line); !fault.empty())
      return failure(subject, concat("the line \"", name, "\" ", fault), 0);
    if (!known.insert(account_of(line)).second) return failure(subject, concat("has ", name, " twice"), 0);
  }
  return {};
}

}  // namespace aimee
