// bash: a table of what each command takes, and one function that reads it. Needs nothing of bash-completion, whose
// loader finds the file by the command's name.
#include "base/text.h"
#include "pages/completions.h"
#include "pages/operand.h"

namespace aimee {

namespace {

constexpr std::string_view functions = R"bash(
_aimee() {
    local word=${COMP_WORDS[COMP_CWORD]} previous='' command=${COMP_WORDS[0]##*/} offer earlier
    local options folders files users others operands
    ((COMP_CWORD == 0)) || previous=${COMP_WORDS[COMP_CWORD - 1]}
    # The = of --root=DIR is a word of its own.
    if [[ $word == = ]]; then
        word=
    elif [[ $previous == = ]] && ((COMP_CWORD > 1)); then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    if [[ $command == aimee ]] && ((COMP_CWORD > 1)) && [[ ${COMP_WORDS[1]} != -* ]]; then
        command=${COMP_WORDS[1]}
    fi
    COMPREPLY=()
    _aimee_table "$command" || return 0
    offer=$operands
    [[ $word != -* ]] || offer=options
    for earlier in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        [[ $earlier != -- ]] || offer=$operands previous=''
    done
    case " $previous " in
        '  ') ;;
        *[*?[\\]*) ;;
        *)
            [[ $folders != *" $previous "* ]] || offer=folders
            [[ $files != *" $previous "* ]] || offer=files
            [[ $users != *" $previous "* ]] || offer=users
            [[ $others != *" $previous "* ]] || offer=nothing
            ;;
    esac
    case $offer in
        options) mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word") ;;
        folders) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
        files) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
        users) mapfile -t COMPREPLY < <(compgen -u -- "$word") ;;
        nothing) ;;
        words:*) mapfile -t COMPREPLY < <(compgen -W "${offer#words:}" -- "$word") ;;
    esac
}
)bash";

std::string_view variable_of(const Option& option) {
  switch (offer_for(option.value)) {
    case Offer::folders:
      return "folders";
    case Offer::files:
      return "files";
    case Offer::users:
      return "users";
    default:
      return "others";
  }
}

// "--timeout -t"
std::string names_of(const Option& option) {
  return concat("--", option.name, option.letter != 0 ? concat(" -", option.letter) : "");
}

std::string offer_of(const Operand& operand) {
  switch (operand.offer) {
    case Offer::folders:
      return "folders";
    case Offer::files:
      return "files";
    case Offer::users:
      return "users";
    case Offer::words:
      return concat("words:", joined(operand.words));
    case Offer::nothing:
      break;
  }
  return "nothing";
}

std::string table_entry(const Applet& applet, std::string_view operands) {
  std::string options;
  for (const Option& option : options_of(applet)) options += concat(options.empty() ? "" : " ", names_of(option));
  std::string entry = concat("        ", applet.name, ")\n            options='", options, "'\n");
  for (const std::string_view variable : {"folders", "files", "users", "others"}) {
    std::string names;
    for (const Option& option : applet.options) {
      if (!option.value.empty() && variable_of(option) == variable) names += concat(" ", names_of(option), " ");
    }
    entry += concat("            ", variable, "='", names, "'\n");
  }
  return entry + concat("            operands='", operands, "'\n            ;;\n");
}

}  // namespace

std::string bash_completion(const Command& program, std::span<const Command> applets) {
  std::string names;
  std::string links(program.applet->name);
  std::string entries;
  for (const Command& command : applets) {
    names += concat(names.empty() ? "" : " ", command.applet->name);
    if (command.applet->linked) links += concat(" ", command.applet->name);
    entries += table_entry(*command.applet, offer_of(operand_of(command)));
  }
  return concat("# Completion for bash. Made by aimee-pages from the option tables.\n# shellcheck shell=bash\n",
                "\n# What a command takes, in its caller's variables.\n_aimee_table() {\n    case $1 in\n",
                table_entry(*program.applet, concat("words:", names)), entries, "        *) return 1 ;;\n    esac\n}\n",
                functions, "complete -F _aimee ", links, "\n");
}

}  // namespace aimee
