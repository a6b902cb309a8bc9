// A whole /etc/fstab, read through libmount from a folder that is removed at the end.
#include "storage/fstab.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "base/text.h"
#include "parts/oracle.h"
#include "plan/subvolume_list.h"
#include "system/fd.h"

namespace aimee::fuzz {

namespace {

class Root {
 public:
  Root() {
    const char* base = std::getenv("TMPDIR");
    path_ = concat(base != nullptr ? base : "/tmp", "/aimee-fuzz-XXXXXX");
    HOLDS(mkdtemp(path_.data()) != nullptr && mkdir((path_ + "/etc").c_str(), 0755) == 0);
  }
  ~Root() {
    unlink((path_ + "/etc/fstab").c_str());
    rmdir((path_ + "/etc").c_str());
    rmdir(path_.c_str());
  }
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;

  Result<FstabVolume> read(std::string_view fstab) const {
    const auto file = open_file(path_ + "/etc/fstab", O_WRONLY | O_CREAT | O_TRUNC, 0644);
    HOLDS(file && write_exactly(*file, std::as_bytes(std::span(fstab)), 0, ""));
    return read_fstab_volume(path_);
  }

 private:
  std::string path_;
};

bool is_same(const FstabVolume& one, const FstabVolume& other) {
  return one.source.kind == other.source.kind && one.source.value == other.source.value &&
         one.options.staging == other.options.staging && one.options.subvolume == other.options.subvolume;
}

}  // namespace

void try_input(std::string_view fstab) {
  static const Root root;
  const auto volume = root.read(fstab);
  if (!volume) {
    // Failed: a file that libmount does not read at all.
    HOLDS(volume.error().outcome == Outcome::refused || volume.error().outcome == Outcome::failed);
    check_message(volume.error());
    return;
  }
  HOLDS(!volume->source.value.empty());
  if (volume->source.kind == VolumeSource::Kind::path) HOLDS(volume->source.value.starts_with("/dev/"));
  HOLDS(volume->options.subvolume.empty() ||
        normalised_path(concat("/", volume->options.subvolume)) == concat("/", volume->options.subvolume));
  // A second line for /var is one too many; a comment and another file system's line are not.
  constexpr std::string_view second = "/dev/second /var btrfs defaults 0 0\n";
  HOLDS(!root.read(concat(second, fstab)));
  const auto with_others = root.read(concat("# a comment\n\ntmpfs /run tmpfs size=5% 0 0\n", fstab));
  HOLDS(with_others && is_same(*with_others, *volume));
}

}  // namespace aimee::fuzz
