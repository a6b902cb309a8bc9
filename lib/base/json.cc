// JSON writing; pure.
#include "base/json.h"

#include <algorithm>

#include "base/text.h"

namespace aimee {

namespace {

// The character that the first `length` bytes of `text` say, of at most three bytes; 0 for a longer one.
unsigned character_of(std::string_view text, std::size_t length) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (length == 1) return at(0);
  if (length == 2) return (at(0) & 0x1fU) << 6U | (at(1) & 0x3fU);
  if (length == 3) return (at(0) & 0x0fU) << 12U | (at(1) & 0x3fU) << 6U | (at(2) & 0x3fU);
  return 0;
}

// What drives a terminal or shows a text as another one: control characters, marks without a width of their own, those
// of the direction of writing, line separators.
bool must_be_escaped(unsigned character) {
  struct Range {
    unsigned first;
    unsigned last;
  };
  constexpr Range ranges[] = {{0x01, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},  {0x200b, 0x200f},
                              {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}};
  return std::ranges::any_of(ranges, [&](Range range) { return character >= range.first && character <= range.last; });
}

}  // namespace

std::string json_string(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    const char first = text[0];
    const unsigned character = character_of(text, length);
    if (length == 0) {
      out += "\\ufffd";
    } else if (first == '"' || first == '\\') {
      out += concat('\\', first);
    } else if (first == 0 || must_be_escaped(character)) {
      out += concat("\\u", in_base(character, 16, 4));
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out + "\"";
}

JsonObject& JsonObject::add(std::string_view key, std::string_view text) { return add_raw(key, json_string(text)); }

JsonObject& JsonObject::add_or_null(std::string_view key, std::string_view text) {
  return text.empty() ? add_null(key) : add(key, text);
}

JsonObject& JsonObject::add(std::string_view key, std::uint64_t number) { return add_raw(key, concat(number)); }

JsonObject& JsonObject::add_raw(std::string_view key, std::string_view json) {
  if (!members_.empty()) members_ += ", ";
  members_ += concat(json_string(key), ": ", json);
  return *this;
}

JsonArray& JsonArray::add_raw(std::string_view json) {
  if (!items_.empty()) items_ += ", ";
  items_ += json;
  return *this;
}

}  // namespace aimee
