// The layout of the stored shadow and the plan of its updates; pure.
#include "plan/shadow_file.h"

#include <algorithm>
#include <ranges>
#include <set>

#include "base/text.h"

namespace aimee {

namespace {

using Lines = std::vector<std::string_view>;

constexpr std::size_t cells_of_block = shadow_block / shadow_cell;
constexpr std::size_t filled_at_first = 768;  // bytes of a cell; the rest is for its lines to grow
constexpr std::size_t fields_of_line = 9;     // shadow(5)
constexpr std::size_t longest_number = 19;    // letters

std::string_view account_of(std::string_view line) { return line.substr(0, line.find(':')); }

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

bool is_account(std::string_view line) { return fault_of(line).empty(); }

bool is_line_of(std::string_view account, std::string_view line) {
  return account_of(line) == account && is_account(line);
}

// glibc passes over blanks in front of a line and no reader over a carriage return behind it: without them it is one
// line for all.
std::string_view normal(std::string_view line) {
  const std::string_view bare = trimmed(line);
  return bare.size() != line.size() && is_account(bare) ? bare : line;
}

Lines lines_of(std::string_view content) {
  Lines lines;
  for (const std::string_view line : split(content, '\n')) {
    if (!line.empty()) lines.push_back(normal(line));
  }
  return lines;
}

// A file as readers take it.
struct Reading {
  Lines accounts;  // the first line of each
  Lines seconds;   // further lines of these
  Lines others;    // that are nobody's
};

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

std::string joined(const Lines& lines) {
  std::string text;
  for (const std::string_view line : lines) text += concat(line, '\n');
  return text;
}

void pad(std::string& text, std::size_t unit) { text.resize((text.size() + unit - 1) / unit * unit, '\n'); }

class Cell {
 public:
  Cell() = default;
  explicit Cell(const Lines& lines) : lines_(lines.begin(), lines.end()) {}
  // A part of a line that is longer than a cell, which its first cell has as its line.
  Cell(std::string_view text, const Lines& lines) : Cell(lines) { fixed_ = text; }

  [[nodiscard]] bool is_fixed() const { return !fixed_.empty(); }
  [[nodiscard]] bool is_empty() const { return lines_.empty() && !is_fixed(); }
  [[nodiscard]] std::size_t size() const {
    std::size_t bytes = 0;
    for (const std::string& line : lines_) bytes += line.size() + 1;
    return bytes;
  }
  [[nodiscard]] bool has_room_for(std::string_view line) const {
    return !is_fixed() && size() + line.size() + 1 <= shadow_cell;
  }
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }
  void add(std::string_view line) { lines_.emplace_back(line); }
  bool replace(std::size_t index, std::string_view line) {
    if (size() - lines_[index].size() + line.size() > shadow_cell) return false;
    lines_[index] = line;
    return true;
  }
  void remove(std::size_t index) { lines_.erase(lines_.begin() + static_cast<std::ptrdiff_t>(index)); }

  [[nodiscard]] std::string text() const {
    if (is_fixed()) return fixed_;
    std::string text;
    for (const std::string& line : lines_) text += concat(line, '\n');
    text.resize(shadow_cell, '\n');
    return text;
  }

 private:
  std::vector<std::string> lines_;
  std::string fixed_;
};

// Lines into as few cells as their order allows.
std::vector<Cell> cells_for(const Lines& lines) {
  std::vector<Cell> cells;
  for (const std::string_view line : lines) {
    if (line.size() < shadow_cell) {
      if (cells.empty() || !cells.back().has_room_for(line)) cells.emplace_back();
      cells.back().add(line);
      continue;
    }
    std::string text = concat(line, '\n');
    pad(text, shadow_cell);
    for (std::size_t at = 0; at < text.size(); at += shadow_cell)
      cells.emplace_back(text.substr(at, shadow_cell), at == 0 ? Lines{line} : Lines());
  }
  return cells;
}

// The cells of a file and the exchanges that change it. A line that is longer than a cell has cells of its own, which are
// fixed: it can only be taken away.
class Update {
 public:
  explicit Update(std::string_view stored) {
    std::string whole(stored);
    if (!whole.empty() && whole.back() != '\n') whole += '\n';
    pad(whole, shadow_block);
    for (std::size_t at = 0; at < whole.size();) at = add_blocks(whole, at);
    // The end of a last line without one, in a block of its own.
    if (stored.size() % shadow_block == 0 && whole.size() > stored.size()) exchange(cells_.size() - 1);
    move_misplaced();
  }

