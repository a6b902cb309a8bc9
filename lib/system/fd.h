// File descriptors that close themselves, and whole-buffer I/O on them.
// All opens are O_CLOEXEC. Offsets and lengths are bytes. Errors carry errno and the path.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aimee {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int number) : number_(number) {}
  Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd() { reset(); }

  [[nodiscard]] int get() const { return number_; }
  [[nodiscard]] bool is_open() const { return number_ >= 0; }
  void reset();
  // Gives the descriptor up to the caller.
  [[nodiscard]] int release() { return std::exchange(number_, -1); }

 private:
  int number_ = -1;
};

// As many of them as this process may have, for who walks deep trees.
void allow_many_descriptors();

// open(2), openat(2).
Result<Fd> open_file(const std::string& path, int flags, mode_t mode = 0);
Result<Fd> open_at(const Fd& folder, const std::string& name, int flags, mode_t mode = 0);

// openat2(2) with RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS: `path` can name nothing
// outside `folder`, whatever somebody who writes to the tree does meanwhile.
Result<Fd> open_beneath(const Fd& folder, const std::string& path, int flags, mode_t mode = 0);

// The same, and nothing that is mounted on or below `folder` is entered (RESOLVE_NO_XDEV): EXDEV.
Result<Fd> open_inside(const Fd& folder, const std::string& path, int flags, mode_t mode = 0);

// The open file itself once more, with other flags: from one opened with O_PATH to one that can be read.
Result<Fd> open_again(const Fd& file, int flags, std::string_view subject);

// openat2(2) with RESOLVE_IN_ROOT: `path` as a process would see it whose root is `root`, so that links in an
// image lead to files of the image. `root` may be empty: the running system.
Result<Fd> open_in_root(const std::string& root, const std::string& path, int flags);

Result<struct stat> status_of(const Fd& fd, std::string_view subject);

// Whether chattr(1) has made it immutable or append-only: who may do everything else may not change, rename or remove
// it then. Also of what is open with O_PATH.
bool is_immutable(const Fd& file);

// The whole of a small text file; more than `most` bytes is an error (EFBIG).
Result<std::string> read_file(const std::string& path, std::size_t most = 16 << 20);
Result<std::string> read_all(const Fd& fd, std::string_view subject, std::size_t most = 16 << 20);

// Exactly buffer.size() bytes at `offset`; a short read is EIO.
Result<> read_exactly(const Fd& fd, std::span<std::byte> buffer, std::uint64_t offset, std::string_view subject);
Result<> write_exactly(const Fd& fd, std::span<const std::byte> buffer, std::uint64_t offset, std::string_view subject);

// fsync(2): on a block device this also empties the device's volatile cache.
Result<> flush(const Fd& fd, std::string_view subject);

// An anonymous file in memory with this content, to be read from its start: memfd_create(2).
Result<Fd> memory_file(std::string_view content, std::string_view subject);

// "/proc/self/fd/N": the path by which system calls without an at-variant reach an open file.
std::string path_of(const Fd& fd);

}  // namespace aimee
