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
  bool told = false;        // its message, or each one that it sums up, has been shown already

  // One line without newline: "subject: explanation: strerror(code)". Bytes that are not printable ASCII, as names on
  // somebody's volume may have them, become \xNN.
  [[nodiscard]] std::string message() const;
};

// An Error on the heap: what a Result carries, so that passing one on costs a pointer. Never null but after a move.
class BoxedError {
 public:
  BoxedError(Error error);  // NOLINT(google-explicit-constructor): std::unexpected(Error) is a Result's error
  BoxedError(const BoxedError& other);
  BoxedError(BoxedError&& other) noexcept : error_(std::exchange(other.error_, nullptr)) {}
  BoxedError& operator=(BoxedError other) noexcept;
  ~BoxedError() {
    if (error_ != nullptr) destroy(error_);
  }

  Error& operator*() const { return *error_; }
  operator Error() const { return *error_; }  // NOLINT(google-explicit-constructor): as above

 private:
  static void destroy(Error* error);
  Error* error_;
};

// std::expected that may not be dropped silently.
template <class T = void>
class [[nodiscard]] Result : public std::expected<T, BoxedError> {
 public:
  using std::expected<T, BoxedError>::expected;

  [[nodiscard]] Error& error() & { return *boxed(); }
  [[nodiscard]] const Error& error() const& { return *boxed(); }
  [[nodiscard]] Error&& error() && { return std::move(*boxed()); }
  [[nodiscard]] BoxedError& boxed() { return std::expected<T, BoxedError>::error(); }
  [[nodiscard]] const BoxedError& boxed() const { return std::expected<T, BoxedError>::error(); }
};

// What failure() and refusal() return: any Result can be made of it.
class [[nodiscard]] Failed : public std::unexpected<BoxedError> {
 public:
  explicit Failed(Error error) : std::unexpected<BoxedError>(BoxedError(std::move(error))) {}

  [[nodiscard]] const Error& error() const& { return *std::unexpected<BoxedError>::error(); }
  [[nodiscard]] Error&& error() && { return std::move(*std::unexpected<BoxedError>::error()); }
};

// The current errno (or `code`) as a failure of `explanation` on `subject`.
Failed failure(std::string_view subject, std::string_view explanation);
Failed failure(std::string_view subject, std::string_view explanation, int code);

// A precondition says no: nothing was changed, exit code 3.
Failed refusal(std::string_view subject, std::string_view explanation);

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
    if (!name) return std::unexpected(std::move(name.boxed())); \
    ::aimee::take_value(std::move(name));                       \
  })
