// The text of --help, made from the option table; pure.
#include <algorithm>

#include "base/text.h"
#include "cli/applet.h"

namespace aimee {

namespace {

std::string option_column(const Option& option) {
  std::string column =
      option.letter != 0 ? concat("  -", option.letter, ", --", option.name) : concat("      --", option.name);
  if (!option.value.empty()) column += concat(" ", option.value);
  return column;
}

}  // namespace

std::string applet_help(const Applet& applet) {
  std::string help = concat("Usage: ", applet.linked ? "" : "aimee ", applet.name, " [OPTION…]");
  if (!applet.operands.empty()) help += concat(" ", applet.operands);
  help += concat("\n", applet.summary, ".\n\n", applet.description, "\nOptions:\n");

  std::vector<Option> rows(applet.options.begin(), applet.options.end());
  rows.insert(rows.end(), {option_help, option_version});
  std::size_t width = 0;
  for (const Option& row : rows) width = std::max(width, option_column(row).size());
  for (const Option& row : rows) {
    const std::string column = option_column(row);
    help += concat(column, std::string(width - column.size() + 2, ' '), row.help, "\n");
  }
  help += "\nExit codes: 0 done or nothing to do, 1 failed, 2 wrong usage, 3 refused (nothing was changed).\n";
  return help;
}

}  // namespace aimee
