// An image's /etc, what programs see of it and a store, as ordinary folders.
#pragma once

#include <fcntl.h>

#include <string>
#include <string_view>

#include "harness/temporary_folder.h"
#include "harness/test.h"
#include "store/places.h"

namespace aimee::test {

// Folders "root/etc" and "store"; what programs see is the image, since nothing is mounted.
struct EtcTrees {
  TemporaryFolder folder;

  EtcTrees() {
    folder.folder("root/etc");
    folder.folder("store");
  }
  std::string image(std::string_view name, std::string_view content) const {
    return folder.file(concat("root/etc/", name), content);
  }
  std::string stored(std::string_view name, std::string_view content) const {
    return folder.file(concat("store/", name), content);
  }
  [[nodiscard]] std::string content(std::string_view name) const { return content_of(folder / concat("store/", name)); }
  [[nodiscard]] bool has(std::string_view name) const { return exists(folder / concat("store/", name)); }

  [[nodiscard]] Places places() const {
    auto image = open_file(folder / "root", O_PATH | O_DIRECTORY);
    auto seen = open_file(folder / "root", O_PATH | O_DIRECTORY);
    auto store = open_file(folder / "store", O_RDONLY | O_DIRECTORY);
    prepared(image && seen && store, "trees");
    return {folder / "root", *std::move(image), *std::move(seen), *std::move(store)};
  }
};

}  // namespace aimee::test