  std::vector<BlockUpdate> plan(const Reading& wanted) && {
    for (const std::string_view line : wanted.accounts) set(line);
    renew_others(wanted);
    remove(positions_of([&](std::string_view line) {
      return is_account(line) && line_of(wanted.accounts, account_of(line)).empty();
    }));
    return std::move(steps_);
  }

 private:
  struct Position {
    std::size_t cell;
    std::size_t index;  // of the line in it
  };
  // Lines that somebody wrote without regard to cells, and the cells of their blocks.
  struct Misplaced {
    std::vector<std::string> lines;
    std::size_t first;
    std::size_t end;
  };

  [[nodiscard]] const std::string& line_at(Position at) const { return cells_[at.cell].lines()[at.index]; }

  // The blocks from `at` to the next end of a line that is one of a block too; where they end.
  std::size_t add_blocks(std::string_view whole, std::size_t at) {
    std::size_t end = at + shadow_block;
    while (whole[end - 1] != '\n') end += shadow_block;
    const std::string_view blocks = whole.substr(at, end - at);
    const std::size_t first = cells_.size();
    if (add_cells(blocks)) return end;
    cells_.resize(first);
    const Lines lines = lines_of(blocks);
    std::vector<Cell> packed = cells_for(lines);
    if (blocks.size() == shadow_block && packed.size() <= cells_of_block) {
      cells_.insert(cells_.end(), packed.begin(), packed.end());
      cells_.resize(first + cells_of_block);
      exchange(first);
      return end;
    }
    for (std::size_t cell = 0; cell < blocks.size(); cell += shadow_cell)
      cells_.emplace_back(blocks.substr(cell, shadow_cell), Lines());
    misplaced_.push_back({{lines.begin(), lines.end()}, first, cells_.size()});
    return end;
  }

  // False where a line runs from one cell into the next that need not, or together with others.
  bool add_cells(std::string_view blocks) {
    std::vector<std::size_t> changed;  // without blanks around a line all readers agree on it
    for (std::size_t at = 0; at < blocks.size();) {
      std::size_t end = at + shadow_cell;
      while (blocks[end - 1] != '\n') end += shadow_cell;
      const std::string_view text = blocks.substr(at, end - at);
      const Lines lines = lines_of(text);
      if (end == at + shadow_cell) {
        cells_.emplace_back(lines);
        const auto ends = static_cast<std::size_t>(std::ranges::count(text, '\n'));
        if (cells_.back().size() - lines.size() + ends != shadow_cell) changed.push_back(cells_.size() - 1);
      } else {
        if (lines.size() != 1 || lines[0].size() < shadow_cell || !text.starts_with(lines[0])) return false;
        for (Cell& cell : cells_for(lines)) cells_.push_back(std::move(cell));
      }
      at = end;
    }
    for (const std::size_t cell : changed) exchange(cell);
    return true;
  }

  // Notes that the block of this cell is to be exchanged for what it is now.
  void exchange(std::size_t cell) {
    const std::size_t number = cell / cells_of_block;
    std::string content;
    for (std::size_t i = 0; i < cells_of_block; ++i) content += cells_[(number * cells_of_block) + i].text();
    steps_.push_back({number, std::move(content)});
  }

  // The lines are copied behind everything first, where they are second ones. Then goes whatever else their accounts have
  // in front of the copies, and last, from the back, the blocks where they stood.
  void move_misplaced() {
    const std::size_t first_copy = cells_.size();
    Lines lines;
    for (const Misplaced& misplaced : misplaced_) lines.insert(lines.end(), misplaced.lines.begin(), misplaced.lines.end());
    append(lines);
    for (const Misplaced& misplaced : misplaced_) {
      for (const std::string& line : misplaced.lines) {
        if (!is_account(line)) continue;
        auto found = positions_of([&](std::string_view other) { return is_line_of(account_of(line), other); });
        std::erase_if(found, [&](Position at) { return at.cell >= first_copy || at.cell < misplaced.first; });
        remove(found);
      }
    }
    for (const Misplaced& misplaced : std::views::reverse(misplaced_)) clear(misplaced.first, misplaced.end);
  }

  // From the back: without its end a line is nobody's, and without its start it could be somebody's.
  void clear(std::size_t first, std::size_t end) {
    for (std::size_t cell = end; cell-- > first;) {
      cells_[cell] = Cell();
      if (cell == first || cell % cells_of_block == 0) exchange(cell);
    }
  }

