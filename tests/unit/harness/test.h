// doctest as the unit tests use it: without exceptions, with skips that are counted, and with failures that
// read as sentences.
//
// A test that misses a tool, a privilege or a feature says so and ends. The program then exits with 77, or,
// with AIMEE_REQUIRE_ALL=1, fails. What qemu's user mode emulation cannot do (AIMEE_EMULATED=1) is documented
// by EMULATION_LACKS() where it matters: a skip that is counted and never a failure.
#pragma once

#include <doctest/doctest.h>

#include <cerrno>
#include <cstring>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/text.h"

namespace aimee::test {

// Notes that the running test was skipped.
void skip(const std::string& reason);

// True when all the programs are in PATH; otherwise notes a skip.
bool available(const std::vector<std::string>& programs);

// True under qemu-user; notes the skip.
bool emulation_lacks(const std::string& what);

// "done", or the error as "failed: MESSAGE", "usage: MESSAGE", "refused: MESSAGE".
std::string told(const Error& error);
template <class T>
std::string told(const Result<T>& result) {
  return result ? "done" : told(result.error());
}

// `text` and the C library's words for `code`, which differ between libraries.
inline std::string with_errno(std::string_view text, int code) { return concat(text, ": ", std::strerror(code)); }

}  // namespace aimee::test

// doctest cannot end a test at REQUIRE without exceptions; this does.
#define MUST(...) \
  if (!CHECK(__VA_ARGS__)) return
#define MUST_SUCCEED(result) \
  if (const auto& must_succeed_result = (result); !CHECK(::aimee::test::told(must_succeed_result) == "done")) return

#define NEEDS(...) \
  if (!::aimee::test::available({__VA_ARGS__})) return

#define EMULATION_LACKS(what) \
  if (::aimee::test::emulation_lacks(what)) return
