// The layout of the stored shadow and the plan of its updates; pure.
#include "plan/shadow_file.h"

#include <algorithm>
#include <set>
#include <span>

#include "base/text.h"

namespace aimee {

namespace {

using Lines = std::vector<std::string_view>;

constexpr std::size_t cells_of_block = shadow_block / shadow_cell;
constexpr std::size_t filled_at_first = 768;  // bytes of a cell; the rest is for its lines to grow
constexpr std::size_t fields_of_line = 9;     // shadow(5)

Lines lines_of(std::string_view content) {
  Lines lines;
  for (const std::string_view line : split(content, '\n')) {
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

std::string_view account_of(std::string_view line) { return line.substr(0, line.find(':')); }

// The line that a reader finds; empty where there is none.
std::string_view line_of(const Lines& lines, std::string_view account) {
  const auto found = std::ranges::find(lines, account, account_of);
  return found == lines.end() ? std::string_view() : *found;
}

std::string joined(const Lines& lines) {
  std::string text;
  for (const std::string_view line : lines) text += concat(line, '\n');
  return text;
}

void pad(std::string& text, std::size_t unit) { text.resize((text.size() + unit - 1) / unit * unit, '\n'); }

// Only the first line of each account.
Lines lines_that_count(std::string_view content) {
  Lines counting;
  std::set<std::string_view> known;
  for (const std::string_view line : lines_of(content)) {
    if (known.insert(account_of(line)).second) counting.push_back(line);
  }
  return counting;
}

class Cell {
 public:
  Cell() = default;
  explicit Cell(const Lines& lines) : lines_(lines.begin(), lines.end()) {}

  [[nodiscard]] std::size_t size() const {
    std::size_t bytes = 0;
    for (const std::string& line : lines_) bytes += line.size() + 1;
    return bytes;
  }
  [[nodiscard]] bool has_room_for(std::string_view line) const { return size() + line.size() + 1 <= shadow_cell; }
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }
  void add(std::string_view line) { lines_.emplace_back(line); }

  // The line of `account`; end() where there is none.
  auto find(std::string_view account) { return std::ranges::find(lines_, account, account_of); }
  [[nodiscard]] bool has(std::string_view account) const {
    return std::ranges::find(lines_, account, account_of) != lines_.end();
  }
  bool replace(std::string_view account, std::string_view line) {
    const auto old = find(account);
    if (size() - old->size() + line.size() > shadow_cell) return false;
    *old = line;
    return true;
  }
  void remove(std::string_view account) { lines_.erase(find(account)); }
  // Removes what `is_surplus` says of each line; whether it removed anything.
  bool remove_if(auto is_surplus) { return std::erase_if(lines_, is_surplus) != 0; }

  [[nodiscard]] std::string text() const {
    std::string text;
    for (const std::string& line : lines_) text += concat(line, '\n');
    text.resize(shadow_cell, '\n');
    return text;
  }

 private:
  std::vector<std::string> lines_;
};

// Lines into as few cells as their order allows; false where four do not hold them.
bool pack(const Lines& lines, std::span<Cell> cells) {
  std::size_t at = 0;
  for (const std::string_view line : lines) {
    if (!cells[at].has_room_for(line)) ++at;
    if (at == cells.size() || !cells[at].has_room_for(line)) return false;
    cells[at].add(line);
  }
  return true;
}

class Update {
 public:
  Result<> read(std::string_view stored) {
    std::string whole(stored);
    pad(whole, shadow_block);
    for (std::size_t at = 0; at < whole.size(); at += shadow_block) {
      if (!add_block(std::string_view(whole).substr(at, shadow_block))) {
        return refusal("", "was edited by hand and is not in blocks; restart the device");
      }
    }
    return {};
  }

  std::vector<BlockUpdate> plan(std::string_view wanted) {
    const Lines lines = lines_that_count(wanted);
    remove_second_lines();
    for (const std::string_view line : lines) set(line);
    remove_all_but(lines);
    return std::move(steps_);
  }

 private:
  bool add_block(std::string_view block) {
    if (block.back() != '\n') return false;
    const std::size_t first = cells_.size();
    cells_.resize(first + cells_of_block);
    bool in_cells = true;
    for (std::size_t i = 0; i < cells_of_block; ++i) {
      const std::string_view cell = block.substr(i * shadow_cell, shadow_cell);
      in_cells = in_cells && cell.back() == '\n';
      cells_[first + i] = Cell(lines_of(cell));
    }
    if (in_cells) return true;
    for (std::size_t i = 0; i < cells_of_block; ++i) cells_[first + i] = Cell();
    if (!pack(lines_of(block), std::span(cells_).subspan(first))) return false;
    exchange(first);
    return true;
  }

  // Notes that the block of this cell is to be exchanged for what it is now.
  void exchange(std::size_t cell) {
    const std::size_t number = cell / cells_of_block;
    std::string content;
    for (std::size_t i = 0; i < cells_of_block; ++i) content += cells_[(number * cells_of_block) + i].text();
    steps_.push_back({number, std::move(content)});
  }

  void remove_second_lines() {
    std::set<std::string> known;
    for (std::size_t at = 0; at < cells_.size(); ++at) {
      const auto is_second = [&](const std::string& line) {
        return !known.insert(std::string(account_of(line))).second;
      };
      if (cells_[at].remove_if(is_second)) exchange(at);
    }
  }

  void remove_all_but(const Lines& wanted) {
    for (std::size_t at = 0; at < cells_.size(); ++at) {
      const auto is_surplus = [&](const std::string& line) { return line_of(wanted, account_of(line)).empty(); };
      if (cells_[at].remove_if(is_surplus)) exchange(at);
    }
  }

  // Readers go forward: where the account has a line already, the new one has to stand behind that.
  void add_from(std::size_t first, std::string_view line) {
    std::size_t at = first;
    while (at < cells_.size() && !cells_[at].has_room_for(line)) ++at;
    if (at == cells_.size()) cells_.resize(at + cells_of_block);
    cells_[at].add(line);
    exchange(at);
  }

  void set(std::string_view line) {
    const std::string_view account = account_of(line);
    const auto found = std::ranges::find_if(cells_, [&](const Cell& cell) { return cell.has(account); });
    if (found == cells_.end()) {
      add_from(0, line);
      return;
    }
    if (*found->find(account) == line) return;
    const auto at = static_cast<std::size_t>(found - cells_.begin());
    if (!found->replace(account, line)) {
      add_from(at + 1, line);
      cells_[at].remove(account);
    }
    exchange(at);
  }

  std::vector<Cell> cells_;
  std::vector<BlockUpdate> steps_;
};

bool is_name(std::string_view name) {
  return !name.empty() && name[0] != '-' &&
         std::ranges::all_of(name, [](char letter) { return letter > ' ' && letter < 0x7f && letter != '/'; });
}

// What is wrong with the line; empty = nothing.
std::string fault_of(std::string_view line) {
  if (line.size() >= shadow_cell) return "is too long";
  if (line[0] == '#') return "";
  if (!is_name(account_of(line))) return "begins with no account's name";
  return split(line, ':').size() == fields_of_line ? "" : "has not nine fields";
}

}  // namespace

std::string shadow_in_blocks(std::string_view content) {
  std::string blocks;
  std::size_t filled = 0;  // bytes of the last cell
  for (const std::string_view line : lines_of(content)) {
    if (filled + line.size() + 1 > filled_at_first) {
      pad(blocks, shadow_cell);
      filled = 0;
    }
    blocks += concat(line, '\n');
    filled += line.size() + 1;
  }
  if (blocks.empty()) blocks = "\n";
  pad(blocks, shadow_block);
  return blocks;
}

std::string without_padding(std::string_view content) { return joined(lines_of(content)); }

std::vector<std::string> accounts_missing(std::string_view in, std::string_view from) {
  const Lines present = lines_of(in);
  std::vector<std::string> missing;
  for (const std::string_view line : lines_that_count(from)) {
    if (line[0] != '#' && line_of(present, account_of(line)).empty()) missing.emplace_back(account_of(line));
  }
  return missing;
}

std::string with_accounts_of(std::string_view stored, std::string_view image) {
  std::string all(stored);
  const Lines lines = lines_of(image);
  for (const std::string& account : accounts_missing(stored, image)) {
    if (!all.empty() && all.back() != '\n') all += '\n';
    all += concat(line_of(lines, account), '\n');
  }
  return all;
}

bool same_accounts(std::string_view one, std::string_view other) {
  Lines first = lines_that_count(one);
  Lines second = lines_that_count(other);
  std::ranges::sort(first);
  std::ranges::sort(second);
  return first == second;
}

bool has_account(std::string_view content, std::string_view user) { return !line_of(lines_of(content), user).empty(); }

bool has_password(std::string_view content, std::string_view user) {
  const auto fields = split(line_of(lines_of(content), user), ':');
  if (fields.size() < 2) return false;
  return fields[1] != "x" && fields[1].find_first_not_of("*!") != std::string_view::npos;
}

Result<> check_shadow(std::string_view content, std::string_view subject) {
  if (content.find('\0') != std::string_view::npos) return failure(subject, "has a NUL byte in it", 0);
  std::set<std::string_view> known;
  for (const std::string_view line : lines_of(content)) {
    const std::string name = printable(account_of(line).substr(0, 64));  // never the password
    if (const std::string fault = fault_of(line); !fault.empty()) {
      return failure(subject, concat("the line \"", name, "\" ", fault), 0);
    }
    if (!known.insert(account_of(line)).second) return failure(subject, concat("has ", name, " twice"), 0);
  }
  if (!known.contains("root")) return failure(subject, "has no root", 0);
  return {};
}

Result<std::vector<BlockUpdate>> plan_shadow_update(std::string_view stored, std::string_view wanted) {
  TRY(check_shadow(wanted, "the new version"));
  Update update;
  TRY(update.read(stored));
  return update.plan(wanted);
}

}  // namespace aimee
