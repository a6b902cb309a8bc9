// init-storage: makes the data volume that /etc/fstab names for /var, if and only if it is provably blank.
//
//   fstab → device → state → plan → do it → commit
//
// What fails midway leaves a volume that the next run finds blank or unfinished and starts over, or ready and
// whole. docs/architecture.md has the states and the order of writes.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "base/log.h"
#include "base/text.h"
#include "cli/applet.h"
#include "cli/manual.h"
#include "cli/shape.h"
#include "effects/execute.h"
#include "effects/image_template.h"
#include "plan/operation.h"
#include "plan/refusal.h"
#include "storage/data_volume.h"
#include "storage/probe.h"
#include "storage/volume_devices.h"
#include "system/interrupt.h"
#include "system/mount.h"
#include "system/random.h"

namespace aimee {

namespace {

constexpr std::string_view refusing = "refusing to format";
constexpr std::string_view refusing_to_erase = "refusing to erase";
constexpr std::string_view refusing_to_mend = "refusing to mend its superblock";
constexpr std::chrono::seconds default_timeout{90};  // systemd's own for devices

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
  std::string unattended;  // why there is no device to look after, and that is as it should be
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
  std::chrono::seconds timeout = default_timeout;
};

Result<Request> parse_request(const Arguments& arguments) {
  return Request{root_of(arguments), arguments.has("dry-run"), TRY(seconds_of(arguments, "timeout", default_timeout))};
}

Result<> check_can_be_made(const BlockNode& node, const Fd& device, std::uint64_t size) {
  if (is_read_only(device)) return refusal(node.path, "is read-only and holds no data volume yet; make it writable");
  if (size < smallest_volume) return std::unexpected(too_small_refusal(node, size));
  return {};
}

Result<> check_can_be_mended(const BlockNode& node, const Fd& device) {
  if (!is_read_only(device)) return {};
  return refusal(node.path,
                 "is read-only, and its superblock was being written when the power was cut; make it "
                 "writable, so that it can be mended");
}

// What there is to complete on a ready volume, as far as it can be done now. The next transaction of one that is in
// use writes all superblocks, and a torn one was read in the middle of that.
void leave_what_cannot_be_completed(const BlockNode& node, const Fd& device, VolumeState& state) {
  const bool in_use = !open_block(node, O_RDONLY | O_EXCL);
  if (in_use) state.superblock_is_torn = false;
  if (in_use || is_read_only(device)) state.copies_are_stale = false;
}

void summarise(const Report& report) {
  std::string text =
      concat(report.device->path, ": data volume is ready: UUID ", report.uuid, ", ", human_size(report.size));
  if (report.action == "create") {
    text += concat(", ", report.subvolumes.size(), " subvolumes, ", report.copied.files, " files, ",
                   human_size(report.copied.bytes));
  }
  if (report.action == "mend") text += ", its superblock, whose last write was cut in the middle, is mended";
  log_notice(text);
}

// What run() has found out when the volume's state is known and allows to go on.
struct Decision {
  ProbedVolume volume;
  VolumeOptions options;
  PreferLink misled;
  std::vector<VolumeDevice> others;  // the volume's other devices, where they are erased or mended too
  std::vector<MendSuperblock> mend_others;
};

bool is_to_be_created(const VolumeState& volume) {
  return volume.state == State::blank || volume.state == State::unfinished || volume.state == State::reset_armed;
}

// Never one that the kernel command line asks to erase: the argument may stay there for ever.
Result<Uuid> new_uuid(const ResetRequest& request) {
  Uuid uuid = marked_uuid(TRY(random_uuid()));
  while (request.names(uuid)) uuid = marked_uuid(TRY(random_uuid()));
  return uuid;
}

std::string_view action_on(const Decision& decision) {
  const VolumeState& volume = decision.volume.state;
  if (is_to_be_created(volume)) return "create";
  if (volume.superblock_is_torn || !decision.mend_others.empty()) return "mend";
  return volume.copies_are_stale ? "finish" : "none";
}

// Whether all that the devices of a ready volume say is what the one that fstab names says.
bool others_agree(const BlockNode& node, const DeviceIdentity& identity, const Superblock& named) {
  const VolumeDevices devices = find_other_devices(node, named);
  return !devices.in_use.empty() || std::ranges::all_of(devices.others, [&](const VolumeDevice& other) {
    return flaw_of(other, named, identity) == Flaw::none;
  });
}

// Of a volume that is to be erased every device has to be known.
Result<> check_all_are_known(const BlockNode& node, const ProbedVolume& volume, const Doubt& doubt) {
  if (doubt.forbids_erasing()) {
    const std::string argument = concat("take ", kernel_argument(volume.own.uuid), " off the kernel command line");
    const bool token = volume.state.token_to_write.empty();
    return std::unexpected(
        refusal_of(doubt, node.path, refusing_to_erase, token ? "factory-reset --cancel" : argument));
  }
  if (doubt.kind != Doubt::Kind::none) log_warning(concat(doubt.what, ": it is not erased; ", doubt.remedy));
  return {};
}

// The other devices of a volume of ours: what is to be erased with it, or mended. Where the token reached only them it
// counts as a request, which puts it on the device that fstab names.
Result<> look_at_other_devices(const Request& request, const BlockNode& node, Decision& decision) {
  ProbedVolume& volume = decision.volume;
  const bool armed = volume.state.state == State::reset_armed;
  if (!volume.state.resettable || (volume.own.device_count == 1 && !armed)) return {};
  VolumeDevices devices = find_other_devices(node, volume.own);
  if (!armed && !devices.in_use.empty()) return {};
  if (armed && devices.doubt.kind == Doubt::Kind::missing) {
    volume.locks.clear();
    devices = wait_for_other_devices(node, volume.own, request.timeout);
  }
  if (is_armed_elsewhere(volume.own, volume.identity, devices.others)) volume.request = request_for(volume.own.uuid);
  if (!devices.others.empty() || volume.locks.empty()) {
    volume.locks.clear();
    volume = TRY(probe_locked(node, std::move(volume.request), request.timeout, nodes_of(devices.others)));
  }
  decision.others = std::move(devices.others);
  if (volume.state.state == State::reset_armed) return check_all_are_known(node, volume, devices.doubt);
  for (const VolumeDevice& other : decision.others) {
    const Flaw flaw = flaw_of(other, volume.own, volume.identity);
    if (flaw == Flaw::none) continue;
    decision.mend_others.push_back({other.device, flaw == Flaw::torn ? std::string() : volume.primary.label});
  }
  return {};
}

// Makes the volume, mends or completes one that is ready, sees to it that the right one is mounted.
Result<> carry_out(const Request& request, Decision decision, Report& report) {
  const BlockNode& node = *report.device;
  ProbedVolume& volume = decision.volume;
  const bool creating = is_to_be_created(volume.state);
  report.action = action_on(decision);
  const bool mending = report.action == "mend";
  const std::string_view not_done = mending ? refusing_to_mend : refusing;
  if (creating) TRY(check_can_be_made(node, volume.device, report.size));
  if (mending) TRY(check_can_be_mended(node, volume.device));
  if (creating || mending) volume.device = TRY(open_exclusively(node, !request.dry_run, not_done));
  TRY(enter_private_mount_namespace());
  ImageTemplate image;
  if (creating) image = TRY(read_image_template(request.root));
  if (image.size.bytes > report.size) {
    return refusal(node.path, concat("is too small: ", human_size(report.size), " for the image's ",
                                     human_size(image.size.bytes), " of /var"));
  }
  const Uuid uuid = creating ? TRY(new_uuid(volume.request)) : volume.primary.uuid;
  report.plan =
      make_plan({volume.state, decision.options, image.list.subvolumes, uuid, image.contexts.policy(),
                 volume.primary.label, decision.misled, paths_of(decision.others), std::move(decision.mend_others)});
  report.uuid = uuid_text(uuid);
  report.label = creating ? committed_label : volume.primary.label;
  for (const SubvolumeLine& line : image.list.subvolumes) report.subvolumes.push_back(line.path);
  report.copied = image.size;
  std::vector<Fd> opened;
  if (creating || mending) opened = TRY(hold_devices(decision.others, !request.dry_run, not_done));
  if (request.dry_run) return {};
  if (creating || mending) TRY(check_unchanged(node, volume.device, volume, not_done));

  on_interrupt(
      concat("init-storage: ", node.path, ": interrupted; nothing is mounted, and the next run starts over\n"));
  Progress progress;
  progress.total_files = image.size.files;
  progress.total_bytes = image.size.bytes;
  decision.others.push_back(describe(node, volume.identity, volume.primary));
  Workplace workplace{
      node, report.size, request.root, std::move(image.var), image.contexts, progress, std::move(decision.others)};
  opened.push_back(std::move(volume.device));
  return execute(report.plan, workplace, std::move(volume.locks), std::move(opened));
}

Result<> run(const Request& request, Report& report) {
  on_interrupt("init-storage: interrupted; nothing was changed\n");
  FstabVolume fstab = TRY(read_fstab_volume(request.root));
  report.unattended = fstab.unattended;
  if (!report.unattended.empty()) return {};
  DataVolume data = TRY(find_data_volume(std::move(fstab), request.root, request.timeout));
  report.device = data.found.node;
  report.size = data.size;
  const BlockNode& node = *report.device;
  const bool misled = !data.found.misleading_link.empty();

  ResetRequest reset = requested_reset();
  const auto superblock = misled ? std::nullopt : plainly_ready(data.device, report.size);
  const bool plain =
      superblock && !reset.names(superblock->uuid) &&
      (superblock->device_count == 1 || others_agree(node, TRY(identity_of(node, data.device)), *superblock));
  if (plain) {
    report.volume = VolumeState{.state = State::ready,
                                .found = "holds the data volume",
                                .resettable = Resettable{superblock->uuid},
                                .seeding = superblock->seeding};
    report.uuid = uuid_text(superblock->uuid);
    report.label = superblock->label;
    return {};
  }

  data.device.reset();
  Decision decision{TRY(probe_locked(node, std::move(reset), request.timeout)),
                    std::move(data.options),
                    {data.found.misleading_link, node.path},
                    {},
                    {}};
  Result<> looked = look_at_other_devices(request, node, decision);
  VolumeState& state = decision.volume.state;
  if (state.copies_are_stale || state.superblock_is_torn) {
    leave_what_cannot_be_completed(node, decision.volume.device, state);
  }
  report.volume = state;
  if (!looked) {
    report.action = "refuse";
    return looked;
  }
  if (state.state == State::foreign || state.state == State::damaged) {
    report.action = "refuse";
    return std::unexpected(refusal_of(state, node.path, refusing));
  }
  if (misled || action_on(decision) != "none") return carry_out(request, std::move(decision), report);
  report.uuid = uuid_text(decision.volume.primary.uuid);
  report.label = decision.volume.primary.label;
  return {};
}

JsonObject as_json(const Report& report, const Request& request, const Result<>&) {
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
  } else if (!report.unattended.empty()) {
    object.add_null("state").add("found", report.unattended);
  } else {
    object.add_null("state").add_null("found");
  }
  object.add_or_null("not_obeyed", report.volume ? report.volume->not_obeyed : std::string());
  object.add("action", report.action).add("dry_run", request.dry_run).add_raw("plan", plan.str());
  object.add("uuid", report.uuid).add("label", report.label).add_raw("subvolumes", subvolumes.str());
  return object.add("files", report.copied.files).add("bytes", report.copied.bytes);
}

