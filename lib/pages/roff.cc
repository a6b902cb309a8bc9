// Escaping and filling for man(7).
#include "pages/roff.h"

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace aimee {

namespace {

constexpr std::size_t longest_line = 76;  // mandoc -T lint wants less than 80 bytes
constexpr std::string_view punctuation = ".,;:)";

// The bytes of the UTF-8 character that begins with `first`, then one such character from `text`, which becomes shorter
// by it.
std::size_t length_of_character(unsigned first) {
  if (first < 0x80) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

unsigned take_character(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t length = length_of_character(first);
  unsigned value = length == 1 ? first : first & (0x7fU >> length);
  for (std::size_t i = 1; i < length && i < text.size(); ++i) {
    value = value << 6 | (static_cast<unsigned char>(text[i]) & 0x3fU);
  }
  text.remove_prefix(std::min(length, text.size()));
  return value;
}

std::string escaped(unsigned character) {
  switch (character) {
    case '\\':
      return "\\e";
    case '-':
      return "\\-";
    case '\'':
      return "\\(aq";
    case '`':
      return "\\(ga";
    case '^':
      return "\\(ha";
    case '~':
      return "\\(ti";
    case '"':
      return "\\(dq";
    case 0x2026:  // …
      return "...";
    case 0x2192:  // →
      return "\\(->";
    default:
      break;
  }
  if (character < 0x80) return {static_cast<char>(character)};
  std::string digits = in_base(character, 16, 4);
  for (char& digit : digits) {
    if (digit >= 'a') digit = static_cast<char>(digit - 'a' + 'A');
  }
  return concat("\\[u", digits, "]");
}

bool is_reference(std::string_view word) {
  const std::size_t open = word.find('(');
  return open != std::string_view::npos && open > 0 && word.size() == open + 3 && word[open + 1] >= '1' &&
         word[open + 1] <= '8' && word[open + 2] == ')';
}

bool is_option(std::string_view word) { return word.size() > 2 && word.starts_with("--") && word[2] != '-'; }

std::string marked_up(std::string_view word) {
  const std::size_t end = word.find_last_not_of(punctuation);
  const std::string_view core = word.substr(0, end == std::string_view::npos ? 0 : end + 1);
  if (is_option(core)) {
    const std::size_t value = std::min(core.find('='), core.size());
    return concat("\\fB", roff_text(core.substr(0, value)), "\\fR", roff_text(word.substr(value)));
  }
  // The closing parenthesis of a reference is punctuation too.
  const std::string_view reference = word.substr(0, word.find(')') == std::string_view::npos ? 0 : word.find(')') + 1);
  if (is_reference(reference)) {
    const std::size_t open = reference.find('(');
    return concat("\\fB", roff_text(reference.substr(0, open)), "\\fR", roff_text(word.substr(open)));
  }
  return roff_text(word);
}

bool ends_sentence(std::string_view word, std::string_view next) {
  const bool stop = word.ends_with('.') || word.ends_with('?') || word.ends_with('!') || word.ends_with(".)");
  return stop && !next.empty() && (next[0] < 'a' || next[0] > 'z');
}

bool starts_like_a_request(std::string_view line) { return line.starts_with('.') || line.starts_with('\''); }

// A line that ends with a stop is the end of a sentence to roff, so it says where that is not so.
std::string finished(std::string line, bool is_end, std::string_view last_word) {
  if (!is_end && (last_word.ends_with('.') || last_word.ends_with(".)"))) line += "\\&";
  return line + "\n";
}

std::string example(std::string_view line) {
  const std::string text = roff_text(line);
  return concat(starts_like_a_request(text) ? "\\&" : "", text, "\n");
}

// The text so far, and what kind of paragraph its end is.
class Paragraphs {
 public:
  void add_line(std::string_view line) {
    const std::size_t tag = line.starts_with("  ") ? std::string_view::npos : line.find(":: ");
    if (line.starts_with("  ")) {
      add_example(line.substr(2));
    } else if (trimmed(line).empty()) {
      flush();
    } else if (tag != std::string_view::npos) {
      flush();
      tag_ = line.substr(0, tag);
      words_ = line.substr(tag + 3);
    } else {
      end_example();
      words_ += concat(words_.empty() ? "" : " ", line);
    }
  }

  std::string finish() {
    flush();
    return std::move(out_);
  }

 private:
  void add_example(std::string_view line) {
    if (!in_example_) {
      flush();
      out_ += concat(out_.empty() ? "" : ".PP\n", ".RS 4\n.EX\n");
      in_example_ = true;
    }
    out_ += example(line);
  }

  void end_example() {
    if (in_example_) out_ += ".EE\n.RE\n";
    in_example_ = false;
  }

  void flush() {
    end_example();
    if (words_.empty()) return;
    if (!tag_.empty()) {
      out_ += concat(".TP\n\\fB", roff_text(tag_), "\\fR\n");
    } else if (!out_.empty()) {
      out_ += ".PP\n";
    }
    out_ += roff_filled(words_);
    tag_.clear();
    words_.clear();
  }

  std::string out_;
  std::string words_;
  std::string tag_;
  bool in_example_ = false;
};

}  // namespace

std::string roff_text(std::string_view text) {
  std::string out;
  while (!text.empty()) out += escaped(take_character(text));
  return out;
}

std::string roff_filled(std::string_view text) {
  const std::vector<std::string_view> all = words(text);
  std::string out;
  std::string line;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string word = marked_up(all[i]);
    if (!line.empty() && line.size() + 1 + word.size() > longest_line) {
      out += finished(std::move(line), false, all[i - 1]);
      line.clear();
    }
    if (line.empty() && starts_like_a_request(word)) line = "\\&";
    line += concat(line.empty() || line == "\\&" ? "" : " ", word);
    const bool is_last = i + 1 == all.size();
    if (is_last || ends_sentence(all[i], all[i + 1])) {
      out += finished(std::move(line), true, all[i]);
      line.clear();
    }
  }
  return out;
}

std::string roff_paragraphs(std::string_view text) {
  Paragraphs paragraphs;
  for (const std::string_view line : split(text, '\n')) paragraphs.add_line(line);
  return paragraphs.finish();
}

}  // namespace aimee
