// Label lookups and creation labels. Lookups change nothing; a failed set() leaves the old creation label.
#include "selinux/labels.h"

#include <selinux/label.h>
#include <selinux/selinux.h>
#include <sys/statfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "base/text.h"
#include "selinux/policy.h"

namespace aimee {

namespace {

constexpr long selinux_magic = 0xf97cff8cL;  // statfs(2)

// libselinux prints what it thinks on stderr, harmless things too (a compiled copy of the file contexts made by
// another version is skipped, and the text is read). Its last word is kept to explain a failure.
std::string& last_word() {
  static std::string stored;
  return stored;
}

__attribute__((format(printf, 2, 3))) int keep_last_word(int, const char* format, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  last_word() = printable(trimmed(line));
  return 0;
}

// libselinux takes a file that it cannot look at for one that is not there, and labels without it.
Result<> check_loaded(selabel_handle* handle, const std::vector<std::string>& wanted) {
  unsigned char* digest = nullptr;
  std::size_t length = 0;
  char** loaded = nullptr;
  std::size_t count = 0;
  if (selabel_digest(handle, &digest, &length, &loaded, &count) != 0)
    return failure("libselinux", "tell what it loaded");
  const std::set<std::string, std::less<>> files(loaded, loaded + count);
  for (const std::string& path : wanted) {
    if (!files.contains(path) && !files.contains(path + ".bin"))
      return failure(path, "is there, and libselinux did not load it", 0);
  }
  return {};
}

}  // namespace

void FileContexts::Close::operator()(selabel_handle* handle) const { selabel_close(handle); }

Result<FileContexts> FileContexts::of_image(const std::string& root) {
  FileContexts contexts;
  const auto policy = TRY(image_policy(root));
  if (!policy) return contexts;
  const std::string path = policy->folder + "/contexts/files/file_contexts";
  const auto files = TRY(readable_contexts(*policy));
  // libselinux before 3.5 takes no other value than 1 for "yes".
  const selinux_opt options[] = {{SELABEL_OPT_PATH, path.c_str()},
                                 {SELABEL_OPT_DIGEST, reinterpret_cast<const char*>(1)}};
  selinux_callback log{};
  log.func_log = keep_last_word;
  selinux_set_callback(SELINUX_CB_LOG, log);
  last_word().clear();
  contexts.handle_.reset(selabel_open(SELABEL_CTX_FILE, options, std::size(options)));
  if (!contexts.handle_) {
    const int code = errno;
    return failure(path,
                   concat("load the file contexts of the policy that etc/selinux/config names",
                          last_word().empty() ? "" : ": ", last_word()),
                   code);
  }
  TRY(check_loaded(contexts.handle_.get(), files));
  contexts.policy_ = policy->name;
  return contexts;
}

namespace {

// More than PCRE2 asked for in any match of a policy's patterns that was seen (512 KiB). Sets errno.
bool has_memory_to_match() {
  void* volatile memory = std::malloc(4 << 20);  // volatile: a pair that nobody looks at may be left out
  const bool there = memory != nullptr;
  std::free(memory);
  return there;
}

}  // namespace

Result<std::optional<std::string>> FileContexts::label_of(const std::string& path, mode_t mode) const {
  if (!present()) return std::nullopt;
  char* context = nullptr;
  const auto look_up = [&] {
    return selabel_lookup_raw(handle_.get(), &context, path.c_str(), static_cast<int>(mode)) == 0;
  };
  // ENOENT is "no label", and also what libselinux makes of a match for which there was no memory. So it counts when
  // there is memory, and is said again.
  if (!look_up() && (errno != ENOENT || !has_memory_to_match() || !look_up())) {
    if (errno == ENOENT) return std::nullopt;
    return failure(path, "look up SELinux label");
  }
  const std::unique_ptr<char, decltype([](char* text) { std::free(text); })> owner(context);
  return std::optional<std::string>(context);
}

bool selinux_is_enabled() {
  struct statfs status{};
  return statfs("/sys/fs/selinux", &status) == 0 && static_cast<std::uint32_t>(status.f_type) == selinux_magic;
}

CreationLabel::~CreationLabel() {
  if (current_) (void)set(std::nullopt);
}

Result<> CreationLabel::set(const std::optional<std::string>& label) {
  constexpr std::string_view path = "/proc/thread-self/attr/fscreate";
  if (!enabled_ || label == current_) return {};
  if (!attribute_.is_open()) attribute_ = TRY(open_file(std::string(path), O_RDWR));
  const ssize_t written = pwrite(attribute_.get(), label ? label->c_str() : "", label ? label->size() + 1 : 0, 0);
  if (written < 0) return failure(path, concat("set label ", label.value_or("(none)")));
  current_ = label;
  return {};
}

namespace {

// As the kernel stores it: with the final zero byte.
std::string_view stored_form(const std::string& label) { return {label.c_str(), label.size() + 1}; }

}  // namespace

Result<> set_label(const std::string& path, const std::optional<std::string>& label) {
  if (!label) return {};
  const std::string_view value = stored_form(*label);
  if (lsetxattr(path.c_str(), label_attribute, value.data(), value.size(), 0) == 0) return {};
  return failure(path, concat("set label ", *label));
}

Result<> set_label(const Fd& fd, const std::optional<std::string>& label) {
  if (!label) return {};
  const std::string_view value = stored_form(*label);
  if (fsetxattr(fd.get(), label_attribute, value.data(), value.size(), 0) == 0) return {};
  return failure(path_of(fd), concat("set label ", *label));
}

Result<> ensure_label(const Fd& fd, const std::optional<std::string>& label) {
  if (!label) return {};
  std::array<char, 512> present;
  const ssize_t length = fgetxattr(fd.get(), label_attribute, present.data(), present.size());
  if (length >= 0) {
    const std::string_view has(present.data(), static_cast<std::size_t>(length));
    if (has == stored_form(*label) || has == *label) return {};
  }
  auto set = set_label(fd, label);
  const bool is_the_mounts = length >= 0 && !set && set.error().code == EOPNOTSUPP;  // context= in its options
  return is_the_mounts ? Result<>() : set;
}

}  // namespace aimee
