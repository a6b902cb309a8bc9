// The parts of an applet's shape that are the same for all.
#include "cli/shape.h"

#include "base/log.h"

namespace aimee {

Outcome report_error(const Error& error) {
  if (!error.told) log_error(error.message());
  return error.outcome;
}

Outcome closing(const Result<>& result, const Result<>& printed) {
  if (!printed) log_error(printed.error().message());
  if (!result) return report_error(result.error());
  return printed ? Outcome::done : printed.error().outcome;
}

Result<> print_json(JsonObject object, const Result<>& result) {
  object.add("exit", static_cast<std::uint64_t>(result ? Outcome::done : result.error().outcome));
  object.add_or_null("error", result ? std::string() : result.error().message());
  return print_output(object.str() + "\n");
}

}  // namespace aimee
