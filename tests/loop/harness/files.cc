// Plain file access for the tests; failures are exceptions, which doctest reports as the test's failure.
#include "harness/files.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "harness/process.h"

namespace looptest {

namespace {

std::string folder_of_run;

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

}  // namespace

int checked(int result, const std::string& what) {
  if (result == -1) fail(what);
  return result;
}

Fd::Fd(const std::string& path, int flags, mode_t mode)
    : number_(checked(open(path.c_str(), flags | O_CLOEXEC, mode), path)) {}

Fd::~Fd() {
  if (number_ >= 0) close(number_);
}

int Fd::release() { return std::exchange(number_, -1); }

std::string read_text(const std::string& path) {
  const Fd file(path, O_RDONLY);
  std::string text;
  char buffer[65536];
  ssize_t got;
  while ((got = read(file.get(), buffer, sizeof buffer)) > 0) text.append(buffer, static_cast<std::size_t>(got));
  if (got < 0) fail(path);
  return text;
}

void write_text(const std::string& path, std::string_view text, mode_t mode) {
  const Fd file(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
  while (!text.empty()) {
    const ssize_t put = write(file.get(), text.data(), text.size());
    if (put < 0) fail(path);
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  checked(fchmod(file.get(), mode), path);
}

std::string read_at(const std::string& path, std::uint64_t offset, std::size_t length) {
  const Fd file(path, O_RDONLY);
  std::string bytes(length, '\0');
  std::size_t done = 0;
  while (done < length) {
    const ssize_t got = pread(file.get(), bytes.data() + done, length - done, static_cast<off_t>(offset + done));
    if (got < 0) fail(path);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

void write_at(const std::string& path, std::uint64_t offset, std::string_view bytes) {
  const Fd file(path, O_WRONLY);
  while (!bytes.empty()) {
    const ssize_t put = pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0) fail(path);
    bytes.remove_prefix(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
  checked(fsync(file.get()), path);
}

TemporaryFolder::TemporaryFolder() : path_(run_folder() + "/XXXXXX") {
  if (mkdtemp(path_.data()) == nullptr) fail(path_);
  checked(chmod(path_.c_str(), 0755), path_);
}

TemporaryFolder::~TemporaryFolder() { run({"rm", "-rf", "--one-file-system", path_}); }

const std::string& run_folder() { return folder_of_run; }
void set_run_folder(const std::string& path) { folder_of_run = path; }

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  for (std::size_t done = 0; done < count;) {
    const ssize_t got = getrandom(bytes.data() + done, count - done, 0);
    if (got < 0) fail("getrandom");
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

std::string random_name(const std::string& prefix) {
  std::string name = prefix;
  for (unsigned char byte : random_bytes(8)) name += "abcdefghijklmnop"[byte % 16];
  return name;
}

}  // namespace looptest
