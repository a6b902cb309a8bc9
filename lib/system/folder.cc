// Listing of folders; changes nothing.
#include "system/folder.h"

#include <cerrno>

namespace aimee {

Result<FolderStream> list_folder(Fd folder, std::string_view subject) {
  FolderStream stream(fdopendir(folder.get()));
  if (!stream) return failure(subject, "list");
  [[maybe_unused]] const int owned_by_stream = folder.release();
  return stream;
}

Result<std::string> next_name(const FolderStream& stream, std::string_view subject) {
  for (;;) {
    errno = 0;
    const dirent* entry = readdir(stream.get());
    if (entry == nullptr && errno != 0) return failure(subject, "list");
    if (entry == nullptr) return std::string();
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") return std::string(name);
  }
}

}  // namespace aimee
