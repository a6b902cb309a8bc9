// A folder with every kind of thing that a /var can hold.
#pragma once

#include <string>

namespace looptest {

// Files of every type with owners, modes, times, holes, links, xattrs, ACLs and capabilities, in an existing
// folder. Where the file system takes no xattrs the test cannot run: throws.
void make_rich_tree(const std::string& folder);

// A chain of folders whose path is longer than PATH_MAX (4096 bytes), with a file at its end.
void make_deep_chain(const std::string& folder, const std::string& content);

}  // namespace looptest
