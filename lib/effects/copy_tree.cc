// Copying of a tree. A failure midway leaves a partial tree in a volume that is not committed.
#include "effects/copy_tree.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <memory>
#include <optional>

#include "base/log.h"
#include "base/text.h"
#include "effects/attributes.h"
#include "effects/copy_data.h"
#include "effects/copy_file.h"
#include "effects/work_queue.h"
#include "system/file_handle.h"
#include "system/folder.h"
#include "system/mount.h"

namespace aimee {

namespace {

constexpr std::size_t queue_limit = 128;  // files; bounds open folders and memory
constexpr std::size_t most_threads = 9;
constexpr mode_t private_mode = 0700;  // of folders until everything in them exists
constexpr std::string_view mounted_on_it = "has something mounted on it";
constexpr int source_flags = O_RDONLY | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;

// The folder stays open for others: the stream has a descriptor of its own.
Result<FolderStream> list_again(const Fd& folder, std::string_view subject) {
  return list_folder(TRY(about(subject, open_at(folder, ".", O_RDONLY | O_DIRECTORY))), subject);
}

Result<struct stat> status_at(const Fd& folder, const std::string& name, std::string_view subject) {
  struct stat status{};
  if (fstatat(folder.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return failure(subject, "stat");
  return status;
}

// The file that `expected` described, still: what changed its type or was exchanged meanwhile is refused, and so is
// what is mounted there. Device numbers do not tell a mount: an overlay shows those of its layers, and each subvolume
// of btrfs has its own.
Result<Fd> open_same(const Fd& folder, const std::string& name, int flags, const struct stat& expected,
                     std::string_view subject) {
  auto opened = open_inside(folder, name, source_flags | flags);
  if (!opened && opened.error().code == EXDEV) return failure(subject, mounted_on_it, 0);
  Fd fd = TRY(about(subject, std::move(opened)));
  const struct stat status = TRY(status_of(fd, subject));
  const bool same = status.st_dev == expected.st_dev && status.st_ino == expected.st_ino &&
                    (status.st_mode & S_IFMT) == (expected.st_mode & S_IFMT);
  if (!same) return failure(subject, "was exchanged for something else while it was copied", 0);
  return fd;
}

// At any time about half of them wait for a disk: twice the cores, and the walker.
std::size_t copying_threads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::clamp<std::size_t>((2 * static_cast<std::size_t>(CPU_COUNT(&set))) + 1, 1, most_threads);
}

// A folder under way. The last owner to let go of it (the walker, or the thread that copies its last file)
// completes it.
struct Folder {
  std::string path;
  struct stat status{};
  Fd source;
  Fd destination;
};
using SharedFolder = std::shared_ptr<Folder>;

struct FileTask {
  SharedFolder folder;
  std::string name;
  struct stat status{};
};

class TreeCopy {
 public:
  TreeCopy(const FileContexts& contexts, Progress& progress, std::string_view hollow)
      : contexts_(contexts),
        progress_(progress),
        hollow_(hollow),
        selinux_(selinux_is_enabled()),
        buffers_(copying_threads()) {}

  Result<> run(const Fd& source, const Fd& destination, const std::string& path) {
    allow_many_descriptors();  // deep trees keep two open a level
    if (!hollow_.empty()) hollow_path_ = concat(path, "/", hollow_);
    SharedFolder root =
        begin_folder(TRY(open_at(source, ".", O_RDONLY | O_DIRECTORY)),
                     TRY(open_at(destination, ".", O_RDONLY | O_DIRECTORY)), path, TRY(status_of(source, path)));
    TRY(ensure_label(root->destination, TRY(wanted_label(contexts_, path, root->status.st_mode, root->source))));
    {
      WorkQueue<FileTask> queue(buffers_.size() - 1, queue_limit,
                                [this](FileTask& task, std::size_t worker) { copy_file_task(task, worker); });
      queue_ = &queue;
      if (auto walked = walk(root); !walked) stop(walked.error());
      queue.finish();
    }
    root.reset();  // the last folder to be completed, and that can fail too
    TRY(thread_label().set(std::nullopt));
    if (error_) return std::unexpected(*error_);
    return {};
  }

 private:
  using Buffer = std::unique_ptr<std::byte[]>;

  // A shared folder that is completed when its last owner lets go of it.
  SharedFolder begin_folder(Fd source, Fd destination, std::string path, const struct stat& status) {
    auto* folder = new Folder{std::move(path), status, std::move(source), std::move(destination)};
    return SharedFolder(folder, [this](Folder* done) {
      const std::unique_ptr<Folder> owner(done);
      if (failed_) return;
      if (auto completed = complete(*done); !completed) stop(completed.error());
    });
  }

  // One for each thread, since that is what the kernel keeps it for.
  [[nodiscard]] CreationLabel& thread_label() const {
    thread_local CreationLabel label(selinux_);
    return label;
  }

  static Result<> complete(const Folder& folder) {
    TRY(set_owner_and_mode(folder.destination, folder.status, private_mode, folder.path));
    TRY(copy_attributes(folder.source, folder.destination, folder.path));
    return set_times(folder.destination, folder.status, folder.path);
  }

  void stop(const Error& error) {
    const std::scoped_lock lock(error_mutex_);
    if (!error_) error_ = error;
    failed_ = true;
  }

  void count_file() {
    ++progress_.files;
    progress_.tick();
  }

  Result<> walk(const SharedFolder& folder) {
    const FolderStream stream = TRY(list_again(folder->source, folder->path));
    while (!failed_) {
      std::string name = TRY(next_name(stream, folder->path));
      if (name.empty()) break;
      const std::string path = concat(folder->path, "/", name);
      const struct stat status = TRY(status_at(folder->source, name, path));
      if (S_ISDIR(status.st_mode)) {
        TRY(copy_folder(*folder, name, path, status));
      } else if (S_ISREG(status.st_mode) && status.st_nlink == 1) {
        queue_->push(FileTask{folder, std::move(name), status});
      } else {
        TRY(copy_other(*folder, name, path, status));
      }
    }
    return {};
  }

  Result<> copy_folder(const Folder& parent, const std::string& name, const std::string& path,
                       const struct stat& status) {
    Fd source = TRY(open_same(parent.source, name, O_DIRECTORY, status, path));
    const auto wanted = TRY(wanted_label(contexts_, path, status.st_mode, source));
    TRY(thread_label().set(wanted));
    const bool made = mkdirat(parent.destination.get(), name.c_str(), private_mode) == 0;
    if (!made && errno != EEXIST) return failure(path, "make folder");
    Fd destination = TRY(about(path, open_at(parent.destination, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)));
    if (TRY(is_mount_point(destination, path))) return failure(path, "has something mounted on its copy", 0);
    if (!made && fchmod(destination.get(), private_mode) != 0) return failure(path, "set mode");
    if (!made || !selinux_) TRY(about(path, ensure_label(destination, wanted)));
    count_file();
    const SharedFolder folder = begin_folder(std::move(source), std::move(destination), path, status);
    return path == hollow_path_ ? Result<>() : walk(folder);
  }

  // Everything that is neither a folder nor a regular file with one name.
  Result<> copy_other(const Folder& folder, const std::string& name, const std::string& path,
                      const struct stat& status) {
    if (TRY(is_mount_point(folder.source, name, path))) return failure(path, mounted_on_it, 0);
    const auto key = std::pair(status.st_dev, status.st_ino);
    if (const auto first = linked_.find(key); first != linked_.end()) {
      if (TRY(link_to(first->second, folder, name, path))) {
        count_file();
        return {};
      }
    }
    if (S_ISREG(status.st_mode)) {
      TRY(copy_regular(folder, name, path, status, 0));
    } else {
      TRY(make_special(folder, name, path, status));
    }
    if (status.st_nlink > 1) TRY(remember(key, folder, name, path));
    count_file();
    return {};
  }

  // What the copy's file system has no handle for (an overlay gives none) has no second name in the copy.
  Result<> remember(std::pair<dev_t, ino_t> key, const Folder& folder, const std::string& name,
                    const std::string& path) {
    auto handle = FileHandle::of(folder.destination, name);
    if (handle) {
      linked_[key] = *std::move(handle);
    } else if (handle.error().code == EOPNOTSUPP) {
      log_warning(concat(printable(path), ": has another name, becomes a file of its own"));
    } else {
      return std::unexpected(about(path, std::move(handle)).error());
    }
    return {};
  }

  // A further name of a file that was copied before; false where that is on another subvolume.
  static Result<bool> link_to(const FileHandle& first, const Folder& folder, const std::string& name,
                              const std::string& path) {
    const Fd file = TRY(first.open(folder.destination, path));
    if (linkat(file.get(), "", folder.destination.get(), name.c_str(), AT_EMPTY_PATH) == 0) return true;
    if (errno != EXDEV) return failure(path, "make hard link");
    log_warning(concat(printable(path), ": has another name on another subvolume, becomes a file of its own"));
    return false;
  }

  Result<> make_special(const Folder& folder, const std::string& name, const std::string& path,
                        const struct stat& status) {
    const std::string source = path_in(folder.source, name);
    const std::string destination = path_in(folder.destination, name);
    const auto wanted = TRY(wanted_label(contexts_, path, status.st_mode, source));
    TRY(thread_label().set(wanted));
    if (S_ISLNK(status.st_mode)) {
      std::string target(static_cast<std::size_t>(status.st_size) + 1, '\0');
      const ssize_t length = readlinkat(folder.source.get(), name.c_str(), target.data(), target.size());
      if (length < 0) return failure(path, "read link");
      target.resize(static_cast<std::size_t>(length));
      if (symlinkat(target.c_str(), folder.destination.get(), name.c_str()) != 0) return failure(path, "make link");
    } else if (mknodat(folder.destination.get(), name.c_str(), status.st_mode & (S_IFMT | 07777), status.st_rdev) !=
               0) {
      return failure(path, "make special file");
    }
    if (!selinux_) TRY(about(path, set_label(destination, wanted)));
    const bool owned = status.st_uid == 0 && status.st_gid == 0;
    if (!owned &&
        fchownat(folder.destination.get(), name.c_str(), status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW) != 0) {
      return failure(path, "set owner");
    }
    if (!S_ISLNK(status.st_mode) && fchmodat(folder.destination.get(), name.c_str(), status.st_mode & 07777, 0) != 0) {
      return failure(path, "set mode");
    }
    TRY(copy_attributes(source, destination, path));
    return set_times_at(folder.destination, name, status, path);
  }

  Result<> copy_regular(const Folder& folder, const std::string& name, const std::string& path,
                        const struct stat& status, std::size_t worker) {
    const Fd source = TRY(open_same(folder.source, name, 0, status, path));
    const FileCopier copier{contexts_, thread_label(), selinux_, kernel_, buffer_of(worker), progress_};
    TRY(copy_file(source, status, folder.destination, name, path, copier));
    return {};
  }

  void copy_file_task(FileTask& task, std::size_t worker) {
    if (failed_) return;
    const std::string path = concat(task.folder->path, "/", task.name);
    if (auto copied = copy_regular(*task.folder, task.name, path, task.status, worker); !copied) {
      stop(copied.error());
      return;
    }
    task.folder.reset();
    count_file();
  }

  std::span<std::byte> buffer_of(std::size_t worker) {
    Buffer& buffer = buffers_[worker];
    if (!buffer) buffer.reset(new std::byte[copy_buffer_size]);
    return {buffer.get(), copy_buffer_size};
  }

  const FileContexts& contexts_;
  Progress& progress_;
  const std::string_view hollow_;
  std::string hollow_path_;
  const bool selinux_;
  KernelCopy kernel_;
  std::vector<Buffer> buffers_;  // of each thread; the walker is number 0
  std::map<std::pair<dev_t, ino_t>, FileHandle> linked_;
  WorkQueue<FileTask>* queue_ = nullptr;
  std::mutex error_mutex_;
  std::optional<Error> error_;
  std::atomic<bool> failed_ = false;
};

// Most files have no holes, and are not opened.
Result<std::uint64_t> bytes_to_write(const Fd& folder, const std::string& name, const struct stat& status,
                                     std::string_view subject) {
  if (!seems_sparse(status)) return static_cast<std::uint64_t>(status.st_size);
  return bytes_to_copy(TRY(open_same(folder, name, 0, status, subject)), status, subject);
}

Result<> add_size(const Fd& folder, const std::string& path, TreeSize& size, std::string_view hollow) {
  const FolderStream stream = TRY(list_again(folder, path));
  for (;;) {
    const std::string name = TRY(next_name(stream, path));
    if (name.empty()) return {};
    const std::string below = concat(path, "/", name);
    const struct stat status = TRY(status_at(folder, name, below));
    ++size.files;
    if (S_ISREG(status.st_mode)) {
      size.bytes += TRY(bytes_to_write(folder, name, status, below));
    }
    if (S_ISDIR(status.st_mode) && name != hollow) {
      TRY(add_size(TRY(open_same(folder, name, O_DIRECTORY, status, below)), below, size, {}));
    }
  }
}

}  // namespace

Result<TreeSize> measure_tree(const Fd& source, std::string_view hollow) {
  allow_many_descriptors();
  TreeSize size;
  TRY(add_size(source, "/var", size, hollow));
  return size;
}

Result<> copy_tree(const Fd& source, const Fd& destination, const std::string& path, const FileContexts& contexts,
                   Progress& progress, std::string_view hollow) {
  const mode_t previous = umask(0);
  auto copied = TreeCopy(contexts, progress, hollow).run(source, destination, path);
  umask(previous);
  return copied;
}

}  // namespace aimee
