#include "base/bytes.h"

#include <cstring>

namespace aimee {

Fill fill_of(std::span<const std::byte> bytes) {
  const std::byte first = bytes[0];
  if (first != std::byte{0x00} && first != std::byte{0xff}) return Fill::data;
  if (std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) != 0) return Fill::data;
  return first == std::byte{0x00} ? Fill::zeros : Fill::ones;
}

std::uint64_t little_endian(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = (value << 8U) | std::to_integer<std::uint64_t>(bytes[i]);
  return value;
}

std::uint64_t big_endian(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (const std::byte byte : bytes) value = (value << 8U) | std::to_integer<std::uint64_t>(byte);
  return value;
}

}  // namespace aimee
