// SELinux labels as the image's own policy wants them, on any kernel: with SELinux enforcing, off or absent.
// Source: selabel_lookup(3), selabel_file(5), selinux_config(5), proc_pid_attr(5).
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "system/fd.h"

struct selabel_handle;

namespace aimee {

inline constexpr const char* label_attribute = "security.selinux";

// The policy's file contexts. Lookups may come from several threads.
class FileContexts {
 public:
  // From ROOT/etc/selinux/config and the policy it names: file_contexts with its .homedirs, .local, .subs and
  // .subs_dist. An image without a policy, or with SELINUX=disabled, has no contexts, which is no error.
  // Failed: the policy is named but its file contexts cannot be loaded.
  static Result<FileContexts> of_image(const std::string& root);

  [[nodiscard]] bool present() const { return handle_ != nullptr; }
  [[nodiscard]] const std::string& policy() const { return policy_; }  // "default", "targeted", …

  // The label of `path` (as the running system will name it); none where the policy says <<none>>, or there is none.
  [[nodiscard]] Result<std::optional<std::string>> label_of(const std::string& path, mode_t mode) const;

 private:
  struct Close {
    void operator()(selabel_handle* handle) const;
  };
  std::unique_ptr<selabel_handle, Close> handle_;
  std::string policy_;
};

// Whether the kernel runs SELinux (whatever the image has).
bool selinux_is_enabled();

// The label that files made by this thread are born with (fscreate), reset when it goes out of scope. Where
// SELinux does not run this does nothing, and set_label() below does the labelling.
class CreationLabel {
 public:
  explicit CreationLabel(bool enabled) : enabled_(enabled) {}
  CreationLabel(const CreationLabel&) = delete;
  CreationLabel& operator=(const CreationLabel&) = delete;
  ~CreationLabel();

  // Failed: the kernel's policy does not know the label.
  Result<> set(const std::optional<std::string>& label);

 private:
  bool enabled_;
  std::optional<std::string> current_;
  Fd attribute_;
};

// Labels what was just created where SELinux does not run, and so has not labelled it.
Result<> set_label(const std::string& path, const std::optional<std::string>& label);
Result<> set_label(const Fd& fd, const std::optional<std::string>& label);

// Labels a folder that may have the label already: the root of a subvolume, which is not born with fscreate's
// label on every kernel. Changes nothing where it has, and where a mount gives all its files one label.
Result<> ensure_label(const Fd& fd, const std::optional<std::string>& label);

}  // namespace aimee
