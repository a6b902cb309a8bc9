// Messages on stderr; failures to write are ignored on purpose.
#include "base/log.h"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
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

std::string line_of(Severity severity, std::string_view text) {
  static const bool journal = stderr_is_journal();
  const std::string priority = journal ? concat("<", static_cast<int>(severity), ">") : std::string();
  return concat(priority, name(), ": ", text, "\n");
}

void say(const std::string& line) {
  [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, line.data(), line.size());
}

// Ready before there is no memory for it.
std::string& last_words() {
  static std::string stored = "aimee: out of memory\n";
  return stored;
}

}  // namespace

void set_log_name(std::string_view applet) {
  name() = applet;
  last_words() = line_of(Severity::error, "out of memory");
}

void log_message(Severity severity, std::string_view text) { say(line_of(severity, text)); }

void log_out_of_memory() {
  static std::atomic_flag told;
  while (told.test_and_set()) pause();
  say(last_words());
}

}  // namespace aimee
