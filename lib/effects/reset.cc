// Execution of a factory reset. Whatever fails midway leaves the volume as it was, or armed: then the next boot erases
// it.
#include "effects/reset.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>

#include "base/log.h"
#include "base/text.h"
#include "effects/superblock_sector.h"
#include "storage/btrfs.h"
#include "storage/probe.h"
#include "system/process.h"

namespace aimee {

namespace {

constexpr std::string_view unit = "factory-reset.service";
constexpr std::chrono::seconds systemctl_limit{60};

Result<> write_run_file(const std::string& path, std::string_view content) {
  const std::string folder = path.substr(0, path.rfind('/'));
  for (const std::string& level : {folder.substr(0, folder.rfind('/')), folder}) {
    if (mkdir(level.c_str(), 0755) != 0 && errno != EEXIST) return failure(level, "make folder");
  }
  const Fd file = TRY(open_file(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600));
  return write_exactly(file, std::as_bytes(std::span(content)), 0, path);
}

// Root needs nobody's leave, so no agent of systemctl's is to ask for a password on this terminal.
Result<> systemctl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"systemctl", "--no-ask-password"});
  return run_program(arguments, systemctl_limit);
}

class Execution {
 public:
  explicit Execution(ResetWorkplace& workplace) : workplace_(workplace) {}

  Result<> operator()(const RememberLabel& remember) const {
    const auto written = write_run_file(concat(workplace_.root, remembered_label_file), remember.label);
    if (!written) log_warning(concat(written.error().message(), "; --cancel would name the volume ", committed_label));
    return {};
  }

  Result<> operator()(const RememberQuick& remember) const {
    return write_run_file(concat(workplace_.root, reset_environment_file),
                          remember.quick ? "AIMEE_FACTORY_RESET_OPTIONS=--quick\n" : "");
  }

  Result<> operator()(const ForgetLabel&) const {
    for (const std::string_view file : {remembered_label_file, reset_environment_file}) {
      unlink(concat(workplace_.root, file).c_str());
    }
    return {};
  }

  // Any mount of the volume will do; one may be read-only, or covered by another.
  Result<> operator()(const SetMountedLabel& set) {
    Result<> result = failure(subject(), "is mounted, but nowhere that can be reached", 0);
    bool reached = false;
    for (const std::string& point : set.mount_points) {
      const auto folder = open_file(point, O_RDONLY | O_DIRECTORY);
      const auto uuid = folder ? btrfs_uuid(*folder) : std::unexpected(folder.error());
      if (!uuid || *uuid != workplace_.uuid) continue;
      const Result<> labelled = about(subject(), set_btrfs_label(*folder, set.label));
      if (labelled) return check_label(set.label);
      if (!reached) result = labelled;
      reached = true;
    }
    if (!set.advice.empty()) {
      result.error().explanation = concat("cannot be armed (", result.error().explanation, "): ", set.advice);
    }
    return result;
  }

  // The primary of the device that fstab names decides; a token that is left on another one would come back with it.
  Result<> operator()(const SetUnmountedLabel& set) {
    for (std::size_t i = 0; i + 1 < workplace_.devices.size(); ++i) {
      const std::string& other = workplace_.devices[i].device;
      if (std::ranges::find(set.others, other) == set.others.end()) continue;
      TRY(write_superblock_label(workplace_.opened[i], superblock_offsets[0], superblock_offsets[0], set.label, other));
    }
    for (const std::uint64_t offset : superblock_offsets_on(workplace_.size)) {
      const Superblock superblock = TRY(read_superblock(workplace_.opened.back(), offset, subject()));
      if (!superblock.valid() || superblock.uuid != workplace_.uuid) continue;
      TRY(write_superblock_label(workplace_.opened.back(), offset, offset, set.label, subject()));
    }
    return check_label(set.label);
  }

  Result<> operator()(const EnableShutdownUnit&) {
    if (const auto enabled = systemctl({"enable", "--runtime", std::string(unit)}); !enabled) {
      log_warning(concat(unit, ": cannot be enabled (", enabled.error().message(), "): the next boot erases instead"));
    }
    return {};
  }

  Result<> operator()(const DisableShutdownUnit&) {
    if (const auto disabled = systemctl({"disable", "--runtime", std::string(unit)}); !disabled) {
      log_warning(concat(unit, ": cannot be disabled (", disabled.error().message(), "): it will find nothing to do"));
    }
    return {};
  }

  Result<> operator()(const WriteToken& write) {
    return write_superblock_label(workplace_.opened.back(), write.superblock, superblock_offsets[0], write.token,
                                  subject());
  }

  Result<> operator()(const EraseVolume& erase) {
    workplace_.erased = TRY(erase_volume(workplace_.devices, workplace_.opened, erase.quick, workplace_.progress));
    return {};
  }

  Result<> operator()(const Reboot&) {
    if (const auto begun = systemctl({"reboot"}); !begun) {
      return failure(subject(), concat("reboot the system yourself: ", begun.error().message()), 0);
    }
    return {};
  }

 private:
  [[nodiscard]] const std::string& subject() const { return workplace_.device.path; }

  // As the next boot will read it.
  [[nodiscard]] Result<> check_label(const std::string& label) const {
    const Fd device = TRY(open_block(workplace_.device, O_RDONLY));
    const Superblock primary = TRY(read_superblock(device, superblock_offsets[0], subject()));
    if (primary.valid() && primary.uuid == workplace_.uuid && primary.label == label) return {};
    return failure(subject(), "does not show the label that was set", EIO);
  }

  ResetWorkplace& workplace_;
};

}  // namespace

Result<> execute(const ResetPlan& plan, ResetWorkplace& workplace) {
  Execution execution(workplace);
  for (const ResetOperation& operation : plan) {
    workplace.progress.begin(describe(operation));
    TRY(std::visit(execution, operation));
  }
  return {};
}

std::string remembered_label(const std::string& root) {
  return read_file(concat(root, remembered_label_file)).value_or(std::string());
}

bool has_service_manager() { return access("/run/systemd/system", F_OK) == 0; }

}  // namespace aimee
