// Changing of the domain. A failure leaves no context for a later exec behind.
#include "selinux/domain.h"

#include <sys/auxv.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "base/text.h"
#include "selinux/context.h"
#include "selinux/labels.h"
#include "system/fd.h"

namespace aimee {

namespace {

constexpr const char* current_path = "/proc/self/attr/current";
constexpr const char* exec_path = "/proc/self/attr/exec";
constexpr const char* enforce_path = "/sys/fs/selinux/enforce";

// Ends with a zero byte in some kernels.
Result<std::string> own_context() {
  std::string context = TRY(read_file(current_path));
  while (context.ends_with('\0') || context.ends_with('\n')) context.pop_back();
  return context;
}

// The context of the next exec; empty: what the policy says. EINVAL: there is no such context in the policy.
Result<> set_exec_context(const std::string& context) {
  const Fd attribute = TRY(open_file(exec_path, O_WRONLY));
  if (write(attribute.get(), context.c_str(), context.empty() ? 0 : context.size() + 1) >= 0) return {};
  return failure(exec_path, concat("set ", context));
}

// As the role of objects, a type is valid with every user and range: only the type itself is judged.
bool policy_has(const Context& own, std::string_view type) {
  const auto set = set_exec_context(own.with("object_r", type));
  (void)set_exec_context("");
  return set || set.error().code != EINVAL;
}

// What cannot be read is taken for yes.
bool is_enforcing() { return !read_file(enforce_path).value_or("1").starts_with('0'); }

// Returns only where it fails. With the name by which we were started, and not /proc/self/exe, ps and the audit trail
// go on naming the applet. A context that was set and cannot be entered makes the exec fail: nothing runs elsewhere.
Result<> start_again(const std::string& context, std::span<char* const> argv) {
  TRY(set_exec_context(context));
  std::vector<char*> arguments(argv.begin(), argv.end());
  arguments.push_back(nullptr);
  // The kernel tells addresses as numbers, getauxval(3).
  const auto* name = reinterpret_cast<const char*>(getauxval(AT_EXECFN));  // NOLINT(performance-no-int-to-ptr)
  if (name == nullptr) name = "/proc/self/exe";
  execv(name, arguments.data());
  const auto failed = failure(name, "start again");
  (void)set_exec_context("");
  return failed;
}

}  // namespace

Result<> enter_domain(std::string_view type, std::span<char* const> argv) {
  if (!selinux_is_enabled()) return {};
  const std::string current = TRY(own_context());
  const auto own = parse_context(current);
  if (!own || own->type == type) return {};  // no context: no policy is loaded
  const Result<> failed = start_again(own->with(type), argv);
  if (!is_enforcing()) return {};
  if (failed.error().code == EINVAL && !policy_has(*own, type)) return {};
  return std::unexpected(Error{Outcome::refused, failed.error().code, concat("SELinux domain ", printable(own->type)),
                               concat("cannot change to ", type, ", and this runs nowhere else; start it by its unit ",
                                      "or as an administrator")});
}

}  // namespace aimee
