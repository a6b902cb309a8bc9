// What completion can offer for a placeholder. Pure; for the files of this room.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "pages/completions.h"

namespace aimee {

enum class Offer { nothing, folders, files, users, words };

Offer offer_for(std::string_view placeholder);

// The operands of a command, from its synopsis: "[TYPE…]" is TYPE, repeated.
struct Operand {
  std::string_view placeholder;  // empty where the command takes none
  bool repeated = false;
  Offer offer = Offer::nothing;
  std::span<const std::string_view> words;
};

Operand operand_of(const Command& command);

// The command's own options and the two that all have.
std::vector<Option> options_of(const Applet& applet);

// The words with a blank between.
std::string joined(std::span<const std::string_view> words);

}  // namespace aimee
