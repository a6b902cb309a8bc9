// Host keys below a test's own root, and what must be true of them. The judge is ssh-keygen, not the product.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/files.h"
#include "harness/init_storage.h"
#include "harness/process.h"

namespace looptest {

class HostKeys {
 public:
  // An image with /var/lib and nothing in it, in a folder of its own or in `folder`, which exists.
  HostKeys();
  explicit HostKeys(const std::string& folder);
  HostKeys(const HostKeys&) = delete;
  HostKeys& operator=(const HostKeys&) = delete;

  const std::string& root() const { return root_; }
  std::string folder() const { return root_ + "/var/lib/ssh"; }
  std::string operator/(std::string_view name) const { return folder() + "/" + std::string(name); }
  std::string key(std::string_view type) const { return *this / ("ssh_host_" + std::string(type) + "_key"); }
  std::string public_key(std::string_view type) const { return key(type) + ".pub"; }

  // ssh-hostkey-gen --root ARGUMENT...
  Outcome run(const Arguments& arguments = {}, RunOptions options = {}) const;
  Arguments command(const Arguments& arguments = {}) const;

  // A pair by ssh-keygen, in place of what is there.
  void make(std::string_view type) const;

  // Names in the folder, sorted.
  std::vector<std::string> names() const;

 private:
  TemporaryFolder own_;
  std::string root_;
};

// "TYPE BASE64" of a public key's file; of a private key, as ssh-keygen derives it.
std::string public_line(const std::string& file);
std::string derived_line(const std::string& private_key);

// The pair is whole, of its type, and root's alone; nothing half made is beside it.
void check_good(const HostKeys& keys, std::string_view type);

// Content, owner, mode, inode, change time and all: the same string means that nothing has touched the file.
std::string state_of(const std::string& file);
std::string state_of_pair(const HostKeys& keys, std::string_view type);

// A program "ssh-keygen" in `folder` that does what the shell's `body` says, to go wrong in a chosen way; the result is
// the folder, for PATH.
std::string fake_keygen(const TemporaryFolder& folder, const std::string& body);

bool says(const Outcome& outcome, std::string_view text);

}  // namespace looptest
