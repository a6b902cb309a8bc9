// Entries that somebody reads before the store's version is there.
#include "plan/early_reader.h"

#include "harness/test.h"

namespace aimee::test {

TEST_CASE("what systemd and udev read before /var is mounted is warned of, with who and what to do") {
  for (const char* path :
       {"systemd", "systemd/system", "systemd/system/a.service", "systemd/journald.conf", "fstab", "udev",
        "udev/rules.d/10.rules", "crypttab", "modules-load.d/x.conf", "modprobe.d", "sysctl.d/50.conf", "sysctl.conf",
        "selinux", "tmpfiles.d/x.conf", "aimee-os/writable-etc", "locale.conf", "vconsole.conf", "ld.so.preload"}) {
    CAPTURE(path);
    const auto early = early_reader_of(path);
    MUST(early);
    CHECK(early->find(" reads it before /var is mounted: ") != std::string::npos);
  }
  CHECK(early_reader_of("systemd/system") ==
        "systemd reads it before /var is mounted: \"systemctl daemon-reload\" makes the store's count until the next "
        "boot");
}

TEST_CASE("what is read later, applied, or kept on purpose is not warned of") {
  for (const char* path : {"shadow", "hostname", "machine-id", "ssh", "ssh/sshd_config", "systemd/logind.conf",
                           "systemd/logind.conf.d/x.conf", "systemd/user/a.service", "NetworkManager", "systemdx",
                           "fstab.d", "x/fstab", "localtime"}) {
    CAPTURE(path);
    CHECK_FALSE(early_reader_of(path));
  }
}

}  // namespace aimee::test