std::string page(const Report& report, const Request& request) {
  if (!request.dry_run) return {};
  std::string text = report.device ? concat(report.device->path, " ", report.volume->found, "\n") : "";
  if (report.plan.empty()) text += "nothing to do\n";
  for (const Operation& operation : report.plan) text += describe(operation) + "\n";
  return text;
}

// What an owner has to know of a volume that is used. A refusal has it in its own line.
void warn(const Report& report) {
  const std::string& not_obeyed = report.volume->not_obeyed;
  if (!not_obeyed.empty()) log_warning(concat(report.device->path, ": ", not_obeyed));
  if (report.volume->seeding) log_warning(concat(report.device->path, ": ", seed_warning));
}

void tell(const Report& report, const Request& request, const Result<>& result) {
  if (!result) return;
  if (!report.device) {
    log_notice(report.unattended);
    return;
  }
  warn(report);
  if (report.action == "none") {
    const auto& ours = report.volume->resettable;
    log_info(concat(report.device->path, ": ", report.volume->found, " (UUID ", report.uuid, "): left as it is",
                    ours ? concat("; ", kernel_argument(ours->uuid), " erases it") : ""));
  } else if (!request.dry_run) {
    summarise(report);
  }
}

Outcome init_storage(const Arguments& arguments) {
  constexpr Shape<Request, Report> shape{parse_request, run, as_json, page, tell};
  return carry_out(shape, arguments);
}

