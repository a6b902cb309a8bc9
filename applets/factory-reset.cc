// factory-reset: arms the data volume for its erasure, or erases it.
//
//   fstab → device → state → plan → question → look again → do it
//
// What fails midway leaves the volume as it was, or armed: the shutdown unit or the next boot's init-storage erases an
// armed one, and goes on with an erasure that was cut short.
#include <fcntl.h>
#include <unistd.h>

#include <climits>
#include <optional>

#include "base/log.h"
#include "base/text.h"
#include "cli/applet.h"
#include "cli/confirm.h"
#include "cli/manual.h"
#include "cli/shape.h"
#include "effects/reset.h"
#include "plan/reset_plan.h"
#include "storage/data_volume.h"
#include "system/interrupt.h"

namespace aimee {

namespace {

constexpr std::string_view refusing = "refusing to erase";
constexpr std::string_view word = "ERASE";
constexpr std::chrono::seconds default_timeout{90};

constexpr Option options[] = {
    {"yes", 'y', "", "do not ask"},
    {"no-reboot", 0, "", "arm, and leave the shutdown to somebody else"},
    {"quick", 'q', "", "discard, but overwrite nothing beyond the places where a volume is recognised"},
    {"status", 0, "", "tell whether a reset is armed"},
    {"cancel", 0, "", "disarm"},
    {"erase", 0, "", "erase the armed, unmounted volume now and ask nothing (for the shutdown unit)"},
    option_root,
    option_dry_run,
    option_json,
    {"timeout", 't', "SECONDS", "wait at most so long for the device and for its lock (90)"},
};

constexpr std::string_view description =
    "Erases the data volume that /etc/fstab names for /var, with all that an owner ever stored. Shows what will be\n"
    "lost, asks for a typed confirmation, arms the volume and reboots: it is erased while the system goes down, or,\n"
    "where the power goes first, at the next boot, which then makes a new one. A volume that is not mounted (in an\n"
    "emergency shell) is erased at once.\n";

enum class Mode { reset, status, cancel, erase };

struct Request {
  Mode mode = Mode::reset;
  std::string root;  // empty = the running system
  bool dry_run = false;
  bool yes = false;
  ResetRequest kernel;  // what the kernel command line asks for
  ResetChoice choice;
  std::chrono::seconds timeout = default_timeout;
};

// What a run found and did; both kinds of report are made from it.
struct Report {
  std::optional<BlockNode> device;
  std::optional<ResetFacts> facts;
  std::string action = "none";
  ResetPlan plan;
  std::optional<Erasure> erased;
};

Result<Request> parse_request(const Arguments& arguments) {
  Request request;
  unsigned modes = 0;
  for (const auto& [name, mode] :
       {std::pair{"status", Mode::status}, std::pair{"cancel", Mode::cancel}, std::pair{"erase", Mode::erase}}) {
    if (!arguments.has(name)) continue;
    request.mode = mode;
    ++modes;
  }
  if (modes > 1)
    return std::unexpected(Error{Outcome::usage, 0, "", "--status, --cancel and --erase exclude each other"});
  request.root = root_of(arguments);
  request.dry_run = arguments.has("dry-run");
  request.yes = arguments.has("yes");
  request.timeout = TRY(seconds_of(arguments, "timeout", default_timeout));
  // With --root it is another system's volume that is meant.
  const bool units = request.root.empty() && has_service_manager();
  request.choice = {arguments.has("quick"), units, units && !arguments.has("no-reboot")};
  request.kernel = requested_reset();
  return request;
}

std::string host_name() {
  char name[HOST_NAME_MAX + 1] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "";
}

bool can_be_opened_alone(const BlockNode& node) { return open_block(node, O_RDONLY | O_EXCL).has_value(); }

// The volume as it is now. What a lock would keep waiting (udev, while a person thinks) waits only for this look.
Result<ResetFacts> look(const Request& request, Report& report) {
  const DataVolume data = TRY(find_data_volume(request.root, request.timeout));
  const BlockNode& node = data.found.node;
  report.device = node;
  const BlockNode disk = whole_disk(node);
  const ProbedVolume volume = TRY(probe_locked(node, request.kernel, request.timeout));
  ResetFacts facts;
  facts.device = node.path;
  facts.disk = disk.path;
  facts.model = model_of(disk);
  facts.host = host_name();
  facts.identity = volume.identity;
  facts.can_discard = can_discard(disk);
  facts.volume = volume.state;
  facts.label = volume.primary.label;
  facts.intact = volume.primary.valid();
  facts.mount_points = TRY(mount_points_of(node, request.root + "/var"));
  report.facts = facts;
  return facts;
}

Result<> ask(const Request& request, const ResetFacts& facts) {
  if (request.yes) return {};
  if (!can_ask()) {
    return refusal(facts.device, concat(refusing, " without a confirmation: standard input is no terminal; use --yes"));
  }
  const std::string question =
      concat("This erases everything that was ever stored on the data volume:\n", reset_page(facts),
             "Note: ", flash_notice(facts.can_discard), ".\nType ", word, " to go on: ");
  if (TRY(confirmed(question, word))) return {};
  return refusal(facts.device, concat("not confirmed with ", word, ": nothing was changed"));
}

// Between the first look and the first write a person may have thought for an hour.
Result<> check_is_the_same(const ResetFacts& before, const ResetFacts& now) {
  const auto& was = before.volume.resettable;
  const auto& is = now.volume.resettable;
  if (was && is && was->uuid == is->uuid && before.identity == now.identity &&
      before.mount_points.empty() == now.mount_points.empty()) {
    return {};
  }
  return refusal(now.device, concat("was changed by somebody else meanwhile: ", refusing));
}

// Mounted: the volume's file system writes the label.
Result<> carry_out_mounted(const Request& request, const ResetFacts& facts, Report& report) {
  on_interrupt(concat("factory-reset: ", facts.device, ": interrupted; --status tells whether it is armed\n"));
  Progress progress;
  ResetWorkplace workplace{
      *report.device, facts.identity.size, facts.volume.resettable->uuid, request.root, Fd(), progress, {}};
  return execute(report.plan, workplace);
}

// Not mounted: nobody else has the device until it is done. `wanted` is the reset without which the volume is not armed
// yet.
Result<> carry_out_alone(const Request& request, const ResetFacts& facts, ResetRequest wanted, Report& report) {
  const BlockNode& node = *report.device;
  const ProbedVolume volume = TRY(probe_locked(node, std::move(wanted), request.timeout));
  Fd exclusive = TRY(open_exclusively(node, true, refusing));
  const auto& found = volume.state.resettable;
  if (volume.state.state != State::reset_armed || !found || found->uuid != facts.volume.resettable->uuid ||
      volume.identity != facts.identity) {
    return refusal(node.path, concat("was changed by somebody else meanwhile: ", refusing));
  }
  TRY(check_unchanged(node, exclusive, volume, refusing));
  on_interrupt(concat("factory-reset: ", node.path, ": interrupted; the next boot or run goes on where it is armed\n"));
  Progress progress;
  ResetWorkplace workplace{node, facts.identity.size, found->uuid, request.root, std::move(exclusive), progress, {}};
  const Result<> result = execute(report.plan, workplace);
  report.erased = workplace.erased;
  return result;
}

Result<> check_can_be_erased(const BlockNode& node, const ResetFacts& facts) {
  if (!facts.mount_points.empty()) return {};
  if (!can_be_opened_alone(node)) return std::unexpected(in_use_refusal(node, refusing));
  if (is_read_only(TRY(open_block(node, O_RDONLY)))) return refusal(node.path, "is read-only; make it writable");
  return {};
}

Result<> reset(const Request& request, Report& report) {
  const ResetFacts before = TRY(look(request, report));
  report.action = "refuse";
  report.plan = TRY(plan_reset(before, request.choice));
  TRY(check_can_be_erased(*report.device, before));
  const bool mounted = !before.mount_points.empty();
  if (!request.dry_run) TRY(ask(request, before));
  report.action = mounted ? "arm" : "erase";
  if (request.dry_run) return {};
  if (!mounted) {
    return carry_out_alone(request, before, request_for(before.volume.resettable->uuid), report);
  }
  const ResetFacts now = TRY(look(request, report));
  TRY(check_is_the_same(before, now));
  return carry_out_mounted(request, now, report);
}

Result<> erase(const Request& request, Report& report) {
  const ResetFacts facts = TRY(look(request, report));
  report.action = "refuse";
  report.plan = TRY(plan_erasure(facts, request.choice.quick));
  TRY(check_can_be_erased(*report.device, facts));
  report.action = "erase";
  return request.dry_run ? Result<>() : carry_out_alone(request, facts, {}, report);
}

Result<> cancel(const Request& request, Report& report) {
  const ResetFacts facts = TRY(look(request, report));
  report.plan = TRY(plan_cancellation(facts, remembered_label(request.root), request.choice.units));
  if (report.plan.empty()) return {};
  report.action = "cancel";
  if (request.dry_run) return {};
  if (!facts.mount_points.empty()) return carry_out_mounted(request, facts, report);
  return carry_out_alone(request, facts, {}, report);
}

Result<> run(const Request& request, Report& report) {
  on_interrupt("factory-reset: interrupted; nothing was changed\n");
  switch (request.mode) {
    case Mode::reset:
      return reset(request, report);
    case Mode::erase:
      return erase(request, report);
    case Mode::cancel:
      return cancel(request, report);
    case Mode::status:
      break;
  }
  const auto facts = look(request, report);
  if (!facts) return std::unexpected(facts.error());
  return {};
}

constexpr std::string_view unknown_facts[] = {"disk",    "size",  "model",     "serial", "discard", "host",
                                              "state",   "found", "label",     "uuid",   "used",    "kernel_argument",
                                              "mounted", "armed", "not_obeyed"};

void add_facts(JsonObject& object, const ResetFacts& facts, std::string_view armed) {
  object.add("device", facts.device).add("disk", facts.disk).add("size", facts.identity.size);
  object.add_or_null("model", facts.model).add_or_null("serial", facts.identity.serial);
  object.add("discard", facts.can_discard).add("host", facts.host);
  object.add("state", state_name(facts.volume.state)).add("found", facts.volume.found).add("label", facts.label);
  if (const auto& ours = facts.volume.resettable) {
    object.add("uuid", uuid_text(ours->uuid)).add("used", ours->used);
    object.add("kernel_argument", kernel_argument(ours->uuid));
  } else {
    object.add_null("uuid").add_null("used").add_null("kernel_argument");
  }
  JsonArray mounts;
  for (const std::string& point : facts.mount_points) mounts.add(point);
  object.add_raw("mounted", mounts.str()).add("armed", armed);
  object.add_or_null("not_obeyed", facts.volume.not_obeyed);
}

// The facts are those of before.
std::string_view armed_now(const Report& report, const Request& request, const Result<>& result) {
  const bool done = result && !request.dry_run;
  if (done && report.action == "arm") return "token";
  if (report.erased || (done && report.action == "cancel")) return "no";
  return armed_by(*report.facts);
}

JsonObject as_json(const Report& report, const Request& request, const Result<>& result) {
  JsonObject object;
  if (report.facts) {
    add_facts(object, *report.facts, armed_now(report, request, result));
  } else {
    object.add_or_null("device", report.device ? report.device->path : std::string());
    for (const std::string_view key : unknown_facts) object.add_null(key);
  }
  JsonArray plan;
  for (const ResetOperation& operation : report.plan) plan.add(describe(operation));
  object.add("action", report.action).add("dry_run", request.dry_run).add_raw("plan", plan.str());
  return object.add_or_null("proof", report.erased ? proof_of(*report.erased) : std::string());
}

std::string plan_text(const Report& report) {
  std::string text = reset_page(*report.facts);
  if (report.plan.empty()) return concat(report.facts->device, ": nothing is armed, nothing to do\n");
  for (const ResetOperation& operation : report.plan) text += describe(operation) + "\n";
  return text;
}

std::string status_text(const ResetFacts& facts) {
  const std::string_view armed = armed_by(facts);
  std::string text = concat(facts.device, ": ");
  if (armed == "token") text += "a factory reset is armed: the next shutdown or boot erases the volume";
  if (armed == "command-line") text += "a factory reset is armed by the kernel command line: the next boot erases it";
  if (armed == "no") text += concat("no factory reset is armed; it ", facts.volume.found);
  if (!facts.volume.not_obeyed.empty()) text += concat("\n", facts.device, ": ", facts.volume.not_obeyed);
  return text + concat("\n", reset_page(facts));
}

void tell_proof(const Report& report) {
  if (!report.erased) return;
  log_notice(concat(report.device->path, ": erased: ", proof_of(*report.erased)));
  log_notice(concat(report.device->path, ": ", flash_notice(report.erased->discarded)));
}

void tell(const Report& report, const Request& request, const Result<>& result) {
  tell_proof(report);
  if (!result || request.dry_run) return;
  const std::string& device = report.device->path;
  if (report.action == "arm") {
    log_notice(concat(device, ": armed: ", request.choice.units ? "the shutdown" : "the next boot",
                      " erases it; factory-reset --cancel undoes this"));
  } else if (report.action == "cancel") {
    log_notice(concat(device, ": no longer armed"));
  } else if (request.mode == Mode::cancel) {
    log_info(concat(device, ": nothing to cancel"));
  }
}

std::string page(const Report& report, const Request& request) {
  if (request.mode == Mode::status) return status_text(*report.facts);
  return request.dry_run ? plan_text(report) : std::string();
}

Outcome factory_reset(const Arguments& arguments) {
  constexpr Shape<Request, Report> shape{parse_request, run, as_json, page, tell};
  return carry_out(shape, arguments);
}

constexpr ManualSection sections[] = {
    {"FILES",
     "/run/aimee/reset-label:: what the volume was called before it was armed; --cancel puts it back.\n"
     "/run/aimee/factory-reset.env:: whether the shutdown unit is to be quick.\n"},
    {"EXAMPLES",
     "At the console of a device that is given away:\n\n"
     "  # factory-reset\n\n"
     "From a management program that reboots the device itself:\n\n"
     "  # factory-reset --yes --no-reboot --json\n\n"
     "For a device that nobody can log in to, once on the kernel command line (each boot logs the digits):\n\n"
     "  aimee.factory_reset=1234abcd\n"},
    {"NOTES",
     "Erasing goes in this order, so that a power cut at any moment leaves the volume armed: the superblock's copies, "
     "a "
     "discard of the whole volume, zeros over whatever does not read as zeros, a read-back that proves it, and last "
     "the superblock with the token.\n\n"
     "On flash, overwriting reaches only the blocks that the device shows at present. Those that its controller has "
     "put aside keep their old data until the device's own discard or secure erase takes them.\n\n"
     "The token names the volume and the device (size, serial number): on a copy of the disk it does nothing.\n"},
};

}  // namespace

extern const Applet factory_reset_applet;
const Applet factory_reset_applet{"factory-reset",
                                  "Erase the data volume, after a typed confirmation",
                                  "",
                                  description,
                                  options,
                                  factory_reset,
                                  "aimee_factory_reset_t"};

extern const Manual factory_reset_manual;
const Manual factory_reset_manual{sections, "init-storage(8), aimee(8), blkdiscard(8), btrfs-rescue(8)"};

}  // namespace aimee
