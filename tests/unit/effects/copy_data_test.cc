// The content of one file, by each of the kernel's ways and without it, with and without holes.
#include "effects/copy_data.h"

#include <fcntl.h>
#include <unistd.h>

#include <vector>

#include "harness/temporary_folder.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

using Way = KernelCopy::Way;

constexpr std::size_t buffer_size = 64 << 10;
constexpr std::size_t unit = 4096;  // of holes

std::string pattern(std::size_t length) {
  std::string text(length, '\0');
  for (std::size_t i = 0; i < length; ++i) text[i] = static_cast<char>(1 + i % 251);
  return text;
}

struct stat status_of_file(const std::string& path) {
  struct stat status{};
  prepared(stat(path.c_str(), &status) == 0, path);
  return status;
}

void make_kernel_copy(KernelCopy& kernel, Way way) {
  if (way != Way::copy_file_range) kernel.fall_back(Way::copy_file_range);
  if (way == Way::read_and_write) kernel.fall_back(Way::sendfile);
  CHECK((kernel.way() == way));
}

struct Copied {
  std::string result;   // told()
  std::string content;  // of the copy
  std::uint64_t counted = 0;
  std::uint64_t allocated = 0;  // bytes
};

Copied copied(const std::string& source, const struct stat& status, Way way = Way::copy_file_range) {
  const std::string path = source + ".copy";
  KernelCopy kernel;
  make_kernel_copy(kernel, way);
  std::vector<std::byte> buffer(buffer_size);
  Progress progress;
  const Fd from(open(source.c_str(), O_RDONLY | O_CLOEXEC));
  const Fd to(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  prepared(from.is_open() && to.is_open(), path);
  const auto result = copy_data(from, status, to, kernel, buffer, source, progress);
  fsync(to.get());
  return {told(result), content_of(path), progress.bytes,
          static_cast<std::uint64_t>(status_of_file(path).st_blocks) * 512};
}

// A sparse file: `content` of 64 KiB at each of the offsets, holes elsewhere, `size` bytes in all.
std::string sparse_file(const TemporaryFolder& folder, const std::vector<std::uint64_t>& offsets, std::uint64_t size) {
  std::string path = folder.file("sparse", "");
  const Fd fd(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  const std::string content = pattern(64 << 10);
  for (const std::uint64_t offset : offsets) {
    prepared(write_exactly(fd, std::as_bytes(std::span(content)), offset, path).has_value(), path);
  }
  prepared(ftruncate(fd.get(), static_cast<off_t>(size)) == 0, path);
  fsync(fd.get());
  return path;
}

}  // namespace

TEST_CASE("files of every size around the buffer's are copied whole, by every way") {
  const TemporaryFolder folder;
  for (const Way way : {Way::copy_file_range, Way::sendfile, Way::read_and_write}) {
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, unit - 1, unit, unit + 1, buffer_size - 1, buffer_size, buffer_size + 1,
          2 * buffer_size, 3 * buffer_size + 7, std::size_t{(9 << 20) + 3}}) {
      CAPTURE(size);
      CAPTURE(static_cast<int>(way));
      const std::string content = pattern(size);
      const std::string path = folder.file("file", content);
      const Copied copy = copied(path, status_of_file(path), way);
      CHECK(copy.result == "done");
      CHECK((copy.content == content));
      CHECK(copy.counted == size);
    }
  }
}

