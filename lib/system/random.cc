// getrandom(2) gives up to 256 bytes without interruption.
#include "system/random.h"

#include <sys/random.h>

namespace aimee {

Result<std::array<std::byte, 16>> random_uuid() {
  std::array<std::byte, 16> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    return failure("getrandom", "read");
  return bytes;
}

}  // namespace aimee