  // Of the lines that `is_meant` says of, in their order.
  [[nodiscard]] std::vector<Position> positions_of(auto is_meant) const {
    std::vector<Position> found;
    for (std::size_t cell = 0; cell < cells_.size(); ++cell) {
      for (std::size_t index = 0; index < cells_[cell].lines().size(); ++index) {
        if (is_meant(cells_[cell].lines()[index])) found.push_back({cell, index});
      }
    }
    return found;
  }

  // From the back, so that nothing comes to stand in front that stood behind.
  void remove(const std::vector<Position>& lines) {
    for (std::size_t i = lines.size(); i-- > 0;) {
      const std::size_t cell = lines[i].cell;
      if (cells_[cell].is_fixed()) {
        clear(cell, cell + cells_for({cells_[cell].lines()[0]}).size());
        continue;
      }
      cells_[cell].remove(lines[i].index);
      if (i == 0 || lines[i - 1].cell != cell) exchange(cell);
    }
  }

  // In the first cell from `first` on that has room for it, or in blocks behind all others.
  void add_from(std::size_t first, std::string_view line) {
    std::size_t at = first;
    while (at < cells_.size() && !cells_[at].has_room_for(line)) ++at;
    if (at < cells_.size()) {
      cells_[at].add(line);
      exchange(at);
      return;
    }
    append({line});
  }

  // In blocks of their own, from the front: a line over several of them is nobody's until its end is there.
  void append(const Lines& lines) {
    std::size_t at = cells_.size();
    for (Cell& cell : cells_for(lines)) cells_.push_back(std::move(cell));
    cells_.resize((cells_.size() + cells_of_block - 1) / cells_of_block * cells_of_block);
    for (; at < cells_.size(); at += cells_of_block) exchange(at);
  }

  void add_behind_all(std::string_view line) {
    std::size_t end = cells_.size();
    while (end > 1 && cells_[end - 1].is_empty()) --end;
    add_from(end == 0 ? 0 : end - 1, line);
  }

  // Readers go forward: where the account has a line already, the new one has to stand behind that.
  void set(std::string_view line) {
    const auto found = positions_of([&](std::string_view other) { return is_line_of(account_of(line), other); });
    if (found.empty()) {
      add_from(0, line);
      return;
    }
    if (line_at(found[0]) == line) return;
    const std::size_t cell = found[0].cell;
    if (cells_[cell].replace(found[0].index, line)) {
      exchange(cell);
      return;
    }
    remove({found.begin() + 1, found.end()});
    add_from(cell + 1, line);
    remove({found[0]});
  }

  // The lines that are nobody's. Where some are missing all are put behind everything else anew, since their order can
  // matter (of NIS entries it does). Second lines of accounts can stay and are never added: a reader who has missed the
  // first would take one for it.
  void renew_others(const Reading& wanted) {
    std::set<std::string> known;
    std::vector<Position> surplus;
    std::vector<Position> all;  // the same, and what is wanted of the others
    std::size_t matched = 0;
    for (const Position& position : positions_of([](std::string_view) { return true; })) {
      const std::string& line = line_at(position);
      if (is_account(line)) {
        const bool is_second = !known.emplace(account_of(line)).second;
        if (!is_second || std::ranges::find(wanted.seconds, line) != wanted.seconds.end()) continue;
      } else if (matched < wanted.others.size() && line == wanted.others[matched]) {
        ++matched;
        all.push_back(position);
        continue;
      }
      surplus.push_back(position);
      all.push_back(position);
    }
    if (matched != wanted.others.size()) {
      for (const std::string_view line : wanted.others) add_behind_all(line);
      surplus = std::move(all);
    }
    remove(surplus);
  }

  std::vector<Cell> cells_;
  std::vector<Misplaced> misplaced_;
  std::vector<BlockUpdate> steps_;
};

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
  Reading first = read_lines(one);
  Reading second = read_lines(other);
  std::ranges::sort(first.accounts);
  std::ranges::sort(second.accounts);
  return first.accounts == second.accounts && first.others == second.others;
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

Result<std::vector<BlockUpdate>> plan_shadow_update(std::string_view stored, std::string_view wanted) {
  if (has_account(stored, "root") && !has_account(wanted, "root"))
    return failure("the new version", "has no root", 0);
  return Update(stored).plan(read_lines(wanted));
}

}  // namespace aimee
