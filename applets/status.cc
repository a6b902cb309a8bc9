// aimee status: what is going on, on one page for a person at the console, or as JSON.
//
// Reads only, and never waits; without root it tells what it can and names the rest.
#include "cli/applet.h"
#include "cli/manual.h"
#include "cli/output.h"
#include "cli/shape.h"
#include "cli/version.h"
#include "store/status_facts.h"

namespace aimee {

namespace {

constexpr Option options[] = {
    option_root,
    {"json", 0, "", "print one JSON object in place of the page"},
};

constexpr std::string_view description =
    "Tells the problems first, each with what to do next; then the data volume, its subvolumes, the writable\n"
    "parts of /etc and whether each is as in the image, whether root has a password, the ssh host keys, the\n"
    "SELinux labels and a pending factory reset. Changes nothing, mounts nothing, waits for nothing.\n";

Outcome status(const Arguments& arguments) {
  const StatusReport report = gather_status(root_of(arguments), version);
  const Result<> printed = print_output(arguments.has("json") ? status_json(report) : status_text(report));
  return printed ? Outcome::done : report_error(printed.error());
}

constexpr ManualSection sections[] = {
    {"NOTES",
     "The exit status is 0 whenever a report was made, also of a volume that is damaged or missing: look at "
     "\"problems\" in the JSON object, which is empty where all is well.\n"
     "\n"
     "Without root the volume's state, the writable parts of /etc, the root password and the host keys cannot be read; "
     "they are null in the JSON object, and \"unread\" says why.\n"},
    {"EXAMPLES", "  aimee status --json | jq -r '.problems[] | .what'\n"},
};

}  // namespace

extern const Applet status_applet;
const Applet status_applet{
    "status", "Tell what the data volume, /etc and the host keys are like", "", description, options, status, {},
    false};

extern const Manual status_manual;
const Manual status_manual{sections, "btrfs(8), tmpfiles.d(5)"};

}  // namespace aimee
