// Writes JSON (RFC 8259), one object or array at a time, to a string. Bytes that are not UTF-8 become U+FFFD,
// since a JSON text must be Unicode; file names and labels from a disk need not be. What could drive the terminal that
// shows the text, or show it as another one (C1 controls, marks of direction), is escaped, which loses nothing.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace aimee {

std::string json_string(std::string_view text);  // quoted and escaped

class JsonObject {
 public:
  JsonObject& add(std::string_view key, std::string_view text);
  JsonObject& add(std::string_view key, const char* text) { return add(key, std::string_view(text)); }
  JsonObject& add(std::string_view key, std::same_as<bool> auto value) {
    return add_raw(key, value ? "true" : "false");
  }
  JsonObject& add(std::string_view key, std::uint64_t number);
  JsonObject& add_or_null(std::string_view key, std::string_view text);  // null where the text is empty
  JsonObject& add_null(std::string_view key) { return add_raw(key, "null"); }
  JsonObject& add_raw(std::string_view key, std::string_view json);  // `json` is a complete JSON value
  [[nodiscard]] std::string str() const { return "{" + members_ + "}"; }

 private:
  std::string members_;
};

class JsonArray {
 public:
  JsonArray& add(std::string_view text) { return add_raw(json_string(text)); }
  JsonArray& add_raw(std::string_view json);
  [[nodiscard]] std::string str() const { return "[" + items_ + "]"; }

 private:
  std::string items_;
};

}  // namespace aimee
