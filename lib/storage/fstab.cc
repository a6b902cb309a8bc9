// Reading of fstab; changes nothing.
#include "storage/fstab.h"

#include <cerrno>
#include <cstdio>
#include <memory>

#include "base/log.h"
#include "base/text.h"
#include "plan/subvolume_list.h"
#include "storage/libmount.h"
#include "system/fd.h"

namespace aimee {

namespace {

constexpr std::string_view mount_point = "/var";
constexpr std::string_view example = "PARTLABEL=aimee-data /var btrfs defaults 0 0";

using Stream = std::unique_ptr<FILE, decltype([](FILE* stream) { std::fclose(stream); })>;

int skip_bad_line(libmnt_table*, const char* file, int line) {
  log_warning(concat(file, ":", line, ": cannot be parsed, ignored"));
  return 1;  // go on
}

std::string_view or_empty(const char* text) { return text != nullptr ? text : ""; }

Result<libmnt_fs*> find_line(libmnt_table* table, const std::string& path) {
  const Iterator iterator(mnt_new_iter(MNT_ITER_FORWARD));
  libmnt_fs* found = nullptr;
  for (libmnt_fs* line = nullptr; mnt_table_next_fs(table, iterator.get(), &line) == 0;) {
    if (normalised_path(or_empty(mnt_fs_get_target(line))) != mount_point) continue;
    if (found != nullptr) return refusal(path, "has more than one line for /var; keep one");
    found = line;
  }
  if (found == nullptr) return refusal(path, concat("has no line for /var; add one like \"", example, "\""));
  return found;
}

}  // namespace

Result<FstabVolume> read_fstab_volume(const std::string& root) {
  const std::string path = root + "/etc/fstab";
  const Table table(mnt_new_table());
  mnt_table_set_parser_errcb(table.get(), skip_bad_line);
  auto opened = open_in_root(root, "/etc/fstab", O_RDONLY | O_NOCTTY);
  if (!opened && opened.error().code == ENOENT) {
    return refusal(path, concat("does not exist; write one with \"", example, "\""));
  }
  const Stream stream(fdopen(TRY(std::move(opened)).release(), "r"));
  if (!stream) return failure(path, "read");
  const int status = mnt_table_parse_stream(table.get(), stream.get(), path.c_str());
  if (status < 0) return failure(path, "read", -status);

  libmnt_fs* line = TRY(find_line(table.get(), path));
  const std::string_view type = or_empty(mnt_fs_get_fstype(line));
  if (type != "btrfs" && type != "auto") {
    return refusal(path,
                   concat("mounts /var as ", printable(type), ", but the data volume is btrfs; write btrfs there"));
  }
  FstabVolume volume;
  volume.source = TRY(parse_volume_source(path, or_empty(mnt_fs_get_source(line))));
  volume.options = TRY(parse_volume_options(path, or_empty(mnt_fs_get_fs_options(line))));
  return volume;
}

}  // namespace aimee
