// The /var line: what it may say, and the message for each way in which it is wrong. Nothing is ever written
// to a device by a refusal.
#include <unistd.h>

#include "harness/btrfs_volume.h"
#include "harness/doctest_main.h"
#include "harness/init_storage.h"
#include "harness/mounted.h"

using namespace looptest;

namespace {

struct WrongFstab {
  const char* name;
  std::string text;  // DEVICE stands for the blank disk
  std::vector<std::string> says;
};

const std::string what_to_write = "PARTLABEL=";

const std::vector<WrongFstab> wrong_fstabs{
    {"empty", "", {"/var"}},
    {"no /var line", "DEVICE /home btrfs defaults 0 0\n", {"/var"}},
    {"only below /var", "DEVICE /var/lib btrfs defaults 0 0\n", {"/var"}},
    {"commented out", "# DEVICE /var btrfs defaults 0 0\n", {"/var"}},
    {"another type", "DEVICE /var ext4 defaults 0 0\n", {"ext4", "btrfs"}},
    {"a tmpfs", "tmpfs /var tmpfs defaults 0 0\n", {"tmpfs"}},
    {"two lines", "DEVICE /var btrfs defaults 0 0\n/dev/other /var btrfs defaults 0 0\n", {"/var"}},
    {"the same line twice", "DEVICE /var btrfs defaults 0 0\nDEVICE /var btrfs defaults 0 0\n", {"/var"}},
    {"UUID=",
     "UUID=01234567-89ab-4def-8123-456789abcdef /var btrfs defaults 0 0\n",
     {"UUID=", what_to_write, "PARTUUID="}},
    {"LABEL=", "LABEL=aimee-data /var btrfs defaults 0 0\n", {"LABEL=", what_to_write, "PARTUUID="}},
    {"by-uuid",
     "/dev/disk/by-uuid/01234567-89ab-4def-8123-456789abcdef /var btrfs defaults 0 0\n",
     {"/dev/disk/by-uuid", what_to_write, "PARTUUID="}},
    {"by-label", "/dev/disk/by-label/aimee-data /var btrfs defaults 0 0\n", {"/dev/disk/by-label", what_to_write}},
    {"no device", "nowhere /var btrfs defaults 0 0\n", {"nowhere"}},
    {"a subvolume by number", "DEVICE /var btrfs subvolid=256 0 0\n", {"subvolid=256"}},
    {"a subvolume outside", "DEVICE /var btrfs subvol=../@var 0 0\n", {"subvol"}},
};

std::string with_device(std::string text, const std::string& device) {
  for (std::size_t at; (at = text.find("DEVICE")) != std::string::npos;) text.replace(at, 6, device);
  return text;
}

}  // namespace

TEST_CASE("a /var line that cannot be followed is refused") {
  for (const WrongFstab& row : wrong_fstabs) {
    SUBCASE(row.name) {
      const LoopDisk disk;
      const SampleRoot root(disk.device());
      root.fstab(with_device(row.text, disk.device()));
      const Fingerprint before = disk.fingerprint();
      const Outcome outcome = init_storage(root, {"--timeout", "1"});
      CHECK(outcome.exit == 3);
      check_message(outcome, root / "etc/fstab", row.says);
      CHECK(init_storage(root, {"--timeout", "1", "--dry-run"}).exit == 3);
      CHECK(disk.fingerprint() == before);
    }
  }
}

TEST_CASE("a missing fstab is refused") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  checked(unlink((root / "etc/fstab").c_str()), "unlink");
  check_refused(root, root / "etc/fstab", {});
}

TEST_CASE("the options of the /var line hold for the creation: compression") {
  const LoopDisk disk;
  const SampleRoot root(disk.device(), "noatime,compress-force=zstd:9,x-systemd.growfs,nofail,user_subvol_rm_allowed");
  root.file("var/lib/text", std::string(4 * MiB, 'a') + std::string(4 * MiB, 'b'));
  check_created(root, disk.device());
  const Mounted volume(disk.device(), "ro");
  CHECK(read_text(volume / "lib/text") == read_text(root / "var/lib/text"));
  CHECK(tool({"filefrag", "-v", volume / "lib/text"}).find("encoded") != std::string::npos);
}

