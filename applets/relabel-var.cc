// relabel-var: gives the files of an older data volume the labels of a newer image's SELinux policy, once.
//
// Runs at every boot after /var is mounted; where the policy is the one that the volume was last labelled by, it reads
// that policy's text and one line, and ends. What fails midway leaves no note on the volume, and the next boot tries
// again.
#include "base/log.h"
#include "base/text.h"
#include "cli/applet.h"
#include "cli/manual.h"
#include "cli/shape.h"
#include "effects/relabel.h"
#include "system/interrupt.h"

namespace aimee {

namespace {

constexpr Option options[] = {option_root, option_dry_run, option_json};

constexpr std::string_view description =
    "Compares the image's SELinux policy with the one that the mounted /var was last labelled by. Where it is\n"
    "another one, every file whose type differs gets the type that the policy says, as restorecon does it: user,\n"
    "role and range stay, customizable types and paths without a label (<<none>>) are left alone. What is in\n"
    "/var/etc gets the label of its path in /etc.\n";

struct Request {
  std::string root;  // empty = the running system
  bool dry_run = false;
};

Result<Request> parse_request(const Arguments& arguments) {
  return Request{root_of(arguments), arguments.has("dry-run")};
}

Result<> run(const Request& request, Relabelling& report) {
  on_interrupt("relabel-var: interrupted; the next run relabels again\n");
  Progress progress;
  return relabel_volume(request.root, request.dry_run, progress, report);
}

JsonObject as_json(const Relabelling& report, const Request& request, const Result<>&) {
  JsonObject object;
  JsonArray changes;
  for (const LabelChange& change : report.changes) {
    JsonObject entry;
    entry.add("path", change.path).add("from", change.from).add("to", change.to);
    changes.add_raw(entry.str());
  }
  object.add("policy", report.policy).add("action", report.needed ? "relabel" : "none");
  object.add("dry_run", request.dry_run).add("files", report.files).add("changed", report.changed);
  object.add("passed_over", report.passed_over).add("first_passed_over", report.first_passed_over);
  return object.add_raw("changes", changes.str());
}

std::string page(const Relabelling& report, const Request& request) {
  if (!request.dry_run) return {};
  if (!report.needed) return "nothing to do\n";
  std::string text =
      concat(report.changed, " of ", report.files, " files to relabel by policy ", printable(report.policy), "\n");
  for (const LabelChange& change : report.changes) {
    text += concat(printable(change.path), ": ", change.from.empty() ? "no label" : printable(change.from), " to ",
                   printable(change.to), "\n");
  }
  if (report.changed > report.changes.size()) text += concat("and ", report.changed - report.changes.size(), " more\n");
  return text;
}

void tell(const Relabelling& report, const Request& request, const Result<>& result) {
  if (!result || request.dry_run || !report.needed) return;
  std::string passed_over;
  if (report.passed_over > 0) {
    passed_over =
        concat("; ", report.passed_over, " left alone, in read-only subvolumes, immutable or too deep; the first: ",
               printable(report.first_passed_over));
  }
  log_notice(concat(request.root, "/var: relabelled ", report.changed, " of ", report.files, " files by policy ",
                    printable(report.policy), passed_over));
}

Outcome relabel_var(const Arguments& arguments) {
  constexpr Shape<Request, Relabelling> shape{parse_request, run, as_json, page, tell};
  return carry_out(shape, arguments);
}

constexpr ManualSection sections[] = {
    {"FILES",
     "/etc/selinux/config:: names the policy; where there is none, or SELINUX=disabled, nothing is done.\n"
     "\n"
     "/etc/selinux/NAME/contexts/files/file_contexts:: its file contexts, with .homedirs, .local, .subs, .subs_dist.\n"
     "\n"
     "/etc/selinux/NAME/contexts/customizable_types:: types that the owner may give to files and that stay.\n"
     "\n"
     "/var/lib/aimee/labels:: which policy the volume was last labelled by. Remove it, and the next boot looks at "
     "every file again.\n"},
    {"NOTES",
     "Only the mounted volume is looked at, its subvolumes included, not what is mounted over it. Links are not "
     "followed. A file with several names is labelled once, by the first one found. Read-only subvolumes (snapshots) "
     "keep the labels they have, and so does what chattr(1) has made immutable or append-only. The message says how "
     "many "
     "and names the first; restorecon(8) labels it when that is no more.\n"},
};

}  // namespace

extern const Applet relabel_var_applet;
const Applet relabel_var_applet{"relabel-var",
                                "Relabel the data volume where the image's SELinux policy is a new one",
                                "",
                                description,
                                options,
                                relabel_var,
                                "aimee_relabel_var_t",
                                false};

extern const Manual relabel_var_manual;
const Manual relabel_var_manual{sections, "restorecon(8), customizable_types(5), file_contexts(5)"};

}  // namespace aimee
