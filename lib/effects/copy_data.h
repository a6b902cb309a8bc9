// The content of one regular file, holes kept.
#pragma once

#include <sys/stat.h>

#include <atomic>
#include <cstddef>
#include <span>
#include <string_view>

#include "base/result.h"
#include "effects/progress.h"
#include "system/fd.h"

namespace aimee {

// Which of the kernel's ways to copy works between these two file systems; found out once, then shared.
class KernelCopy {
 public:
  enum class Way { copy_file_range, sendfile, read_and_write };
  [[nodiscard]] Way way() const { return way_.load(std::memory_order_relaxed); }
  void fall_back(Way from);

 private:
  std::atomic<Way> way_ = Way::copy_file_range;
};

// Copies `source` (its status given) into the empty file `destination`. Holes: where the source tells them
// (lseek(2) SEEK_DATA) those; where it only shows that it has some (fewer blocks than its size, as older
// SquashFS does), every aligned 4 KiB of zeros. `buffer` is scratch space, at least 64 KiB.
// Failed: I/O error; a source that is shorter than its status says.
Result<> copy_data(const Fd& source, const struct stat& status, const Fd& destination, KernelCopy& kernel,
                   std::span<std::byte> buffer, std::string_view subject, Progress& progress);

// Whether a file has less allocated than its size: it has holes, or its file system compresses (EROFS).
bool seems_sparse(const struct stat& status);

// How many bytes copy_data() would write of a file that seems sparse, which is read where it tells no hole.
Result<std::uint64_t> bytes_to_copy(const Fd& source, const struct stat& status, std::string_view subject);

}  // namespace aimee
