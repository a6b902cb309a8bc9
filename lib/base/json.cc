// JSON writing; pure.
#include "base/json.h"

#include "base/text.h"

namespace aimee {

std::string json_string(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    const char first = text[0];
    if (length == 0) {
      out += "\\ufffd";
    } else if (first == '"' || first == '\\') {
      out += concat('\\', first);
    } else if (static_cast<unsigned char>(first) < 0x20 || first == 0x7f) {
      out += concat("\\u", in_base(static_cast<unsigned char>(first), 16, 4));
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
