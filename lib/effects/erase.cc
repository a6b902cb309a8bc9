// Erasing; see the header for what a cut leaves.
#include "effects/erase.h"

#include <linux/fs.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/text.h"
#include "plan/superblock.h"

namespace aimee {

namespace {

constexpr std::uint64_t mib = 1ULL << 20;
constexpr std::uint64_t discard_step = 1ULL << 30;  // bytes an ioctl, so that ^C and progress get a turn
constexpr std::size_t step = 1 << 20;               // bytes

using Buffer = std::unique_ptr<std::array<std::byte, step>>;

// Calls work(part, offset) for the whole device, 1 MiB at a time, without the primary superblock.
Result<> for_each_part(std::uint64_t size, std::span<std::byte> buffer, auto work) {
  constexpr std::uint64_t token = superblock_offsets[0];
  TRY(work(buffer.first(token), 0));
  TRY(work(buffer.first(mib - token - superblock_size), token + superblock_size));
  for (std::uint64_t offset = mib; offset < size; offset += step) {
    TRY(work(buffer.first(std::min<std::uint64_t>(step, size - offset)), offset));
  }
  return {};
}

Result<> overwrite(const Fd& device, std::uint64_t size, std::string_view subject, Progress& progress) {
  const Buffer buffer(new std::array<std::byte, step>);
  TRY(for_each_part(size, *buffer, [&](std::span<std::byte> part, std::uint64_t offset) -> Result<> {
    progress.tick();
    TRY(read_exactly(device, part, offset, subject));
    if (is_zero(part)) return {};
    std::ranges::fill(part, std::byte{0});
    return write_exactly(device, part, offset, subject);
  }));
  return flush(device, subject);
}

Result<> prove_erased(const Fd& device, std::uint64_t size, std::string_view subject, Progress& progress) {
  if (ioctl(device.get(), BLKFLSBUF) != 0) return failure(subject, "empty the page cache");
  const Buffer buffer(new std::array<std::byte, step>);
  return for_each_part(size, *buffer, [&](std::span<std::byte> part, std::uint64_t offset) -> Result<> {
    progress.tick();
    TRY(read_exactly(device, part, offset, subject));
    if (!is_zero(part)) return failure(subject, concat("is not erased: data read back at byte ", offset), EIO);
    return {};
  });
}

// The first 512 bytes hold UUID and label and go last, alone.
Result<> erase_primary_superblock(const Fd& device, std::string_view subject) {
  const std::array<std::byte, superblock_size> zeros{};
  TRY(write_exactly(device, std::span(zeros).subspan(superblock_atomic_size),
                    superblock_offsets[0] + superblock_atomic_size, subject));
  TRY(flush(device, subject));
  TRY(write_exactly(device, std::span(zeros).first(superblock_atomic_size), superblock_offsets[0], subject));
  return flush(device, subject);
}

}  // namespace

bool is_zero(std::span<const std::byte> bytes) {
  return bytes[0] == std::byte{0} && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

Result<> erase_superblock_copies(const Fd& device, const std::vector<std::uint64_t>& offsets,
                                 std::string_view subject) {
  const std::array<std::byte, superblock_size> zeros{};
  for (const std::uint64_t offset : offsets) TRY(write_exactly(device, zeros, offset, subject));
  return flush(device, subject);
}

Result<> discard_from(const Fd& device, std::uint64_t begin, std::uint64_t size, std::string_view subject,
                      Progress& progress) {
  for (std::uint64_t offset = begin; offset < size; offset += discard_step) {
    std::uint64_t range[2] = {offset, std::min(discard_step, size - offset)};
    if (ioctl(device.get(), BLKDISCARD, range) != 0) {
      if (errno == ENODEV || errno == ENXIO) return failure(subject, "discard");
      return {};
    }
    progress.tick();
  }
  return {};
}

Result<> erase_volume(const Fd& device, std::uint64_t size, std::string_view subject, Progress& progress) {
  const auto copies = superblock_offsets_on(size).subspan(1);
  TRY(erase_superblock_copies(device, {copies.begin(), copies.end()}, subject));
  TRY(discard_from(device, mib, size, subject, progress));
  TRY(overwrite(device, size, subject, progress));
  TRY(prove_erased(device, size, subject, progress));
  return erase_primary_superblock(device, subject);
}

}  // namespace aimee
