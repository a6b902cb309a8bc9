// factory-reset on a volume that is mounted: arming, status, cancelling; nothing is erased before it is unmounted.
#include <fcntl.h>

#include <filesystem>

#include "harness/doctest_main.h"
#include "harness/reset.h"

using namespace looptest;

namespace {

std::string argument_for(const LoopDisk& disk) { return "aimee.factory_reset=" + uuid_of(disk).substr(0, 8); }

// The test's /etc/fstab: without --root the command is about the system it runs on.
FileCovered fstab_for(const LoopDisk& disk) {
  return FileCovered("/etc/fstab", disk.device() + " /var btrfs defaults 0 0\n");
}

}  // namespace

TEST_CASE("a mounted volume is armed and left as it is; the next init-storage erases it and makes it anew") {
  const LoopDisk disk;
  make_ready(disk.device(), secret);
  const SampleRoot root(disk.device());
  const std::string uuid = uuid_of(disk);
  {
    const Mounted volume(disk.device());
    const Outcome outcome = factory_reset(root, {"--yes", "--json"});
    CHECK_MESSAGE(outcome.exit == 0, outcome.err);
    CHECK(outcome.err.find("armed: the next boot erases it") != std::string::npos);
    CHECK(json(outcome, ".action") == "arm");
    CHECK(json(outcome, ".armed") == "token");
    CHECK(json(outcome, ".uuid") == uuid);
    CHECK(json(outcome, ".mounted[0]") == volume.path());
    CHECK(json(outcome, ".proof") == "null");
    CHECK(label_of(disk) == token(uuid, disk.size()));
    CHECK(Superblock::at(disk.device(), second_superblock).label() == token(uuid, disk.size()));
    CHECK(read_text(volume / "marker") == secret);
    CHECK(json(factory_reset(root, {"--status", "--json"}), ".armed") == "token");
    CHECK(factory_reset(root, {"--yes"}).exit == 0);  // once more is the same
  }
  check_created(root, disk.device());
  CHECK(uuid_of(disk) != uuid);
  CHECK_FALSE(holds(disk, secret));
  CHECK_FALSE(holds(disk, uuid));
  CHECK(json(factory_reset(root, {"--status", "--json"}), ".armed") == "no");
}

TEST_CASE("what will be lost is told before, and a dry run changes nothing") {
  const LoopDisk disk;
  make_ready(disk.device(), secret);
  const SampleRoot root(disk.device());
  const Mounted volume(disk.device(), "ro");
  const Fingerprint before = disk.fingerprint();
  const Outcome plain = factory_reset(root, {"--dry-run"});
  CHECK(plain.exit == 0);
  const std::string host = tool({"uname", "-n"});
  for (const std::string& text :
       {disk.device(), std::string("256 MiB"), std::string(" used"), uuid_of(disk), host.substr(0, host.size() - 1),
        "mounted at " + volume.path(), "to " + token_of(disk), std::string("remember the label aimee-data")})
    CHECK_MESSAGE(plain.out.find(text) != std::string::npos, "\"" << text << "\" not in: " << plain.out);
  const Outcome outcome = factory_reset(root, {"--dry-run", "--json"});
  CHECK(outcome.exit == 0);
  CHECK(json(outcome, ".dry_run") == "true");
  CHECK(json(outcome, ".action") == "arm");
  CHECK(json(outcome, ".state") == "ready");
  CHECK(json(outcome, ".size") == std::to_string(disk.size()));
  CHECK(json(outcome, ".used > 0") == "true");
  CHECK(json(outcome, ".discard") == "true");
  CHECK(json(outcome, ".kernel_argument") == argument_for(disk));
  CHECK(json(outcome, ".plan | length") == "2");
  CHECK(disk.fingerprint() == before);
  CHECK_FALSE(std::filesystem::exists(root / "run/aimee/reset-label"));
}

TEST_CASE("without a terminal and without --yes it is refused") {
  const LoopDisk disk;
  make_ready(disk.device(), secret);
  const SampleRoot root(disk.device());
  const Mounted volume(disk.device(), "ro");
  const Fingerprint before = disk.fingerprint();
  const Outcome outcome = factory_reset(root, {}, {.input = "ERASE\n"});
  CHECK(outcome.exit == 3);
  CHECK(outcome.err.find("standard input is no terminal; use --yes") != std::string::npos);
  CHECK(disk.fingerprint() == before);
}

