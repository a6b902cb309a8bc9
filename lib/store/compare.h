// Whether two versions of a part of /etc are the same to those who use it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/places.h"

namespace aimee {

// Compares type, mode, owner, and content, target or device number; of folders the same for all that is in them.
// Times, labels and other attributes do not count. Links are not followed, and nothing mounted below is entered.
// Failed: something that cannot be read, or a mount in one of them.
Result<bool> same_version(const Look& one, const Look& other, std::string_view subject);

// The parts of it: the bytes of two files, and where a symbolic link leads.
Result<bool> same_content(const Look& one, const Look& other, std::string_view subject);
Result<std::string> target_of(const Look& link, std::string_view subject);
bool same_owner_and_mode(const Look& one, const Look& other);

// The same for shadow, where only its accounts count and not the empty lines that the store's is padded with.
Result<bool> same_shadow(const Look& one, const Look& other);

// The names in a folder, sorted.
Result<std::vector<std::string>> names_in(const Fd& folder, std::string_view subject);

}  // namespace aimee
