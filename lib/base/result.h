// How failures travel: libraries return a Result, applets print its Error once.
//
// An Error owns the errno value (0 where there is none), what was being done, and the path or device it was
// done to. It also knows the exit code the failure deserves, because only the place that met the failure
// knows whether anything had been changed by then.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace aimee {

// Process exit codes; the same for every applet.
enum class Outcome : int {
  done = 0,     // done, or nothing to do
  failed = 1,   // I/O error, time limit, a device that vanished
  usage = 2,    // wrong command line
  refused = 3,  // a precondition says no; nothing was changed
};

struct Error {
  Outcome outcome = Outcome::failed;
  int code = 0;             // errno, 0 = none
  std::string subject;      // path or device
  std::string explanation;  // what was being done, or what is wrong and what to do about it

  explicit Error(int number) : code(number) {}
  Error(Outcome deserved, int number, std::string about, std::string text);
  // Each TRY moves an Error and destroys one: inlined, that was a twentieth of the program.
  [[gnu::noinline]] Error(const Error&);
  [[gnu::noinline]] Error(Error&&) noexcept;
  [[gnu::noinline]] Error& operator=(const Error&);
  [[gnu::noinline]] Error& operator=(Error&&) noexcept;
  [[gnu::noinline]] ~Error();

  // One line without newline: "subject: explanation: strerror(code)". Bytes that are not printable ASCII, as names on
  // somebody's volume may have them, become \xNN.
  [[nodiscard]] std::string message() const;
};

// std::expected that may not be dropped silently.
template <class T = void>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
};

// The current errno (or `code`) as a failure of `explanation` on `subject`.
std::unexpected<Error> failure(std::string_view subject, std::string_view explanation);
std::unexpected<Error> failure(std::string_view subject, std::string_view explanation, int code);

// A precondition says no: nothing was changed, exit code 3.
std::unexpected<Error> refusal(std::string_view subject, std::string_view explanation);

// `result` with its error, if any, about `subject`: for callers that know a better name for what failed.
template <class T>
Result<T> about(std::string_view subject, Result<T> result) {
  if (!result) result.error().subject = subject;
  return result;
}

template <class T>
T take_value(Result<T>&& result) {
  return *std::move(result);
}
inline void take_value(Result<>&&) {}

}  // namespace aimee

// The value of a Result, or return its error from the enclosing function. The variable's name is a new one
// each time, so that one TRY may stand inside another.
#define TRY(...) AIMEE_TRY_AS(AIMEE_JOIN(try_result_, __COUNTER__), __VA_ARGS__)
#define AIMEE_JOIN(a, b) AIMEE_JOIN_EXPANDED(a, b)
#define AIMEE_JOIN_EXPANDED(a, b) a##b
#define AIMEE_TRY_AS(name, ...)                                 \
  ({                                                            \
    auto name = (__VA_ARGS__);                                  \
    if (!name) return std::unexpected(std::move(name).error()); \
    ::aimee::take_value(std::move(name));                       \
  })