constexpr ManualSection manual_sections[] = {
    {"STATES",
     "What the device holds decides what is done:\n"
     "\n"
     "ready:: A committed data volume, mounted or not: nothing is done, in two reads. Where a power cut fell into a "
     "write of its superblock, so that its checksum is wrong and nothing else, the checksum is written.\n"
     "existing:: A btrfs of one device that aimee did not make: it is used as it is.\n"
     "blank:: Nothing at all: libblkid finds nothing, the first 16 MiB (all, where there is less) are all 0x00 or all "
     "0xFF, and deeper there is no backup superblock, backup boot sector or the like of any file system. Behind 16 MiB "
     "of zeros, as an image has them that is flashed over an older one, old copies of a btrfs superblock and the "
     "backup of a partition table do not count; they are erased first. The volume is made.\n"
     "unfinished:: A creation that was cut short: it starts over.\n"
     "reset-armed:: factory-reset(8) armed it: it is erased, on all of its devices, then made on the one that fstab "
     "names. Where one of them is missing, or cannot be told from a copy, this is refused and nothing is changed. A "
     "token "
     "for another volume, device or version is not obeyed, and neither is one beside somebody's signature; a warning "
     "says "
     "so, and why.\n"
     "foreign, damaged:: Refused. The message names what was found, and the command that repairs it or erases it on "
     "purpose.\n"},
    {"FILES",
     "/etc/fstab:: The line of /var names the device, as PARTLABEL=, PARTUUID= or a path; not as UUID= or LABEL=, "
     "which a blank device has not.\n"
     "/usr/lib/tmpfiles.d, /run/tmpfiles.d, /etc/tmpfiles.d:: Lines of type v, q and Q for paths under /var name the "
     "subvolumes. Below a path that another line makes a link, a copy or a file they are left to systemd-tmpfiles(8), "
     "and "
     "/var/run means /run.\n"
     "/run/aimee/storage:: Where the new volume is mounted while it is filled, in a mount namespace of its own.\n"},
    {"NOTES",
     "Where /etc/fstab has no line for /var and something else mounts it, a unit var.mount of the image or of "
     "systemd-gpt-auto-generator(8), that volume is not looked after: nothing is done, and the boot goes on.\n"
     "\n"
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
const Applet init_storage_applet{"init-storage",
                                 "Make the data volume that /etc/fstab names for /var, if it is blank",
                                 "",
                                 description,
                                 options,
                                 init_storage,
                                 "aimee_init_storage_t"};

}  // namespace aimee
