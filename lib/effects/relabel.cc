// The walk over the volume. A failure midway leaves files with their old labels and no note of the policy, so that
// the next run starts over.
#include "effects/relabel.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <set>

#include "base/text.h"
#include "effects/label_stamp.h"
#include "selinux/labels.h"
#include "selinux/policy.h"
#include "selinux/relabel_rule.h"
#include "system/folder.h"
#include "system/mount.h"

namespace aimee {

namespace {

// The label of a file that is open with O_PATH, a symbolic link itself included; none where it has none.
Result<std::optional<std::string>> label_of_open(const Fd& file, std::string_view subject) {
  std::array<char, PATH_MAX> value;
  const ssize_t length = getxattr(path_of(file).c_str(), label_attribute, value.data(), value.size());
  if (length < 0 && errno == ENODATA) return std::nullopt;
  if (length < 0) return failure(subject, "read SELinux label");
  std::string label(value.data(), static_cast<std::size_t>(length));
  while (label.ends_with('\0')) label.pop_back();
  return std::optional(std::move(label));
}

class Walk {
 public:
  Walk(const FileContexts& contexts, std::set<std::string, std::less<>> customizable, bool dry_run, Progress& progress,
       Relabelling& result)
      : contexts_(contexts),
        customizable_(std::move(customizable)),
        dry_run_(dry_run),
        progress_(progress),
        result_(result) {}

  Result<> run(const Fd& top) {
    allow_many_descriptors();  // one for each folder of a path, of which PATH_MAX has room for some 2000
    path_ = "/var";
    TRY(visit(top));
    TRY(enter(top));
    while (!levels_.empty()) TRY(step());
    if (first_error_) {
      first_error_->explanation +=
          concat(" (", failed_, " of ", result_.files,
                 " files could not be relabelled; the others are, and the next boot tries again)");
      return std::unexpected(*first_error_);
    }
    return {};
  }

 private:
  struct Level {
    FolderStream stream;
    std::size_t path_length;  // of path_, while this is the innermost folder
  };

  // The folder was opened with O_PATH; what is listed is the same inode whatever its name means by now.
  Result<> enter(const Fd& folder) {
    auto listed = about(path_, open_at(folder, ".", O_RDONLY | O_DIRECTORY));
    levels_.push_back({TRY(list_folder(TRY(std::move(listed)), path_)), path_.size()});
    return {};
  }

  // One more name of the innermost folder.
  Result<> step() {
    const Level& level = levels_.back();
    path_.resize(level.path_length);
    const std::string name = TRY(next_name(level.stream, path_));
    if (name.empty()) {
      levels_.pop_back();
      return {};
    }
    path_ += concat("/", name);
    const int folder = dirfd(level.stream.get());
    if (folder < 0) return failure(path_, "open");
    const Fd file(openat(folder, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!file.is_open() && errno == ENOENT) return {};  // removed meanwhile
    if (!file.is_open()) return failure(path_, "open");
    if (path_.size() >= PATH_MAX) {
      pass_over();
      return {};
    }
    return TRY(visit(file)) == Kind::folder ? enter(file) : Result<>();
  }

  enum class Kind { folder, other };

  Result<Kind> visit(const Fd& file) {
    const struct stat status = TRY(status_of(file, path_));
    const Kind kind = S_ISDIR(status.st_mode) ? Kind::folder : Kind::other;
    if (kind == Kind::other && status.st_nlink > 1 && !linked_.emplace(status.st_dev, status.st_ino).second)
      return kind;
    ++result_.files;
    ++progress_.files;
    progress_.tick();
    if (auto labelled = relabel(file, status.st_mode); !labelled) {
      ++failed_;
      if (!first_error_) first_error_ = labelled.error();
    }
    return kind;
  }

  Result<> relabel(const Fd& file, mode_t mode) {
    const auto wanted = TRY(contexts_.label_of(path_for_label(path_), mode));
    if (!wanted) return {};
    const auto present = TRY(label_of_open(file, path_));
    const auto label = changed_label(present, *wanted, customizable_);
    if (!label) return {};
    if (!dry_run_ && !TRY(set(file, *label))) return {};
    ++result_.changed;
    if (result_.changes.size() < most_listed_changes) result_.changes.push_back({path_, present.value_or(""), *label});
    return {};
  }

  // False where the file is in a read-only subvolume, its owner has made it immutable, or its mount gives it its label
  // (context= in the options).
  Result<bool> set(const Fd& file, const std::string& label) {
    if (setxattr(path_of(file).c_str(), label_attribute, label.c_str(), label.size() + 1, 0) == 0) return true;
    const int code = errno;
    const bool is_refused = code == EROFS || code == EOPNOTSUPP || (code == EPERM && is_immutable(file));
    if (!is_refused) return failure(path_, concat("set label ", label), code);
    pass_over();
    return false;
  }

  void pass_over() {
    if (result_.passed_over++ == 0) result_.first_passed_over = path_;
  }

  const FileContexts& contexts_;
  const std::set<std::string, std::less<>> customizable_;
  const bool dry_run_;
  Progress& progress_;
  Relabelling& result_;
  std::string path_;  // of the file at hand, as the running system names it
  std::vector<Level> levels_;
  std::set<std::pair<dev_t, ino_t>> linked_;  // files of several names that were looked at
  std::uint64_t failed_ = 0;
  std::optional<Error> first_error_;
};

// The mounted volume without what is mounted over it.
Result<Fd> open_volume(const std::string& root) {
  const std::string path = root + "/var";
  const Fd var = TRY(open_file(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  if (!TRY(is_mount_point(var, path))) return refusal(path, "no data volume is mounted there; mount it first");
  if (TRY(is_mounted_read_only(var, path))) return refusal(path, "is mounted read-only; mount it writable first");
  const Fd view = TRY(clone_of(var, path));
  return about(path, open_at(view, ".", O_RDONLY | O_DIRECTORY));
}

// The image's policy and the note of a volume that it has labelled.
struct Labelling {
  ImagePolicy policy;
  std::string stamp;
};

Result<std::optional<Labelling>> labelling_by(const std::string& root) {
  auto policy = TRY(image_policy(root));
  if (!policy) return std::nullopt;
  std::string stamp = label_stamp(policy->name, TRY(policy_digest(*policy)));
  return Labelling{*std::move(policy), std::move(stamp)};
}

Result<Relabelling> compared(const std::string& root, const std::optional<Labelling>& wanted) {
  Relabelling result;
  if (!wanted) return result;
  result.policy = wanted->policy.name;
  result.needed = TRY(read_label_stamp(root)) != wanted->stamp;
  return result;
}

}  // namespace

Result<Relabelling> relabelling_of(const std::string& root) { return compared(root, TRY(labelling_by(root))); }

Result<> relabel_volume(const std::string& root, bool dry_run, Progress& progress, Relabelling& report) {
  const auto wanted = TRY(labelling_by(root));
  report = TRY(compared(root, wanted));
  if (!report.needed) return {};
  const Fd volume = TRY(open_volume(root));
  const FileContexts contexts = TRY(FileContexts::of_image(root));
  progress.begin("relabel /var");
  TRY(Walk(contexts, TRY(customizable_types(wanted->policy)), dry_run, progress, report).run(volume));
  if (dry_run) return {};
  if (syncfs(volume.get()) != 0) return failure(root + "/var", "write out");
  return write_label_stamp(volume, wanted->stamp, contexts);
}

}  // namespace aimee
