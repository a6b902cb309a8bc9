// factory-reset: arms the data volume for its erasure, or erases it.
//
//   fstab → device → state → plan → question → look again → do it
//
// What fails midway leaves the volume as it was, or armed: the shutdown unit or the next boot's init-storage erases an
// armed one, and goes on with an erasure that was cut short.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <optional>

#include "base/log.h"
#include "base/text.h"
#include "cli/applet.h"
#include "cli/confirm.h"
#include "cli/manual.h"
#include "cli/shape.h"
#include "effects/reset.h"
#include "plan/reset_json.h"
#include "plan/reset_plan.h"
#include "storage/data_volume.h"
#include "storage/volume_devices.h"
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
    "Erases the data volume that /etc/fstab names for /var, on all its devices, with all that an owner ever stored.\n"
    "Shows what will be lost, asks for a typed confirmation, arms the volume and reboots: it is erased while the\n"
    "system goes down, or, where the power goes first, at the next boot, which then makes a new one. A volume that is\n"
    "not mounted (in an emergency shell) is erased at once.\n";

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
  std::vector<Erasure> erased;
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
Result<> look(const Request& request, Report& report) {
  const DataVolume data = TRY(find_data_volume(request.root, request.timeout));
  const BlockNode& node = data.found.node;
  report.device = node;
  ProbedVolume volume = TRY(probe_locked(node, request.kernel, request.timeout));
  report.facts = ResetFacts{describe(node, volume.identity, volume.primary)};
  ResetFacts& facts = *report.facts;
  facts.host = host_name();
  facts.volume = std::move(volume.state);
  std::vector<BlockNode> devices = {node};
  const std::string var = request.root + "/var";
  facts.doubt = doubt_about_mount(var, node);
  if (facts.volume.resettable && facts.doubt.kind == Doubt::Kind::none) {
    VolumeDevices found = find_other_devices(node, volume.own);
    devices.insert(devices.end(), found.in_use.begin(), found.in_use.end());
    facts.others = std::move(found.others);
    facts.doubt = std::move(found.doubt);
  }
  facts.mount_points = TRY(mount_points_of(devices, var));
  return {};
}

bool all_can_discard(const ResetFacts& facts) {
  return facts.can_discard && std::ranges::all_of(facts.others, &VolumeDevice::can_discard);
}

Result<> ask(const Request& request, const ResetFacts& facts) {
  if (request.yes) return {};
  if (!can_ask()) {
    return refusal(facts.device, concat(refusing, " without a confirmation: standard input is no terminal; use --yes"));
  }
  const std::string question =
      concat("This erases everything that was ever stored on the data volume:\n", reset_page(facts),
             "Note: ", flash_notice(all_can_discard(facts)), ".\nType ", word, " to go on: ");
  if (TRY(confirmed(question, word))) return {};
  return refusal(facts.device, concat("not confirmed with ", word, ": nothing was changed"));
}

// Between the first look and the first write a person may have thought for an hour.
Result<> check_is_the_same(const ResetFacts& before, const ResetFacts& now) {
  const auto& was = before.volume.resettable;
  const auto& is = now.volume.resettable;
  if (was && is && was->uuid == is->uuid && before.identity == now.identity &&
      before.mount_points.empty() == now.mount_points.empty() && now.doubt.kind == before.doubt.kind &&
      std::ranges::equal(before.others, now.others, {}, &VolumeDevice::number, &VolumeDevice::number)) {
    return {};
  }
  return std::unexpected(changed_refusal({now.device, now.number}, refusing));
}

// Mounted: the volume's file system writes the label.
Result<> carry_out_mounted(const Request& request, Report& report) {
  const ResetFacts& facts = *report.facts;
  on_interrupt(concat("factory-reset: ", facts.device, ": interrupted; --status tells whether it is armed\n"));
  Progress progress;
  ResetWorkplace workplace{*report.device, facts.identity.size, facts.volume.resettable->uuid, request.root, progress};
  return execute(report.plan, workplace);
}

