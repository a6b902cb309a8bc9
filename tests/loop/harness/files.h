// Files, temporary folders and the few system calls that every part of the harness needs.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace looptest {

constexpr std::uint64_t KiB = 1024;
constexpr std::uint64_t MiB = 1024 * KiB;
constexpr std::uint64_t GiB = 1024 * MiB;

// `result` unless it is -1: then std::system_error with errno and `what`.
int checked(int result, const std::string& what);

class Fd {
 public:
  explicit Fd(int number) : number_(number) {}
  Fd(const std::string& path, int flags, mode_t mode = 0600);  // O_CLOEXEC; throws std::system_error
  Fd(Fd&& other) noexcept : number_(other.release()) {}
  Fd& operator=(Fd&&) = delete;
  ~Fd();
  int get() const { return number_; }
  int release();

 private:
  int number_;
};

std::string read_text(const std::string& path);
void write_text(const std::string& path, std::string_view text, mode_t mode = 0644);
std::string read_at(const std::string& path, std::uint64_t offset, std::size_t length);
void write_at(const std::string& path, std::uint64_t offset, std::string_view bytes);  // synced

// Removed with all it contains, without crossing into what is mounted there.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

// The folder of this whole run, in which all the others lie; main() makes it and removes it.
const std::string& run_folder();
void set_run_folder(const std::string& path);

std::string random_bytes(std::size_t count);
std::string random_name(const std::string& prefix);

}  // namespace looptest
