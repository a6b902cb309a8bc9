// What the manual page and the completions of an applet say beyond its option table. applets/NAME.cc defines
// NAME_manual; only the program that makes the pages at build time refers to it, so it takes no room in the product.
#pragma once

#include <span>
#include <string_view>

namespace aimee {

// Text is paragraphs between empty lines. A line that starts with two blanks is shown as it is (an example).
// In a list, "TERM:: text" on one line is a tagged paragraph.
struct ManualSection {
  std::string_view title;  // "FILES", "EXAMPLES", …
  std::string_view text;
};

struct Manual {
  std::span<const ManualSection> sections;  // in the order of the page, after OPTIONS and before EXIT STATUS
  std::string_view see_also;                // "tmpfiles.d(5), btrfs(5)"
  std::span<const std::string_view> operand_words = {};  // what completion offers as operands, where it is a fixed list
};

// One for each of all_applets(), in the same order.
std::span<const Manual* const> all_manuals();

}  // namespace aimee
