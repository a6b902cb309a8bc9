// Parsing; pure.
#include "plan/etc_content.h"

#include <algorithm>

#include "base/text.h"

namespace aimee {

namespace {

constexpr std::size_t longest_host_name = 64;  // bytes; HOST_NAME_MAX
constexpr std::string_view digits = "0123456789abcdef";
constexpr std::string_view host_name_letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

bool is_label(std::string_view part) {
  return !part.empty() && !part.starts_with('-') && !part.ends_with('-') &&
         part.find_first_not_of(host_name_letters) == std::string_view::npos;
}

}  // namespace

std::optional<std::string> host_name_in(std::string_view content) {
  for (const std::string_view text : split(content, '\n')) {
    std::string_view line = trimmed(text);
    if (line.empty() || line[0] == '#') continue;
    if (line.ends_with('.')) line.remove_suffix(1);
    std::string name(line);
    std::ranges::replace(name, '?', 'f');
    if (name.size() > longest_host_name || !std::ranges::all_of(split(name, '.'), is_label)) return std::nullopt;
    return name == line ? name : "";
  }
  return "";
}

bool is_machine_id(std::string_view content) {
  if (content.ends_with('\n')) content.remove_suffix(1);
  return content.size() == 32 && content.find_first_not_of(digits) == std::string_view::npos &&
         content.find_first_not_of('0') != std::string_view::npos;
}

}  // namespace aimee
