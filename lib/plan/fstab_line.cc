// Parsing of one line of fstab; pure.
#include "plan/fstab_line.h"

#include <algorithm>

#include "base/text.h"

namespace aimee {

namespace {

constexpr std::string_view blanks = " \t";

// The next field of `line`, which is cut off from it.
std::string_view next_field(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
  const std::string_view field = line.substr(0, line.find_first_of(blanks));
  line.remove_prefix(field.size());
  return field;
}

std::string unescaped(std::string_view field) {
  constexpr std::string_view written[] = {"\\040", "\\011", "\\012", "\\134", "\\\\"};
  constexpr std::string_view meant = " \t\n\\\\";
  std::string out;
  while (!field.empty()) {
    std::size_t i = 0;
    while (i < meant.size() && !field.starts_with(written[i])) ++i;
    const bool found = i < meant.size();
    out += found ? meant[i] : field[0];
    field.remove_prefix(found ? written[i].size() : 1);
  }
  return out;
}

bool is_number_or_empty(std::string_view field) {
  if (field.starts_with('-') || field.starts_with('+')) field.remove_prefix(1);
  return field.find_first_not_of("0123456789") == std::string_view::npos;
}

// Behind the type mount(8) knows options and two numbers, and what comes after these does not matter.
bool has_surplus(std::string_view options, std::string_view rest) {
  const std::string_view frequency = next_field(rest);
  const std::string_view pass = next_field(rest);
  return options.starts_with('#') || !is_number_or_empty(frequency) || !is_number_or_empty(pass);
}

}  // namespace

bool parse_fstab_line(std::string_view text, FstabLine& line) {
  text = trimmed(text.substr(0, text.find('\0')));
  if (text.empty() || text[0] == '#') return false;
  line.source = unescaped(next_field(text));
  line.target = unescaped(next_field(text));
  line.type = unescaped(next_field(text));
  const std::string_view options = next_field(text);
  line.options = unescaped(options);
  line.wrong = {};
  if (has_surplus(options, text))
    line.wrong = "has more than options and two numbers; put a comment on a line of its own";
  if (line.type.empty()) line.wrong = "has no type of a file system";
  if (line.target.empty()) line.wrong = "cannot be parsed";
  return true;
}

}  // namespace aimee
