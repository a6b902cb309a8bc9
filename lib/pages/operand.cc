// The placeholder convention.
#include "pages/operand.h"

#include <string>

#include "base/text.h"

namespace aimee {

Offer offer_for(std::string_view placeholder) {
  if (placeholder == "DIR") return Offer::folders;
  if (placeholder == "PATH" || placeholder == "FILE") return Offer::files;
  if (placeholder == "USER") return Offer::users;
  return Offer::nothing;
}

Operand operand_of(const Command& command) {
  constexpr std::string_view capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const std::string_view synopsis = command.applet->operands;
  const std::size_t start = synopsis.find_first_of(capitals);
  if (start == std::string_view::npos) return {};
  const std::size_t end = std::min(synopsis.find_first_not_of(capitals, start), synopsis.size());
  Operand operand{synopsis.substr(start, end - start), synopsis.substr(end).starts_with("…"), Offer::nothing,
                  command.manual->operand_words};
  operand.offer = operand.words.empty() ? offer_for(operand.placeholder) : Offer::words;
  return operand;
}

std::vector<Option> options_of(const Applet& applet) {
  std::vector<Option> all(applet.options.begin(), applet.options.end());
  all.insert(all.end(), {option_help, option_version});
  return all;
}

std::string joined(std::span<const std::string_view> words) {
  std::string out;
  for (const std::string_view word : words) out += concat(out.empty() ? "" : " ", word);
  return out;
}

}  // namespace aimee
