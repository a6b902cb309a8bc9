// Parsing; pure.
#include "plan/etc_content.h"

#include "base/text.h"

namespace aimee {

namespace {

constexpr std::size_t longest_host_name = 64;  // bytes; HOST_NAME_MAX
constexpr std::string_view digits = "0123456789abcdef";
constexpr std::string_view host_name_letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

bool is_host_name(std::string_view name) {
  const auto at_edge = [&](char c) { return name.starts_with(c) || name.ends_with(c); };
  return !name.empty() && name.size() <= longest_host_name && !at_edge('.') && !at_edge('-') &&
         name.find("..") == std::string_view::npos &&
         name.find_first_not_of(host_name_letters) == std::string_view::npos;
}

}  // namespace

std::optional<std::string> host_name_in(std::string_view content) {
  for (const std::string_view text : split(content, '\n')) {
    const std::string_view line = trimmed(text);
    if (line.empty() || line[0] == '#') continue;
    if (is_host_name(line)) return std::string(line);
    return std::nullopt;
  }
  return std::nullopt;
}

bool is_machine_id(std::string_view content) {
  if (content.ends_with('\n')) content.remove_suffix(1);
  return content.size() == 32 && content.find_first_not_of(digits) == std::string_view::npos &&
         content.find_first_not_of('0') != std::string_view::npos;
}

}  // namespace aimee
