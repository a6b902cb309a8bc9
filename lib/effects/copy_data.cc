// Copying of file contents. A failure leaves a partial file in a volume that is not committed.
#include "effects/copy_data.h"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "base/bytes.h"
#include "base/text.h"

namespace aimee {

namespace {

constexpr std::uint64_t hole_unit = 4096;             // bytes; the volume's sector size
constexpr std::uint64_t early_write_size = 64 << 10;  // bytes
constexpr std::size_t kernel_chunk = 8 << 20;         // bytes per system call, so that progress is seen

struct Range {
  std::uint64_t begin;
  std::uint64_t end;
};

struct Copy {
  const Fd& source;
  const Fd& destination;
  KernelCopy& kernel;
  std::span<std::byte> buffer;
  std::string_view subject;
  Progress& progress;
};

void count(Progress& progress, std::uint64_t bytes) {
  progress.bytes += bytes;
  progress.tick();
}

// One system call's worth at `offset`: bytes copied, 0 = this way does not work here and the next is tried.
Result<std::size_t> copy_some_in_kernel(const Copy& copy, std::uint64_t offset, std::size_t length) {
  const KernelCopy::Way way = copy.kernel.way();
  auto from = static_cast<off_t>(offset);
  ssize_t copied = 0;
  if (way == KernelCopy::Way::copy_file_range) {
    auto to = static_cast<off_t>(offset);
    copied = copy_file_range(copy.source.get(), &from, copy.destination.get(), &to, length, 0);
  } else {
    if (lseek(copy.destination.get(), from, SEEK_SET) < 0) return failure(copy.subject, "seek");
    copied = sendfile(copy.destination.get(), copy.source.get(), &from, length);
  }
  if (copied > 0) return static_cast<std::size_t>(copied);
  if (copied < 0 && errno == EINTR) return copy_some_in_kernel(copy, offset, length);
  const bool unsupported =
      errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM;
  if (copied < 0 && !unsupported) return failure(copy.subject, "copy");
  copy.kernel.fall_back(way);
  return std::size_t{0};
}

Result<> copy_through_buffer(const Copy& copy, Range range) {
  while (range.begin < range.end) {
    const std::size_t length = std::min<std::uint64_t>(copy.buffer.size(), range.end - range.begin);
    const auto part = copy.buffer.first(length);
    TRY(read_exactly(copy.source, part, range.begin, copy.subject));
    TRY(write_exactly(copy.destination, part, range.begin, copy.subject));
    range.begin += length;
    count(copy.progress, length);
  }
  return {};
}

Result<> copy_range(const Copy& copy, Range range) {
  while (range.begin < range.end && copy.kernel.way() != KernelCopy::Way::read_and_write) {
    const std::size_t length = std::min<std::uint64_t>(kernel_chunk, range.end - range.begin);
    const std::size_t copied = TRY(copy_some_in_kernel(copy, range.begin, length));
    range.begin += copied;
    count(copy.progress, copied);
  }
  return copy_through_buffer(copy, range);
}

// Copies all but aligned blocks of zeros.
Result<> copy_without_zeros(const Copy& copy, std::uint64_t size) {
  for (std::uint64_t offset = 0; offset < size;) {
    const std::size_t length = std::min<std::uint64_t>(copy.buffer.size(), size - offset);
    const auto part = copy.buffer.first(length);
    TRY(read_exactly(copy.source, part, offset, copy.subject));
    for (std::size_t at = 0; at < length; at += hole_unit) {
      const auto block = part.subspan(at, std::min<std::size_t>(hole_unit, length - at));
      if (!is_zero(block)) TRY(write_exactly(copy.destination, block, offset + at, copy.subject));
    }
    offset += length;
    count(copy.progress, length);
  }
  return {};
}

// The next range of data from `offset` on; none after the last.
Result<std::optional<Range>> next_data(const Fd& source, std::uint64_t offset, std::uint64_t size,
                                       std::string_view subject) {
  const off_t begin = lseek(source.get(), static_cast<off_t>(offset), SEEK_DATA);
  if (begin < 0 && errno == ENXIO) return std::nullopt;
  if (begin < 0) return failure(subject, "look for data");
  const off_t end = lseek(source.get(), begin, SEEK_HOLE);
  if (end < 0) return failure(subject, "look for holes");
  return Range{static_cast<std::uint64_t>(begin), std::min<std::uint64_t>(static_cast<std::uint64_t>(end), size)};
}

// Whether the file system says of a file that seems to have holes that all of it is data.
bool tells_no_hole(const std::optional<Range>& first, std::uint64_t size) {
  return first && first->begin == 0 && first->end == size;
}

Result<> copy_sparse(const Copy& copy, std::uint64_t size) {
  if (ftruncate(copy.destination.get(), static_cast<off_t>(size)) != 0) return failure(copy.subject, "set size");
  auto range = TRY(next_data(copy.source, 0, size, copy.subject));
  if (tells_no_hole(range, size)) return copy_without_zeros(copy, size);
  while (range && range->begin < size) {
    TRY(copy_range(copy, *range));
    if (range->end == size) break;
    range = TRY(next_data(copy.source, range->end, size, copy.subject));
  }
  return {};
}

// The bytes of all but aligned blocks of zeros.
Result<std::uint64_t> count_without_zeros(const Fd& source, std::uint64_t size, std::string_view subject) {
  std::array<std::byte, hole_unit> buffer;
  std::uint64_t bytes = 0;
  for (std::uint64_t offset = 0; offset < size; offset += hole_unit) {
    const auto block = std::span(buffer).first(std::min(hole_unit, size - offset));
    TRY(read_exactly(source, block, offset, subject));
    if (!is_zero(block)) bytes += block.size();
  }
  return bytes;
}

Result<> copy_any(const Copy& copy, const struct stat& status) {
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (!seems_sparse(status)) {
    if (size <= copy.buffer.size()) return copy_through_buffer(copy, {0, size});
    return copy_range(copy, {0, size});
  }
  TRY(copy_sparse(copy, size));
  // What is missing at the end of a file looks like a hole.
  if (TRY(status_of(copy.source, copy.subject)).st_size < status.st_size) {
    return failure(copy.subject, "became shorter while it was copied", 0);
  }
  return {};
}

}  // namespace

void KernelCopy::fall_back(Way from) {
  Way expected = from;
  way_.compare_exchange_strong(expected, from == Way::copy_file_range ? Way::sendfile : Way::read_and_write);
}

Result<> copy_data(const Fd& source, const struct stat& status, const Fd& destination, KernelCopy& kernel,
                   std::span<std::byte> buffer, std::string_view subject, Progress& progress) {
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size == 0) return {};
  TRY(copy_any({source, destination, kernel, buffer, subject, progress}, status));
  // Starts writing to the disk now, while the next files are read, and not all at once at the end. Only a hint.
  if (size >= early_write_size) sync_file_range(destination.get(), 0, 0, SYNC_FILE_RANGE_WRITE);
  return {};
}

bool seems_sparse(const struct stat& status) {
  return static_cast<std::uint64_t>(status.st_blocks) * 512 < static_cast<std::uint64_t>(status.st_size);
}

Result<std::uint64_t> bytes_to_copy(const Fd& source, const struct stat& status, std::string_view subject) {
  const auto size = static_cast<std::uint64_t>(status.st_size);
  auto range = TRY(next_data(source, 0, size, subject));
  if (tells_no_hole(range, size)) return count_without_zeros(source, size, subject);
  std::uint64_t bytes = 0;
  while (range && range->begin < range->end) {
    bytes += range->end - range->begin;
    range = TRY(next_data(source, range->end, size, subject));
  }
  return bytes;
}

}  // namespace aimee
