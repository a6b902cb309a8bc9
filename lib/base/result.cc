// Building and printing of errors. Nothing here can fail but by lack of memory.
#include "base/result.h"

#include <cerrno>
#include <cstring>

#include "base/text.h"

namespace aimee {

namespace {

// As printable(), but backslashes stay: what was escaped before is not escaped again.
std::string on_one_line(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '\\' ? std::string(1, c) : printable({&c, 1});
  return out;
}

}  // namespace

Error::Error(Outcome deserved, int number, std::string about, std::string text)
    : outcome(deserved), code(number), subject(std::move(about)), explanation(std::move(text)) {}
Error::Error(const Error&) = default;
Error::Error(Error&&) noexcept = default;
Error& Error::operator=(const Error&) = default;
Error& Error::operator=(Error&&) noexcept = default;
Error::~Error() = default;

std::string Error::message() const {
  std::string text = subject;
  if (!text.empty() && !explanation.empty()) text += ": ";
  text += explanation;
  if (code != 0) {
    if (!text.empty()) text += ": ";
    text += std::strerror(code);
  }
  return on_one_line(text);
}

std::unexpected<Error> failure(std::string_view subject, std::string_view explanation) {
  return failure(subject, explanation, errno);
}

std::unexpected<Error> failure(std::string_view subject, std::string_view explanation, int code) {
  return std::unexpected(Error{Outcome::failed, code, std::string(subject), std::string(explanation)});
}

std::unexpected<Error> refusal(std::string_view subject, std::string_view explanation) {
  return std::unexpected(Error{Outcome::refused, 0, std::string(subject), std::string(explanation)});
}

}  // namespace aimee
