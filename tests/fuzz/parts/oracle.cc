// The functions that libFuzzer calls. Standard output goes nowhere, and so does what the library logs when libFuzzer is
// told to (-close_fd_mask=2), but not what is told here.
#include "parts/oracle.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "base/text.h"

namespace aimee::fuzz {

namespace {

int told_to = STDERR_FILENO;

bool is_plain(char c) { return c >= ' ' && c < 0x7f; }

}  // namespace

void broken(const char* condition, const char* file, int line, std::string_view about) {
  dprintf(told_to, "%s:%d: does not hold: %s\n", file, line, condition);
  if (!about.empty()) dprintf(told_to, "  of \"%s\"\n", printable(about).c_str());
  std::abort();
}

bool is_one_line(std::string_view text) { return std::ranges::all_of(text, is_plain); }

bool is_page(std::string_view text) {
  return text.ends_with('\n') && std::ranges::all_of(text, [](char c) { return c == '\n' || is_plain(c); });
}

void check_message(const Error& error) { HOLDS_OF(error.message(), is_one_line(error.message())); }

}  // namespace aimee::fuzz

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  aimee::fuzz::told_to = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 100);
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (aimee::fuzz::told_to < 0 || nowhere < 0 || dup2(nowhere, STDOUT_FILENO) < 0) std::abort();
  close(nowhere);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  aimee::fuzz::try_input({reinterpret_cast<const char*>(data), size});
  return 0;
}
