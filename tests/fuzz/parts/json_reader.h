// JSON (RFC 8259) read strictly and by other code than that which writes it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace aimee::fuzz {

// Whether `text` is well-formed UTF-8, as the C library's C.UTF-8 locale says.
bool is_utf8(std::string_view text);

// Whether `text` is one JSON object or array, UTF-8, no member's name twice in an object.
bool is_json(std::string_view text);

// What a JSON string (with its quotes) means; none where it is no JSON string.
std::optional<std::string> json_meaning(std::string_view text);

}  // namespace aimee::fuzz
