// Listing of folders by descriptor.
#pragma once

#include <dirent.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "system/fd.h"

namespace aimee {

struct CloseFolder {
  void operator()(DIR* stream) const { closedir(stream); }
};
using FolderStream = std::unique_ptr<DIR, CloseFolder>;

// The stream of an open folder, which it takes over.
Result<FolderStream> list_folder(Fd folder, std::string_view subject);

// The next name in the folder but "." and ".."; empty at the end. Not sorted.
Result<std::string> next_name(const FolderStream& stream, std::string_view subject);

}  // namespace aimee
