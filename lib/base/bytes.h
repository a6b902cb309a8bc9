// Bytes of a disk: whether anybody wrote them, and the numbers in them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace aimee {

enum class Fill { zeros, ones, data };  // all 0x00, all 0xFF, anything else

// Of one byte at least.
Fill fill_of(std::span<const std::byte> bytes);

inline bool is_zero(std::span<const std::byte> bytes) { return fill_of(bytes) == Fill::zeros; }

std::uint64_t little_endian(std::span<const std::byte> bytes);
std::uint64_t big_endian(std::span<const std::byte> bytes);

// The number of `Size` bytes at `at`, which the bytes must have.
template <std::size_t Size>
std::uint64_t little_endian(std::span<const std::byte> bytes, std::size_t at) {
  return little_endian(bytes.subspan(at, Size));
}

template <std::size_t Size>
std::uint64_t big_endian(std::span<const std::byte> bytes, std::size_t at) {
  return big_endian(bytes.subspan(at, Size));
}

}  // namespace aimee
