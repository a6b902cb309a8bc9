// A disk in memory that an input describes: chunks of bytes, superblocks and fills, each at its place.
#pragma once

#include <cstdint>
#include <string>

#include "parts/input.h"
#include "plan/reset_token.h"
#include "system/fd.h"

namespace aimee::fuzz {

class DiskImage {
 public:
  static constexpr std::uint64_t size = 128ULL << 20;

  DiskImage();

  // All zeros again, and then what the input says: records of a letter and its operands, as
  //   'b' FROM-END OFFSET(4) LENGTH(2) BYTES    bytes, at OFFSET from the start or back from the end
  //   's' SLOT …                                a superblock of ours or of others (parts/volumes.h)
  //   'f' FROM-END OFFSET(4) KIB(2) BYTE        so many KiB of one byte
  // until anything else comes.
  void describe(Input& input, const DeviceIdentity& identity);

  [[nodiscard]] const Fd& read_only() const { return read_only_; }
  // A copy on which the bytes from `begin` to `end` are zeros.
  [[nodiscard]] DiskImage without(std::uint64_t begin, std::uint64_t end) const;
  // What a program that is told a path has to be given.
  [[nodiscard]] std::string path() const;

 private:
  void write(std::uint64_t offset, std::string_view bytes);

  Fd file_;
  Fd read_only_;
};

}  // namespace aimee::fuzz
