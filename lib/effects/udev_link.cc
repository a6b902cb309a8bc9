// A udev rule at run time. A failure midway leaves the rule, which is right, and the link as it was.
#include "effects/udev_link.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <span>

#include "base/text.h"
#include "system/process.h"

namespace aimee {

namespace {

constexpr std::string_view rules_folder = "/run/udev/rules.d";
// Before 60-persistent-storage.rules makes the links; options count wherever they are set.
constexpr std::string_view rule_file = "/run/udev/rules.d/59-aimee-data-volume.rules";
constexpr std::chrono::seconds udev_limit{60};

Result<> write_rule(const BlockNode& device) {
  const std::string folder(rules_folder);
  if (mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) return failure(folder, "make folder");
  const std::string name = device.path.substr(device.path.rfind('/') + 1);
  const std::string rule =
      concat("# The data volume that /etc/fstab means; another device has the same name.\n",
             R"(SUBSYSTEM=="block", KERNEL==")", name, R"(", OPTIONS+="link_priority=1000")", "\n");
  const std::string path(rule_file);
  const Fd file = TRY(open_file(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0644));
  return write_exactly(file, std::as_bytes(std::span(rule)), 0, path);
}

}  // namespace

Result<> lead_link_to(const std::string& link, const BlockNode& device) {
  TRY(write_rule(device));
  TRY(run_program({"udevadm", "control", "--reload"}, udev_limit));
  TRY(run_program({"udevadm", "trigger", "--settle", "--action=change", device.path}, udev_limit));
  if (TRY(block_node_at(link)) == device) return {};
  return failure(link,
                 concat("leads to another device than ", device.path,
                        ", which is on the root file system's disk; detach the other, or write PARTUUID= in fstab"),
                 0);
}

}  // namespace aimee
