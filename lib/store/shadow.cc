// Renewal of the stored shadow. Cut short anywhere, it leaves the old accounts or the new ones, and at most a line
// too many behind the one that counts; the block that was to become part of it has no name and goes by itself.
#include "store/shadow.h"

#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
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

// A block of its own extent, on the disk. Allocated before it is written, because only then btrfs neither compresses
// it nor puts it into its metadata, whatever the mount options: neither could be exchanged at one stroke.
Result<Fd> make_block(const Fd& store, const std::string& content, const std::optional<std::string>& label) {
  CreationLabel creation_label(selinux_is_enabled());
  TRY(creation_label.set(label));
  auto opened = open_at(store, ".", O_TMPFILE | O_RDWR, 0600);
  if (!opened) return about(stored_shadow, std::move(opened));
  TRY(creation_label.set(std::nullopt));
  Fd block = TRY(std::move(opened));
  if (fallocate(block.get(), 0, 0, shadow_block) != 0) return failure(stored_shadow, "find space for the new version");
  TRY(write_exactly(block, std::as_bytes(std::span(content)), 0, stored_shadow));
  TRY(flush(block, stored_shadow));
  return block;
}

Result<> exchange(const Fd& store, const Fd& shadow, const BlockUpdate& update) {
  const Fd block = TRY(make_block(store, update.content, stored_label(shadow)));
  file_clone_range range{};
  range.src_fd = block.get();
  range.src_length = shadow_block;
  range.dest_offset = update.number * shadow_block;
  if (ioctl(shadow.get(), FICLONERANGE, &range) != 0) {
    if (errno == EOPNOTSUPP || errno == ENOTTY || errno == EXDEV || errno == EINVAL) {
      return refusal(stored_shadow,
                     "its file system cannot exchange a block (FICLONERANGE): nothing was changed; "
                     "the data volume has to be btrfs");
    }
    return failure(stored_shadow, "exchange a block");
  }
  return flush(shadow, stored_shadow);
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
