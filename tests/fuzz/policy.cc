// The policy that an image names: etc/selinux/config, customizable_types, then file_contexts, .homedirs and .local,
// "%%" between them. The config means what it means to libselinux, which decides about it at boot; the digest tells
// every two contents apart.
#include "selinux/policy.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/text.h"
#include "harness/temporary_folder.h"
#include "parts/input.h"
#include "parts/oracle.h"

namespace aimee::fuzz {

namespace {

constexpr std::string_view folder_of_contexts = "policy/contexts/files/";
constexpr std::string_view types_file = "policy/contexts/customizable_types";
constexpr std::string_view context_files[] = {"file_contexts", "file_contexts.homedirs", "file_contexts.local"};
constexpr std::size_t longest_line = 4000;  // libselinux cuts lines at a page

using Types = std::set<std::string, std::less<>>;

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

std::string_view without_leading_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text[0])) text.remove_prefix(1);
  return text;
}

bool begins_with(std::string_view text, std::string_view small) {
  return text.size() >= small.size() && std::equal(small.begin(), small.end(), text.begin(), [](char a, char b) {
           return a == b || (b >= 'A' && b <= 'Z' && a == b + 32);
         });
}

// selinux_getenforcemode(3): the first line with a mode that it knows.
bool is_disabled(std::string_view config) {
  for (const std::string_view line : split(config, '\n')) {
    if (!line.starts_with("SELINUX=")) continue;
    const std::string_view mode = without_leading_blanks(line.substr(8));
    if (begins_with(mode, "enforcing") || begins_with(mode, "permissive")) return false;
    if (begins_with(mode, "disabled")) return true;
  }
  return false;
}

// selinux_getpolicytype(3): the last line counts; C strings end with a zero byte.
std::string policy_named(std::string_view config) {
  std::string name;
  for (std::string_view line : split(config, '\n')) {
    line = without_leading_blanks(line.substr(0, line.find('\0')));
    if (!begins_with(line, "selinuxtype=")) continue;
    name = without_leading_blanks(line.substr(12));
    while (name.size() > 1 && (is_blank(name.back()) || is_control(name.back()))) name.pop_back();
  }
  return name.empty() ? "targeted" : name;
}

void check_config(const test::TemporaryFolder& root, std::string_view config) {
  const auto is_long = [](std::string_view line) { return line.size() > longest_line; };
  if (std::ranges::any_of(split(config, '\n'), is_long)) return;
  root.file("etc/selinux/config", config);
  const auto policy = image_policy(root.path());
  HOLDS(policy.has_value());
  HOLDS(policy->has_value() == !is_disabled(config));
  if (!*policy) return;
  HOLDS_OF((*policy)->name, (*policy)->name == policy_named(config));
  HOLDS((*policy)->folder == concat(root / "etc/selinux/", (*policy)->name));
  // A policy that is not there has no types, and a digest like any other.
  const auto types = customizable_types(**policy);
  if (!types) check_message(types.error());
  const auto digest = policy_digest(**policy);
  if (!digest) check_message(digest.error());
}

Types types_in(std::string_view list) {
  Types types;
  for (std::size_t start = 0; start <= list.size();) {
    const std::size_t end = std::min(list.find('\n', start), list.size());
    std::string type(list.substr(start, end - start));
    constexpr std::string_view blanks = " \t\r";
    type.erase(0, std::min(type.find_first_not_of(blanks), type.size()));
    while (!type.empty() && blanks.find(type.back()) != blanks.npos) type.pop_back();
    if (!type.empty() && type.front() != '#') types.insert(type);
    start = end + 1;
  }
  return types;
}

void check_types(const test::TemporaryFolder& root, const ImagePolicy& policy, const std::string& list) {
  root.file(types_file, list);
  const auto types = customizable_types(policy);
  HOLDS(types && *types == types_in(list));
  root.file(types_file, concat(list, "\n# one more\n another_t \n"));
  const auto more = customizable_types(policy);
  HOLDS(more && more->contains("another_t") && std::ranges::includes(*more, *types));
  root.file(types_file, list);
}

class Digests {
 public:
  Digests(const test::TemporaryFolder& root, const ImagePolicy& policy) : root_(root), policy_(policy) {}

  // Of what is in the folder now; always another one.
  void expect_another() {
    const std::string digest = present();
    HOLDS_OF(digest, seen_.insert(digest).second);
  }
  void expect_known() const { HOLDS(seen_.contains(present())); }
  void change(std::string_view name, std::string_view content) const {
    root_.file(concat(folder_of_contexts, name), content);
  }

 private:
  [[nodiscard]] std::string present() const {
    const auto digest = policy_digest(policy_);
    HOLDS(digest && digest->size() == 16 && is_one_line(*digest));
    return *digest;
  }

  const test::TemporaryFolder& root_;
  const ImagePolicy& policy_;
  std::set<std::string> seen_;
};

// What was moved from the end of one file to the start of the next one, too.
void check_digest(const test::TemporaryFolder& root, const ImagePolicy& policy, std::span<const std::string> contents) {
  Digests digests(root, policy);
  for (const std::string_view name : context_files) unlink((root / concat(folder_of_contexts, name)).c_str());
  digests.expect_another();
  for (std::size_t i = 0; i < std::size(context_files); ++i) {
    digests.change(context_files[i], contents[i]);
    digests.expect_another();
    digests.change(context_files[i], concat(contents[i], '\0'));
    digests.expect_another();
    digests.change(context_files[i], contents[i]);
    digests.expect_known();
  }
  if (contents[0].empty()) return;
  digests.change(context_files[0], contents[0].substr(0, contents[0].size() - 1));
  digests.change(context_files[1], concat(contents[0].back(), contents[1]));
  digests.expect_another();
  digests.change(context_files[0], contents[0]);
  digests.change(context_files[1], contents[1]);
  digests.change(concat(context_files[0], ".bin"), contents[1]);
  digests.expect_known();
  unlink((root / concat(folder_of_contexts, context_files[0], ".bin")).c_str());
}

}  // namespace

void try_input(std::string_view text) {
  static const test::TemporaryFolder root;
  const ImagePolicy policy{"policy", root / "policy"};
  const auto parts = sections(text, 5);
  check_config(root, parts[0]);
  check_types(root, policy, parts[1]);
  check_digest(root, policy, std::span(parts).subspan(2, std::size(context_files)));
  HOLDS(readable_contexts(policy));
}

}  // namespace aimee::fuzz
