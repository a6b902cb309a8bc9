// Interpretation of the /var line of fstab; pure.
#include "plan/volume_source.h"

#include <algorithm>

#include "base/text.h"
#include "plan/mount_option.h"
#include "plan/subvolume_list.h"

namespace aimee {

namespace {

using Kind = VolumeSource::Kind;

constexpr std::string_view advice = "name the partition instead: PARTLABEL=, PARTUUID= or a path below /dev";

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

// udev's encoding of names in /dev/disk: \x20 for a blank.
std::string without_udev_escapes(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto code = name.substr(i).starts_with("\\x") ? parse_number(name.substr(i + 2, 2), 16) : std::nullopt;
    if (code && i + 3 < name.size()) {
      out += static_cast<char>(*code);
      i += 3;
    } else {
      out += name[i];
    }
  }
  return out;
}

std::string unquoted(std::string_view value) {
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front()) {
    value = value.substr(1, value.size() - 2);
  }
  return std::string(value);
}

// The rest of `text` after `prefix`, if it starts with it.
std::optional<std::string_view> after(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return std::nullopt;
  return text.substr(prefix.size());
}

bool names_file_system(std::string_view source) {
  constexpr std::string_view prefixes[] = {"UUID=", "LABEL=", "/dev/disk/by-uuid/", "/dev/disk/by-label/"};
  return std::ranges::any_of(prefixes, [&](std::string_view prefix) { return source.starts_with(prefix); });
}

bool is_left_out(std::string_view name) {
  constexpr std::string_view names[] = {"subvol",      "subvolid",   "context",  "fscontext", "defcontext",
                                        "rootcontext", "seclabel",   "rescue",   "recovery",  "usebackuproot",
                                        "nologreplay", "norecovery", "degraded", "ro",        "rw"};
  return std::ranges::find(names, name) != std::end(names);
}

}  // namespace

Result<VolumeSource> parse_volume_source(std::string_view fstab, std::string_view source) {
  VolumeSource parsed;
  if (const auto label = after(source, "PARTLABEL=")) {
    parsed = {Kind::partition_label, unquoted(*label)};
  } else if (const auto link = after(source, "/dev/disk/by-partlabel/")) {
    parsed = {Kind::partition_label, without_udev_escapes(*link)};
  } else if (const auto uuid = after(source, "PARTUUID=")) {
    parsed = {Kind::partition_uuid, lower_case(unquoted(*uuid))};
  } else if (const auto uuid_link = after(source, "/dev/disk/by-partuuid/")) {
    parsed = {Kind::partition_uuid, lower_case(*uuid_link)};
  } else if (names_file_system(source)) {
    return refusal(fstab, concat("/var is on ", printable(source),
                                 ", which names a file system, and a blank volume has none yet; ", advice));
  } else if (source.starts_with("/dev/")) {
    parsed = {Kind::path, std::string(source)};
  }
  if (parsed.value.empty()) {
    return refusal(fstab, concat("/var is on ", printable(source), ", which is no device; ", advice));
  }
  return parsed;
}

std::string source_text(const VolumeSource& source) {
  switch (source.kind) {
    case VolumeSource::Kind::partition_label:
      return concat("PARTLABEL=", printable(source.value));
    case VolumeSource::Kind::partition_uuid:
      return concat("PARTUUID=", printable(source.value));
    case VolumeSource::Kind::path:
      break;
  }
  return printable(source.value);
}

Result<VolumeOptions> parse_volume_options(std::string_view fstab, std::string_view options) {
  VolumeOptions parsed;
  MountOption option;
  while (next_mount_option(options, option)) {
    if (option.name == "subvol") {
      const auto path = normalised_path(concat('/', option.value));
      if (!path)
        return refusal(fstab,
                       concat("/var has the option ", printable(option.text), ", which is no path inside the volume"));
      parsed.subvolume = path->substr(1);
    }
    if (option.name == "subvolid" && option.value != "0" && option.value != "5") {
      return refusal(fstab, concat("/var has the option ", printable(option.text),
                                   ", but numbers of subvolumes are not known before they are made; use subvol="));
    }
    const std::string plain = concat(option.name, option.has_value ? "=" : "", option.value);
    // The kernel's own list of options has no way to say a comma.
    if (is_left_out(option.name) || plain.find(',') != std::string::npos) continue;
    parsed.staging += concat(parsed.staging.empty() ? "" : ",", plain);
  }
  if (options.empty()) return parsed;
  return refusal(fstab, concat("/var has the option ", printable(options), ", with a quote that is not closed"));
}

}  // namespace aimee