TEST_CASE("a reset that is cancelled does nothing, and the volume has its owner's label again") {
  const LoopDisk disk;
  make_ready(disk.device(), secret);
  set_label(disk, "my disk");
  const SampleRoot root(disk.device());
  SUBCASE("while it is mounted") {
    const Mounted volume(disk.device());
    CHECK(factory_reset(root, {"--yes"}).exit == 0);
    CHECK(label_of(disk) == token_of(disk));
    const Outcome cancelled = factory_reset(root, {"--cancel"});
    CHECK_MESSAGE(cancelled.exit == 0, cancelled.err);
    CHECK(cancelled.err.find("no longer armed") != std::string::npos);
  }
  SUBCASE("when it is unmounted") {
    {
      const Mounted volume(disk.device());
      CHECK(factory_reset(root, {"--yes"}).exit == 0);
    }
    const Fingerprint before = disk.fingerprint();
    CHECK(factory_reset(root, {"--cancel", "--dry-run"}).exit == 0);
    CHECK(disk.fingerprint() == before);
    const Outcome cancelled = factory_reset(root, {"--cancel", "--json"});
    CHECK_MESSAGE(cancelled.exit == 0, cancelled.err);
    CHECK(json(cancelled, ".action") == "cancel");
    CHECK(json(cancelled, ".armed") == "no");
  }
  for (const std::uint64_t offset : {primary_superblock, second_superblock}) {
    CHECK(Superblock::at(disk.device(), offset).valid());
    CHECK(Superblock::at(disk.device(), offset).label() == "my disk");
  }
  const Outcome again = factory_reset(root, {"--cancel", "--json"});
  CHECK(again.exit == 0);
  CHECK(again.err.find("nothing to cancel") != std::string::npos);
  CHECK(json(again, ".action") == "none");
  check_left_alone(root, "ready");
  CHECK(marker_says(disk.device(), secret));
  CHECK(run({"btrfs", "check", "--readonly", disk.device()}).exit == 0);
}

TEST_CASE("cancelled when the remembered label is gone, the volume is called aimee-data") {
  const LoopDisk disk;
  make_armed(disk);
  const SampleRoot root(disk.device());
  CHECK(factory_reset(root, {"--cancel"}).exit == 0);
  CHECK(label_of(disk) == final_label);
}

TEST_CASE("an erasure that has begun cannot be cancelled") {
  const LoopDisk disk;
  make_armed(disk);
  disk.fill(second_superblock, superblock_size, '\0');
  disk.fill(primary_superblock + 512, superblock_size - 512, '\0');
  const SampleRoot root(disk.device());
  check_reset_refused(root, {"--cancel"}, {"its erasure has begun"});
  const TemporaryFolder folder;
  CHECK(run({"mount", "-o", "ro", disk.device(), folder.path()}).exit != 0);  // nor used by accident
}

TEST_CASE("a volume that cannot take the token: the kernel argument that erases it is told") {
  const LoopDisk disk;
  make_ready(disk.device(), secret);
  const SampleRoot root(disk.device());
  const Mounted volume(disk.device(), "ro");
  const Fingerprint before = disk.fingerprint();
  const Outcome outcome = factory_reset(root, {"--yes"});
  CHECK(outcome.exit == 1);
  CHECK(outcome.err.find(disk.device() + ": cannot be armed") != std::string::npos);
  CHECK(outcome.err.find("boot once with " + argument_for(disk) + " on the kernel command line") != std::string::npos);
  CHECK(outcome.err.find("Read-only file system") != std::string::npos);
  CHECK(disk.fingerprint() == before);
}

TEST_CASE("a volume that is read-only at /var and writable elsewhere is armed there") {
  const LoopDisk disk;
  make_ready(disk.device(), secret);
  const SampleRoot root(disk.device());
  const Mounted writable(disk.device());
  const Mounted read_only(writable.path(), "bind,ro", "none");
  CHECK(factory_reset(root, {"--yes"}).exit == 0);
  CHECK(label_of(disk) == token_of(disk));
}

TEST_CASE("a volume without a free byte is armed all the same") {
  const LoopDisk disk;
  make_ready(disk.device(), secret);
  const SampleRoot root(disk.device());
  {
    const Mounted volume(disk.device());
    CHECK(run({"dd", "if=/dev/zero", "of=" + (volume / "filler"), "bs=1M", "conv=fsync"}).exit != 0);
    for (int i = 0; i < 2000; ++i)
      if (run({"cp", "/dev/null", volume / std::to_string(i)}).exit != 0) break;
    const Outcome outcome = factory_reset(root, {"--yes"});
    CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  }
  check_created(root, disk.device());
  CHECK_FALSE(holds(disk, secret));
}

