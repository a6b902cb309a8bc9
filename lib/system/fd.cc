// Descriptors and exact I/O; EINTR is retried, everything else is reported.
#include "system/fd.h"

#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "base/text.h"

namespace aimee {

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    reset();
    number_ = std::exchange(other.number_, -1);
  }
  return *this;
}

void Fd::reset() {
  if (number_ >= 0) close(number_);
  number_ = -1;
}

void allow_many_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

Result<Fd> open_file(const std::string& path, int flags, mode_t mode) {
  const int number = open(path.c_str(), flags | O_CLOEXEC, mode);
  if (number < 0) return failure(path, "open");
  return Fd(number);
}

Result<Fd> open_at(const Fd& folder, const std::string& name, int flags, mode_t mode) {
  const int number = openat(folder.get(), name.c_str(), flags | O_CLOEXEC, mode);
  if (number < 0) return failure(name, "open");
  return Fd(number);
}

namespace {

constexpr std::uint64_t strictly = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;

// openat2(2); -1 and errno on failure.
int open_resolved(const Fd& folder, const std::string& path, int flags, mode_t mode, std::uint64_t resolve) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.mode = mode;
  how.resolve = resolve;
  return static_cast<int>(syscall(SYS_openat2, folder.get(), path.c_str(), &how, sizeof how));
}

}  // namespace

Result<Fd> open_beneath(const Fd& folder, const std::string& path, int flags, mode_t mode) {
  const int number = open_resolved(folder, path, flags, mode, strictly);
  if (number < 0) return failure(path, "open");
  return Fd(number);
}

Result<Fd> open_inside(const Fd& folder, const std::string& path, int flags, mode_t mode) {
  const int number = open_resolved(folder, path, flags, mode, strictly | RESOLVE_NO_XDEV);
  if (number < 0) return failure(path, "open");
  return Fd(number);
}

Result<Fd> open_again(const Fd& file, int flags, std::string_view subject) {
  return about(subject, open_file(path_of(file), flags));
}

Result<Fd> open_in_root(const std::string& root, const std::string& path, int flags) {
  const Fd top = TRY(open_file(root.empty() ? "/" : root, O_PATH | O_DIRECTORY));
  const int number = open_resolved(top, path, flags, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
  if (number < 0) return failure(root + path, "open");
  return Fd(number);
}

Result<struct stat> status_of(const Fd& fd, std::string_view subject) {
  struct stat status{};
  if (fstat(fd.get(), &status) != 0) return failure(subject, "stat");
  return status;
}

bool is_immutable(const Fd& file) {
  constexpr std::uint64_t flags = 0x10 | 0x20;  // linux/stat.h: STATX_ATTR_IMMUTABLE, STATX_ATTR_APPEND
  struct statx status{};
  return statx(file.get(), "", AT_EMPTY_PATH, STATX_TYPE, &status) == 0 && (status.stx_attributes & flags) != 0;
}

Result<std::string> read_file(const std::string& path, std::size_t most) {
  const Fd fd = TRY(open_file(path, O_RDONLY | O_NOCTTY));
  return read_all(fd, path, most);
}

Result<std::string> read_all(const Fd& fd, std::string_view subject, std::size_t most) {
  std::string content;
  char buffer[4096];
  for (;;) {
    const ssize_t got = read(fd.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure(subject, "read");
    if (got == 0) return content;
    content.append(buffer, static_cast<std::size_t>(got));
    if (content.size() > most) return failure(subject, "read", EFBIG);
  }
}

Result<> read_exactly(const Fd& fd, std::span<std::byte> buffer, std::uint64_t offset, std::string_view subject) {
  while (!buffer.empty()) {
    const ssize_t got = pread(fd.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return failure(subject, concat("read at byte ", offset), got < 0 ? errno : EIO);
    buffer = buffer.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return {};
}

Result<> write_exactly(const Fd& fd, std::span<const std::byte> buffer, std::uint64_t offset,
                       std::string_view subject) {
  while (!buffer.empty()) {
    const ssize_t put = pwrite(fd.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return failure(subject, concat("write at byte ", offset), put < 0 ? errno : EIO);
    buffer = buffer.subspan(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
  return {};
}

Result<> flush(const Fd& fd, std::string_view subject) {
  if (fsync(fd.get()) != 0) return failure(subject, "flush");
  return {};
}

Result<Fd> memory_file(std::string_view content, std::string_view subject) {
  Fd file(memfd_create("aimee", MFD_CLOEXEC));
  if (!file.is_open()) return failure(subject, "make a file in memory");
  TRY(write_exactly(file, std::as_bytes(std::span(content)), 0, subject));
  return file;
}

std::string path_of(const Fd& fd) { return concat("/proc/self/fd/", fd.get()); }

}  // namespace aimee
