#include "store/private_etc.h"

#include <sys/mount.h>
#include <sys/stat.h>

#include <cstdio>

#include "harness/child.h"
#include "harness/temporary_folder.h"
#include "harness/test.h"

using namespace aimee;
using namespace aimee::test;

TEST_CASE("the private /etc: the image's files, mounts on top, the stored shadow as a plain file, all of it writable") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder folder;
  folder.file("root/etc/hosts", "image\n");
  folder.file("root/etc/sub/mounted", "covered\n");
  folder.link("root/etc/shadow", "/var/etc/shadow");
  folder.file("mine", "mounted\n");
  const std::string stored = folder.file("stored", "root:*:1::::::\n\n\n\n", 0640);
  const auto ended = run_with_own_mounts([&] {
    const std::string etc = folder / "root/etc";
    prepared(mount((folder / "mine").c_str(), (etc + "/sub/mounted").c_str(), nullptr, MS_BIND, nullptr) == 0, "bind");
    const Fd shadow = *open_file(stored, O_RDONLY);
    const auto made = mount_private_etc(folder / "root", shadow);
    struct stat status{};
    const bool plain = lstat((etc + "/shadow").c_str(), &status) == 0 && S_ISREG(status.st_mode);
    std::printf("%s, %s%s%s%s %o", told(made).c_str(), content_of(etc + "/hosts").c_str(),
                content_of(etc + "/sub/mounted").c_str(), content_of(etc + "/shadow").c_str(), plain ? "plain" : "",
                status.st_mode & 07777U);
    folder.file("root/etc/hosts", "changed\n");
    std::fflush(stdout);
    return 0;
  });
  if (!ended) return;
  CHECK(ended->out == "done, image\nmounted\nroot:*:1::::::\nplain 640");
  CHECK(content_of(folder / "root/etc/hosts") == "image\n");
}

TEST_CASE("the SELinux policy in the private /etc is the image's own, mounted and not copied") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder folder;
  folder.file("root/etc/hosts", "image\n");
  folder.file("root/etc/selinux/default/policy/policy.33", std::string(1 << 20, 'p'));
  folder.file("root/etc/shadow", "");
  const std::string stored = folder.file("stored", "root:*:1::::::\n", 0640);
  const auto ended = run_with_own_mounts([&] {
    const std::string etc = folder / "root/etc";
    struct stat before{};
    struct stat after{};
    prepared(stat((etc + "/selinux/default/policy/policy.33").c_str(), &before) == 0, "stat");
    const Fd shadow = *open_file(stored, O_RDONLY);
    const auto made = mount_private_etc(folder / "root", shadow);
    prepared(stat((etc + "/selinux/default/policy/policy.33").c_str(), &after) == 0, "stat");
    const bool same = before.st_dev == after.st_dev && before.st_ino == after.st_ino;
    std::printf("%s, %s%s", told(made).c_str(), content_of(etc + "/hosts").c_str(), same ? "the image's" : "a copy");
    std::fflush(stdout);
    return 0;
  });
  if (!ended) return;
  CHECK(ended->out == "done, image\nthe image's");
}
