// Look-ups in an image's passwd and group: the two files, then a user's name and a group's, "%%" between them.
#include "storage/accounts.h"

#include <algorithm>

#include "base/text.h"
#include "harness/temporary_folder.h"
#include "parts/input.h"
#include "parts/oracle.h"

namespace aimee::fuzz {

namespace {

constexpr std::uint64_t no_number = 0xffffffff;  // chown(2) takes it for "leave it"

std::optional<unsigned> number_in(std::string_view digits) {
  std::uint64_t number = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    number = std::min(number * 10 + static_cast<unsigned>(c - '0'), no_number);
  }
  if (digits.empty() || number == no_number) return std::nullopt;
  return static_cast<unsigned>(number);
}

// NAME:x:NUMBER at a line's start, the first one with a number counts.
std::optional<unsigned> looked_up(const std::string& name, const std::string& content) {
  if (const auto number = number_in(name)) return number;
  if (name == "root") return 0;
  if (name.find_first_of(":\n") != std::string::npos) return std::nullopt;
  const std::string lines = concat("\n", content, "\n");
  const std::string start = concat("\n", name, ":");
  for (std::size_t at = lines.find(start); at != lines.npos; at = lines.find(start, at + 1)) {
    const std::size_t end = lines.find('\n', at + 1);
    const std::size_t second = lines.find(':', at + start.size());
    if (second > end) continue;
    const std::size_t third = std::min(lines.find(':', second + 1), end);
    if (const auto number = number_in(lines.substr(second + 1, third - second - 1))) return number;
  }
  return std::nullopt;
}

bool is_same(const Result<Owner>& one, const Result<Owner>& other) {
  if (!one || !other) return !one && !other && one.error().message() == other.error().message();
  return one->user == other->user && one->group == other->group;
}

}  // namespace

void try_input(std::string_view text) {
  static const test::TemporaryFolder root;
  const auto parts = sections(text, 4);
  root.file("etc/passwd", parts[0]);
  root.file("etc/group", parts[1]);
  const auto owner = find_owner(root.path(), parts[2], parts[3]);
  const auto user = looked_up(parts[2], parts[0]);
  const auto group = looked_up(parts[3], parts[1]);
  HOLDS(owner.has_value() == (user && group));
  if (owner) {
    HOLDS(owner->user == *user && owner->group == *group);
  } else {
    check_message(owner.error());
    HOLDS(owner.error().outcome == Outcome::failed);
  }
  // Lines that name nobody change nothing.
  root.file("etc/passwd", concat("\n:x:7:7::/:\nnobody at all\n", parts[0]));
  if (!parts[2].empty()) HOLDS(is_same(find_owner(root.path(), parts[2], parts[3]), owner));
}

}  // namespace aimee::fuzz