TEST_CASE("on a running system the shutdown unit is enabled until the next boot, and the system rebooted") {
  const LoopDisk disk;
  make_ready(disk.device(), secret);
  const FileCovered fstab = fstab_for(disk);
  const Mounted volume(disk.device());
  const FakeSystemd systemd;
  const std::string enabled = "--no-ask-password enable --runtime factory-reset.service\n";
  SUBCASE("by default") {
    const Outcome outcome = run_applet("factory-reset", {"--yes"}, systemd.options());
    CHECK_MESSAGE(outcome.exit == 0, outcome.err);
    CHECK(outcome.err.find("armed: the shutdown erases it") != std::string::npos);
    CHECK(systemd.asked() == enabled + "--no-ask-password reboot\n");
    CHECK(read_text("/run/aimee/reset-label") == final_label);
    CHECK(read_text("/run/aimee/factory-reset.env") == "");
  }
  SUBCASE("--no-reboot and --quick, then cancelled") {
    CHECK(run_applet("factory-reset", {"--yes", "--no-reboot", "--quick"}, systemd.options()).exit == 0);
    CHECK(systemd.asked() == enabled);
    CHECK(read_text("/run/aimee/factory-reset.env") == "AIMEE_FACTORY_RESET_OPTIONS=--quick\n");
    CHECK(run_applet("factory-reset", {"--cancel"}, systemd.options()).exit == 0);
    CHECK(systemd.asked() == enabled + "--no-ask-password disable --runtime factory-reset.service\n");
    CHECK_FALSE(std::filesystem::exists("/run/aimee/reset-label"));
    CHECK_FALSE(std::filesystem::exists("/run/aimee/factory-reset.env"));
    CHECK(label_of(disk) == final_label);
    return;
  }
  SUBCASE("a unit that cannot be enabled is a warning: the next boot erases") {
    systemd.let_fail("enable");
    const Outcome outcome = run_applet("factory-reset", {"--yes"}, systemd.options());
    CHECK(outcome.exit == 0);
    CHECK(outcome.err.find("cannot be enabled (systemctl: failed with exit status 1: enable does not work today)") !=
          std::string::npos);
    CHECK(systemd.asked() == enabled + "--no-ask-password reboot\n");
  }
  SUBCASE("a reboot that fails: exit code 1, and armed") {
    systemd.let_fail("reboot");
    const Outcome outcome = run_applet("factory-reset", {"--yes"}, systemd.options());
    CHECK(outcome.exit == 1);
    CHECK(outcome.err.find("reboot the system yourself") != std::string::npos);
  }
  SUBCASE("a dry run asks for nothing") {
    const Outcome outcome = run_applet("factory-reset", {"--dry-run"}, systemd.options());
    CHECK(outcome.exit == 0);
    CHECK(outcome.out.find("\nreboot\n") != std::string::npos);
    CHECK(systemd.asked() == "");
    return;
  }
  CHECK(label_of(disk) == token_of(disk));
}

TEST_CASE("what is no data volume of ours is refused, and nothing of it changed") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  const std::string zeroing = "wipefs -a " + disk.device();
  SUBCASE("blank") { check_reset_refused(root, {"--yes"}, {"is blank: there is nothing to erase"}); }
  SUBCASE("unfinished") {
    make_btrfs(disk.device(), creating_label, our_uuid());
    check_reset_refused(root, {"--yes"}, {"cut short", "init-storage starts over"});
  }
  SUBCASE("existing") {
    make_btrfs(disk.device(), "pool");
    check_reset_refused(root, {"--yes"}, {"that aimee did not make", "refusing to erase", zeroing});
    const Mounted volume(disk.device(), "ro");
    check_reset_refused(root, {"--yes"}, {"that aimee did not make", "refusing to erase", zeroing});
  }
  SUBCASE("foreign") {
    tool({"mkfs.ext4", "-q", "-L", "home", disk.device()});
    check_reset_refused(root, {"--yes"}, {"holds ext4 (label \"home\")", "refusing to erase", zeroing});
  }
  SUBCASE("a newer aimee's") {
    make_btrfs(disk.device(), final_label, our_uuid(2));
    check_reset_refused(root, {"--yes"}, {"a newer aimee", "refusing to erase"});
  }
  SUBCASE("ours beside another signature") {
    make_ready(disk.device());
    const LoopDisk other;
    tool({"mkfs.ext4", "-q", other.device()});
    disk.write(1024, other.read(1024, 1024));
    check_reset_refused(root, {"--yes"}, {"not alone", "refusing to erase"});
  }
}

TEST_CASE("a volume that another program holds is refused") {
  const LoopDisk disk;
  make_ready(disk.device(), secret);
  const SampleRoot root(disk.device());
  const Fd holder(disk.device(), O_RDONLY | O_EXCL);
  check_reset_refused(root, {"--yes"}, {"is in use", "refusing to erase"});
}

TEST_CASE("status tells a person, and changes nothing") {
  const LoopDisk disk;
  make_ready(disk.device(), secret);
  const SampleRoot root(disk.device());
  const Fingerprint before = disk.fingerprint();
  const Outcome plain = factory_reset(root, {"--status"});
  CHECK(plain.exit == 0);
  CHECK(plain.out.starts_with(disk.device() + ": no factory reset is armed"));
  const KernelCommandLine line(argument_for(disk));
  const Outcome asked = factory_reset(root, {"--status", "--json"});
  CHECK(json(asked, ".armed") == "command-line");
  CHECK(json(asked, ".action") == "none");
  CHECK(disk.fingerprint() == before);
  check_reset_refused(root, {"--cancel"}, {"armed by the kernel command line: take " + argument_for(disk) + " off it"});
}

TEST_CASE("modes that exclude each other are a wrong command line") {
  const SampleRoot root("/dev/nothing");
  CHECK(factory_reset(root, {"--status", "--cancel"}).exit == 2);
  CHECK(factory_reset(root, {"--erase", "--cancel"}).exit == 2);
  CHECK(factory_reset(root, {"--timeout", "x"}).exit == 2);
  CHECK(factory_reset(root, {"--status", "--timeout", "0"}).exit == 1);
}
