// fish: one `complete` line for each option.
#include "base/text.h"
#include "pages/completions.h"
#include "pages/operand.h"

namespace aimee {

namespace {

constexpr std::string_view head = "# Completion for fish. Made by aimee-pages from the option tables.\n";

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char letter : text) {
    if (letter == '\\' || letter == '\'') out += '\\';
    out += letter;
  }
  return out + "'";
}

// The end of a line that offers values: -x takes a value and no file names, -r one with them.
std::string value_flags(Offer offer) {
  switch (offer) {
    case Offer::folders:
      return " -x -a '(__fish_complete_directories)'";
    case Offer::files:
      return " -r -F";
    case Offer::users:
      return " -x -a '(__fish_complete_users)'";
    default:
      return " -x";
  }
}

std::string option_line(std::string_view start, const Option& option) {
  return concat(start, option.letter != 0 ? concat(" -s ", option.letter) : "", " -l ", option.name,
                option.value.empty() ? "" : value_flags(offer_for(option.value)), " -d ", quoted(option.help), "\n");
}

std::string operand_line(std::string_view start, const Operand& operand) {
  switch (operand.offer) {
    case Offer::folders:
      return concat(start, " -a '(__fish_complete_directories)'\n");
    case Offer::files:
      return concat(start, " -F\n");
    case Offer::users:
      return concat(start, " -a '(__fish_complete_users)'\n");
    case Offer::words:
      return concat(start, " -a ", quoted(joined(operand.words)), "\n");
    case Offer::nothing:
      break;
  }
  return {};
}

std::string lines_of(std::string_view start, const Command& command) {
  std::string out;
  for (const Option& option : options_of(*command.applet)) out += option_line(start, option);
  return out + operand_line(start, operand_of(command));
}

}  // namespace

std::string fish_completion(const Command& applet) {
  const std::string start = concat("complete -c ", applet.applet->name);
  return concat(head, start, " -f\n", lines_of(start, applet));
}

std::string fish_completion(const Command& program, std::span<const Command> applets) {
  const std::string start = concat("complete -c ", program.applet->name);
  const std::string first = concat(start, " -n __fish_use_subcommand");
  std::string out = concat(head, start, " -f\n");
  for (const Option& option : options_of(*program.applet)) out += option_line(first, option);
  for (const Command& command : applets) {
    out += concat(first, " -a ", command.applet->name, " -d ", quoted(command.applet->summary), "\n");
    out += lines_of(concat(start, " -n '__fish_seen_subcommand_from ", command.applet->name, "'"), command);
  }
  return out;
}

}  // namespace aimee
