// doctest as these tests use it, and skips that are counted.
//
// A test that misses a privilege or a tool says so and ends: the program then exits with 77, or, with
// AIMEE_REQUIRE_ALL=1, fails.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace looptest {

// True when all the programs are there; otherwise notes a skip of the running test.
bool available(const std::vector<std::string>& programs);
void skip(const std::string& reason);

}  // namespace looptest

// Ends the running test case, counted, where one of the named programs is missing.
#define NEEDS(...) \
  if (!::looptest::available({__VA_ARGS__})) return
