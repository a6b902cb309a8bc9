// Reading of an image's policy files; changes nothing.
#include "selinux/policy.h"

#include <strings.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/text.h"
#include "system/fd.h"
#include "system/folder.h"

namespace aimee {

namespace {

constexpr std::string_view fallback_policy = "targeted";  // libselinux's own, where config does not say

// Values of "KEY=value" lines of selinux_config(5), in order.
std::vector<std::string> settings(std::string_view config, std::string_view key) {
  std::vector<std::string> values;
  for (const std::string_view text : split(config, '\n')) {
    const std::string_view line = trimmed(text);
    if (line.starts_with(key) && line.substr(key.size()).starts_with('=')) {
      values.emplace_back(trimmed(line.substr(key.size() + 1)));
    }
  }
  return values;
}

// As libselinux reads it: the first SELINUX= counts, in small or capital letters.
bool is_disabled(std::string_view config) {
  const auto modes = settings(config, "SELINUX");
  return !modes.empty() && strcasecmp(modes.front().c_str(), "disabled") == 0;
}

// As libselinux reads it: the last SELINUXTYPE= counts.
std::string policy_named_by(std::string_view config) {
  const auto types = settings(config, "SELINUXTYPE");
  return types.empty() || types.back().empty() ? std::string(fallback_policy) : types.back();
}

// The files that decide about labels, by name. A compiled form says the same as the text beside it.
Result<std::set<std::string>> context_files(const std::string& folder) {
  std::set<std::string> names;
  auto opened = open_file(folder, O_RDONLY | O_DIRECTORY);
  if (!opened && opened.error().code == ENOENT) return names;
  const FolderStream stream = TRY(list_folder(TRY(std::move(opened)), folder));
  for (;;) {
    std::string name = TRY(next_name(stream, folder));
    if (name.empty()) break;
    if (name.starts_with("file_contexts")) names.insert(std::move(name));
  }
  std::erase_if(names, [&](const std::string& name) {
    return name.ends_with(".bin") && names.contains(name.substr(0, name.size() - 4));
  });
  return names;
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

// Empty where there is no such file.
Result<std::string> content_if_any(const std::string& path) {
  auto content = read_file(path);
  if (!content && content.error().code == ENOENT) return std::string();
  return content;
}

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
  const std::string folder = policy.folder + "/contexts/files";
  Digest digest;
  digest.add(policy.name);
  digest.add(TRY(content_if_any(types_path(policy))));
  for (const std::string& name : TRY(context_files(folder))) {
    digest.add(name);
    digest.add(TRY(read_file(concat(folder, "/", name))));
  }
  return digest.text();
}

Result<std::set<std::string, std::less<>>> customizable_types(const ImagePolicy& policy) {
  std::set<std::string, std::less<>> types;
  for (const std::string_view line : split(TRY(content_if_any(types_path(policy))), '\n')) {
    const std::string_view type = trimmed(line);
    if (!type.empty() && type[0] != '#') types.emplace(type);
  }
  return types;
}

}  // namespace aimee