TEST_CASE("quoted options are taken whole, and their quotes are mount(8)'s: contexts with categories, escaped commas") {
  const LoopDisk disk;
  const SampleRoot root(disk.device(), R"(context="system_u:object_r:var_t:s0:c1,c2",compress-force="zstd:9")");
  std::string inside;
  SUBCASE("nothing else") {}
  SUBCASE("a subvolume with a comma in its name") {
    inside = "a,b";
    root.fstab(disk.device() + R"( /var btrfs fscontext="u:r:t:s0:c1,c2",subvol=a\,b,compress-force=zstd:9 0 0)" +
               "\n");
  }
  root.file("var/lib/text", std::string(4 * MiB, 'a'));
  check_created(root, disk.device());
  const Mounted volume(disk.device(), "ro,subvolid=5");
  CHECK(differences(root / "var", volume / inside, "/etc") == "");
  CHECK(tool({"filefrag", "-v", volume / (inside + "/lib/text")}).find("encoded") != std::string::npos);
}

TEST_CASE("a /var that something else than fstab mounts is not looked after, and the boot goes on") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  std::string unit;
  root.fstab("# nothing about /var\n/dev/root / squashfs ro 0 0\n");
  SUBCASE("by a unit of the image") { unit = "usr/lib/systemd/system/var.mount"; }
  SUBCASE("by the administrator's") { unit = "etc/systemd/system/var.mount"; }
  SUBCASE("by systemd-gpt-auto-generator") { unit = "run/systemd/generator.late/var.mount"; }
  SUBCASE("and there is no fstab at all") {
    unit = "usr/lib/systemd/system/var.mount";
    checked(unlink((root / "etc/fstab").c_str()), "unlink");
  }
  root.file(unit, "[Mount]\nWhat=/dev/sda3\nWhere=/var\n");
  const std::string said = root.path() + "/var: is mounted by " + (root / unit) + " and not from " + root.path() +
                           "/etc/fstab: this volume is not looked after";
  const Fingerprint before = disk.fingerprint();
  for (const Arguments& mode : {Arguments{}, Arguments{"--dry-run"}, Arguments{"--json"}}) {
    const Outcome outcome = init_storage(root, mode);
    CHECK(outcome.exit == 0);
    CHECK(outcome.err == "init-storage: " + said + "\n");
    if (mode == Arguments{"--json"}) {
      CHECK(json(outcome, ".found") == said);
      CHECK(json(outcome, ".action") == "none");
      CHECK(json(outcome, ".device") == "null");
    }
  }
  const Outcome reset = run_applet("factory-reset", {"--root", root.path(), "--yes"});
  CHECK(reset.exit == 3);
  CHECK(reset.err == "factory-reset: " + said + "\n");
  const Outcome status = run_applet("status", {"--root", root.path(), "--json"});
  CHECK(json(status, "[.problems[] | select(.what | endswith(\"not looked after\"))][0].what") == said);
  CHECK(disk.fingerprint() == before);
}

TEST_CASE("the same where /var is mounted already, and status tells the rest all the same") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  root.fstab("");
  const Mounted other = Mounted::tmpfs_on(root / "var");
  root.file("var/etc/shadow", "root:!:1::::::\n", 0600);
  CHECK(init_storage(root).err.find("/var: is mounted by something else and not from ") != std::string::npos);
  const Outcome status = run_applet("status", {"--root", root.path(), "--json"});
  CHECK(json(status, ".root_password") == "false");
  CHECK(json(status, ".subvolumes") == "null");
}

