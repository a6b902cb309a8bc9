// An image with an /etc of its own, sealed read-only, and a data volume on its /var: what writable-etc works on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/files.h"
#include "harness/init_storage.h"
#include "harness/loop_disk.h"
#include "harness/process.h"

namespace looptest {

class EtcRoot {
 public:
  // An image with shadow, hostname, ssh/ and a list that names the latter two; the volume is an empty btrfs.
  EtcRoot();
  EtcRoot(const EtcRoot&) = delete;
  EtcRoot& operator=(const EtcRoot&) = delete;
  ~EtcRoot();

  // The image, while it is not sealed or for the next boot.
  std::string image(std::string_view name) const { return image_ / ("etc/" + std::string(name)); }
  const std::string& image_folder() const { return image_.path(); }
  void file(std::string_view name, std::string_view content, mode_t mode = 0644) const;  // below /etc
  void list(std::string_view text) const { file("aimee-os/writable-etc", text); }

  // Mounts the image read-only, and the volume on its /var; undoes both and everything mounted below.
  void boot(const std::string& volume_options = "defaults");
  void shut_down();

  const std::string& path() const { return root_.path(); }
  std::string etc(std::string_view name) const { return root_ / ("etc/" + std::string(name)); }
  std::string store(std::string_view name) const { return root_ / ("var/etc/" + std::string(name)); }

  Outcome run(const Arguments& more = {}, RunOptions options = {}) const;
  Arguments command(const Arguments& more = {}) const;

  // Whether /etc/NAME is the store's.
  bool bound(std::string_view name) const;
  // The only backup of /etc/NAME; fails the test where there is none or are several.
  std::string backup(const std::string& name) const;
  std::vector<std::string> backups(const std::string& name) const;

 private:
  TemporaryFolder image_;
  TemporaryFolder root_;
  LoopDisk disk_;
  bool booted_ = false;
};

// New content for a file that is there, as an editor would: owner and mode stay.
void edit(const std::string& path, std::string_view content);

// What differs between two versions, folders or files; empty = nothing.
std::string difference(const std::string& one, const std::string& other);

bool says(const Outcome& outcome, const std::string& text);

}  // namespace looptest
