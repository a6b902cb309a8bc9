// Command lines as tables: an applet declares its options as constexpr rows; parsing, --help, the man page
// and shell completion all read the same rows.
//
// Grammar (getopt_long's): --name, --name=VALUE, --name VALUE, -x, -xVALUE, -x VALUE, "--" ends options;
// options and operands may be mixed. Unknown and ambiguous options, missing and surplus values are errors.
#pragma once

#include <chrono>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace aimee {

struct Option {
  std::string_view name;   // long name without dashes
  char letter;             // short name, 0 = none
  std::string_view value;  // placeholder of its value, empty = a flag
  std::string_view help;   // one sentence
};

// Rows that several applets share, so that they read the same everywhere.
inline constexpr Option option_dry_run{"dry-run", 'n', "", "show what would be done and change nothing"};
inline constexpr Option option_json{"json", 0, "", "report the result as one JSON object on standard output"};
inline constexpr Option option_root{"root", 0, "DIR",
                                    "work on the image or test tree DIR in place of the running system"};
inline constexpr Option option_help{"help", 'h', "", "show this help"};
inline constexpr Option option_version{"version", 'V', "", "show the version"};

class Arguments {
 public:
  [[nodiscard]] bool has(std::string_view name) const { return values_.contains(name); }
  // The last value given, or `fallback`.
  [[nodiscard]] std::string_view value(std::string_view name, std::string_view fallback = {}) const;
  [[nodiscard]] const std::vector<std::string>& operands() const { return operands_; }

 private:
  friend Result<Arguments> parse_arguments(std::span<const Option>, std::span<char* const>);
  std::map<std::string_view, std::string> values_;
  std::vector<std::string> operands_;
};

// `arguments` without argv[0]. --help and --version are always known. Errors: Outcome::usage.
Result<Arguments> parse_arguments(std::span<const Option> options, std::span<char* const> arguments);

// The value of --root without slashes at its end; empty where it is not given: the running system.
std::string root_of(const Arguments& arguments);

// The value of the option `name` in seconds, up to a day; `fallback` where it is not given. Errors: Outcome::usage.
Result<std::chrono::seconds> seconds_of(const Arguments& arguments, std::string_view name,
                                        std::chrono::seconds fallback);

}  // namespace aimee
