// Writing to standard output; a failure leaves a part of the text written.
#include "cli/output.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace aimee {

Result<> print_output(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EPIPE) return {};  // who reads it has had enough
    if (written < 0 && errno == EAGAIN) {
      pollfd waiting{STDOUT_FILENO, POLLOUT, 0};
      if (poll(&waiting, 1, -1) >= 0 || errno == EINTR) continue;
    }
    if (written < 0) return failure("standard output", "write");
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace aimee
