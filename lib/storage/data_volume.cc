// Coming to the data volume; reads only, so that a failure midway has changed nothing.
#include "storage/data_volume.h"

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/log.h"
#include "base/text.h"
#include "storage/libmount.h"
#include "storage/probe.h"

namespace aimee {

namespace {

// btrfs mounts have device numbers of their own; the source tells one of its devices.
bool is_mount_of(libmnt_fs* mount, const std::vector<BlockNode>& devices) {
  const char* type = mnt_fs_get_fstype(mount);
  const char* source = mnt_fs_get_source(mount);
  if (type == nullptr || source == nullptr || std::string_view(type) != "btrfs") return false;
  const auto device = block_node_at(source);
  return device && std::ranges::find(devices, *device) != devices.end();
}

}  // namespace

Result<DataVolume> find_data_volume(const std::string& root, std::chrono::seconds limit) {
  return find_data_volume(TRY(read_fstab_volume(root)), root, limit);
}

Result<DataVolume> find_data_volume(FstabVolume fstab, const std::string& root, std::chrono::seconds limit) {
  if (!fstab.unattended.empty()) return refusal("", fstab.unattended);
  DataVolume volume;
  volume.options = std::move(fstab.options);
  volume.found = TRY(wait_for_device(fstab.source, root, limit));
  const BlockNode& node = volume.found.node;
  volume.device = TRY(open_block(node, O_RDONLY));
  volume.size = TRY(block_size_bytes(volume.device, node.path));
  return volume;
}

ResetRequest requested_reset() {
  const auto line = read_file("/proc/cmdline");
  if (!line) return {};
  KernelCommandLine parsed = parse_kernel_command_line(*line);
  if (!parsed.warning.empty()) log_warning(concat("kernel command line: ", parsed.warning));
  return std::move(parsed.reset);
}

Result<ProbedVolume> probe_locked(const BlockNode& node, ResetRequest request, std::chrono::seconds limit,
                                  std::vector<BlockNode> others) {
  ProbedVolume volume;
  others.push_back(node);
  volume.locks = TRY(lock_disks(std::move(others), limit));
  volume.device = TRY(open_block(node, O_RDONLY));
  volume.identity = TRY(identity_of(node, volume.device));
  if (volume.identity.size < smallest_probed) {
    return std::unexpected(too_small_refusal(node, volume.identity.size));
  }
  volume.request = std::move(request);
  VolumeFacts facts = probe_volume(volume.device, volume.identity);
  facts.request = volume.request;
  volume.state = classify(facts);
  volume.primary = facts.superblocks[0].value_or(Superblock{});
  volume.own = volume.primary;
  for (std::size_t i = 1; i < facts.superblocks.size(); ++i) {
    const bool decides = volume.state.resettable && volume.state.resettable->superblock == superblock_offsets[i];
    if (decides) volume.own = *facts.superblocks[i];
  }
  return volume;
}

Result<Fd> open_exclusively(const BlockNode& node, bool for_writing, std::string_view refusing) {
  auto opened = open_block(node, (for_writing ? O_RDWR : O_RDONLY) | O_EXCL);
  if (!opened && opened.error().code == EBUSY) return std::unexpected(in_use_refusal(node, refusing));
  return opened;
}

Result<> check_unchanged(const BlockNode& node, const Fd& device, const ProbedVolume& before,
                         std::string_view refusing) {
  const DeviceIdentity identity = TRY(identity_of(node, device));
  VolumeFacts facts = probe_volume(device, identity);
  facts.request = before.request;
  const VolumeState now = classify(facts);
  const Superblock primary = facts.superblocks[0].value_or(Superblock{});
  if (identity == before.identity && now.state == before.state.state && primary.uuid == before.primary.uuid &&
      now.token_to_write == before.state.token_to_write && now.superblock_is_torn == before.state.superblock_is_torn) {
    return {};
  }
  return std::unexpected(changed_refusal(node, refusing));
}

Result<std::vector<std::string>> mount_points_of(const std::vector<BlockNode>& devices, const std::string& preferred) {
  constexpr const char* path = "/proc/self/mountinfo";
  const Table table(mnt_new_table());
  if (const int status = mnt_table_parse_file(table.get(), path); status != 0) return failure(path, "read", -status);
  const Iterator iterator(mnt_new_iter(MNT_ITER_BACKWARD));
  std::vector<std::string> points;
  std::vector<std::string> parts;
  for (libmnt_fs* mount = nullptr; mnt_table_next_fs(table.get(), iterator.get(), &mount) == 0;) {
    if (!is_mount_of(mount, devices)) continue;
    const char* top = mnt_fs_get_root(mount);
    const bool whole = top == nullptr || std::string_view(top) == "/";
    (whole ? points : parts).emplace_back(mnt_fs_get_target(mount));
  }
  if (points.empty()) points = std::move(parts);
  const auto first = std::ranges::find(points, preferred);
  if (first != points.end()) std::rotate(points.begin(), first, first + 1);
  return points;
}

Result<> check_is_writable(const BlockNode& node) {
  if (is_read_only(TRY(open_block(node, O_RDONLY)))) return refusal(node.path, "is read-only; make it writable");
  return {};
}

Error changed_refusal(const BlockNode& node, std::string_view refusing) {
  return refusal(node.path, concat("was changed by somebody else meanwhile: ", refusing)).error();
}

Error in_use_refusal(const BlockNode& node, std::string_view refusing) {
  std::string by;
  for (const std::string& holder : holders_of(node.number)) by += concat(by.empty() ? " by " : ", ", holder);
  return refusal(node.path,
                 concat("is in use", by, " (mounted, or held by another program): ", refusing, "; release it first"))
      .error();
}

Error too_small_refusal(const BlockNode& node, std::uint64_t size) {
  return refusal(node.path, concat("is too small for a data volume: ", human_size(size), ", at least ",
                                   human_size(smallest_volume), " are needed"))
      .error();
}

}  // namespace aimee
