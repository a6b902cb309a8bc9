// The list of the writable parts of /etc: every line is an entry, a problem or says nothing, and no entry leads out of
// /etc, into another or into what the store keeps for itself.
#include "plan/writable_list.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "parts/oracle.h"
#include "plan/early_reader.h"

namespace aimee::fuzz {

namespace {

using Lines = std::vector<std::string_view>;

bool says_nothing(std::string_view line) {
  const std::size_t start = line.find_first_not_of(" \t\r");
  return start == std::string_view::npos || line[start] == '#';
}

bool is_name(std::string_view name) {
  const bool has_control =
      std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return !name.empty() && name != "." && name != ".." && name.size() <= 255 && !has_control && name != ".aimee-new";
}

void check_entry(const WritableEntry& entry, const Lines& lines) {
  HOLDS_OF(entry.path, std::ranges::all_of(split(entry.path, '/'), is_name));
  HOLDS_OF(entry.path, entry.path != ".aimee" && !is_inside(entry.path, ".aimee") && !is_inside(entry.path, "shadow"));
  HOLDS(entry.path != "shadow" || entry.kind == EntryKind::file);
  HOLDS(is_one_line(place_of(entry)));
  if (entry.line == 0) {
    HOLDS(entry.path == "shadow");
    return;
  }
  HOLDS(entry.line <= lines.size() && entry.column >= 1);
  std::string_view line = lines[entry.line - 1];
  if (entry.line == 1 && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
  HOLDS_OF(line, entry.column <= line.size() && line.substr(entry.column - 1).starts_with(entry.path));
  HOLDS_OF(line, trimmed(line).starts_with(entry.kind == EntryKind::file ? "f" : "d"));
  const auto early = early_reader_of(entry.path);
  HOLDS(!early || is_one_line(*early));
}

void check_problem(const ListProblem& problem, const Lines& lines) {
  HOLDS(problem.line >= 1 && problem.line <= lines.size());
  HOLDS(problem.column >= 1 && problem.column <= lines[problem.line - 1].size() + 1);
  HOLDS(!problem.what.empty());
  HOLDS_OF(problem.what, is_one_line(problem.what));
  HOLDS(is_one_line(place_of(problem)));
}

void check_disjoint(const std::vector<WritableEntry>& entries) {
  std::set<std::string_view> paths;
  for (const WritableEntry& entry : entries) HOLDS_OF(entry.path, paths.insert(entry.path).second);
  for (const std::string_view path : paths) {
    for (std::size_t slash = path.find('/'); slash != path.npos; slash = path.find('/', slash + 1))
      HOLDS_OF(path, !paths.contains(path.substr(0, slash)));
  }
  HOLDS(paths.contains(shadow_entry));
}

}  // namespace

void try_input(std::string_view text) {
  const WritableList list = parse_writable_list(text);
  const Lines lines = split(text, '\n');
  std::vector<unsigned> told(lines.size() + 1);
  for (const WritableEntry& entry : list.entries) {
    check_entry(entry, lines);
    ++told[entry.line];
  }
  for (const ListProblem& problem : list.problems) {
    check_problem(problem, lines);
    ++told[problem.line];
  }
  check_disjoint(list.entries);
  const bool marked = text.starts_with("\xef\xbb\xbf");
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool first = i == 0 && marked;
    const std::string_view line = first ? lines[i].substr(3) : lines[i];
    HOLDS_OF(line, told[i + 1] == (says_nothing(line) ? 0U : 1U) + (first ? 1U : 0U));
  }
  if (marked) return;
  const WritableList shifted = parse_writable_list(concat("# one line more\n", text));
  HOLDS(shifted.entries.size() == list.entries.size() && shifted.problems.size() == list.problems.size());
}

}  // namespace aimee::fuzz
