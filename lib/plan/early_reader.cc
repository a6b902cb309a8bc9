// The table; pure.
#include "plan/early_reader.h"

#include <algorithm>

#include "base/text.h"
#include "plan/writable_list.h"

namespace aimee {

namespace {

struct Reader {
  std::string_view path;  // it, or anything in it
  std::string_view who;
  std::string_view remedy;
};

constexpr std::string_view reload = "\"systemctl daemon-reload\" makes the store's count until the next boot";
constexpr std::string_view only_image = "only the image's version has an effect; remove the line";

// hostname is not here, since writable-etc applies it, and neither is machine-id, whose one reader that matters
// is started again (persistent-journal.service).
constexpr Reader readers[] = {
    {"aimee-os", "writable-etc", only_image},
    {"adjtime", "systemd", only_image},
    {"credstore", "systemd", "only services that start after /var is mounted see the store's"},
    {"credstore.encrypted", "systemd", "only services that start after /var is mounted see the store's"},
    {"crypttab", "systemd-cryptsetup-generator", reload},
    {"fstab", "systemd-fstab-generator", reload},
    {"integritytab", "systemd-integritysetup-generator", reload},
    {"ld.so.cache", "every program", "only programs that start after /var is mounted see the store's"},
    {"ld.so.preload", "every program", "only programs that start after /var is mounted see the store's"},
    {"locale.conf", "systemd", "services have the image's locale; \"systemctl daemon-reexec\" reads the store's"},
    {"lvm", "udev", "\"udevadm trigger\" makes the store's count until the next boot"},
    {"mdadm", "udev", "\"udevadm trigger\" makes the store's count until the next boot"},
    {"modprobe.d", "udev", "modules that are loaded already keep the image's options"},
    {"modules", "systemd-modules-load", "restart systemd-modules-load.service after it"},
    {"modules-load.d", "systemd-modules-load", "restart systemd-modules-load.service after it"},
    {"repart.d", "systemd-repart", only_image},
    {"selinux", "systemd", "the policy is loaded from the image; remove the line"},
    {"sysctl.conf", "systemd-sysctl", "restart systemd-sysctl.service after it"},
    {"sysctl.d", "systemd-sysctl", "restart systemd-sysctl.service after it"},
    {"systemd", "systemd", reload},
    {"sysusers.d", "systemd-sysusers", "restart systemd-sysusers.service after it"},
    {"tmpfiles.d", "init-storage", "new subvolumes and devices come from the image's version"},
    {"udev", "udev", R"("udevadm control --reload" and "udevadm trigger" make the store's count until the next boot)"},
    {"vconsole.conf", "systemd-vconsole-setup", "restart systemd-vconsole-setup.service after it"},
    {"veritytab", "systemd-veritysetup-generator", reload},
};

// In /etc/systemd, but read by those who start when the system is up.
constexpr std::string_view later[] = {"systemd/logind.conf",  "systemd/logind.conf.d", "systemd/sleep.conf",
                                      "systemd/sleep.conf.d", "systemd/user",          "systemd/user.conf",
                                      "systemd/user.conf.d"};

bool is_at_or_inside(std::string_view path, std::string_view of) { return path == of || is_inside(path, of); }

}  // namespace

std::optional<std::string> early_reader_of(std::string_view path) {
  const auto is_later = [&](std::string_view of) { return is_at_or_inside(path, of); };
  if (std::ranges::any_of(later, is_later)) return std::nullopt;
  for (const Reader& reader : readers) {
    if (is_at_or_inside(path, reader.path))
      return concat(reader.who, " reads it before /var is mounted: ", reader.remedy);
  }
  return std::nullopt;
}

}  // namespace aimee
