// A recursive descent over the text; stops at the first thing that is not JSON.
#include "parts/json_reader.h"

#include <clocale>
#include <cwchar>
#include <set>

#include "base/text.h"

namespace aimee::fuzz {

namespace {

constexpr int deepest = 32;

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool value(int depth) {
    blanks();
    if (depth > deepest || rest_.empty()) return false;
    if (rest_[0] == '{') return object(depth);
    if (rest_[0] == '[') return array(depth);
    if (rest_[0] == '"') return string().has_value();
    return word("true") || word("false") || word("null") || number();
  }

  std::optional<std::string> string() {
    std::string meaning;
    if (!word("\"")) return std::nullopt;
    while (!rest_.empty() && rest_[0] != '"') {
      if (static_cast<unsigned char>(rest_[0]) < 0x20) return std::nullopt;
      if (rest_[0] != '\\') {
        meaning += rest_[0];
        rest_.remove_prefix(1);
      } else if (!escape(meaning)) {
        return std::nullopt;
      }
    }
    if (!word("\"")) return std::nullopt;
    return meaning;
  }

  bool is_at_end() {
    blanks();
    return rest_.empty();
  }

 private:
  void blanks() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\n')) rest_.remove_prefix(1);
  }

  bool word(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  bool object(int depth) {
    std::set<std::string> names;
    word("{");
    blanks();
    if (word("}")) return true;
    do {
      blanks();
      auto name = string();
      blanks();
      if (!name || !names.insert(*name).second || !word(":") || !value(depth + 1)) return false;
      blanks();
    } while (word(","));
    return word("}");
  }

  bool array(int depth) {
    word("[");
    blanks();
    if (word("]")) return true;
    do {
      if (!value(depth + 1)) return false;
      blanks();
    } while (word(","));
    return word("]");
  }

  bool number() {
    const std::size_t end = rest_.find_first_not_of("0123456789");
    const std::string_view digits = rest_.substr(0, end);
    if (digits.empty() || (digits.size() > 1 && digits[0] == '0')) return false;
    rest_.remove_prefix(digits.size());
    return true;
  }

  bool escape(std::string& meaning) {
    constexpr std::string_view simple = "\"\\/";
    rest_.remove_prefix(1);
    if (rest_.empty()) return false;
    if (simple.find(rest_[0]) != std::string_view::npos) {
      meaning += rest_[0];
      rest_.remove_prefix(1);
      return true;
    }
    if (rest_[0] != 'u' || rest_.size() < 5) return false;
    const auto code = parse_number(rest_.substr(1, 4), 16);
    rest_.remove_prefix(5);
    if (!code) return false;
    const auto add = [&](std::uint64_t byte) { meaning += static_cast<char>(byte); };
    if (*code < 0x80) {
      add(*code);
    } else if (*code < 0x800) {
      add(0xc0 | *code >> 6U);
      add(0x80 | (*code & 0x3f));
    } else {
      add(0xe0 | *code >> 12U);
      add(0x80 | (*code >> 6U & 0x3f));
      add(0x80 | (*code & 0x3f));
    }
    return true;
  }

  std::string_view rest_;
};

}  // namespace

bool is_utf8(std::string_view text) {
  static const bool set = std::setlocale(LC_CTYPE, "C.UTF-8") != nullptr;
  if (!set) return false;
  std::mbstate_t state{};
  while (!text.empty()) {
    wchar_t point = 0;
    const std::size_t length = std::mbrtowc(&point, text.data(), text.size(), &state);
    if (length > text.size()) return false;  // (size_t)-1: wrong, (size_t)-2: cut off
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return false;  // what the C library lets pass
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return true;
}

bool is_json(std::string_view text) {
  if (!is_utf8(text) || (!text.starts_with('{') && !text.starts_with('['))) return false;
  Reader reader(text);
  return reader.value(0) && reader.is_at_end();
}

std::optional<std::string> json_meaning(std::string_view text) {
  Reader reader(text);
  auto meaning = reader.string();
  if (!meaning || !reader.is_at_end() || !is_utf8(text)) return std::nullopt;
  return meaning;
}

}  // namespace aimee::fuzz
