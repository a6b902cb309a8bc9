// A small image for --root: /etc/fstab, tmpfiles.d and the template of /var.
#pragma once

#include <string>
#include <string_view>

#include "harness/files.h"

namespace looptest {

class SampleRoot {
 public:
  // With one fstab line for /var and a handful of files.
  explicit SampleRoot(const std::string& device, const std::string& options = "defaults");
  // The same in a folder that exists already.
  SampleRoot(const std::string& folder, const std::string& device, const std::string& options);
  SampleRoot(const SampleRoot&) = delete;
  SampleRoot& operator=(const SampleRoot&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

  void fstab(std::string_view text) const { write_text(*this / "etc/fstab", text); }
  // Parent folders are made as needed.
  void file(std::string_view name, std::string_view content, mode_t mode = 0644) const;
  void folder(std::string_view name, mode_t mode = 0755) const;
  void symlink(std::string_view name, const std::string& target) const;

  // `files` files of `size` random bytes each below var/lib/bulk.
  void bulk(unsigned files, std::size_t size) const;

 private:
  void populate(const std::string& device, const std::string& options) const;

  TemporaryFolder own_;
  std::string path_;
};

// Whether the result's files are those of the template, by rsync in a dry run with checksums, both ways.
// Returns what rsync lists as different; empty = equal.
std::string differences(const std::string& from, const std::string& to, const std::string& exclude = "");

}  // namespace looptest
