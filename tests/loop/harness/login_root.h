// A root folder one can log in to: the host's programs and PAM, an /etc of its own that is read-only, a btrfs volume
// at /var, and /var/etc/shadow mounted at /etc/shadow as writable-etc does it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/loop_disk.h"
#include "harness/process.h"

namespace looptest {

// As the store keeps it: filled up with newlines to whole blocks.
std::string in_blocks(std::string content);
std::string without_padding(std::string_view content);

class LoginRoot {
 public:
  enum class Shadow { bound, not_bound, linked, missing };

  // With the accounts root, daemon and owner, none of which has a password, or `shadow` in the store instead.
  explicit LoginRoot(Shadow kind = Shadow::bound, const std::string& shadow = "");
  LoginRoot(const LoginRoot&) = delete;
  LoginRoot& operator=(const LoginRoot&) = delete;
  ~LoginRoot();

  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }
  const LoopDisk& disk() const { return disk_; }

  std::string stored() const;                           // content of the stored shadow
  std::string field_of(const std::string& user) const;  // its password field, as seen at /etc/shadow

  // Hides a program of the host's behind a script.
  void replace_program(const std::string& name, std::string_view script);

  // Whether somebody else becomes `user` with this password, by su(1) and PAM.
  bool can_log_in(const std::string& user, const std::string& password) const;

 private:
  void mount(const Arguments& arguments, const std::string& place);
  void make_etc(Shadow kind) const;

  TemporaryFolder folder_;
  LoopDisk disk_;
  std::string path_;
  std::string etc_;  // the image's, before it becomes read-only
  std::vector<std::string> mounted_;
};

}  // namespace looptest
