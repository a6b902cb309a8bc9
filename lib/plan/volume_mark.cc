// The mark of our volumes; pure.
#include "plan/volume_mark.h"

#include <algorithm>

#include "base/text.h"

namespace aimee {

namespace {

constexpr std::string_view mark = "aimee";
constexpr std::size_t mark_at = 10;  // five bytes of mark, then the version byte

}  // namespace

std::string uuid_text(const Uuid& uuid) {
  std::string text;
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += in_base(std::to_integer<unsigned>(uuid[i]), 16, 2);
  }
  return text;
}

Uuid marked_uuid(const Uuid& random) {
  Uuid uuid = random;
  uuid[6] = (uuid[6] & std::byte{0x0f}) | std::byte{0x80};  // version 8
  uuid[8] = (uuid[8] & std::byte{0x3f}) | std::byte{0x80};  // RFC 9562 variant
  std::ranges::transform(mark, uuid.begin() + mark_at, [](char c) { return static_cast<std::byte>(c); });
  uuid.back() = std::byte{volume_format_version};
  return uuid;
}

unsigned mark_version(const Uuid& uuid) {
  const bool marked = std::ranges::equal(mark, std::span(uuid).subspan(mark_at, mark.size()), {},
                                         [](char c) { return static_cast<std::byte>(c); });
  const bool custom = (uuid[6] & std::byte{0xf0}) == std::byte{0x80};
  return marked && custom ? std::to_integer<unsigned>(uuid.back()) : 0;
}

LabelMeaning label_meaning(std::string_view label) {
  if (!label.starts_with(creating_label_prefix)) return LabelMeaning::committed;
  if (label == creating_label) return LabelMeaning::creating;
  const auto version = parse_number(label.substr(creating_label_prefix.size()));
  return version && *version > volume_format_version ? LabelMeaning::creating_by_newer : LabelMeaning::committed;
}

}  // namespace aimee
