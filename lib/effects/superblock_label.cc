// One sector, one flush; see the header for what a cut leaves.
#include "effects/superblock_label.h"

#include <array>
#include <span>

#include "plan/superblock.h"

namespace aimee {

Result<> write_superblock_label(const Fd& device, std::uint64_t from, std::uint64_t to, std::string_view label,
                                std::string_view subject) {
  std::array<std::byte, superblock_size> bytes;
  TRY(read_exactly(device, bytes, from, subject));
  const auto made = relabelled(bytes, to, label);
  TRY(write_exactly(device, std::span(made).first(superblock_atomic_size), to, subject));
  return flush(device, subject);
}

}  // namespace aimee
