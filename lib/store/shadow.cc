// Renewal of the stored shadow. Cut short anywhere, it leaves the old accounts or the new ones, and at most a line
// too many behind the one that counts; the block that was to become part of it has no name and goes by itself.
#include "store/shadow.h"

#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>

#include "base/text.h"
#include "effects/attributes.h"
#include "plan/shadow_file.h"
#include "selinux/labels.h"

namespace aimee {

namespace {

Failed cannot_open(int code) {
  if (code == ENOENT) return refusal(stored_shadow, "is not there; run: systemctl start writable-etc.service");
  if (code == ELOOP || code == ENXIO) return refusal(stored_shadow, "is no regular file; remove it and restart");
  if (code == EPERM)
    return refusal(stored_shadow, "was made immutable or append-only by chattr(1); take that away with: chattr -i -a");
  if (code == EXDEV) return refusal(stored_shadow, "has something mounted on it; unmount that");
  return failure(stored_shadow, "open", code);
}

// btrfs exchanges blocks only between two files with checksums or two without, and a file has what the mount options
// and its folder said when it was made (nodatasum, nodatacow, chattr +C). An empty one can be made the other kind.
enum class Checksums { as_made, with, without };

Result<> choose(Checksums checksums, const Fd& empty) {
  if (checksums == Checksums::as_made) return {};
  int flags = 0;
  if (ioctl(empty.get(), FS_IOC_GETFLAGS, &flags) != 0) return failure(stored_shadow, "read the new version's flags");
  flags = checksums == Checksums::with ? flags & ~FS_NOCOW_FL : (flags & ~FS_COMPR_FL) | FS_NOCOW_FL;
  // Set also where it was so already: this alone takes nodatasum's effect away.
  if (ioctl(empty.get(), FS_IOC_SETFLAGS, &flags) != 0) return failure(stored_shadow, "set the new version's flags");
  return {};
}

// A block of its own extent, on the disk. Allocated before it is written, because only then btrfs neither compresses
// it nor puts it into its metadata, whatever the mount options: neither could be exchanged at one stroke.
Result<Fd> make_block(const Fd& store, const std::string& content, const std::optional<std::string>& label,
                      Checksums checksums) {
  CreationLabel creation_label(selinux_is_enabled());
  TRY(creation_label.set(label));
  auto opened = open_at(store, ".", O_TMPFILE | O_RDWR, 0600);
  if (!opened) return about(stored_shadow, std::move(opened));
  TRY(creation_label.set(std::nullopt));
  Fd block = TRY(std::move(opened));
  TRY(choose(checksums, block));
  if (fallocate(block.get(), 0, 0, shadow_block) != 0) return failure(stored_shadow, "find space for the new version");
  TRY(write_exactly(block, std::as_bytes(std::span(content)), 0, stored_shadow));
  TRY(flush(block, stored_shadow));
  return block;
}

Failed cannot_exchange(const Fd& shadow, int code) {
  constexpr std::string_view nothing_changed = ": nothing was changed; ";
  if (code == EOPNOTSUPP || code == ENOTTY || code == EXDEV) {
    return refusal(stored_shadow, concat("its file system cannot exchange a block (FICLONERANGE)", nothing_changed,
                                         "the data volume has to be btrfs"));
  }
  struct statvfs volume{};
  if (code == EINVAL && fstatvfs(shadow.get(), &volume) == 0 && volume.f_bsize > shadow_block) {
    return refusal(stored_shadow, concat("its file system has blocks of ", volume.f_bsize, " bytes", nothing_changed,
                                         "the data volume has to be made with --sectorsize 4096"));
  }
  return failure(stored_shadow, "exchange a block (FICLONERANGE)", code);
}

Result<> exchange(const Fd& store, const Fd& shadow, const BlockUpdate& update) {
  file_clone_range range{};
  range.src_length = shadow_block;
  range.dest_offset = update.number * shadow_block;
  const auto label = stored_label(shadow);
  int code = EINVAL;
  for (const Checksums checksums : {Checksums::as_made, Checksums::with, Checksums::without}) {
    const Fd block = TRY(make_block(store, update.content, label, checksums));
    range.src_fd = block.get();
    if (ioctl(shadow.get(), FICLONERANGE, &range) == 0) return flush(shadow, stored_shadow);
    code = errno;
    if (code != EINVAL) break;
  }
  return cannot_exchange(shadow, code);
}

// Newlines up to a whole block, behind everything that a reader could find.
Result<> complete_last_block(const Fd& shadow, std::size_t size) {
  const std::size_t missing = (shadow_block - (size % shadow_block)) % shadow_block;
  if (missing == 0) return {};
  const std::string newlines(missing, '\n');
  TRY(write_exactly(shadow, std::as_bytes(std::span(newlines)), size, stored_shadow));
  return flush(shadow, stored_shadow);
}

}  // namespace

Result<Fd> lock_shadow(const Fd& store) {
  auto opened = open_inside(store, "shadow", O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (!opened) return cannot_open(opened.error().code);
  Fd shadow = TRY(std::move(opened));
  const struct stat status = TRY(status_of(shadow, stored_shadow));
  if (!S_ISREG(status.st_mode)) return cannot_open(ENXIO);
  if (status.st_nlink != 1) return refusal(stored_shadow, "has another name (hard link); remove that");
  if (flock(shadow.get(), LOCK_EX | LOCK_NB) == 0) return shadow;
  if (errno == EWOULDBLOCK) return refusal(stored_shadow, "another set-root-password is at work; wait for its end");
  return failure(stored_shadow, "lock");
}

Result<> renew_shadow(const Fd& store, const Fd& shadow, std::string_view wanted) {
  if (lseek(shadow.get(), 0, SEEK_SET) != 0) return failure(stored_shadow, "read");
  const std::string stored = TRY(read_all(shadow, stored_shadow));
  const auto updates = TRY(about(stored_shadow, plan_shadow_update(stored, wanted)));
  if (updates.empty()) return {};
  TRY(complete_last_block(shadow, stored.size()));
  for (const BlockUpdate& update : updates) TRY(exchange(store, shadow, update));
  return {};
}

}  // namespace aimee
