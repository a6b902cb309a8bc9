// Parsing of the kernel command line; pure.
#include "plan/kernel_command_line.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace aimee {

namespace {

constexpr std::string_view argument_name = "aimee.factory_reset";
constexpr std::size_t fewest_digits = 8;
constexpr std::size_t most_digits = 2 * sizeof(Uuid);

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Takes the next word, without its quotes, from the front of `line`; none at the end.
std::optional<std::string> next_word(std::string_view& line) {
  while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
  if (line.empty()) return std::nullopt;
  std::string word;
  char quote = 0;
  while (!line.empty() && (quote != 0 || !is_blank(line.front()))) {
    const char c = line.front();
    line.remove_prefix(1);
    if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (quote != 0 && c == quote) {
      quote = 0;
    } else {
      word += c;
    }
  }
  return word;
}

// The value where `word` is our argument, empty where it has none.
std::optional<std::string_view> value_of(std::string_view word) {
  const std::string_view name = word.substr(0, word.find('='));
  const auto folded = [](char c) { return c == '-' ? '_' : c; };
  if (!std::ranges::equal(name, argument_name, {}, folded)) return std::nullopt;
  return word.substr(std::min(name.size() + 1, word.size()));
}

std::string digits_of(std::string_view uuid) {
  std::string digits;
  for (const char c : uuid) {
    if (c != '-') digits += c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
  }
  return digits;
}

// `digits` as a UUID, or as much of one as they are, is written.
std::string with_dashes(std::string_view digits) {
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) text += '-';
    text += digits[i];
  }
  return text;
}

std::optional<ResetRequest> parse_request(std::string_view value) {
  std::string digits = digits_of(value);
  const bool hexadecimal = digits.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!hexadecimal || digits.size() < fewest_digits || digits.size() > most_digits) return std::nullopt;
  const bool dashed = value.find('-') != std::string_view::npos;
  const auto lower = [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; };
  if (dashed && !std::ranges::equal(value, with_dashes(digits), {}, lower)) return std::nullopt;
  return ResetRequest{std::move(digits)};
}

}  // namespace

bool ResetRequest::names(const Uuid& uuid) const {
  return !digits.empty() && digits_of(uuid_text(uuid)).starts_with(digits);
}

ResetRequest request_for(const Uuid& uuid) { return {digits_of(uuid_text(uuid))}; }

KernelCommandLine parse_kernel_command_line(std::string_view line) {
  KernelCommandLine parsed;
  while (const auto word = next_word(line)) {
    const auto value = value_of(*word);
    if (!value) continue;
    const auto request = parse_request(*value);
    parsed.reset = request.value_or(ResetRequest{});
    parsed.warning = request ? std::string()
                             : concat(argument_name, "=", printable(*value),
                                      " is no volume's UUID (all of it, or its first eight digits): ignored");
  }
  return parsed;
}

std::string kernel_argument(const Uuid& uuid) {
  return concat(argument_name, "=", request_for(uuid).digits.substr(0, fewest_digits));
}

}  // namespace aimee
