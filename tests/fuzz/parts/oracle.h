// What every target has: its entry, and the word for "this must be so". What is not so is told with its place, and the
// process ends by a signal, so that libFuzzer keeps the input.
#pragma once

#include <string_view>

#include "base/result.h"

namespace aimee::fuzz {

// The target's own: one input. Defined in NAME.cc.
void try_input(std::string_view input);

[[noreturn]] void broken(const char* condition, const char* file, int line, std::string_view about);

// Printable ASCII: what may go to a terminal or into one line of a log.
bool is_one_line(std::string_view text);
// The same and newlines, the last byte one.
bool is_page(std::string_view text);

// What is said of an error is one line.
void check_message(const Error& error);

}  // namespace aimee::fuzz

#define HOLDS(...) ((__VA_ARGS__) ? void() : ::aimee::fuzz::broken(#__VA_ARGS__, __FILE__, __LINE__, {}))
#define HOLDS_OF(about, ...) ((__VA_ARGS__) ? void() : ::aimee::fuzz::broken(#__VA_ARGS__, __FILE__, __LINE__, about))
