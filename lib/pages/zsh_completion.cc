// zsh: one _arguments call for each command.
#include "base/text.h"
#include "pages/completions.h"
#include "pages/operand.h"

namespace aimee {

namespace {

// For the inside of single quotes.
std::string quoted(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '\'') {
      out += "'\\''";
    } else {
      out += letter;
    }
  }
  return out;
}

// Text that ends at one of `ends`, which _arguments and _describe want to be escaped.
std::string escaped(std::string_view text, std::string_view ends) {
  std::string out;
  for (const char letter : text) {
    if (letter == '\\' || ends.find(letter) != std::string_view::npos) out += '\\';
    out += letter;
  }
  return quoted(out);
}

std::string action(Offer offer, std::span<const std::string_view> words = {}) {
  switch (offer) {
    case Offer::folders:
      return "_files -/";
    case Offer::files:
      return "_files";
    case Offer::users:
      return "_users";
    case Offer::words:
      return concat("(", joined(words), ")");
    case Offer::nothing:
      break;
  }
  return " ";
}

std::string option_argument(const Option& option) {
  const bool ends_all = option.name == option_help.name || option.name == option_version.name;
  const bool has_value = !option.value.empty();
  const std::string name = concat("--", option.name, has_value ? "=" : "");
  const std::string help = concat("'[", escaped(option.help, "[]"), "]");
  const std::string value =
      has_value ? concat(":", escaped(option.value, ":"), ":", action(offer_for(option.value))) : std::string();
  if (option.letter == 0) return concat("'", name, help.substr(1), value, "'");
  const std::string others = ends_all ? "- *" : concat("-", option.letter, " --", option.name);
  return concat("'(", others, ")'{-", option.letter, has_value ? "+" : "", ",", name, "}", help, value, "'");
}

std::string all_arguments(const Applet& applet, std::string_view indent) {
  std::string out = "_arguments -s -S :";
  for (const Option& option : options_of(applet)) out += concat(" \\\n", indent, "    ", option_argument(option));
  return out;
}

std::string applet_case(const Command& command) {
  std::string out = concat("    ", command.applet->name, ")\n      ", all_arguments(*command.applet, "      "));
  const Operand operand = operand_of(command);
  if (!operand.placeholder.empty()) {
    out += concat(" \\\n          '", operand.repeated ? "*" : "1", ":", escaped(operand.placeholder, ":"), ":",
                  action(operand.offer, operand.words), "'");
  }
  return out + "\n      ;;\n";
}

}  // namespace

std::string zsh_completion(const Command& program, std::span<const Command> applets) {
  const std::string_view name = program.applet->name;
  std::string commands(name);
  std::string cases;
  std::string summaries;
  for (const Command& command : applets) {
    if (command.applet->linked) commands += concat(" ", command.applet->name);
    cases += applet_case(command);
    summaries += concat("    '", command.applet->name, ":", escaped(command.applet->summary, ""), "'\n");
  }
  return concat("#compdef ", commands, "\n# Completion for zsh. Made by aimee-pages from the option tables.\n\n_", name,
                "_applet() {\n  case $1 in\n", cases, "  esac\n}\n\n_", name,
                "() {\n  local curcontext=$curcontext context state state_descr line ret=1\n  typeset -A opt_args\n"
                "  local -a applets=(\n",
                summaries, "  )\n  if [[ $service != ", name, " ]]; then\n    _", name,
                "_applet $service\n    return\n  fi\n  ", all_arguments(*program.applet, "  "),
                " \\\n      '1: :->applet' '*:: :->arguments' && ret=0\n  case $state in\n"
                "    applet) _describe applet applets && ret=0 ;;\n    arguments) _",
                name, "_applet $words[1] && ret=0 ;;\n  esac\n  return ret\n}\n\n_", name, " \"$@\"\n");
}

}  // namespace aimee
