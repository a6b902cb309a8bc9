// What has become of each writable part of /etc: the image's version now, the image's version when it was seeded,
// and the owner's in the store, compared.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "plan/writable_list.h"
#include "store/places.h"

namespace aimee {

enum class EntryState {
  unseeded,          // not in the store yet; writable-etc puts it there
  same,              // the store's version is the image's
  changed_by_owner,  // the owner changed it, the image has not
  changed_by_image,  // a newer image changed it, the owner has not; the store's (older) version counts
  changed_by_both,
  missing_in_image,  // nothing in the image to seed it from or to mount it on
  broken,            // of another type than the list says, or reached through a link or a mount
};

// "unseeded", "same", "changed-by-owner", …
std::string_view name_of(EntryState state);

struct EntryReport {
  WritableEntry entry;
  EntryState state = EntryState::unseeded;
  std::string why;     // of a broken one: "the store's is a symbolic link"
  bool bound = false;  // programs see the store's version at /etc/PATH
};

struct StoreReport {
  bool store_present = false;
  std::vector<EntryReport> entries;   // in the order of the list
  std::vector<ListProblem> problems;  // lines of the list that are not entries
  std::vector<std::string> unlisted;  // in the store, relative to it, and named by no line; sorted
};

// Looks, and changes nothing. `root`: empty = the running system. Compares whole files, also those in folders.
// Failed: no CAP_SYS_ADMIN (it takes a clone of the root's mount to see the image below what is mounted over it),
// an I/O error in the list. What is wrong with one entry is told of that entry.
Result<StoreReport> examine_store(const std::string& root);

// The same with the places opened already, and of one entry.
Result<StoreReport> examine_store(const Places& places, const WritableList& list);
EntryReport examine_entry(const Places& places, const WritableEntry& entry);

// What the store has and no line of the list names, relative to the store, sorted; of a folder without any listed
// path in it only the folder. Reads folders, and no file.
Result<std::vector<std::string>> unlisted_paths(const Places& places, const WritableList& list);

}  // namespace aimee
