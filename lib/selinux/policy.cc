// Reading of an image's policy files; changes nothing.
#include "selinux/policy.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/text.h"
#include "system/fd.h"

namespace aimee {

namespace {

constexpr std::string_view fallback_policy = "targeted";  // libselinux's own, where config does not say

constexpr std::string_view blanks = " \t\n\v\f\r";  // isspace(3)

std::string_view without_leading_blanks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text;
}

bool starts_with_in_any_case(std::string_view text, std::string_view word) {
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  const auto same = [&](char one, char other) { return lower(one) == lower(other); };
  return text.size() >= word.size() && std::equal(word.begin(), word.end(), text.begin(), same);
}

// As selinux_getenforcemode(3) reads it for whoever loads the policy: the first SELINUX= at the start of a line that
// has a mode counts, in small or capital letters and whatever follows.
bool is_disabled(std::string_view config) {
  constexpr std::string_view key = "SELINUX=";
  for (const std::string_view line : split(config, '\n')) {
    if (!line.starts_with(key)) continue;
    const std::string_view mode = without_leading_blanks(line.substr(key.size()));
    if (starts_with_in_any_case(mode, "disabled")) return true;
    if (starts_with_in_any_case(mode, "enforcing") || starts_with_in_any_case(mode, "permissive")) return false;
  }
  return false;
}

// Without the blanks and control characters at its end, as libselinux does it.
std::string_view without_end(std::string_view name) {
  while (name.size() > 1 && (iscntrl(static_cast<unsigned char>(name.back())) != 0 || name.back() == ' '))
    name.remove_suffix(1);
  return name;
}

// As selinux_getpolicytype(3) reads it: the last SELINUXTYPE= counts, up to a zero byte.
std::string policy_named_by(std::string_view config) {
  constexpr std::string_view key = "SELINUXTYPE=";
  std::string_view name;
  for (const std::string_view text : split(config, '\n')) {
    const std::string_view line = without_leading_blanks(text.substr(0, text.find('\0')));
    if (starts_with_in_any_case(line, key)) name = without_end(without_leading_blanks(line.substr(key.size())));
  }
  return std::string(name.empty() ? fallback_policy : name);
}

constexpr std::string_view contexts_folder = "/contexts/files/";

// What libselinux takes the contexts from (selabel_file(5)), in the order of their names. It is not found out by
// listing their folder: a policy lets its domains read these files and no more.
constexpr std::string_view context_files[] = {"file_contexts", "file_contexts.homedirs", "file_contexts.local",
                                              "file_contexts.subs", "file_contexts.subs_dist"};

// None where there is no such file.
Result<std::optional<std::string>> content_if_any(const std::string& path) {
  auto content = read_file(path);
  if (content) return std::optional(*std::move(content));
  if (content.error().code == ENOENT) return std::nullopt;
  return std::unexpected(content.error());
}

// Each of them that is there goes to use(name, content). A compiled form says the same as the text beside it, and
// counts where there is none.
template <typename Use>
Result<> read_contexts(const ImagePolicy& policy, const Use& use) {
  for (const std::string_view text : context_files) {
    for (const std::string& name : {std::string(text), concat(text, ".bin")}) {
      const auto content = TRY(content_if_any(concat(policy.folder, contexts_folder, name)));
      if (!content) continue;
      use(name, *content);
      break;
    }
  }
  return {};
}

// 64 bits that depend on every byte and on where each text ends; eight bytes a step. The mixing is that of
// MurmurHash3's finalizer (public domain).
class Digest {
 public:
  void add(std::string_view text) {
    mix(text.size());
    while (!text.empty()) {
      std::uint64_t word = 0;
      const std::size_t used = std::min(text.size(), sizeof word);
      std::memcpy(&word, text.data(), used);
      mix(word);
      text.remove_prefix(used);
    }
  }
  [[nodiscard]] std::string text() const { return in_base(state_, 16, 16); }

 private:
  void mix(std::uint64_t word) {
    state_ = (state_ ^ word) * 0xff51afd7ed558ccdULL;
    state_ = (state_ ^ (state_ >> 33U)) * 0xc4ceb9fe1a85ec53ULL;
    state_ ^= state_ >> 33U;
  }
  std::uint64_t state_ = 0x61696d6565ULL;
};

std::string types_path(const ImagePolicy& policy) { return policy.folder + "/contexts/customizable_types"; }

}  // namespace

Result<std::optional<ImagePolicy>> image_policy(const std::string& root) {
  const auto config = read_file(root + "/etc/selinux/config");
  if (!config && config.error().code != ENOENT) return std::unexpected(config.error());
  if (config && is_disabled(*config)) return std::nullopt;
  ImagePolicy policy;
  policy.name = policy_named_by(config.value_or(""));
  policy.folder = concat(root, "/etc/selinux/", policy.name);
  if (!config && access(policy.folder.c_str(), F_OK) != 0) return std::nullopt;
  return std::optional(std::move(policy));
}

Result<std::string> policy_digest(const ImagePolicy& policy) {
  Digest digest;
  digest.add(policy.name);
  digest.add(TRY(content_if_any(types_path(policy))).value_or(""));
  TRY(read_contexts(policy, [&](std::string_view name, std::string_view content) {
    digest.add(name);
    digest.add(content);
  }));
  return digest.text();
}

Result<std::vector<std::string>> readable_contexts(const ImagePolicy& policy) {
  std::vector<std::string> paths;
  TRY(read_contexts(policy, [&](std::string_view name, std::string_view) {
    paths.push_back(concat(policy.folder, contexts_folder, name));
  }));
  return paths;
}

Result<std::set<std::string, std::less<>>> customizable_types(const ImagePolicy& policy) {
  std::set<std::string, std::less<>> types;
  const std::string list = TRY(content_if_any(types_path(policy))).value_or("");
  for (const std::string_view line : split(list, '\n')) {
    const std::string_view type = trimmed(line);
    if (!type.empty() && type[0] != '#') types.emplace(type);
  }
  return types;
}

}  // namespace aimee