TEST_CASE("holes at the beginning, in the middle and at the end stay holes") {
  constexpr std::uint64_t mib = 1 << 20;
  struct Row {
    std::string_view what;
    std::vector<std::uint64_t> data;
    std::uint64_t size;
  };
  const Row rows[] = {
      {"beginning", {3 * mib}, 3 * mib + (64 << 10)},
      {"middle", {0, 3 * mib}, 3 * mib + (64 << 10)},
      {"end", {0}, 4 * mib},
      {"everywhere", {mib, 3 * mib}, 5 * mib},
      {"nothing but a hole", {}, 4 * mib},
      {"a hole of an odd size at the end", {0}, 4 * mib + 12'345},
      {"a hole smaller than the buffer", {}, 5000},
  };
  for (const Way way : {Way::copy_file_range, Way::sendfile, Way::read_and_write}) {
    for (const Row& row : rows) {
      CAPTURE(row.what);
      CAPTURE(static_cast<int>(way));
      const TemporaryFolder folder;
      const std::string path = sparse_file(folder, row.data, row.size);
      const struct stat status = status_of_file(path);
      const Copied copy = copied(path, status, way);
      CHECK(copy.result == "done");
      CHECK((copy.content == content_of(path)));
      CHECK(copy.content.size() == row.size);
      CHECK(copy.allocated <= static_cast<std::uint64_t>(status.st_blocks) * 512);
    }
  }
}

TEST_CASE("where a file system tells no hole and only shows that there are some, zeros become holes") {
  const TemporaryFolder folder;
  const std::string zeros(unit, '\0');
  struct Row {
    std::string_view what;
    std::string content;
    std::size_t data;  // blocks that are not zero
  };
  const Row rows[] = {
      {"zeros between data", concat(pattern(unit), zeros, zeros, pattern(unit)), 2},
      {"zeros first", concat(zeros, pattern(unit)), 1},
      {"zeros last", concat(pattern(unit), zeros), 1},
      {"only zeros", std::string(40 * unit, '\0'), 0},
      {"a block of data that begins and ends in zeros",
       concat(std::string(100, '\0'), "x", std::string(unit - 101, '\0')), 1},
      {"a short last block of zeros", concat(pattern(unit), std::string(10, '\0')), 1},
      {"a short last block of data", concat(zeros, "end"), 1},
      {"zeros that are not aligned", concat(pattern(unit / 2), zeros, pattern(unit / 2)), 2},
      {"more than the buffer", concat(pattern(unit), std::string(3 * buffer_size, '\0'), "end"), 2},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const std::string path = folder.file("file", row.content);
    struct stat status = status_of_file(path);
    status.st_blocks = 0;  // as older SquashFS has it
    const Copied copy = copied(path, status);
    CHECK(copy.result == "done");
    CHECK((copy.content == row.content));
    CHECK(copy.allocated <= row.data * unit);
    CHECK(copy.counted == row.content.size());
  }
}

TEST_CASE("a file that grew is copied as long as it was") {
  const TemporaryFolder folder;
  for (const std::size_t size : {std::size_t{1000}, 2 * buffer_size}) {
    CAPTURE(size);
    const std::string path = folder.file("file", pattern(size));
    const struct stat status = status_of_file(path);
    folder.file("file", pattern(size + 5000));
    const Copied copy = copied(path, status);
    CHECK(copy.result == "done");
    CHECK((copy.content == pattern(size)));
  }
}

TEST_CASE("a file that shrank is a failure, by every way") {
  const TemporaryFolder folder;
  for (const Way way : {Way::copy_file_range, Way::sendfile, Way::read_and_write}) {
    for (const std::size_t size : {std::size_t{1000}, 2 * buffer_size, std::size_t{9 << 20}}) {
      CAPTURE(size);
      CAPTURE(static_cast<int>(way));
      const std::string path = folder.file("file", pattern(size));
      const struct stat status = status_of_file(path);
      prepared(truncate(path.c_str(), static_cast<off_t>(size / 2)) == 0, path);
      CHECK(copied(path, status, way).result == with_errno(concat("failed: ", path, ": read at byte ", size / 2), EIO));
    }
  }
}

TEST_CASE("a sparse file that shrank is a failure too") {
  constexpr std::uint64_t mib = 1 << 20;
  const TemporaryFolder folder;
  const std::string path = sparse_file(folder, {0, 3 * mib}, 4 * mib);
  const struct stat status = status_of_file(path);
  prepared(truncate(path.c_str(), 2 * mib) == 0, path);
  CHECK(copied(path, status).result.starts_with("failed: "));
}

TEST_CASE("what cannot be written is a failure with the file's name") {
  const TemporaryFolder folder;
  const std::string path = folder.file("file", pattern(1000));
  KernelCopy kernel;
  Progress progress;
  std::vector<std::byte> buffer(buffer_size);
  const Fd from(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const Fd full(open("/dev/full", O_WRONLY | O_CLOEXEC));
  CHECK(told(copy_data(from, status_of_file(path), full, kernel, buffer, "/var/file", progress)) ==
        with_errno("failed: /var/file: write at byte 0", ENOSPC));
}

TEST_CASE("a way that does not work here is given up for good, one step at a time") {
  KernelCopy kernel;
  CHECK((kernel.way() == Way::copy_file_range));
  kernel.fall_back(Way::copy_file_range);
  CHECK((kernel.way() == Way::sendfile));
  kernel.fall_back(Way::copy_file_range);  // another thread found out late
  CHECK((kernel.way() == Way::sendfile));
  kernel.fall_back(Way::sendfile);
  CHECK((kernel.way() == Way::read_and_write));
  kernel.fall_back(Way::sendfile);
  CHECK((kernel.way() == Way::read_and_write));
}

TEST_CASE("a destination that the kernel cannot copy to is reached through the buffer") {
  const TemporaryFolder folder;
  const std::string path = folder.file("file", pattern(3 * buffer_size));
  KernelCopy kernel;
  Progress progress;
  std::vector<std::byte> buffer(buffer_size);
  const Fd from(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const Fd null(open("/dev/null", O_WRONLY | O_CLOEXEC));
  CHECK(told(copy_data(from, status_of_file(path), null, kernel, buffer, path, progress)) == "done");
  CHECK((kernel.way() != Way::copy_file_range));
  CHECK(progress.bytes == 3 * buffer_size);
}

}  // namespace aimee::test
