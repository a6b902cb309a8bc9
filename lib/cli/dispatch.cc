// From argv to an applet. Where standard output cannot be written, --help and --version exit with 1.
#include <unistd.h>

#include <algorithm>
#include <new>

#include "base/log.h"
#include "base/text.h"
#include "cli/applet.h"
#include "cli/install.h"
#include "cli/output.h"
#include "cli/shape.h"
#include "cli/version.h"
#include "selinux/domain.h"

namespace aimee {

namespace {

constexpr std::string_view program = "aimee";

Outcome print(std::string_view text) {
  const auto printed = print_output(text);
  return printed ? Outcome::done : report_error(printed.error());
}

Outcome print_version() { return print(concat(program, " ", version, "\n")); }

const Applet* find_applet(std::string_view name) {
  const auto applets = all_applets();
  const auto found = std::ranges::find_if(applets, [&](const Applet* applet) { return applet->name == name; });
  return found == applets.end() ? nullptr : *found;
}

Error surplus(std::string_view operand) {
  return {Outcome::usage, 0, "", concat("unexpected argument ", printable(operand), "; see --help")};
}

// `arguments` are those of `argv` that are the applet's. Help, and what is wrong with a command line, can be told from
// any domain.
Outcome run_applet(const Applet& applet, std::span<char* const> arguments, std::span<char* const> argv) {
  set_log_name(applet.name);
  const auto parsed = parse_arguments(applet.options, arguments);
  if (!parsed) return report_error(parsed.error());
  if (parsed->has("help")) return print(applet_help(applet));
  if (parsed->has("version")) return print_version();
  if (!parsed->operands().empty() && applet.operands.empty()) {
    return report_error(surplus(parsed->operands().front()));
  }
  if (!applet.domain.empty()) {
    const auto entered = enter_domain(applet.domain, argv);
    if (!entered) return report_error(entered.error());
  }
  return applet.run(*parsed);
}

constexpr Option own_options[] = {
    {"install", 0, "DIR", "make the applets' symbolic links in the folder DIR"},
};

constexpr std::string_view own_description =
    "aimee makes, guards, repairs and resets the one writable volume of an immutable system.\n"
    "Each applet is also a symbolic link to this program.\n";

}  // namespace

const Applet program_applet{program,
                            "State of an immutable appliance: storage, secrets, reset",
                            "[APPLET [ARGUMENT…]]",
                            own_description,
                            own_options,
                            nullptr};

namespace {

std::string applet_list() {
  std::string list = "Applets:\n";
  std::size_t width = 0;
  for (const Applet* applet : all_applets()) width = std::max(width, applet->name.size());
  for (const Applet* applet : all_applets()) {
    list += concat("  ", applet->name, std::string(width - applet->name.size() + 2, ' '), applet->summary, "\n");
  }
  return list;
}

Outcome run_self(std::span<char* const> arguments, std::span<char* const> argv) {
  set_log_name(program);
  if (!arguments.empty() && arguments[0][0] != '-') {
    const Applet* applet = find_applet(arguments[0]);
    if (applet != nullptr) return run_applet(*applet, arguments.subspan(1), argv);
    return report_error(Error{Outcome::usage, 0, printable(arguments[0]), "no such applet; 'aimee' alone lists them"});
  }
  const auto parsed = parse_arguments(program_applet.options, arguments);
  if (!parsed) return report_error(parsed.error());
  if (!parsed->operands().empty()) return report_error(surplus(parsed->operands().front()));
  if (parsed->has("version")) return print_version();
  if (parsed->has("install")) {
    std::vector<std::string_view> names;
    for (const Applet* applet : all_applets()) {
      if (applet->linked) names.push_back(applet->name);
    }
    const auto installed = install_links(std::string(parsed->value("install")), names);
    return installed ? Outcome::done : report_error(installed.error());
  }
  return print(parsed->has("help") ? concat(applet_help(program_applet), "\n", applet_list()) : applet_list());
}

[[noreturn]] void out_of_memory() {
  log_out_of_memory();
  _exit(static_cast<int>(Outcome::failed));
}

}  // namespace

int dispatch(std::span<char* const> argv) {
  std::set_new_handler(out_of_memory);
  std::string_view called = argv.empty() ? program : std::string_view(argv[0]);
  called.remove_prefix(called.rfind('/') + 1);  // npos + 1 = 0
  const auto arguments = argv.empty() ? argv : argv.subspan(1);
  const Applet* applet = find_applet(called);
  if (applet != nullptr && !applet->linked) applet = nullptr;
  return static_cast<int>(applet != nullptr ? run_applet(*applet, arguments, argv) : run_self(arguments, argv));
}

}  // namespace aimee
