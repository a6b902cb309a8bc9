// Small text helpers; pure.
#include "base/text.h"

#include <algorithm>
#include <array>
#include <limits>

namespace aimee {

namespace detail {

void append(std::string& out, std::string_view part) { out += part; }
void append(std::string& out, char part) { out += part; }

void append_unsigned(std::string& out, std::uint64_t part) { out += in_base(part, 10); }

void append_signed(std::string& out, std::int64_t part) {
  if (part < 0) out += '-';
  append_unsigned(out, part < 0 ? ~static_cast<std::uint64_t>(part) + 1 : static_cast<std::uint64_t>(part));
}

}  // namespace detail

std::string in_base(std::uint64_t value, unsigned base, unsigned width) {
  std::string digits;
  do {
    digits += "0123456789abcdef"[value % base];
    value /= base;
  } while (value != 0);
  while (digits.size() < width) digits += '0';
  std::reverse(digits.begin(), digits.end());
  return digits;
}

std::string human_size(std::uint64_t bytes) {
  static constexpr std::array units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::size_t unit = 0;
  std::uint64_t whole = bytes;
  std::uint64_t rest = 0;  // of the next smaller unit, 0..1023
  while (whole >= 1024) {
    rest = whole % 1024;
    whole /= 1024;
    ++unit;
  }
  if (unit == 0 || whole >= 100) return concat(whole, " ", units[unit]);
  return concat(whole, ".", rest * 10 / 1024, " ", units[unit]);
}

std::string printable(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && byte != '\\') {
      out += c;
    } else {
      out += concat("\\x", in_base(byte, 16, 2));
    }
  }
  return out;
}

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> found;
  constexpr std::string_view blanks = " \t\r\n";
  for (std::size_t start = line.find_first_not_of(blanks); start != std::string_view::npos;) {
    const std::size_t end = std::min(line.find_first_of(blanks, start), line.size());
    found.push_back(line.substr(start, end - start));
    start = line.find_first_not_of(blanks, end);
  }
  return found;
}

std::vector<std::string_view> split(std::string_view line, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = line.find(separator);
    parts.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return parts;
    line.remove_prefix(end + 1);
  }
}

std::size_t utf8_sequence(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = at(0);
  std::size_t length = 0;
  std::uint32_t point = 0;
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) {
    length = 2;
    point = lead & 0x1fU;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    length = 3;
    point = lead & 0x0fU;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    length = 4;
    point = lead & 0x07U;
  } else {
    return 0;
  }
  if (text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xc0U) != 0x80) return 0;
    point = (point << 6U) | (at(i) & 0x3fU);
  }
  const bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
  const bool surrogate = point >= 0xd800 && point <= 0xdfff;
  return overlong || surrogate || point > 0x10ffff ? 0 : length;
}

std::string_view trimmed(std::string_view line) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t start = line.find_first_not_of(blanks);
  if (start == std::string_view::npos) return {};
  return line.substr(start, line.find_last_not_of(blanks) - start + 1);
}

std::optional<std::uint64_t> parse_number(std::string_view digits, unsigned base) {
  if (digits.empty()) return std::nullopt;
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t value = 0;
  for (const char c : digits) {
    const char lower = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    const std::size_t digit = std::string_view("0123456789abcdef").find(lower);
    if (digit == std::string_view::npos || digit >= base) return std::nullopt;
    if (value > (most - digit) / base) return std::nullopt;
    value = value * base + digit;
  }
  return value;
}

}  // namespace aimee
