// The mount table: places below /etc, a line each, written as the kernel writes them and read again; and the input
// itself as a table, whatever it says.
#include "storage/mount_table.h"

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "harness/temporary_folder.h"
#include "parts/oracle.h"

namespace aimee::fuzz {

namespace {

using Paths = std::vector<std::string>;

constexpr std::size_t most_mounts = 16;
// What the kernel puts behind the path of a mount point that was removed elsewhere.
constexpr std::string_view removed = " (deleted)";

bool is_inside(std::string_view path, std::string_view folder) {
  return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

// As show_mountinfo() does it (fs/proc_namespace.c).
std::string mangled(std::string_view path) {
  std::string text;
  for (const char c : path) {
    const bool special = std::string_view(" \t\n\\#").find(c) != std::string_view::npos;
    text += special ? concat("\\", in_base(static_cast<unsigned char>(c), 8, 3)) : std::string(1, c);
  }
  return text;
}

Paths places_in(std::string_view text) {
  Paths places;
  for (const std::string_view line : split(text, '\n')) {
    std::string place;
    for (const std::string_view name : split(line.substr(0, line.find('\0')), '/'))
      if (!name.empty()) place += concat("/", name);
    if (!place.empty() && !place.ends_with(removed) && places.size() < most_mounts) places.push_back(place);
  }
  return places;
}

std::string table_of(const Paths& places) {
  std::string table = "21 1 254:1 / / rw,relatime shared:1 - ext4 /dev/root rw\n";
  unsigned number = 30;
  for (const std::string& place : places)
    table += concat(++number, " 21 0:", number, " / ", mangled(place), " rw,nosuid shared:", number,
                    " - tmpfs a\\040source rw,size=5%\n");
  return table;
}

// Relative to /etc; what is inside of another one is not there.
Paths expected(const Paths& places) {
  Paths below;
  for (const std::string& place : places) {
    const auto contains_it = [&](const std::string& other) {
      return is_inside(other, "/etc") && is_inside(place, other);
    };
    if (!is_inside(place, "/etc") || std::ranges::any_of(places, contains_it)) continue;
    const std::string path = place.substr(std::string_view("/etc/").size());
    if (std::ranges::find(below, path) == below.end()) below.push_back(path);
  }
  return below;
}

void check_shape(const Paths& found) {
  for (const std::string& one : found) {
    HOLDS_OF(one, std::ranges::count(found, one) == 1);
    HOLDS_OF(one, std::ranges::none_of(found, [&](const std::string& other) { return is_inside(one, other); }));
  }
}

}  // namespace

void try_input(std::string_view text) {
  static const test::TemporaryFolder folder;
  const auto read = [](std::string_view table) { return mounts_below("/etc", folder.file("mountinfo", table)); };
  const Paths places = places_in(text);
  const auto found = read(table_of(places));
  HOLDS(found && *found == expected(places));

  const auto anything = read(text);
  if (anything)
    check_shape(*anything);
  else
    check_message(anything.error());
}

}  // namespace aimee::fuzz
