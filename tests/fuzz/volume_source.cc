// The source and the options of fstab's line for /var, one line each.
#include "plan/volume_source.h"

#include <algorithm>

#include "base/text.h"
#include "parts/input.h"
#include "parts/oracle.h"
#include "plan/subvolume_list.h"

namespace aimee::fuzz {

namespace {

void check_refused(const Error& error) {
  HOLDS(error.outcome == Outcome::refused && error.code == 0);
  check_message(error);
}

void check_source(std::string_view text) {
  const auto source = parse_volume_source("/etc/fstab", text);
  const bool names_a_file_system = text.starts_with("UUID=") || text.starts_with("LABEL=") ||
                                   text.starts_with("/dev/disk/by-uuid/") || text.starts_with("/dev/disk/by-label/");
  HOLDS_OF(text, !names_a_file_system || !source);
  if (!source) return check_refused(source.error());
  HOLDS(!source->value.empty());
  HOLDS_OF(source_text(*source), is_one_line(source_text(*source)));
  if (source->kind == VolumeSource::Kind::path) HOLDS(source->value == text && text.starts_with("/dev/"));
  if (source->kind == VolumeSource::Kind::partition_uuid)
    HOLDS(std::ranges::none_of(source->value, [](char c) { return c >= 'A' && c <= 'Z'; }));
  // What it prints means the same, as far as that needs no escape.
  const std::string again = source_text(*source);
  const bool is_plain = is_one_line(source->value) && source->value.find_first_of("\\\"'") == std::string::npos;
  if (!is_plain) return;
  const auto same = parse_volume_source("/etc/fstab", again);
  HOLDS_OF(again, same && same->kind == source->kind && same->value == source->value);
}

void check_options(std::string_view text) {
  const auto options = parse_volume_options("/etc/fstab", text);
  if (!options) return check_refused(options.error());
  HOLDS(options->subvolume.empty() ||
        normalised_path(concat("/", options->subvolume)) == concat("/", options->subvolume));
  constexpr std::string_view forbidden[] = {"subvol",      "subvolid", "context",  "fscontext", "defcontext",
                                            "rootcontext", "seclabel", "degraded", "rescue",    "ro"};
  if (options->staging.empty()) return;
  for (const std::string_view option : split(options->staging, ',')) {
    const std::string_view name = option.substr(0, option.find('='));
    HOLDS_OF(option, !option.empty() && std::ranges::find(forbidden, name) == std::end(forbidden));
  }
  // What needed neither a quote nor an escape is there as it was written, and says the same again.
  if (text.find_first_of("\"\\") != std::string_view::npos) return;
  for (const std::string_view option : split(options->staging, ',')) {
    HOLDS_OF(option, concat(",", text, ",").find(concat(",", option, ",")) != std::string::npos);
  }
  const auto again = parse_volume_options("/etc/fstab", options->staging);
  HOLDS(again && again->staging == options->staging && again->subvolume.empty());
}

}  // namespace

void try_input(std::string_view text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  check_source(text.substr(0, end));
  check_options(text.substr(std::min(end + 1, text.size())));
}

}  // namespace aimee::fuzz
