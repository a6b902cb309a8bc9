// Messages on stderr; failures to write are ignored on purpose.
#include "base/log.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "base/text.h"

namespace aimee {

namespace {

std::string& name() {
  static std::string stored;
  return stored;
}

// JOURNAL_STREAM is "DEVICE:INODE" of the stream that systemd connected.
bool stderr_is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status{};
  if (stream == nullptr || fstat(STDERR_FILENO, &status) != 0) return false;
  return concat(status.st_dev, ":", status.st_ino) == stream;
}

}  // namespace

void set_log_name(std::string_view applet) { name() = applet; }

void log_message(Severity severity, std::string_view text) {
  static const bool journal = stderr_is_journal();
  std::string line = journal ? concat("<", static_cast<int>(severity), ">") : std::string();
  line += concat(name(), ": ", text, "\n");
  [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace aimee
