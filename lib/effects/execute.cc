// Execution of plans. Whatever fails midway leaves a volume that the next run recognises as blank or
// unfinished, or (while a commit is confirmed in the superblock's copies) as ready; mounts go with the
// process.
#include "effects/execute.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "base/log.h"
#include "base/text.h"
#include "effects/copy_tree.h"
#include "effects/erase.h"
#include "effects/make_filesystem.h"
#include "effects/superblock_sector.h"
#include "effects/udev_link.h"
#include "storage/accounts.h"
#include "storage/btrfs.h"
#include "storage/probe.h"
#include "system/mount.h"

namespace aimee {

namespace {

// `path` without its last `levels` components, but never above /var.
std::string ancestor(std::string path, std::size_t levels) {
  for (; levels > 0 && path != "/var"; --levels) path.resize(path.rfind('/'));
  return path;
}

// What openat2(2) says of a path that leads through something else than folders, or through none that can be.
bool is_other_than_a_folder(int code) {
  return code == ELOOP || code == ENOTDIR || code == EXDEV || code == ENAMETOOLONG;
}

class Execution {
 public:
  Execution(Workplace& workplace, std::vector<Fd> locks, std::vector<Fd> opened)
      : workplace_(workplace), locks_(std::move(locks)), opened_(std::move(opened)) {}

  Result<> operator()(const WriteToken& write) {
    return write_superblock_label(device(), write.superblock, superblock_offsets[0], write.token, subject());
  }

  Result<> operator()(const MendSuperblock& mend) {
    if (mend.device.empty()) return mend_superblock(device(), subject());
    const auto found = std::ranges::find(workplace_.devices, mend.device, &VolumeDevice::device);
    const Fd& other = opened_[static_cast<std::size_t>(found - workplace_.devices.begin())];
    if (mend.label.empty()) return mend_superblock(other, mend.device);
    return write_superblock_label(other, superblock_offsets[0], superblock_offsets[0], mend.label, mend.device);
  }

  Result<> operator()(const EraseVolume& erase) {
    for (const Erasure& erasure : TRY(erase_volume(workplace_.devices, opened_, erase.quick, workplace_.progress))) {
      log_notice(concat(erasure.device, ": erased: ", proof_of(erasure)));
      log_info(concat(erasure.device, ": ", flash_notice(erasure.discarded)));
    }
    return {};
  }

  Result<> operator()(const EraseOldRemains& erase) {
    if (erase.table) TRY(erase_backup_table(device(), workplace_.size, subject()));
    return erase_superblock_copies(device(), erase.copies, subject());
  }

  Result<> operator()(const MakeFilesystem& make) {
    TRY(make_staging_mount_point());
    const auto image = TRY(FilesystemImage::make({make.uuid, make.label, workplace_.size}, staging_mount_point));
    expected_uuid_ = make.uuid;
    return image.write_to(device(), subject(), workplace_.progress);
  }

  Result<> operator()(const MountStaging& mount) {
    TRY(make_staging_mount_point());
    if (!expected_uuid_) expected_uuid_ = TRY(read_superblock(device(), superblock_offsets[0], subject())).uuid;
    opened_.clear();
    mounted_.emplace(TRY(Mounted::at(subject(), staging_mount_point, "btrfs", MS_NODEV | MS_NOSUID | MS_NOEXEC,
                                     concat(mount.options, mount.options.empty() ? "" : ",", "subvolid=5"))));
    locks_.clear();
    volume_ = TRY(open_file(staging_mount_point, O_RDONLY | O_DIRECTORY));
    if (TRY(btrfs_uuid(volume_)) != *expected_uuid_) return failure(subject(), "became another device meanwhile", 0);
    return label(volume_, "/var", S_IFDIR);
  }

  Result<> operator()(const CreateSubvolume& create) {
    if (!TRY(image_allows(create.line))) return {};
    const std::size_t slash = create.path.rfind('/');
    const std::string name = create.path.substr(slash + 1);
    const Fd parent =
        TRY(make_folders(slash == std::string_view::npos ? "" : create.path.substr(0, slash), create.line.path));
    TRY(about(create.line.path, create_subvolume(parent, name)));
    const Fd made = TRY(open_beneath(parent, name, O_RDONLY | O_DIRECTORY));
    const auto owner = find_owner(workplace_.root, create.line.user, create.line.group);
    if (!owner) log_warning(concat(create.line.path, ": ", owner.error().message(), "; root owns it"));
    if (owner && fchown(made.get(), owner->user, owner->group) != 0) return failure(create.line.path, "set owner");
    if (fchmod(made.get(), create.line.mode) != 0) return failure(create.line.path, "set mode");
    return label(made, create.line.path, S_IFDIR);
  }

