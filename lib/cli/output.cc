// Writing to standard output; a failure leaves a part of the text written.
#include "cli/output.h"

#include <unistd.h>

#include <cerrno>

namespace aimee {

Result<> print_output(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failure("standard output", "write");
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace aimee
