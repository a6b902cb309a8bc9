// rescue-console: what the console shows when the boot stopped: why, and what can be done.
//
//   facts (systemctl, journalctl, init-storage --dry-run) → page → choice → do it → again
//
// Nothing that fails here ends it but the loss of the terminal (exit code 1): the unit then starts it anew after some
// seconds. A choice that starts the system, powers off or reboots ends it with 0.
#include <unistd.h>

#include <cstdlib>

#include "base/text.h"
#include "cli/applet.h"
#include "cli/manual.h"
#include "cli/output.h"
#include "plan/rescue.h"
#include "system/console.h"
#include "system/fd.h"
#include "system/process.h"
#include "system/terminal.h"

namespace aimee {

namespace {

constexpr std::string_view creation_unit = "init-storage.service";
constexpr std::string_view mount_unit = "var.mount";
constexpr std::string_view own_program = "/proc/self/exe";
constexpr std::string_view sulogin_shell = "/usr/lib/systemd/systemd-sulogin-shell";
constexpr std::chrono::seconds query_limit{20};
constexpr std::chrono::seconds probe_limit{120};
constexpr std::string_view device_timeout = "10";  // seconds; the boot has waited for the device already

constexpr Option options[] = {
    {"dry-run", 'n', "", "show the page once and ask nothing"},
};

constexpr std::string_view description =
    "Shows on the console why the boot stopped, and offers what helps: to try again, to erase everything, a shell,\n"
    "to power off, to reboot. Asks for no password. The units emergency.service and rescue.service run it, with\n"
    "their MODE (emergency or rescue), in place of the shell that a device without a password cannot open.\n";

// The standard output of a command, or nothing.
std::string answer_of(const std::vector<std::string>& arguments) {
  return output_of(Program{.arguments = arguments, .limit = query_limit}).value_or("");
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (const std::string_view line : split(text, '\n')) {
    if (!trimmed(line).empty()) lines.push_back(printable(trimmed(line)));
  }
  return lines;
}

// What the unit's own program said last; the service manager's words about it are not among these.
std::vector<std::string> messages_of(const UnitReport& unit) {
  if (!unit.failed()) return {};
  return lines_of(
      answer_of({"journalctl", "--boot", "--quiet", "--output=cat", "--lines=3", concat("_SYSTEMD_UNIT=", unit.name)}));
}

std::vector<std::string> other_failed_units() {
  std::vector<std::string> names;
  for (const std::string& line :
       lines_of(answer_of({"systemctl", "list-units", "--failed", "--plain", "--no-legend", "--no-pager"}))) {
    names.emplace_back(words(line).front());
  }
  return names;
}

// A message of an applet as the error of its run has it, without what run_program() put before it.
std::string message_in(const Error& error) {
  constexpr std::string_view speaker = "init-storage: ";
  const std::size_t found = error.explanation.find(speaker);
  return found == std::string::npos ? error.message() : error.explanation.substr(found);
}

void look_at_volume(RescueFacts& facts) {
  const auto planned = output_of(Program{
      .arguments = {std::string(own_program), "init-storage", "--dry-run", "--timeout", std::string(device_timeout)},
      .limit = probe_limit});
  facts.volume_is_usable = planned.has_value();
  if (!planned) {
    facts.volume = message_in(planned.error());
  } else if (const auto lines = lines_of(*planned); !lines.empty()) {
    facts.volume = lines.front();
  }
}

RescueFacts look() {
  RescueFacts facts;
  facts.creation.name = creation_unit;
  facts.mount.name = mount_unit;
  const std::string shown = answer_of({"systemctl", "show", "--property=Id,LoadState,ActiveState,Result,ExecMainStatus",
                                       std::string(creation_unit), std::string(mount_unit)});
  for (const UnitReport& unit : parse_unit_reports(shown)) {
    if (unit.name == creation_unit) facts.creation = unit;
    if (unit.name == mount_unit) facts.mount = unit;
  }
  facts.creation.messages = messages_of(facts.creation);
  facts.mount.messages = messages_of(facts.mount);
  if (storage_is_ready(facts)) {
    facts.failed = other_failed_units();
  } else {
    look_at_volume(facts);
  }
  facts.password = password_of("root", read_file("/etc/passwd").value_or(""), read_file("/etc/shadow").value_or(""));
  return facts;
}

void say(std::string_view text) { static_cast<void>(print_output(text)); }

// Runs with the terminal as its own; whether it ended with 0.
bool succeeds(const std::vector<std::string>& arguments) {
  const auto status = run_on_terminal(Program{.arguments = arguments});
  if (!status) say(concat(status.error().message(), "\n"));
  return status && *status == 0;
}

// Root needs nobody's leave, so no agent of systemctl's is to ask for a password on this terminal.
bool systemctl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"systemctl", "--no-ask-password"});
  return succeeds(arguments);
}

