// The private /etc. A failure midway leaves what the private mount namespace takes with it.
#include "store/private_etc.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

#include "base/text.h"
#include "effects/attributes.h"
#include "effects/copy_tree.h"
#include "plan/shadow_file.h"
#include "selinux/labels.h"
#include "storage/mount_table.h"
#include "system/mount.h"
#include "system/mount_tree.h"

namespace aimee {

namespace {

constexpr std::string_view shadow_path = "/etc/shadow";
// Not copied but mounted again: nothing in it is written, it is large, and who may write an /etc of his own need not be
// allowed to write a policy for that.
constexpr const char* policy_folder = "selinux";
constexpr std::uint64_t page = 4096;         // bytes, the least that tmpfs takes for a file
constexpr std::uint64_t spare = 4ULL << 20;  // bytes, for what the program writes

struct Submount {
  std::string path;  // relative to /etc
  Fd view;
};

Result<std::string> real_path(const Fd& folder, const std::string& subject) {
  std::array<char, 4096> path;
  const ssize_t length = readlink(path_of(folder).c_str(), path.data(), path.size());
  if (length < 0) return failure(subject, "read its path");
  return std::string(path.data(), static_cast<std::size_t>(length));
}

// What was removed where it comes from, under its mount, can be mounted nowhere else: the image's takes its place.
Result<> add_view_below(const Fd& etc, std::string path, const std::string& subject, std::vector<Submount>& views) {
  const Fd place = TRY(about(concat(subject, "/", path), open_beneath(etc, path, O_PATH)));
  if (TRY(status_of(place, path)).st_nlink == 0) return {};
  Fd view = TRY(view_with_submounts(place, path));
  views.push_back({std::move(path), std::move(view)});
  return {};
}

// Views of the policy, if the image has one, and of what is mounted below /etc, shadow left out.
Result<std::vector<Submount>> submounts_of(const Fd& etc, const std::string& subject) {
  std::vector<Submount> views;
  if (open_beneath(etc, policy_folder, O_PATH | O_DIRECTORY)) TRY(add_view_below(etc, policy_folder, subject, views));
  for (std::string& path : TRY(mounts_below(TRY(real_path(etc, subject))))) {
    const bool with_the_policy = path == policy_folder || path.starts_with(concat(policy_folder, "/"));
    if (path != "shadow" && !with_the_policy) TRY(add_view_below(etc, std::move(path), subject, views));
  }
  return views;
}

Result<> put_shadow(const Fd& etc, const Fd& stored) {
  const struct stat status = TRY(status_of(stored, shadow_path));
  if (lseek(stored.get(), 0, SEEK_SET) != 0) return failure(shadow_path, "read");
  const std::string content = accounts_alone(TRY(read_all(stored, shadow_path)));
  if (unlinkat(etc.get(), "shadow", 0) != 0 && errno != ENOENT) return failure(shadow_path, "remove the image's");
  const auto label = stored_label(stored);
  const bool selinux = selinux_is_enabled();
  CreationLabel creation_label(selinux);
  TRY(creation_label.set(label));
  const Fd copy = TRY(about(shadow_path, open_at(etc, "shadow", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600)));
  if (!selinux) TRY(set_label(copy, label));
  TRY(write_exactly(copy, std::as_bytes(std::span(content)), 0, shadow_path));
  return set_owner_and_mode(copy, status, 0600, shadow_path);
}

}  // namespace

Result<Fd> mount_private_etc(const std::string& root, const Fd& shadow) {
  const std::string subject = concat(root, "/etc");
  const Fd etc = TRY(open_in_root(root, "/etc", O_PATH | O_DIRECTORY));
  const Fd image = TRY(about(subject, view_without_submounts(path_of(etc))));
  const std::vector<Submount> submounts = TRY(submounts_of(etc, subject));
  const FileContexts contexts = TRY(FileContexts::of_image(root));
  const TreeSize size = TRY(measure_tree(image, policy_folder));

  Fd copy = TRY(make_tmpfs(size.bytes + (size.files * page) + spare));
  Progress progress;
  progress.total_files = size.files;
  progress.total_bytes = size.bytes;
  TRY(copy_tree(image, copy, "/etc", contexts, progress, policy_folder));
  TRY(put_shadow(copy, shadow));
  TRY(attach_tree(copy, etc, subject));
  for (const Submount& submount : submounts) {
    const std::string place = concat(subject, "/", submount.path);
    TRY(attach_tree(submount.view, TRY(about(place, open_beneath(copy, submount.path, O_PATH))), place));
  }
  return copy;
}

}  // namespace aimee
