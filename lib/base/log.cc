// Messages on stderr; failures to write are ignored on purpose.
#include "base/log.h"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
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

std::string priority_of(Severity severity) {
  static const bool journal = stderr_is_journal();
  return journal ? concat("<", static_cast<int>(severity), ">") : std::string();
}

void say(std::string_view line) {
  [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, line.data(), line.size());
}

// What is said without memory, and made without: also the first that is asked for may not be had.
char last_words[64] = "aimee: out of memory\n";

}  // namespace

void set_log_name(std::string_view applet) {
  name() = applet;
  std::snprintf(last_words, sizeof last_words, "%s%s: out of memory\n", priority_of(Severity::error).c_str(),
                name().c_str());
}

void log_message(Severity severity, std::string_view text) {
  say(concat(priority_of(severity), name(), ": ", text, "\n"));
}

void log_out_of_memory() {
  static std::atomic_flag told;
  while (told.test_and_set()) pause();
  say(last_words);
}

}  // namespace aimee
