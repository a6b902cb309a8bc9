// The list of the writable parts of /etc: /etc/aimee-os/writable-etc.
//
// One entry a line: "f" (a file) or "d" (a folder with all in it), white space, a path relative to /etc up to the
// end of the line without trailing blanks. Empty lines and lines that start with "#" say nothing. A line that is
// wrong is a problem and stops nothing else; of two lines that exclude each other the first counts.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace aimee {

inline constexpr std::string_view writable_list_path = "/etc/aimee-os/writable-etc";

// Names that the store keeps for itself: its notes' folder, and what is not complete yet.
inline constexpr std::string_view reserved_notes = ".aimee";
inline constexpr std::string_view reserved_unfinished = ".aimee-new";

inline constexpr std::string_view shadow_entry = "shadow";
inline constexpr std::string_view machine_id_entry = "machine-id";
inline constexpr std::string_view host_name_entry = "hostname";

enum class EntryKind { file, folder };

struct WritableEntry {
  EntryKind kind = EntryKind::file;
  std::string path;        // relative to /etc, normalised
  std::size_t line = 0;    // from 1; 0 = always there, whatever the list says
  std::size_t column = 0;  // of the path, in bytes from 1
};

struct ListProblem {
  std::size_t line = 0;    // from 1; 0 = the list as a whole
  std::size_t column = 0;  // in bytes, from 1
  std::string path;        // as written; empty where the line has none
  std::string what;        // "what is wrong: what to do"
};

struct WritableList {
  std::vector<WritableEntry> entries;  // in the order of the list; shadow is first where the list does not name it
  std::vector<ListProblem> problems;   // in the order of the list
};

WritableList parse_writable_list(std::string_view text);

// "/etc/aimee-os/writable-etc:LINE:COLUMN: PATH" for messages; only the path for an entry that no line names.
std::string place_of(const WritableEntry& entry);
std::string place_of(const ListProblem& problem);

// Whether `path` lies inside the folder `of`.
bool is_inside(std::string_view path, std::string_view of);

}  // namespace aimee
