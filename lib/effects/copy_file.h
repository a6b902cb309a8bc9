// One regular file: content, holes, owner, mode, attributes, times, and its label from the moment it exists.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "effects/copy_data.h"
#include "effects/progress.h"
#include "selinux/labels.h"
#include "system/fd.h"

namespace aimee {

inline constexpr std::size_t copy_buffer_size = 256 << 10;  // bytes

// What a thread needs to copy files, one after the other.
struct FileCopier {
  const FileContexts& contexts;
  CreationLabel& label;
  const bool selinux;  // whether the kernel labels what is made
  KernelCopy& kernel;
  std::span<std::byte> buffer;  // copy_buffer_size
  Progress& progress;
};

// What the policy says of `path`; where there is no policy, or it says <<none>>, the label that `source` has.
Result<std::optional<std::string>> wanted_label(const FileContexts& contexts, const std::string& path, mode_t mode,
                                                const Fd& source);
Result<std::optional<std::string>> wanted_label(const FileContexts& contexts, const std::string& path, mode_t mode,
                                                const std::string& source);

// Copies the open file `source` (its status given) to the new file `name` in `folder`. `path` is how the running
// system will name it: labels and messages use it. With `content`, that is what the copy contains. The umask must
// be 0. The result is open for writing, so that it can be flushed. Failed: the copy is not complete.
Result<Fd> copy_file(const Fd& source, const struct stat& status, const Fd& folder, const std::string& name,
                     const std::string& path, const FileCopier& copier,
                     std::optional<std::string_view> content = std::nullopt);

// A single file, for callers who copy no more than that; any umask.
Result<Fd> copy_file(const Fd& source, const Fd& folder, const std::string& name, const std::string& path,
                     const FileContexts& contexts, std::optional<std::string_view> content = std::nullopt);

}  // namespace aimee
