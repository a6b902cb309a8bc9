// Facts for a person. Whatever cannot be read leaves its part of the report empty and is named; nothing is changed.
#include "store/status_facts.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"
#include "effects/host_key.h"
#include "effects/relabel.h"
#include "plan/subvolume_list.h"
#include "storage/accounts.h"
#include "storage/btrfs.h"
#include "storage/config_files.h"
#include "storage/data_volume.h"
#include "storage/probe.h"
#include "storage/volume_devices.h"
#include "store/entry_state.h"
#include "system/mount.h"

namespace aimee {

namespace {

constexpr std::chrono::seconds ssh_keygen_limit{10};

void note_unread(StatusReport& report, const Error& error) { report.unread.push_back(error.message()); }

// The device that fstab means; none, with the reason, where there is none.
std::optional<BlockNode> find_device(const std::string& root, StatusVolume& volume) {
  const auto fstab = read_fstab_volume(root);
  if (!fstab) {
    volume.absent = fstab.error().message();
    return std::nullopt;
  }
  if (!fstab->unattended.empty()) {
    volume.absent = fstab->unattended;
    volume.unattended = true;
    return std::nullopt;
  }
  volume.source = source_text(fstab->source);
  const auto found = wait_for_device(fstab->source, root, std::chrono::seconds(0));
  if (!found) {
    const bool missing = found.error().outcome == Outcome::failed;
    volume.absent =
        missing ? concat(volume.source, ", which fstab names for /var, is not there") : found.error().message();
    return std::nullopt;
  }
  volume.device = found->node.path;
  volume.serial = serial_of(whole_disk(found->node));
  volume.model = model_of(whole_disk(found->node));
  return found->node;
}

Result<> probe(const BlockNode& node, std::vector<BlockNode>& devices, StatusReport& report) {
  StatusVolume& volume = report.volume;
  const Fd device = TRY(open_block(node, O_RDONLY));
  volume.size = TRY(block_size_bytes(device, node.path));
  if (volume.size < smallest_probed) {
    volume.absent = too_small_refusal(node, volume.size).message();
    return {};
  }
  VolumeFacts facts = probe_volume(device, {volume.size, volume.serial});
  facts.request = requested_reset();
  volume.state = classify(facts);
  report.reset = ResetPending::no;
  if (volume.state->state == State::reset_armed) {
    report.reset = volume.state->token_to_write.empty() ? ResetPending::on_volume : ResetPending::on_command_line;
  }
  const Superblock primary = facts.superblocks[0].value_or(Superblock{});
  if (!primary.valid()) return {};
  volume.uuid = uuid_text(primary.uuid);
  volume.label = primary.label;
  volume.space = StatusSpace{volume.size, primary.bytes_used};
  if (primary.device_count == 1) return {};
  VolumeDevices found = find_other_devices(node, primary);
  devices.insert(devices.end(), found.in_use.begin(), found.in_use.end());
  volume.others = std::move(found.others);
  volume.doubt = std::move(found.doubt);
  return {};
}

// Who is mounted on ROOT/var: told by the file system itself, since its device number is btrfs's own.
Result<> look_at_mount(const std::string& root, const std::vector<BlockNode>& devices, StatusVolume& volume) {
  const std::string path = root + "/var";
  volume.mounted_at = TRY(mount_points_of(devices, path));
  const Fd var = TRY(open_file(path, O_RDONLY | O_DIRECTORY));
  if (!TRY(is_mount_point(var, path))) return {};
  const auto uuid = btrfs_uuid(var);
  const bool listed = std::ranges::find(volume.mounted_at, path) != volume.mounted_at.end();
  volume.on_var = uuid && (volume.uuid.empty() ? listed : uuid_text(*uuid) == volume.uuid);
  if (!volume.on_var) {
    volume.other_on_var = uuid ? concat("the btrfs with UUID ", uuid_text(*uuid)) : "another file system";
    return {};
  }
  volume.uuid = uuid_text(*uuid);
  struct statvfs space{};
  if (fstatvfs(var.get(), &space) != 0) return failure(path, "ask for free space");
  const std::uint64_t total = std::uint64_t{space.f_blocks} * space.f_frsize;
  volume.space = StatusSpace{total, total - (std::uint64_t{space.f_bfree} * space.f_frsize)};
  return {};
}

void look_at_volume(const std::string& root, StatusReport& report) {
  const auto node = find_device(root, report.volume);
  if (!node) return;
  std::vector<BlockNode> devices = {*node};
  if (const auto probed = probe(*node, devices, report); !probed) note_unread(report, probed.error());
  if (const auto looked = look_at_mount(root, devices, report.volume); !looked) note_unread(report, looked.error());
}

Result<std::vector<StatusSubvolume>> look_at_subvolumes(const std::string& root) {
  std::vector<StatusSubvolume> found;
  for (const SubvolumeLine& line : parse_subvolume_list(TRY(read_tmpfiles_configuration(root))).subvolumes) {
    const std::string path = root + line.path;
    struct stat status{};
    SubvolumePresence presence = SubvolumePresence::missing;
    if (lstat(path.c_str(), &status) == 0) {
      presence = TRY(is_subvolume(path)) ? SubvolumePresence::subvolume : SubvolumePresence::folder;
    } else if (errno != ENOENT && errno != ENOTDIR) {
      return failure(path, "stat");
    }
    found.push_back({line.path, presence});
  }
  return found;
}

Result<StatusStore> look_at_store(const std::string& root) {
  StoreReport seen = TRY(examine_store(root));
  StatusStore store;
  store.present = seen.store_present;
  for (EntryReport& entry : seen.entries) {
    store.entries.push_back({entry.entry.kind == EntryKind::folder, entry.entry.path, std::string(name_of(entry.state)),
                             std::move(entry.why), entry.bound});
  }
  for (const ListProblem& problem : seen.problems) {
    store.list_problems.push_back(concat(place_of(problem), ": ", problem.what));
  }
  store.unlisted = std::move(seen.unlisted);
  return store;
}

// The store's shadow counts, the image's where the store has none.
Result<PasswordState> root_password(const std::string& root) {
  const Fd top = TRY(open_file(root.empty() ? "/" : root, O_PATH | O_DIRECTORY));
  auto shadow = open_beneath(top, "var/etc/shadow", O_RDONLY | O_NOCTTY | O_NONBLOCK);
  if (!shadow && shadow.error().code == ENOENT) shadow = open_in_root(root, "/etc/shadow", O_RDONLY | O_NOCTTY);
  const bool missing = !shadow && shadow.error().code == ENOENT;
  const std::string content = missing ? "" : TRY(read_all(TRY(std::move(shadow)), root + "/etc/shadow"));
  return password_of("root", TRY(passwd_text(root)), content);
}

Result<StatusHostKey> look_at_host_key(const HostKeyFolder& folder, std::string_view type) {
  const HostKeyFacts facts = TRY(examine_host_key(folder, host_key_name(type), ssh_keygen_limit));
  const HostKeyVerdict verdict = judge_host_key(type, facts);
  StatusHostKey key{std::string(type), std::string(state_name(verdict.state)), verdict.found, {}};
  if (!facts.derived.empty()) key.fingerprint = TRY(host_key_fingerprint(folder, facts, ssh_keygen_limit));
  return key;
}

Result<std::vector<StatusHostKey>> look_at_host_keys(const std::string& root) {
  std::vector<StatusHostKey> keys;
  const auto folder = TRY(find_host_key_folder(root));
  for (const std::string_view type : host_key_types) {
    keys.push_back(folder ? TRY(look_at_host_key(*folder, type)) : StatusHostKey{std::string(type), "missing", {}, {}});
  }
  return keys;
}

Result<LabelsState> look_at_labels(const std::string& root) {
  const Relabelling relabelling = TRY(relabelling_of(root));
  if (relabelling.policy.empty()) return LabelsState::no_policy;
  return relabelling.needed ? LabelsState::stale : LabelsState::current;
}

// The fact, or its absence with the reason noted.
template <class T>
std::optional<T> read_or_note(Result<T> result, StatusReport& report) {
  if (result) return *std::move(result);
  note_unread(report, result.error());
  return std::nullopt;
}

}  // namespace

StatusReport gather_status(const std::string& root, std::string_view version) {
  StatusReport report;
  report.version = version;
  look_at_volume(root, report);
  if (!report.volume.on_var && !report.volume.unattended) return report;
  if (report.volume.on_var) report.subvolumes = read_or_note(look_at_subvolumes(root), report);
  report.store = read_or_note(look_at_store(root), report);
  report.root_password = read_or_note(root_password(root), report);
  report.host_keys = read_or_note(look_at_host_keys(root), report);
  report.labels = read_or_note(look_at_labels(root), report);
  return report;
}

}  // namespace aimee
