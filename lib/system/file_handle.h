// A name for a file that needs no path and no open descriptor: name_to_handle_at(2). Needs
// CAP_DAC_READ_SEARCH to open.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "system/fd.h"

namespace aimee {

class FileHandle {
 public:
  FileHandle() = default;

  // Of folder/name, a symbolic link itself included.
  static Result<FileHandle> of(const Fd& folder, const std::string& name);

  // Opened with O_PATH; `inside` is any open file of the same file system.
  [[nodiscard]] Result<Fd> open(const Fd& inside, std::string_view subject) const;

 private:
  std::vector<char> bytes_;  // struct file_handle
};

}  // namespace aimee
