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

BoxedError::BoxedError(Error error) : error_(new Error(std::move(error))) {}

BoxedError::BoxedError(const BoxedError& other) : BoxedError(*other) {}

BoxedError& BoxedError::operator=(BoxedError other) noexcept {
  std::swap(error_, other.error_);
  return *this;
}

void BoxedError::destroy(Error* error) { delete error; }

Failed failure(std::string_view subject, std::string_view explanation) { return failure(subject, explanation, errno); }

Failed failure(std::string_view subject, std::string_view explanation, int code) {
  return Failed(Error{Outcome::failed, code, std::string(subject), std::string(explanation)});
}

Failed refusal(std::string_view subject, std::string_view explanation) {
  return Failed(Error{Outcome::refused, 0, std::string(subject), std::string(explanation)});
}

}  // namespace aimee