  Result<> operator()(const CopyTemplate& copy) {
    const Fd destination = copy.destination.empty()
                               ? TRY(open_at(volume_, ".", O_RDONLY | O_DIRECTORY))
                               : TRY(open_beneath(volume_, copy.destination, O_RDONLY | O_DIRECTORY));
    return copy_tree(workplace_.image_var, destination, "/var", workplace_.contexts, workplace_.progress);
  }

  Result<> operator()(const SyncFilesystem&) {
    if (syncfs(volume_.get()) != 0) return failure(subject(), "write everything to the disk");
    return {};
  }

  Result<> operator()(const CommitLabel& commit) { return set_btrfs_label(volume_, commit.label); }

  // udev leaves a locked disk alone, so the lock goes first.
  Result<> operator()(const PreferLink& prefer) {
    opened_.clear();
    locks_.clear();
    return lead_link_to(prefer.link, workplace_.device);
  }

  // The commit is on the disk already; its copies at 64 MiB and beyond may still be in the disk's cache.
  Result<> operator()(const UnmountStaging&) {
    volume_.reset();
    TRY(mounted_->unmount());
    mounted_.reset();
    const Fd device = TRY(open_block(workplace_.device, O_RDWR | O_EXCL));
    TRY(flush(device, subject()));
    return confirm_commit(device, workplace_.size, subject());
  }

 private:
  [[nodiscard]] const std::string& subject() const { return workplace_.device.path; }

  [[nodiscard]] const Fd& device() const { return opened_.back(); }

  static Result<> make_staging_mount_point() {
    for (const std::string path : {"/run/aimee", staging_mount_point}) {
      if (mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) return failure(path, "make folder");
    }
    return {};
  }

  Result<> label(const Fd& fd, const std::string& path, mode_t type) const {
    if (!workplace_.contexts.present()) return {};
    return ensure_label(fd, TRY(workplace_.contexts.label_of(path, type)));
  }

  // A path that the image has as something other than a folder, or reaches through a link, stays what the
  // image made it.
  Result<bool> image_allows(const SubvolumeLine& line) const {
    constexpr std::size_t prefix = std::string_view("/var/").size();
    if (line.path.size() <= prefix) return true;  // the subvolume that is /var itself
    const auto present = open_beneath(workplace_.image_var, line.path.substr(prefix), O_PATH | O_NOFOLLOW);
    if (!present && present.error().code == ENOENT) return true;
    if (!present && !is_other_than_a_folder(present.error().code)) {
      return about(line.path, Result<bool>(std::unexpected(present.error())));
    }
    const bool folder = present && S_ISDIR(TRY(status_of(*present, line.path)).st_mode);
    if (!folder) log_warning(concat(printable(line.path), ": is no folder in the image, no subvolume is made for it"));
    return folder;
  }

  // Folders on the way to a subvolume; the copy gives those that the image has their attributes later.
  Result<Fd> make_folders(const std::string& inside, const std::string& system_path) const {
    Fd folder = TRY(open_at(volume_, ".", O_RDONLY | O_DIRECTORY));
    if (inside.empty()) return folder;
    const auto names = split(inside, '/');
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string name(names[i]);
      const bool made = mkdirat(folder.get(), name.c_str(), 0755) == 0;
      if (!made && errno != EEXIST) return failure(name, "make folder");
      folder = TRY(open_beneath(folder, name, O_RDONLY | O_DIRECTORY));
      if (made) TRY(label(folder, ancestor(system_path, names.size() - i), S_IFDIR));
    }
    return folder;
  }

  Workplace& workplace_;
  std::vector<Fd> locks_;
  std::vector<Fd> opened_;
  std::optional<Uuid> expected_uuid_;
  std::optional<Mounted> mounted_;
  Fd volume_;  // the top level, while it is mounted
};

}  // namespace

Result<> execute(const Plan& plan, Workplace& workplace, std::vector<Fd> locks, std::vector<Fd> opened) {
  Execution execution(workplace, std::move(locks), std::move(opened));
  for (const Operation& operation : plan) {
    workplace.progress.begin(describe(operation));
    TRY(std::visit(execution, operation));
  }
  return {};
}

}  // namespace aimee
