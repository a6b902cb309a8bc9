// Copying of attributes. A failure leaves some set, in a volume that is not committed.
#include "effects/attributes.h"

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/text.h"
#include "selinux/labels.h"

namespace aimee {

namespace {

struct ByPath {
  const std::string& path;
  ssize_t list(char* names, std::size_t size) const { return llistxattr(path.c_str(), names, size); }
  ssize_t get(const char* name, void* value, std::size_t size) const {
    return lgetxattr(path.c_str(), name, value, size);
  }
  int set(const char* name, const void* value, std::size_t size) const {
    return lsetxattr(path.c_str(), name, value, size, 0);
  }
};

struct ByFd {
  int fd;
  ssize_t list(char* names, std::size_t size) const { return flistxattr(fd, names, size); }
  ssize_t get(const char* name, void* value, std::size_t size) const { return fgetxattr(fd, name, value, size); }
  int set(const char* name, const void* value, std::size_t size) const { return fsetxattr(fd, name, value, size, 0); }
};

// Runs `fill(buffer, size)` until the buffer is large enough; attributes have at most 64 KiB.
Result<std::vector<char>> sized(auto fill, std::string_view subject, std::string_view what) {
  std::vector<char> buffer(256);
  for (;;) {
    const ssize_t length = fill(buffer.data(), buffer.size());
    if (length >= 0) {
      buffer.resize(static_cast<std::size_t>(length));
      return buffer;
    }
    if (errno != ERANGE || buffer.size() > (64 << 10)) return failure(subject, what);
    buffer.resize(buffer.size() * 4);
  }
}

Result<> copy_between(const auto& source, const auto& destination, std::string_view subject) {
  const auto listed =
      sized([&](char* to, std::size_t size) { return source.list(to, size); }, subject, "list attributes");
  if (!listed && listed.error().code == EOPNOTSUPP) return {};
  const std::vector<char> names = TRY(listed);
  for (std::size_t at = 0; at < names.size(); at += std::strlen(&names[at]) + 1) {
    const char* name = &names[at];
    if (std::strcmp(name, label_attribute) == 0) continue;
    const auto value = TRY(sized([&](char* to, std::size_t size) { return source.get(name, to, size); }, subject,
                                 concat("read attribute ", printable(name))));
    if (destination.set(name, value.data(), value.size()) != 0) {
      return failure(subject, concat("set attribute ", printable(name)));
    }
  }
  return {};
}

std::optional<std::string> label_of(const auto& file) {
  std::array<char, 512> value;
  const ssize_t length = file.get(label_attribute, value.data(), value.size());
  if (length <= 0) return std::nullopt;
  const std::string_view text(value.data(), static_cast<std::size_t>(length));
  return std::string(text.substr(0, text.find('\0')));
}

std::array<timespec, 2> times_of(const struct stat& status) { return {status.st_atim, status.st_mtim}; }

}  // namespace

std::string path_in(const Fd& folder, const std::string& name) { return concat(path_of(folder), "/", name); }

Result<> copy_attributes(const std::string& source, const std::string& destination, std::string_view subject) {
  return copy_between(ByPath{source}, ByPath{destination}, subject);
}

Result<> copy_attributes(const Fd& source, const Fd& destination, std::string_view subject) {
  return copy_between(ByFd{source.get()}, ByFd{destination.get()}, subject);
}

std::optional<std::string> stored_label(const std::string& path) { return label_of(ByPath{path}); }

std::optional<std::string> stored_label(const Fd& fd) { return label_of(ByFd{fd.get()}); }

Result<> set_owner_and_mode(const Fd& fd, const struct stat& status, mode_t present_mode, std::string_view subject) {
  const bool owned = status.st_uid == 0 && status.st_gid == 0;  // the process is root, and new files are root's
  if (!owned && fchown(fd.get(), status.st_uid, status.st_gid) != 0) return failure(subject, "set owner");
  const mode_t mode = status.st_mode & 07777;
  if (mode != present_mode && fchmod(fd.get(), mode) != 0) return failure(subject, "set mode");
  return {};
}

Result<> set_times(const Fd& fd, const struct stat& status, std::string_view subject) {
  if (futimens(fd.get(), times_of(status).data()) != 0) return failure(subject, "set times");
  return {};
}

Result<> set_times_at(const Fd& folder, const std::string& name, const struct stat& status, std::string_view subject) {
  if (utimensat(folder.get(), name.c_str(), times_of(status).data(), AT_SYMLINK_NOFOLLOW) != 0) {
    return failure(subject, "set times");
  }
  return {};
}

}  // namespace aimee
