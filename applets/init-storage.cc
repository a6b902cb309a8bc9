// init-storage: makes the data volume that /etc/fstab names for /var, if and only if it is provably blank.
//
//   fstab → device → state → plan → do it → commit
//
// What fails midway leaves a volume that the next run finds blank or unfinished and starts over, or ready and
// whole. docs/architecture.md has the states and the order of writes.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/applet.h"
#include "cli/manual.h"
#include "cli/output.h"
#include "effects/copy_tree.h"
#include "effects/execute.h"
#include "plan/operation.h"
#include "storage/config_files.h"
#include "storage/device.h"
#include "storage/fstab.h"
#include "storage/probe.h"
#include "system/interrupt.h"
#include "system/mount.h"
#include "system/random.h"

namespace aimee {

namespace {

// mkfs.btrfs with duplicated metadata wants about 110 MiB; below this nothing useful fits.
constexpr std::uint64_t smallest_volume = 128ULL << 20;
constexpr std::uint64_t smallest_probed = 1ULL << 20;
constexpr std::uint64_t default_timeout = 90;  // seconds; systemd's own for devices

constexpr Option options[] = {
    option_root,
    option_dry_run,
    option_json,
    {"timeout", 't', "SECONDS", "wait at most so long for the device and for its lock (90)"},
};

constexpr std::string_view description =
    "Looks at the device that /etc/fstab names for /var. Where it is blank, makes btrfs on it, the subvolumes\n"
    "that tmpfiles.d names, a copy of the image's /var and its SELinux labels, and commits. A volume that is\n"
    "ready is left alone, a creation that was cut short starts over, and everything that might be somebody's\n"
    "data is refused.\n";

// What a run found and did; both kinds of report are made from it.
struct Report {
  std::optional<BlockNode> device;
  std::uint64_t size = 0;
  std::optional<VolumeState> volume;
  std::string action = "none";
  Plan plan;
  std::string uuid;
  std::string label;
  std::vector<std::string> subvolumes;
  TreeSize copied;
};

struct Request {
  std::string root;  // empty = the running system
  bool dry_run = false;
  std::chrono::seconds timeout{default_timeout};
};

Result<Request> parse_request(const Arguments& arguments) {
  Request request;
  request.dry_run = arguments.has("dry-run");
  request.root = arguments.value("root");
  while (request.root.ends_with('/')) request.root.pop_back();
  if (!arguments.has("timeout")) return request;
  const std::string_view timeout = arguments.value("timeout");
  const auto seconds = parse_number(timeout);
  if (!seconds || *seconds > 86400) {
    return std::unexpected(
        Error{Outcome::usage, 0, "--timeout", concat(printable(timeout), " is no number of seconds up to 86400")});
  }
  request.timeout = std::chrono::seconds(*seconds);
  return request;
}

std::string zeroing_command(const std::string& path) {
  return concat("wipefs -a ", path, " && dd if=/dev/zero of=", path, " bs=1M count=16 conv=fsync");
}

// Foreign and damaged volumes: what was found, and what the owner can do on purpose.
Error refusal_of(const VolumeState& volume, const std::string& path) {
  std::string advice = concat("; to erase it on purpose: ", zeroing_command(path));
  if (volume.has_valid_copy) advice = concat("; to repair it: btrfs rescue super-recover ", path, advice);
  return refusal(path, concat(volume.found, ": refusing to format", advice)).error();
}

Error in_use_refusal(const BlockNode& node) {
  std::string by;
  for (const std::string& holder : holders_of(node.number)) by += concat(by.empty() ? " by " : ", ", holder);
  return refusal(node.path, concat("is in use", by, " (mounted, or held by another program): refusing to format; ",
                                   "release it first"))
      .error();
}

// A volume whose disk is locked, as it was found under the lock.
struct ProbedVolume {
  Fd lock;
  Fd device;
  VolumeState state;
  Superblock primary;
};

VolumeFacts probe(const BlockNode& node, const Fd& device, std::uint64_t size) {
  return probe_volume(device, {size, serial_of(whole_disk(node))});
}

Result<ProbedVolume> probe_locked(const BlockNode& node, const Request& request, std::uint64_t size) {
  ProbedVolume volume;
  volume.lock = TRY(lock_disk(whole_disk(node), request.timeout));
  volume.device = TRY(open_block(node, O_RDONLY));
  const VolumeFacts facts = probe(node, volume.device, size);
  volume.state = classify(facts);
  volume.primary = facts.superblocks[0].value_or(Superblock{});
  return volume;
}

Error too_small(const BlockNode& node, std::uint64_t size) {
  return refusal(node.path, concat("is too small for a data volume: ", human_size(size), ", at least ",
                                   human_size(smallest_volume), " are needed"))
      .error();
}

Result<> check_can_be_made(const BlockNode& node, const Fd& device, std::uint64_t size) {
  if (is_read_only(device)) return refusal(node.path, "is read-only and holds no data volume yet; make it writable");
  if (size < smallest_volume) return std::unexpected(too_small(node, size));
  return {};
}

// The image's side of a creation.
struct Template {
  Fd var;
  TreeSize size;
  FileContexts contexts;
  SubvolumeList list;
};

Result<Template> read_template(const std::string& root) {
  Template image;
  image.list = parse_subvolume_list(TRY(read_tmpfiles_configuration(root)));
  for (const std::string& warning : image.list.warnings) log_warning(warning);
  image.contexts = TRY(FileContexts::of_image(root));
  const Fd view = TRY(view_without_submounts(root.empty() ? "/" : root));
  image.var = TRY(open_beneath(view, "var", O_RDONLY | O_DIRECTORY));
  image.size = TRY(measure_tree(image.var));
  return image;
}

Result<Fd> open_exclusively(const BlockNode& node, bool for_writing) {
  auto opened = open_block(node, (for_writing ? O_RDWR : O_RDONLY) | O_EXCL);
  if (!opened && opened.error().code == EBUSY) return std::unexpected(in_use_refusal(node));
  return opened;
}

bool can_be_mounted(const BlockNode& node, const Fd& device) {
  return !is_read_only(device) && open_block(node, O_RDONLY | O_EXCL);
}

void summarise(const Report& report) {
  log_notice(concat(report.device->path, ": data volume is ready: UUID ", report.uuid, ", ", human_size(report.size),
                    ", ", report.subvolumes.size(), " subvolumes, ", report.copied.files, " files, ",
                    human_size(report.copied.bytes)));
}

// The exclusive open, which keeps everybody else out, came after the first probe.
Result<> check_unchanged(const BlockNode& node, const ProbedVolume& volume, std::uint64_t size) {
  if (classify(probe(node, volume.device, size)).state != volume.state.state)
    return refusal(node.path, "was changed by somebody else meanwhile: refusing to format");
  return {};
}

// What run() has found out when the volume's state is known and allows to go on.
struct Decision {
  ProbedVolume volume;
  VolumeOptions options;
  PreferLink misled;
};

bool is_to_be_created(const VolumeState& volume) {
  return volume.state == State::blank || volume.state == State::unfinished || volume.state == State::reset_armed;
}

// Makes the volume, completes the commit of one that is ready, sees to it that the right one is mounted.
Result<> carry_out(const Request& request, Decision decision, Report& report) {
  const BlockNode& node = *report.device;
  ProbedVolume& volume = decision.volume;
  const bool creating = is_to_be_created(volume.state);
  if (creating) {
    report.action = "create";
    TRY(check_can_be_made(node, volume.device, report.size));
    volume.device = TRY(open_exclusively(node, !request.dry_run));
  }
  TRY(enter_private_mount_namespace());
  Template image;
  if (creating) image = TRY(read_template(request.root));
  if (image.size.bytes > report.size) {
    return refusal(node.path, concat("is too small: ", human_size(report.size), " for the image's ",
                                     human_size(image.size.bytes), " of /var"));
  }
  const Uuid uuid = creating ? marked_uuid(TRY(random_uuid())) : volume.primary.uuid;
  report.plan = make_plan({volume.state, decision.options, image.list.subvolumes, uuid, image.contexts.policy(),
                           volume.primary.label, decision.misled});
  report.uuid = uuid_text(uuid);
  report.label = creating ? committed_label : volume.primary.label;
  for (const SubvolumeLine& line : image.list.subvolumes) report.subvolumes.push_back(line.path);
  report.copied = image.size;
  if (request.dry_run) return {};
  if (creating) TRY(check_unchanged(node, volume, report.size));

  on_interrupt(
      concat("init-storage: ", node.path, ": interrupted; nothing is mounted, and the next run starts over\n"));
  Progress progress;
  progress.total_files = image.size.files;
  progress.total_bytes = image.size.bytes;
  Workplace workplace{node, report.size, request.root, std::move(image.var), image.contexts, progress};
  return execute(report.plan, workplace, std::move(volume.lock), std::move(volume.device));
}

Result<> run(const Request& request, Report& report) {
  on_interrupt("init-storage: interrupted; nothing was changed\n");
  const FstabVolume fstab = TRY(read_fstab_volume(request.root));
  const DataDevice found = TRY(wait_for_device(fstab.source, request.root, request.timeout));
  report.device = found.node;
  const BlockNode& node = found.node;
  const bool misled = !found.misleading_link.empty();

  Fd device = TRY(open_block(node, O_RDONLY));
  report.size = TRY(block_size_bytes(device, node.path));
  if (report.size < smallest_probed) return std::unexpected(too_small(node, report.size));
  const auto superblock = misled ? std::nullopt : plainly_ready(device, report.size);
  if (superblock) {
    report.volume = VolumeState{State::ready, "holds the data volume", false, {}};
    report.uuid = uuid_text(superblock->uuid);
    report.label = superblock->label;
    return {};
  }

  device.reset();
  Decision decision{TRY(probe_locked(node, request, report.size)), fstab.options, {found.misleading_link, node.path}};
  VolumeState& state = decision.volume.state;
  // In use already: its next transaction brings the copies up to date.
  if (state.copies_are_stale && !can_be_mounted(node, decision.volume.device)) state.copies_are_stale = false;
  report.volume = state;
  if (state.state == State::foreign || state.state == State::damaged) {
    report.action = "refuse";
    return std::unexpected(refusal_of(state, node.path));
  }
  if (is_to_be_created(state) || state.copies_are_stale || misled) {
    report.action = state.copies_are_stale ? "finish" : "none";
    return carry_out(request, std::move(decision), report);
  }
  report.uuid = uuid_text(decision.volume.primary.uuid);
  report.label = decision.volume.primary.label;
  return {};
}

std::string as_json(const Report& report, const Request& request, const Result<>& result) {
  JsonObject object;
  JsonArray plan;
  for (const Operation& operation : report.plan) plan.add(describe(operation));
  JsonArray subvolumes;
  for (const std::string& path : report.subvolumes) subvolumes.add(path);
  if (report.device) {
    object.add("device", report.device->path).add("size", report.size);
  } else {
    object.add_null("device").add_null("size");
  }
  if (report.volume) {
    object.add("state", state_name(report.volume->state)).add("found", report.volume->found);
  } else {
    object.add_null("state").add_null("found");
  }
  object.add("action", report.action).add("dry_run", request.dry_run).add_raw("plan", plan.str());
  object.add("uuid", report.uuid).add("label", report.label).add_raw("subvolumes", subvolumes.str());
  object.add("files", report.copied.files).add("bytes", report.copied.bytes);
  object.add("exit", static_cast<std::uint64_t>(result ? Outcome::done : result.error().outcome));
  if (result) {
    object.add_null("error");
  } else {
    object.add("error", result.error().message());
  }
  return object.str() + "\n";
}

std::string plan_text(const Report& report) {
  std::string text = concat(report.device->path, " ", report.volume->found, "\n");
  if (report.plan.empty()) text += "nothing to do\n";
  for (const Operation& operation : report.plan) text += describe(operation) + "\n";
  return text;
}

void tell(const Report& report, const Request& request) {
  if (report.action == "none") {
    log_info(concat(report.device->path, ": ", report.volume->found, " (UUID ", report.uuid, "): left as it is"));
  }
  if (report.action != "none" && !request.dry_run) summarise(report);
}

Outcome init_storage(const Arguments& arguments) {
  const auto request = parse_request(arguments);
  if (!request) {
    log_error(request.error().message());
    return request.error().outcome;
  }
  Report report;
  const Result<> result = run(*request, report);
  Result<> printed;
  if (arguments.has("json")) {
    printed = print_output(as_json(report, *request, result));
  } else if (request->dry_run && result) {
    printed = print_output(plan_text(report));
  }
  if (result) tell(report, *request);
  const Result<>& worst = result ? printed : result;
  if (worst) return Outcome::done;
  log_error(worst.error().message());
  return worst.error().outcome;
}

constexpr ManualSection manual_sections[] = {
    {"STATES",
     "What the device holds decides what is done:\n"
     "\n"
     "ready:: A committed data volume, mounted or not: nothing is done, in two reads.\n"
     "existing:: A btrfs of one device that aimee did not make: it is used as it is.\n"
     "blank:: Nothing at all: libblkid finds nothing, the first MiB is all 0x00 or all 0xFF, and no older superblock "
     "stands deeper. The volume is made.\n"
     "unfinished:: A creation that was cut short: it starts over.\n"
     "reset-armed:: factory-reset(8) armed it: it is erased, then made.\n"
     "foreign, damaged:: Refused. The message names what was found, and the command that repairs it or erases it on "
     "purpose.\n"},
    {"FILES",
     "/etc/fstab:: The line of /var names the device, as PARTLABEL=, PARTUUID= or a path; not as UUID= or LABEL=, "
     "which a blank device has not.\n"
     "/usr/lib/tmpfiles.d, /run/tmpfiles.d, /etc/tmpfiles.d:: Lines of type v, q and Q for paths under /var name the "
     "subvolumes.\n"
     "/run/aimee/storage:: Where the new volume is mounted while it is filled, in a mount namespace of its own.\n"},
    {"NOTES",
     "A creation shows only when it is complete: after a power cut at any point the next run finds the device blank or "
     "unfinished, or ready and whole.\n"},
    {"EXAMPLES",
     "What would be done, and why:\n"
     "\n"
     "  init-storage --dry-run\n"
     "\n"
     "The line of fstab:\n"
     "\n"
     "  PARTLABEL=aimee-data /var btrfs defaults 0 0\n"},
};

}  // namespace

extern const Manual init_storage_manual;
const Manual init_storage_manual{manual_sections, "tmpfiles.d(5), fstab(5), btrfs(5), mkfs.btrfs(8)"};

extern const Applet init_storage_applet;
const Applet init_storage_applet{
    "init-storage", "Make the data volume that /etc/fstab names for /var, if it is blank", "", description, options,
    init_storage};

}  // namespace aimee