TEST_CASE("a unit for /var that is masked mounts nothing, and one beside a line of fstab changes nothing") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  root.file("usr/lib/systemd/system/var.mount", "[Mount]\nWhat=/dev/sda3\nWhere=/var\n");
  SUBCASE("masked") {
    root.fstab("");
    root.symlink("etc/systemd/system/var.mount", "/dev/null");
    check_refused(root, root / "etc/fstab", {"has no line for /var", what_to_write});
  }
  SUBCASE("beside a line") { check_created(root, disk.device()); }
}

TEST_CASE("the line that mount(8) would pass over is named, and a comment is told as one") {
  for (const std::string options : {"defaults # data", "# data", "defaults 0 # data", "defaults #data"}) {
    CAPTURE(options);
    const LoopDisk disk;
    const SampleRoot root(disk.device());
    root.fstab("# the data volume\n\n" + disk.device() + " /var btrfs " + options + "\n");
    check_refused(root, root / "etc/fstab:3", {"put a comment on a line of its own", what_to_write});
  }
}

TEST_CASE("without a compression option nothing is compressed") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  root.file("var/lib/text", std::string(4 * MiB, 'a'));
  check_created(root, disk.device());
  const Mounted volume(disk.device(), "ro");
  CHECK(tool({"filefrag", "-v", volume / "lib/text"}).find("encoded") == std::string::npos);
}

TEST_CASE("options that would keep the volume from being made do not: ro, noexec, nodev, nosuid, user") {
  const LoopDisk disk;
  const SampleRoot root(disk.device(), "ro,noexec,nodev,nosuid,noauto,user,x-initrd.mount");
  root.file("var/lib/setuid", "x", 04755);
  check_created(root, disk.device());
  const Mounted volume(disk.device(), "ro");
  CHECK(differences(root / "var", volume.path(), "/etc") == "");
}

TEST_CASE("an option that btrfs does not know fails, and the volume is not committed") {
  const LoopDisk disk;
  const SampleRoot root(disk.device(), "no_such_option_of_btrfs=1");
  const Outcome outcome = init_storage(root);
  CHECK((outcome.exit == 1 || outcome.exit == 3));
  CHECK(outcome.err.find(disk.device()) != std::string::npos);
  root.fstab(disk.device() + " /var btrfs defaults 0 0\n");
  check_created(root, disk.device());
}

TEST_CASE("subvol= is where /var goes, and the subvolumes lie in it") {
  std::string option;
  std::string inside;
  SUBCASE("a name") { option = "subvol=@var", inside = "@var"; }
  SUBCASE("with a leading slash") { option = "subvol=/@var", inside = "@var"; }
  SUBCASE("among other options") { option = "noatime,subvol=@var,compress=zstd", inside = "@var"; }
  const LoopDisk disk;
  const SampleRoot root(disk.device(), option);
  check_created(root, disk.device());
  {
    const Mounted top(disk.device(), "ro,subvolid=5");
    CHECK(top.subvolumes() == std::vector{inside, inside + "/etc", inside + "/log", inside + "/tmp"});
    CHECK(run({"ls", "-A", top.path()}).out == inside + "\n");
  }
  const Mounted volume(disk.device(), "ro,subvol=" + inside);
  CHECK(differences(root / "var", volume.path(), "/etc") == "");
  check_left_alone(root, "ready");
}

TEST_CASE("blanks, tabs, comments and other lines around the /var line do not matter") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  root.fstab("\n# /dev/x /var ext4\n\n  /dev/y\t/\text4\tro\n" + disk.device() +
             "\t \t/var/\tbtrfs\n/dev/z none swap sw\n");
  check_created(root, disk.device());
}

TEST_CASE("type auto may be btrfs") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  root.fstab(disk.device() + " /var auto defaults 0 0\n");
  const Outcome outcome = init_storage(root);
  CHECK_MESSAGE((outcome.exit == 0 || outcome.exit == 3), outcome.err);
}
