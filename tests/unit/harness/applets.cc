// The applets and the version of the test program, in place of those that applets/ makes: for the tests of
// lib/cli.
#include <unistd.h>

#include <string>

#include "base/text.h"
#include "cli/applet.h"
#include "cli/version.h"

namespace aimee {

namespace {

constexpr Option look_options[] = {
    option_dry_run,
    {"timeout", 't', "SECONDS", "wait at most so long"},
};

// Prints what it was given, and ends with the outcome that its operand names.
Outcome look(const Arguments& arguments) {
  std::string text =
      concat("dry-run=", arguments.has("dry-run") ? "yes" : "no", " timeout=", arguments.value("timeout", "none"));
  Outcome outcome = Outcome::done;
  for (const std::string& operand : arguments.operands()) {
    text += concat(" ", operand);
    if (operand == "fail") outcome = Outcome::failed;
    if (operand == "refuse") outcome = Outcome::refused;
  }
  text += "\n";
  [[maybe_unused]] const ssize_t ignored = write(STDOUT_FILENO, text.data(), text.size());
  return outcome;
}

Outcome rest(const Arguments&) { return Outcome::done; }

constexpr Applet look_applet{"look", "Look at things", "[THING…]", "Looks at every THING.\n", look_options, look};
constexpr Applet rest_applet{"take-rest", "Do nothing", "", "Does nothing.\n", {}, rest};

}  // namespace

std::span<const Applet* const> all_applets() {
  static constexpr const Applet* table[] = {&look_applet, &rest_applet};
  return table;
}

const std::string_view version = "1.2.3-test";

}  // namespace aimee
