// Small text helpers: joining, splitting, sizes for people, escaping of untrusted bytes.
// std::format would add 340 KB to the static binary (docs/architecture.md has the figures).
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aimee {

namespace detail {
void append(std::string& out, std::string_view part);
void append(std::string& out, char part);
void append_signed(std::string& out, std::int64_t part);
void append_unsigned(std::string& out, std::uint64_t part);
template <std::signed_integral T>
  requires(!std::same_as<T, char>)
void append(std::string& out, T part) {
  append_signed(out, part);
}
template <std::unsigned_integral T>
  requires(!std::same_as<T, char>)
void append(std::string& out, T part) {
  append_unsigned(out, part);
}
}  // namespace detail

// The parts (strings, characters, whole numbers) one after the other.
template <class... Parts>
std::string concat(const Parts&... parts) {
  std::string out;
  (detail::append(out, parts), ...);
  return out;
}

// "512 B", "20.0 MiB": three significant digits, binary units.
std::string human_size(std::uint64_t bytes);

// `value` in base 8 or 16, zero-padded to `width`.
std::string in_base(std::uint64_t value, unsigned base, unsigned width = 0);

// Bytes that are not printable ASCII become \xNN, so that a file name or a label from a disk can neither
// break a log line nor drive a terminal.
std::string printable(std::string_view bytes);

// Non-empty words of `line` between spaces and tabs.
std::vector<std::string_view> words(std::string_view line);

// The parts of `line` between each `separator`, empty ones included.
std::vector<std::string_view> split(std::string_view line, char separator);

// Length of the well-formed UTF-8 sequence at the start of `text`, which is not empty (RFC 3629); 0 if there is none.
std::size_t utf8_sequence(std::string_view text);

std::string_view trimmed(std::string_view line);

// Decimal (or other `base`) digits only, no sign, no blanks; none on overflow.
std::optional<std::uint64_t> parse_number(std::string_view digits, unsigned base = 10);

}  // namespace aimee
