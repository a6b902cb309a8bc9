// Making of test trees. What cannot be prepared ends the program: no test could tell anything then.
#include "harness/temporary_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/text.h"

namespace aimee::test {

namespace {

std::string base_folder() {
  const char* folder = std::getenv("TMPDIR");
  return folder != nullptr && folder[0] == '/' ? folder : "/tmp";
}

void make_parents(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  prepared(!error, path);
}

}  // namespace

void prepared(bool succeeded, std::string_view what) {
  if (succeeded) return;
  std::fprintf(stderr, "cannot prepare a test: %s: %s\n", std::string(what).c_str(), std::strerror(errno));
  std::abort();
}

TemporaryFolder::TemporaryFolder() : path_(base_folder() + "/aimee-unit-XXXXXX") {
  prepared(mkdtemp(path_.data()) != nullptr, path_);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::operator/(std::string_view name) const { return concat(path_, "/", name); }

std::string TemporaryFolder::folder(std::string_view name, mode_t mode) const {
  std::string path = *this / name;
  make_parents(path + "/");
  prepared(chmod(path.c_str(), mode) == 0, path);
  return path;
}

std::string TemporaryFolder::file(std::string_view name, std::string_view content, mode_t mode) const {
  std::string path = *this / name;
  make_parents(path);
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  prepared(fd >= 0, path);
  while (!content.empty()) {
    const ssize_t written = write(fd, content.data(), content.size());
    prepared(written > 0, path);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  prepared(fchmod(fd, mode) == 0, path);
  close(fd);
  return path;
}

std::string TemporaryFolder::link(std::string_view name, const std::string& target) const {
  std::string path = *this / name;
  make_parents(path);
  prepared(symlink(target.c_str(), path.c_str()) == 0, path);
  return path;
}

std::string content_of(const std::string& path) {
  std::string content;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  char buffer[64 << 10];
  for (ssize_t got = 0; fd >= 0 && (got = read(fd, buffer, sizeof buffer)) > 0;) {
    content.append(buffer, static_cast<std::size_t>(got));
  }
  if (fd >= 0) close(fd);
  return content;
}

bool exists(const std::string& path) {
  struct stat status{};
  return lstat(path.c_str(), &status) == 0;
}

std::string link_target(const std::string& path) {
  char target[PATH_MAX];
  const ssize_t length = readlink(path.c_str(), target, sizeof target);
  return length < 0 ? std::string() : std::string(target, static_cast<std::size_t>(length));
}

}  // namespace aimee::test
