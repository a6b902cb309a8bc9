// Parsing of command lines; pure.
#include "cli/options.h"

#include <algorithm>

#include "base/text.h"

namespace aimee {

namespace {

Failed usage_error(std::string_view what) { return Failed(Error{Outcome::usage, 0, "", concat(what, "; see --help")}); }

const Option* find_option(std::span<const Option> options, auto matches) {
  static constexpr Option always[] = {option_help, option_version};
  const auto found = std::ranges::find_if(options, matches);
  if (found != options.end()) return &*found;
  const auto* common = std::ranges::find_if(always, matches);
  return common != std::end(always) ? common : nullptr;
}

}  // namespace

std::string_view Arguments::value(std::string_view name, std::string_view fallback) const {
  const auto found = values_.find(name);
  return found == values_.end() ? fallback : std::string_view(found->second);
}

Result<Arguments> parse_arguments(std::span<const Option> options, std::span<char* const> arguments) {
  Arguments parsed;
  bool only_operands = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string_view word = arguments[i];
    if (only_operands || word.size() < 2 || word[0] != '-') {
      parsed.operands_.emplace_back(word);
      continue;
    }
    if (word == "--") {
      only_operands = true;
      continue;
    }
    const bool is_long = word[1] == '-';
    word.remove_prefix(is_long ? 2 : 1);
    while (!word.empty()) {
      const std::string_view key = is_long ? word.substr(0, word.find('=')) : word.substr(0, 1);
      const Option* option = find_option(options, [&](const Option& row) {
        return is_long ? row.name == key : row.letter != 0 && row.letter == key[0];
      });
      if (option == nullptr) return usage_error(concat("unknown option ", is_long ? "--" : "-", printable(key)));
      word.remove_prefix(key.size());
      const bool attached = is_long ? !word.empty() : !option->value.empty() && !word.empty();
      std::string_view value;
      if (attached) {
        value = is_long ? word.substr(1) : word;
        word = {};
      }
      if (option->value.empty() && attached) {
        return usage_error(concat("--", option->name, " takes no value"));
      }
      if (!option->value.empty() && !attached) {
        if (++i == arguments.size()) return usage_error(concat("--", option->name, " needs ", option->value));
        value = arguments[i];
      }
      parsed.values_[option->name] = value;
      if (is_long) break;
    }
  }
  return parsed;
}

std::string root_of(const Arguments& arguments) {
  std::string root(arguments.value("root"));
  while (root.ends_with('/')) root.pop_back();
  return root;
}

Result<std::chrono::seconds> seconds_of(const Arguments& arguments, std::string_view name,
                                        std::chrono::seconds fallback) {
  if (!arguments.has(name)) return fallback;
  const std::string_view value = arguments.value(name);
  const auto seconds = parse_number(value);
  if (!seconds || *seconds > 86400) {
    return std::unexpected(
        Error{Outcome::usage, 0, concat("--", name), concat(printable(value), " is no number of seconds up to 86400")});
  }
  return std::chrono::seconds(*seconds);
}

}  // namespace aimee
