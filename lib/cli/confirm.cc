// Asking; changes nothing but what the terminal had ready to be read.
#include "cli/confirm.h"

#include <termios.h>
#include <unistd.h>

#include <cerrno>

#include "base/text.h"
#include "system/terminal.h"

namespace aimee {

bool can_ask() { return isatty(STDIN_FILENO) == 1; }

Result<bool> confirmed(std::string_view question, std::string_view word) {
  tcflush(STDIN_FILENO, TCIFLUSH);
  while (!question.empty()) {
    const ssize_t put = write(STDERR_FILENO, question.data(), question.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return failure("standard error", "write");
    question.remove_prefix(static_cast<std::size_t>(put));
  }
  const bool same = trimmed(read_line().text) == word;
  tcflush(STDIN_FILENO, TCIFLUSH);
  return same;
}

}  // namespace aimee
