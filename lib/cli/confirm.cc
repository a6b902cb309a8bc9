// Asking; changes nothing but what the terminal had ready to be read.
#include "cli/confirm.h"

#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/text.h"

namespace aimee {

namespace {

constexpr std::size_t longest_answer = 256;

Result<std::string> read_line() {
  std::string line;
  for (char c = 0; line.size() < longest_answer;) {
    const ssize_t got = read(STDIN_FILENO, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure("standard input", "read");
    if (got == 0 || c == '\n') break;
    line += c;
  }
  return line;
}

}  // namespace

bool can_ask() { return isatty(STDIN_FILENO) == 1; }

Result<bool> confirmed(std::string_view question, std::string_view word) {
  tcflush(STDIN_FILENO, TCIFLUSH);
  while (!question.empty()) {
    const ssize_t put = write(STDERR_FILENO, question.data(), question.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return failure("standard error", "write");
    question.remove_prefix(static_cast<std::size_t>(put));
  }
  const std::string line = TRY(read_line());
  const bool same = trimmed(line) == word;
  tcflush(STDIN_FILENO, TCIFLUSH);
  return same;
}

}  // namespace aimee
