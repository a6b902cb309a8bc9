// The note of the last relabelling. A cut while it is written leaves a temporary file that the next write replaces.
#include "effects/label_stamp.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/text.h"

namespace aimee {

namespace {

constexpr std::size_t most_stamp = 4096;  // bytes
constexpr const char* temporary_name = "labels.new";
constexpr const char* final_name = "labels";

// "lib" or "lib/aimee" below `parent`, made where it is missing.
Result<Fd> folder_in(const Fd& parent, const std::string& name, const std::string& path, const FileContexts& contexts) {
  if (mkdirat(parent.get(), name.c_str(), 0755) == 0) {
    const Fd made = TRY(about(path, open_beneath(parent, name, O_RDONLY | O_DIRECTORY)));
    TRY(ensure_label(made, TRY(contexts.label_of(path, S_IFDIR))));
    TRY(flush(parent, path));
  } else if (errno != EEXIST) {
    return failure(path, "make folder");
  }
  return about(path, open_beneath(parent, name, O_RDONLY | O_DIRECTORY));
}

}  // namespace

std::string label_stamp(std::string_view policy, std::string_view digest) {
  return concat("1 ", policy, " ", digest, "\n");
}

Result<std::string> read_label_stamp(const std::string& root) {
  const std::string path = concat(root, label_stamp_path);
  const Fd top = TRY(open_file(root.empty() ? "/" : root, O_PATH | O_DIRECTORY));
  auto file = open_beneath(top, std::string(label_stamp_path.substr(1)), O_RDONLY | O_NOCTTY | O_NONBLOCK);
  if (!file && (file.error().code == ENOENT || file.error().code == ENOTDIR)) return std::string();
  return read_all(TRY(about(path, std::move(file))), path, most_stamp);
}

Result<> write_label_stamp(const Fd& volume, const std::string& stamp, const FileContexts& contexts) {
  const std::string path(label_stamp_path);
  const Fd lib = TRY(folder_in(volume, "lib", "/var/lib", contexts));
  const Fd folder = TRY(folder_in(lib, "aimee", "/var/lib/aimee", contexts));
  if (unlinkat(folder.get(), temporary_name, 0) != 0 && errno != ENOENT) return failure(path, "replace");
  const Fd file = TRY(about(path, open_beneath(folder, temporary_name, O_WRONLY | O_CREAT | O_EXCL, 0644)));
  TRY(ensure_label(file, TRY(contexts.label_of(path, S_IFREG))));
  TRY(write_exactly(file, std::as_bytes(std::span(stamp)), 0, path));
  TRY(flush(file, path));
  if (renameat(folder.get(), temporary_name, folder.get(), final_name) != 0) return failure(path, "rename");
  return flush(folder, path);
}

}  // namespace aimee
