// What is to be done for one writable part of /etc, from what was found; pure.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "plan/writable_list.h"

namespace aimee {

// What stands at a path, seen without following a link.
enum class Found {
  nothing,
  file,
  folder,
  other,       // a symbolic link, a device, a FIFO, a socket
  obstructed,  // a link, a file or a mount on the way
};

struct Sight {
  Found found = Found::nothing;
  std::string what;  // for people: "a symbolic link", "reached through a symbolic link"
};

bool fits(Found found, EntryKind kind);

struct EntryFacts {
  Sight image;
  Sight note;  // of the image's version in the store's notes
  Sight stored;
  bool linked = false;       // of shadow: the image ships a link to the store's, and nothing is to be mounted
  bool bound = false;        // programs see the store's version already
  std::string seed_problem;  // why it could not be seeded now, "what: what to do"
  std::vector<std::string> missing_accounts;  // of shadow: the image has them, the store has not
  std::string image_target{};  // where a link in the image leads: an absolute path, empty where that is not known
  std::vector<std::string> warnings{};  // "/etc/shadow:3: what: what to do"
};

enum class EntryAction { note_image, seed, add_accounts, bind };

// Where a symbolic link at `path` leads whose text is `text`, by its words alone.
std::string target_of_link(std::string_view path, std::string_view text);

// In the order in which they have to be done; empty = nothing to do. The error is "what: what to do".
std::expected<std::vector<EntryAction>, std::string> plan_entry(const WritableEntry& entry, const EntryFacts& facts);

// "seed /var/etc/hostname from the image", one line for the dry run and the log.
std::string describe(EntryAction action, const WritableEntry& entry, const EntryFacts& facts);

}  // namespace aimee