// Not mounted: nobody else has the devices until it is done. `wanted` is the reset without which the volume is not
// armed yet.
Result<> carry_out_alone(const Request& request, ResetRequest wanted, Report& report) {
  const BlockNode& node = *report.device;
  const ResetFacts& facts = *report.facts;
  Progress progress;
  const ProbedVolume volume = TRY(probe_locked(node, std::move(wanted), request.timeout, nodes_of(facts.others)));
  Fd exclusive = TRY(open_exclusively(node, true, refusing));
  const auto& found = volume.state.resettable;
  if (volume.state.state != State::reset_armed || !found || found->uuid != facts.volume.resettable->uuid ||
      volume.identity != facts.identity) {
    return std::unexpected(changed_refusal(node, refusing));
  }
  TRY(check_unchanged(node, exclusive, volume, refusing));
  ResetWorkplace workplace{node, facts.identity.size, found->uuid, request.root, progress, facts.others};
  workplace.opened = TRY(hold_devices(facts.others, true, refusing));
  workplace.devices.push_back(facts);
  workplace.opened.push_back(std::move(exclusive));
  on_interrupt(concat("factory-reset: ", node.path, ": interrupted; the next boot or run goes on where it is armed\n"));
  const Result<> result = execute(report.plan, workplace);
  report.erased = std::move(workplace.erased);
  return result;
}

Result<> check_can_be_erased(const Report& report) {
  const ResetFacts& facts = *report.facts;
  std::vector<BlockNode> nodes = nodes_of(facts.others);
  for (const BlockNode& node : nodes) TRY(check_is_writable(node));
  if (!facts.mount_points.empty()) return {};
  nodes.push_back(*report.device);
  for (const BlockNode& node : nodes) {
    if (!can_be_opened_alone(node)) return std::unexpected(in_use_refusal(node, refusing));
  }
  return check_is_writable(nodes.back());
}

Result<> reset(const Request& request, Report& report) {
  TRY(look(request, report));
  report.action = "refuse";
  report.plan = TRY(plan_reset(*report.facts, request.choice));
  TRY(check_can_be_erased(report));
  const bool mounted = !report.facts->mount_points.empty();
  if (!request.dry_run) TRY(ask(request, *report.facts));
  report.action = mounted ? "arm" : "erase";
  if (request.dry_run) return {};
  if (!mounted) return carry_out_alone(request, request_for(report.facts->volume.resettable->uuid), report);
  const ResetFacts before = *std::move(report.facts);
  TRY(look(request, report));
  TRY(check_is_the_same(before, *report.facts));
  return carry_out_mounted(request, report);
}

Result<> erase(const Request& request, Report& report) {
  TRY(look(request, report));
  report.action = "refuse";
  report.plan = TRY(plan_erasure(*report.facts, request.choice.quick));
  TRY(check_can_be_erased(report));
  report.action = "erase";
  const Doubt& doubt = report.facts->doubt;
  if (doubt.kind == Doubt::Kind::beside) log_warning(concat(doubt.what, ": it is not erased; ", doubt.remedy));
  return request.dry_run ? Result<>() : carry_out_alone(request, {}, report);
}

Result<> cancel(const Request& request, Report& report) {
  TRY(look(request, report));
  report.plan = TRY(plan_cancellation(*report.facts, remembered_label(request.root), request.choice.units));
  if (report.plan.empty()) return {};
  report.action = "cancel";
  if (request.dry_run) return {};
  if (!report.facts->mount_points.empty()) return carry_out_mounted(request, report);
  return carry_out_alone(request, {}, report);
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
  return look(request, report);
}

// The facts are those of before.
std::string_view armed_now(const Report& report, const Request& request, const Result<>& result) {
  const bool done = result && !request.dry_run;
  if (done && report.action == "arm") return "token";
  if (!report.erased.empty() || (done && report.action == "cancel")) return "no";
  return armed_by(*report.facts);
}

JsonObject as_json(const Report& report, const Request& request, const Result<>& result) {
  JsonObject object;
  std::vector<DeviceProof> proofs;
  proofs.reserve(report.erased.size());
  for (const Erasure& erasure : report.erased) proofs.push_back({erasure.device, proof_of(erasure)});
  if (report.facts) {
    add_reset_facts(object, *report.facts, armed_now(report, request, result), proofs);
  } else {
    add_unknown_reset_facts(object, report.device ? report.device->path : std::string());
  }
  JsonArray plan;
  for (const ResetOperation& operation : report.plan) plan.add(describe(operation));
  object.add("action", report.action).add("dry_run", request.dry_run).add_raw("plan", plan.str());
  return object.add_or_null("proof", proofs.empty() ? std::string() : proofs.back().text);
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
  for (const Erasure& erasure : report.erased) {
    log_notice(concat(erasure.device, ": erased: ", proof_of(erasure)));
    log_notice(concat(erasure.device, ": ", flash_notice(erasure.discarded)));
  }
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
     "A volume that has been extended with btrfs-device(8) is erased on all of its devices, each with its proof; the "
     "token "
     "stands on the one that fstab names, which goes last. Where one is missing, or two say that they are the same "
     "one, "
     "nothing is armed. A device that was taken out of the volume before keeps what is on it.\n\n"
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
