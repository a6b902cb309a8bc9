// File handles; reading only.
#include "system/file_handle.h"

#include <fcntl.h>

#include <cerrno>
#include <new>

#include "base/text.h"

namespace aimee {

namespace {

constexpr unsigned handle_size = 128;  // MAX_HANDLE_SZ

}  // namespace

Result<FileHandle> FileHandle::of(const Fd& folder, const std::string& name) {
  FileHandle result;
  result.bytes_.resize(sizeof(file_handle) + handle_size);
  auto* handle = reinterpret_cast<file_handle*>(result.bytes_.data());
  handle->handle_bytes = handle_size;
  int mount_id = 0;
  if (name_to_handle_at(folder.get(), name.c_str(), handle, &mount_id, 0) != 0) return failure(name, "get file handle");
  result.bytes_.resize(sizeof(file_handle) + handle->handle_bytes);
  return result;
}

Result<Fd> FileHandle::open(const Fd& inside, std::string_view subject) const {
  auto bytes = bytes_;  // open_by_handle_at takes a pointer to non-const
  const int number = open_by_handle_at(inside.get(), reinterpret_cast<file_handle*>(bytes.data()), O_PATH | O_CLOEXEC);
  if (number < 0) return failure(subject, "open by file handle");
  return Fd(number);
}

}  // namespace aimee
