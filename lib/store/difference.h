// What the store's version of an entry has that the image's has not, by diff(1), for people.
#pragma once

#include <functional>
#include <string_view>

#include "base/result.h"
#include "store/places.h"

namespace aimee {

using Print = std::function<Result<>(std::string_view)>;

// Runs diff -u on each pair of files that are not the same, which writes to our standard output, and prints lines of
// its own about what else differs: names, types, modes, owners, targets. No output: they are the same. Of shadow the
// padding does not count. Files are handed to diff open, so it cannot be led anywhere else.
// Refused: the store has no version. Failed: diff is missing or fails.
Result<> show_difference(const Places& places, const WritableEntry& entry, const Print& print);

}  // namespace aimee
