// Opening of the store; changes nothing.
#include "store/place.h"

#include <cerrno>

#include "base/text.h"

namespace aimee {

Result<Fd> open_store(const std::string& root) {
  const std::string path = concat(root, store_path);
  const Fd top = TRY(open_file(root.empty() ? "/" : root, O_PATH | O_DIRECTORY));
  auto store = open_beneath(top, std::string(store_path.substr(1)), O_RDONLY | O_DIRECTORY);
  if (store) return store;
  const int code = store.error().code;
  if (code == ENOENT) return refusal(path, "is not there; is /var mounted, and did writable-etc.service run?");
  if (code == ENOTDIR || code == ELOOP) return refusal(path, "is no folder, or is reached through a link; remove it");
  return std::unexpected(about(path, std::move(store)).error());
}

}  // namespace aimee
