// Escaping, splitting, numbers, JSON strings: each undone again.
#include "base/text.h"

#include <algorithm>
#include <cerrno>

#include "base/json.h"
#include "base/result.h"
#include "parts/json_reader.h"
#include "parts/oracle.h"

namespace aimee::fuzz {

namespace {

std::string without_escapes(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const bool escape = text[0] == '\\';
    out += escape ? static_cast<char>(*parse_number(text.substr(2, 2), 16)) : text[0];
    text.remove_prefix(escape ? 4 : 1);
  }
  return out;
}

// What was escaped already stays as it is.
void check_escaped(std::string_view text) {
  check_message(failure(text, text, EIO).error());
  HOLDS(failure(printable(text), "", 0).error().message() == printable(text));
}

std::string joined(const std::vector<std::string_view>& parts, std::string_view between) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) text += concat(i == 0 ? "" : between, parts[i]);
  return text;
}

void check_splitting(std::string_view text) {
  HOLDS(joined(split(text, '\n'), "\n") == text);
  const auto found = words(text);
  for (const std::string_view word : found) HOLDS(!word.empty() && word.find_first_of(" \t\r\n") == word.npos);
  HOLDS(words(joined(found, " \t")) == found);
  const std::string_view inner = trimmed(text);
  HOLDS(inner.empty() ? found.empty() : inner.starts_with(found.front()) && inner.ends_with(found.back()));
}

void check_utf8(std::string_view text) {
  bool whole = true;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t length = utf8_sequence(rest);
    HOLDS(length <= 4 && length <= rest.size());
    if (length > 0) HOLDS(is_utf8(rest.substr(0, length)));
    whole = whole && length > 0;
    rest.remove_prefix(length == 0 ? 1 : length);
  }
  HOLDS(whole == is_utf8(text));
  const std::string json = json_string(text);
  for (const std::string_view hidden : {"\xc2\x85", "\xc2\x9b", "\xd8\x9c", "\xe2\x80\x8e", "\xe2\x80\xa8",
                                        "\xe2\x80\xae", "\xe2\x81\xa6", "\xef\xbb\xbf"}) {
    HOLDS(json.find(hidden) == std::string::npos);
  }
  const auto meaning = json_meaning(json);
  HOLDS(meaning.has_value());
  HOLDS(!whole || *meaning == text);
}

void check_numbers(std::string_view text) {
  for (const unsigned base : {8U, 10U, 16U}) {
    const auto number = parse_number(text, base);
    if (!number) continue;
    const std::string digits = in_base(*number, base, static_cast<unsigned>(std::min<std::size_t>(text.size(), 64)));
    HOLDS(text.size() > 64 || std::ranges::equal(digits, text, {}, {}, [](char c) {
            return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
          }));
    HOLDS(human_size(*number).size() <= 10);
    HOLDS(parse_number(concat(*number)) == *number);
  }
}

void check_json(std::string_view text) {
  const auto parts = split(text, ' ');
  JsonArray array;
  for (const std::string_view part : parts) array.add(part);
  JsonObject object;
  object.add("list", std::uint64_t{1}).add_raw("all", array.str()).add("text", text).add("yes", true).add_null("none");
  HOLDS_OF(object.str(), is_json(object.str()));
}

}  // namespace

void try_input(std::string_view text) {
  HOLDS(is_one_line(printable(text)));
  HOLDS(without_escapes(printable(text)) == text);
  check_escaped(text);
  check_splitting(text);
  check_utf8(text);
  check_numbers(text);
  check_json(text);
}

}  // namespace aimee::fuzz
