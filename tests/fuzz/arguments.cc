// A command line, one argument a line: the parser agrees with getopt_long(3), whose grammar it promises, and dispatch
// runs one applet at the most, and none where the line is wrong. The applets here do nothing.
#include <getopt.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/text.h"
#include "cli/applet.h"
#include "cli/version.h"
#include "parts/oracle.h"

namespace aimee {

namespace {

unsigned runs = 0;

constexpr Option look_options[] = {
    option_dry_run, option_json, option_root, {"timeout", 't', "SECONDS", "wait at most so long"}};

Outcome note(const Arguments&) {
  ++runs;
  return Outcome::refused;
}

constexpr Applet look_applet{"look", "Look", "[THING…]", "Looks.\n", look_options, note};
constexpr Applet rest_applet{"take-rest", "Rest", "", "Rests.\n", {}, note, {}, false};

}  // namespace

std::span<const Applet* const> all_applets() {
  static constexpr const Applet* table[] = {&look_applet, &rest_applet};
  return table;
}

const std::string_view version = "1.0";

namespace fuzz {

namespace {

constexpr std::string_view names[] = {"dry-run", "json", "root", "timeout", "help", "version"};

struct Expected {
  bool is_wrong = false;
  std::map<std::string, std::string> values;
  std::vector<std::string> operands;
};

// getopt_long(3) takes the beginning of a name for the name; we do not.
bool is_abbreviated(std::string_view word) {
  if (!word.starts_with("--") || word.size() == 2) return false;
  const std::string_view key = word.substr(2, word.substr(2).find('='));
  return std::ranges::any_of(names, [&](std::string_view name) { return name != key && name.starts_with(key); });
}

Expected by_getopt(std::vector<char*> arguments) {
  static constexpr std::array<option, 7> long_options{{{"dry-run", no_argument, nullptr, 'n'},
                                                       {"json", no_argument, nullptr, 1000},
                                                       {"root", required_argument, nullptr, 1001},
                                                       {"timeout", required_argument, nullptr, 't'},
                                                       {"help", no_argument, nullptr, 'h'},
                                                       {"version", no_argument, nullptr, 'V'},
                                                       {nullptr, 0, nullptr, 0}}};
  const std::map<int, std::string> by_code{{'n', "dry-run"}, {1000, "json"}, {1001, "root"},
                                           {'t', "timeout"}, {'h', "help"},  {'V', "version"}};
  static char program[] = "look";
  arguments.insert(arguments.begin(), program);
  const int count = static_cast<int>(arguments.size());
  arguments.push_back(nullptr);
  Expected expected;
  optind = 0;
  opterr = 0;
  for (;;) {
    const int code = getopt_long(count, arguments.data(), ":nt:hV", long_options.data(), nullptr);
    if (code == -1) break;
    const auto found = by_code.find(code);
    if (found == by_code.end()) return {true, {}, {}};
    expected.values[found->second] = optarg != nullptr ? optarg : "";
  }
  for (int i = optind; i < count; ++i) expected.operands.emplace_back(arguments[static_cast<std::size_t>(i)]);
  return expected;
}

void check_parsed(const std::vector<char*>& arguments) {
  const auto parsed = parse_arguments(look_options, arguments);
  const Expected expected = by_getopt(arguments);
  if (!parsed) {
    HOLDS(parsed.error().outcome == Outcome::usage);
    check_message(parsed.error());
    HOLDS(expected.is_wrong || std::ranges::any_of(arguments, is_abbreviated));
    return;
  }
  HOLDS(!expected.is_wrong);
  HOLDS(parsed->operands() == expected.operands);
  for (const std::string_view name : names) {
    const auto value = expected.values.find(std::string(name));
    HOLDS_OF(name, parsed->has(name) == (value != expected.values.end()));
    if (value != expected.values.end()) HOLDS_OF(name, parsed->value(name) == value->second);
  }
  HOLDS(root_of(*parsed).empty() || !root_of(*parsed).ends_with('/'));
  const auto seconds = seconds_of(*parsed, "timeout", std::chrono::seconds(7));
  if (!parsed->has("timeout")) HOLDS(seconds && seconds->count() == 7);
  if (seconds) HOLDS(seconds->count() >= 0 && seconds->count() <= 86400);
}

void check_dispatch(const std::vector<char*>& arguments) {
  // The one thing that dispatch itself does to a disk.
  if (std::ranges::any_of(arguments, [](std::string_view word) { return word.starts_with("--install"); })) return;
  runs = 0;
  const int code = dispatch(arguments);
  HOLDS(code >= 0 && code <= 3 && runs <= 1);
  HOLDS((runs == 1) == (code == 3));  // what our applets say; nothing else here refuses
}

}  // namespace

void try_input(std::string_view text) {
  std::vector<std::string> words;
  for (const std::string_view line : split(text, '\n')) words.emplace_back(line.substr(0, line.find('\0')));
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  check_dispatch(arguments);
  check_parsed(std::vector(arguments.begin() + 1, arguments.end()));
}

}  // namespace fuzz
}  // namespace aimee
