// The shape of an applet that looks, decides and acts. It stands here once:
//
//   command line → request → run → JSON or a page on standard output → messages → exit code
//
// An applet gives the parts as a row of functions.
#pragma once

#include <string>

#include "base/json.h"
#include "base/result.h"
#include "cli/options.h"
#include "cli/output.h"

namespace aimee {

template <class Request, class Report>
struct Shape {
  Result<Request> (*parse)(const Arguments& arguments);
  // Looks, plans and acts. The report holds what was found and done also where it fails.
  Result<> (*run)(const Request& request, Report& report);
  // The members of the --json object; "exit" and "error" come from the result.
  JsonObject (*json)(const Report& report, const Request& request, const Result<>& result);
  // What standard output gets of a run that succeeded, without --json; may be empty.
  std::string (*page)(const Report& report, const Request& request);
  // The messages about what was done, where run() has not told them on the way.
  void (*tell)(const Report& report, const Request& request, const Result<>& result) = nullptr;
};

// Says the error, unless it was told already, and returns its exit code.
Outcome report_error(const Error& error);

// The run's error as the exit code, or else that of its output, each said.
Outcome closing(const Result<>& result, const Result<>& printed);

// Prints `object` with its last members, "exit" and "error".
Result<> print_json(JsonObject object, const Result<>& result);

template <class Request, class Report>
Outcome carry_out(const Shape<Request, Report>& shape, const Arguments& arguments) {
  const auto request = shape.parse(arguments);
  if (!request) return report_error(request.error());
  Report report;
  const Result<> result = shape.run(*request, report);
  Result<> printed;
  if (arguments.has("json")) {
    printed = print_json(shape.json(report, *request, result), result);
  } else if (result) {
    printed = print_output(shape.page(report, *request));
  }
  if (shape.tell != nullptr) shape.tell(report, *request, result);
  return closing(result, printed);
}

}  // namespace aimee
