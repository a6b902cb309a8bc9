// Everything a copy has to keep, read without following a link and without a limit on the length of paths.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace looptest {

struct Node {
  std::uint32_t mode = 0;  // type and permissions
  std::uint32_t owner = 0;
  std::uint32_t group = 0;
  std::uint64_t size = 0;    // regular files only
  std::uint64_t device = 0;  // device nodes only
  std::int64_t modified_seconds = 0;
  std::int64_t modified_nanoseconds = 0;
  std::string first_name;                         // of this inode, in the order of the tree: tells hard links
  std::string target;                             // of a symlink
  std::string content;                            // hash, regular files only
  std::string data;                               // "start-end" of what is not a hole, in bytes
  std::map<std::string, std::string> attributes;  // every xattr: labels, ACLs, capabilities too
  bool operator==(const Node&) const = default;
};

// Path relative to the folder ("" for itself) to what is there. Does not cross mounts, but enters subvolumes.
using Tree = std::map<std::string, Node>;
Tree read_tree(const std::string& folder);

// One line for each path that is missing, more, or different, and in what; empty = equal.
std::string compare(const Tree& expected, const Tree& found);

// Status change times of a tree: what was touched at all.
std::map<std::string, std::int64_t> change_times(const std::string& folder);

}  // namespace looptest
