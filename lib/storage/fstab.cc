// Reading of fstab; changes nothing.
#include "storage/fstab.h"

#include <cerrno>
#include <memory>

#include "base/log.h"
#include "base/text.h"
#include "plan/fstab_line.h"
#include "plan/subvolume_list.h"
#include "storage/libmount.h"
#include "system/fd.h"
#include "system/mount.h"

namespace aimee {

namespace {

constexpr std::string_view mount_point = "/var";
constexpr std::string_view example = "PARTLABEL=aimee-data /var btrfs defaults 0 0";

// btrfs's own of a line's options: libmount knows which ones are everybody's, mount(8)'s and systemd's.
Result<std::string> own_options(const std::string& options, std::string_view subject) {
  TRY(parse_volume_options(subject, options));  // libmount leaves out what stands behind a quote that is not closed
  const std::unique_ptr<libmnt_fs, decltype([](libmnt_fs* line) { mnt_unref_fs(line); })> line(mnt_new_fs());
  if (mnt_fs_set_options(line.get(), options.c_str()) != 0)
    return refusal(subject, "has options that cannot be parsed");
  const char* own = mnt_fs_get_fs_options(line.get());
  return std::string(own != nullptr ? own : "");
}

// In the order of systemd.unit(5): a unit in an earlier folder hides those in the later ones.
constexpr std::string_view unit_folders[] = {"/run/systemd/transient",  "/run/systemd/generator.early",
                                             "/etc/systemd/system",     "/run/systemd/system",
                                             "/run/systemd/generator",  "/usr/local/lib/systemd/system",
                                             "/usr/lib/systemd/system", "/run/systemd/generator.late"};

// The unit that mounts /var; empty where there is none, or one that is masked.
std::string unit_of_var(const std::string& root) {
  for (const std::string_view folder : unit_folders) {
    const std::string path = concat(folder, "/var.mount");
    if (!open_in_root(root, path, O_PATH | O_NOFOLLOW)) continue;
    const auto unit = open_in_root(root, path, O_PATH);
    const auto status = unit ? status_of(*unit, path) : std::unexpected(unit.error());
    return status && S_ISREG(status->st_mode) ? root + path : std::string();
  }
  return {};
}

// Without a line: why the volume is not looked after, or the refusal where there is none at all.
Result<FstabVolume> without_line(const std::string& root, Failed refused) {
  std::string by = unit_of_var(root);
  const auto var = open_in_root(root, "/var", O_PATH | O_DIRECTORY);
  if (by.empty() && var && is_mount_point(*var, "").value_or(false)) by = "something else";
  if (by.empty()) return refused;
  FstabVolume volume;
  volume.unattended =
      concat(root, "/var: is mounted by ", by, " and not from ", root, "/etc/fstab: this volume is not looked after");
  return volume;
}

// The only line for /var, empty where there is none; a line that cannot be parsed and is another's is a warning.
Result<FstabLine> find_line(std::string_view content, const std::string& path) {
  FstabLine found;
  std::size_t found_at = 0;
  std::size_t number = 0;
  for (const std::string_view text : split(content, '\n')) {
    ++number;
    FstabLine line;
    if (!parse_fstab_line(text, line)) continue;
    if (normalised_path(line.target) != mount_point) {
      if (!line.wrong.empty()) log_warning(concat(path, ":", number, ": ", line.wrong, ", ignored"));
      continue;
    }
    if (found_at != 0) {
      return refusal(path, concat("has more than one line for /var; keep one of lines ", found_at, " and ", number));
    }
    found = std::move(line);
    found_at = number;
  }
  if (found.wrong.empty()) return found;
  return refusal(concat(path, ":", found_at), concat(found.wrong, "; write it like \"", example, "\""));
}

}  // namespace

Result<FstabVolume> read_fstab_volume(const std::string& root) {
  const std::string path = root + "/etc/fstab";
  auto opened = open_in_root(root, "/etc/fstab", O_RDONLY | O_NOCTTY);
  if (!opened && opened.error().code == ENOENT) {
    return without_line(root, refusal(path, concat("does not exist; write one with \"", example, "\"")));
  }
  const FstabLine line = TRY(find_line(TRY(read_all(TRY(std::move(opened)), path)), path));
  if (line.target.empty()) {
    return without_line(root, refusal(path, concat("has no line for /var; add one like \"", example, "\"")));
  }
  if (line.type != "btrfs" && line.type != "auto") {
    return refusal(
        path, concat("mounts /var as ", printable(line.type), ", but the data volume is btrfs; write btrfs there"));
  }
  FstabVolume volume;
  volume.source = TRY(parse_volume_source(path, line.source));
  volume.options = TRY(parse_volume_options(path, TRY(own_options(line.options, path))));
  return volume;
}

}  // namespace aimee