bool start_system() { return systemctl({"--no-block", "default"}); }

// init-storage runs here and not as its unit, so that a person sees what it says; the unit then finds nothing to do.
bool retry(const RescueFacts& facts) {
  if (!storage_is_ready(facts)) {
    if (!succeeds({std::string(own_program), "init-storage"})) return false;
    if (!systemctl({"start", std::string(mount_unit)})) return false;
    say("The storage is ready; the system starts.\n");
  }
  return start_system();
}

bool open_shell(const RescueFacts& facts, const std::string& mode) {
  const char* forced = std::getenv("SYSTEMD_SULOGIN_FORCE");  // systemd.exec's own way out, see systemd-sulogin-shell
  if (facts.password != PasswordState::set && (forced == nullptr || std::string_view(forced) != "1")) {
    say(concat("The shell asks for root's password, and ",
               facts.password == PasswordState::locked ? "that is locked.\n" : "root has none.\n"));
    return false;
  }
  return succeeds({std::string(sulogin_shell), mode});
}

// Whether the console's work is over.
// Erasing leaves that to factory-reset, which restarts the system itself.
bool act(RescueChoice choice, const RescueFacts& facts, const std::string& mode) {
  switch (choice) {
    case RescueChoice::retry:
      return retry(facts);
    case RescueChoice::erase:
      succeeds({std::string(own_program), "factory-reset"});
      return false;
    case RescueChoice::shell:
      return open_shell(facts, mode);
    case RescueChoice::power_off:
      return systemctl({"--no-block", "poweroff"});
    case RescueChoice::reboot:
      return systemctl({"--no-block", "reboot"});
  }
  return false;
}

// A line that means nothing asks again and does not look at the disk again; Enter alone does.
std::optional<RescueChoice> ask(const std::vector<RescueChoice>& offered, bool& lost) {
  std::string letters;
  for (const RescueChoice choice : offered) letters += concat(letters.empty() ? "" : ", ", static_cast<char>(choice));
  for (;;) {
    say(concat("Your choice (", letters, "), then Enter: "));
    const TypedLine line = read_line();
    lost = !line.is_whole;
    if (lost || trimmed(line.text).empty()) return std::nullopt;
    if (const auto choice = parse_rescue_choice(line.text, offered)) return choice;
    say(concat("\"", printable(line.text), "\" is none of these.\n"));
  }
}

Outcome rescue_console(const Arguments& arguments) {
  const std::string mode = arguments.operands().empty() ? "emergency" : arguments.operands().front();
  if (arguments.has("dry-run")) return print_output(rescue_page(look())) ? Outcome::done : Outcome::failed;
  ignore_terminal_signals();
  for (;;) {
    prepare_console();
    say("\nLooking at this device's storage...\n");
    const RescueFacts facts = look();
    say(rescue_page(facts));
    bool lost = false;
    const auto choice = ask(rescue_choices(facts), lost);
    if (lost) return Outcome::failed;
    if (choice && act(*choice, facts, mode)) return Outcome::done;
  }
}

constexpr ManualSection sections[] = {
    {"NOTES",
     "It asks for no password: whoever has the console has the device, and can take its disk. The shell is systemd's "
     "own "
     "and asks for root's password; without one it cannot be opened.\n"
     "\n"
     "/dev/console is the last console= of the kernel command line.\n"},
};

}  // namespace

extern const Manual rescue_console_manual;
const Manual rescue_console_manual{sections, "init-storage(8), factory-reset(8), systemd.special(7)"};

extern const Applet rescue_console_applet;
const Applet rescue_console_applet{"rescue-console",
                                   "Show on the console why the boot stopped, and what can be done",
                                   "[MODE]",
                                   description,
                                   options,
                                   rescue_console,
                                   "aimee_rescue_console_t",
                                   false};

}  // namespace aimee
