// File handles: a file by what it is, not by where it is.
#include "system/file_handle.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

#include "harness/temporary_folder.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

// A handle, where this file system has them; notes a skip otherwise.
std::optional<FileHandle> handle_of(const Fd& folder, const std::string& name) {
  auto handle = FileHandle::of(folder, name);
  if (handle) return *std::move(handle);
  if (handle.error().code == EOPNOTSUPP || handle.error().code == EOVERFLOW) {
    skip("this file system has no file handles");
  } else {
    CHECK(told(handle) == "done");
  }
  return std::nullopt;
}

// The file behind it; notes a skip where the privilege is missing.
Fd opened(const FileHandle& handle, const Fd& inside) {
  auto file = handle.open(inside, "file");
  if (file) return *std::move(file);
  if (file.error().code == EPERM) {
    skip("no CAP_DAC_READ_SEARCH");
  } else {
    CHECK(told(file) == "done");
  }
  return {};
}

}  // namespace

TEST_CASE("a handle finds its file under another name") {
  const TemporaryFolder folder;
  folder.file("file", "content");
  const auto top = open_file(folder.path(), O_RDONLY | O_DIRECTORY);
  MUST_SUCCEED(top);
  const auto handle = handle_of(*top, "file");
  if (!handle) return;
  prepared(std::rename((folder / "file").c_str(), (folder / "renamed").c_str()) == 0, "rename");
  folder.file("file", "another");
  const Fd file = opened(*handle, *top);
  if (!file.is_open()) return;
  CHECK(content_of(path_of(file)) == "content");
  CHECK((fcntl(file.get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("a handle of a symbolic link is the link's own, not its target's") {
  const TemporaryFolder folder;
  folder.link("link", "nowhere");
  const auto top = open_file(folder.path(), O_RDONLY | O_DIRECTORY);
  MUST_SUCCEED(top);
  const auto handle = handle_of(*top, "link");
  if (!handle) return;
  const Fd link = opened(*handle, *top);
  if (!link.is_open()) return;
  const auto status = status_of(link, "link");
  MUST_SUCCEED(status);
  CHECK(S_ISLNK(status->st_mode));
}

TEST_CASE("there is no handle of a file that is not there") {
  const TemporaryFolder folder;
  const auto top = open_file(folder.path(), O_RDONLY | O_DIRECTORY);
  MUST_SUCCEED(top);
  CHECK(told(FileHandle::of(*top, "missing")) == with_errno("failed: missing: get file handle", ENOENT));
}

TEST_CASE("a handle of a removed file opens nothing") {
  const TemporaryFolder folder;
  folder.file("file", "content");
  const auto top = open_file(folder.path(), O_RDONLY | O_DIRECTORY);
  MUST_SUCCEED(top);
  const auto handle = handle_of(*top, "file");
  if (!handle) return;
  const Fd present = opened(*handle, *top);
  if (!present.is_open()) return;
  prepared(unlink((folder / "file").c_str()) == 0, "unlink");
  {
    // The last reference keeps it; when that is gone, so is the file.
    const Fd last = opened(*handle, *top);
    CHECK(last.is_open());
  }
}

}  // namespace aimee::test
