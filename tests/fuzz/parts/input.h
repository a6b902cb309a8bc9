// An input taken apart: bytes from the front, zeros when there are no more, or sections of text.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace aimee::fuzz {

class Input {
 public:
  explicit Input(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] bool is_empty() const { return bytes_.empty(); }
  std::uint8_t byte() {
    if (bytes_.empty()) return 0;
    const auto first = static_cast<std::uint8_t>(bytes_[0]);
    bytes_.remove_prefix(1);
    return first;
  }
  bool flag() { return (byte() & 1U) != 0; }
  std::size_t below(std::size_t limit) { return byte() % limit; }
  // Little-endian.
  std::uint64_t number(unsigned bytes = 8) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < bytes; ++i) value |= std::uint64_t{byte()} << (8 * i);
    return value;
  }
  // `length` bytes, or as many as there are.
  std::string_view take(std::size_t length) {
    const std::string_view taken = bytes_.substr(0, length);
    bytes_.remove_prefix(taken.size());
    return taken;
  }
  std::string_view text() { return take(byte()); }
  template <class T, std::size_t Count>
  T one_of(const T (&values)[Count]) {
    return values[below(Count)];
  }

 private:
  std::string_view bytes_;
};

// The parts of a text between lines that are "%%"; at least `count`.
inline std::vector<std::string> sections(std::string_view text, std::size_t count) {
  std::vector<std::string> parts(1);
  bool first = true;
  for (const std::string_view line : split(text, '\n')) {
    if (line == "%%") {
      parts.emplace_back();
      first = true;
      continue;
    }
    if (!first) parts.back() += '\n';
    parts.back() += line;
    first = false;
  }
  if (parts.size() < count) parts.resize(count);
  return parts;
}

}  // namespace aimee::fuzz
