// The layout of the stored shadow and the plan of its updates; pure.
#include "plan/shadow_file.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace aimee {

namespace {

constexpr std::size_t cells_of_block = shadow_block / shadow_cell;
constexpr std::size_t filled_at_first = 768;  // bytes of a cell; the rest is for its lines to grow

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

// The cells of a file and the exchanges that change it. A line that is longer than a cell has cells of its own, which
// are fixed: it can only be taken away.
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
    remove_all_but(wanted.accounts);
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

  // Of the account's lines, or of all where it is empty, in their order.
  [[nodiscard]] std::vector<Position> positions_of(std::string_view account) const {
    std::vector<Position> found;
    for (std::size_t cell = 0; cell < cells_.size(); ++cell) {
      for (std::size_t index = 0; index < cells_[cell].lines().size(); ++index) {
        if (account.empty() || is_line_of(account, cells_[cell].lines()[index])) found.push_back({cell, index});
      }
    }
    return found;
  }

  // The lines are copied behind everything first, where they are second ones. Then goes whatever else their accounts
  // have in front of the copies, and last, from the back, the blocks where they stood.
  void move_misplaced() {
    const std::size_t first_copy = cells_.size();
    Lines lines;
    for (const Misplaced& misplaced : misplaced_)
      lines.insert(lines.end(), misplaced.lines.begin(), misplaced.lines.end());
    append(lines);
    for (const Misplaced& misplaced : misplaced_) {
      for (const std::string& line : misplaced.lines) {
        if (!is_account(line)) continue;
        std::vector<Position> between;
        for (const Position& at : positions_of(account_of(line))) {
          if (at.cell >= misplaced.first && at.cell < first_copy) between.push_back(at);
        }
        remove(between);
      }
    }
    for (std::size_t i = misplaced_.size(); i-- > 0;) clear(misplaced_[i].first, misplaced_[i].end);
  }

  // From the back: without its end a line is nobody's, and without its start it could be somebody's.
  void clear(std::size_t first, std::size_t end) {
    for (std::size_t cell = end; cell-- > first;) {
      cells_[cell] = Cell();
      if (cell == first || cell % cells_of_block == 0) exchange(cell);
    }
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
    const auto found = positions_of(account_of(line));
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
    std::set<std::string_view> known;
    std::vector<Position> surplus;
    std::vector<Position> all;  // the same, and what is wanted of the others
    std::size_t matched = 0;
    for (const Position& position : positions_of({})) {
      const std::string& line = line_at(position);
      if (is_account(line)) {
        const bool is_second = !known.insert(account_of(line)).second;
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

  void remove_all_but(const Lines& wanted) {
    std::vector<Position> surplus;
    for (const Position& at : positions_of({})) {
      if (is_account(line_at(at)) && line_of(wanted, account_of(line_at(at))).empty()) surplus.push_back(at);
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

Result<std::vector<BlockUpdate>> plan_shadow_update(std::string_view stored, std::string_view wanted) {
  if (has_account(stored, "root") && !has_account(wanted, "root")) return failure("the new version", "has no root", 0);
  return Update(stored).plan(read_lines(wanted));
}

}  // namespace aimee
