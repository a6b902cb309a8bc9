// A data volume that has grown: factory-reset and init-storage erase it on every device, or on none.
#include <fcntl.h>

#include "harness/doctest_main.h"
#include "harness/several_devices.h"

using namespace looptest;

namespace {

const LoopDisk::Shape size{.size = 160 * MiB};

std::string argument_for(const LoopDisk& disk) { return "aimee.factory_reset=" + uuid_of(disk); }

void copy_disk(const LoopDisk& from, const LoopDisk& to) {
  tool({"dd", "if=" + from.device(), "of=" + to.device(), "bs=1M", "conv=sparse,fsync", "status=none"});
}

}  // namespace

TEST_CASE("a volume of two devices that is not mounted is erased on both, each with its proof") {
  const LoopDisk first(size);
  const LoopDisk second({.size = 192 * MiB});
  const SampleRoot root(first.device());
  std::string profile;
  SUBCASE("raid1") { profile = "raid1"; }
  SUBCASE("single") { profile = "single"; }
  SUBCASE("raid0") { profile = "raid0"; }
  make_grown({first.device(), second.device()}, profile);
  CHECK(holds(second, secret));
  const Outcome outcome = factory_reset(root, {"--yes", "--json"});
  check_proven(outcome, {&first, &second});
  CHECK(json(outcome, ".devices | map(.device) | join(\" \")") == first.device() + " " + second.device());
  CHECK(json(outcome, ".devices[1].id") == "2");
  CHECK(json(outcome, ".devices[1].size") == std::to_string(second.size()));
  CHECK(json(outcome, ".devices[1].proof") == "read back 192 MiB: zeros; no signature, no superblock copy");
  CHECK(json(outcome, ".proof") == "read back 160 MiB: zeros; no signature, no superblock copy");
  CHECK(json(outcome, ".doubt") == "null");
  for (const LoopDisk* disk : {&first, &second}) {
    CHECK(is_all_zeros(*disk));
    check_nothing_is_found(*disk);
  }
  check_created(root, first.device());
  CHECK(is_all_zeros(second));
}

TEST_CASE("what is asked, told and planned names every device") {
  const LoopDisk first(size);
  const LoopDisk second(size);
  const LoopDisk third(size);
  make_grown({first.device(), second.device(), third.device()});
  const SampleRoot root(first.device());
  const std::vector<Fingerprint> before = {first.fingerprint(), second.fingerprint(), third.fingerprint()};
  const Outcome plain = factory_reset(root, {"--dry-run"});
  CHECK(plain.exit == 0);
  for (const std::string text : {"  device  " + first.device() + " on ", "  device  " + second.device() + " on ",
                                 "  device  " + third.device() + " on ",
                                 "also on " + second.device() + ", " + third.device() + ": superblock copies"})
    CHECK_MESSAGE(plain.out.find(text) != std::string::npos, "\"" << text << "\" not in: " << plain.out);
  const Outcome status = factory_reset(root, {"--status", "--json"});
  CHECK(json(status, ".devices | length") == "3");
  const Outcome told = run_applet("status", {"--root", root.path(), "--json"});
  CHECK(json(told, ".volume.devices | map(.device) | join(\" \")") ==
        first.device() + " " + second.device() + " " + third.device());
  CHECK(json(told, ".problems | map(select(.what | contains(\"devices\"))) | length") == "0");
  const Outcome page = run_applet("status", {"--root", root.path()});
  CHECK(page.out.find("and " + third.device() + ", 160 MiB") != std::string::npos);
  CHECK(first.fingerprint() == before[0]);
  CHECK(second.fingerprint() == before[1]);
  CHECK(third.fingerprint() == before[2]);
}

TEST_CASE("a mounted one is armed, whichever device it was mounted by, and the next boot or --erase erases all") {
  const LoopDisk first(size);
  const LoopDisk second(size);
  const LoopDisk third({.size = 144 * MiB});
  make_grown({first.device(), second.device(), third.device()});
  const SampleRoot root(first.device());
  {
    const Mounted volume(second.device());
    const Outcome outcome = factory_reset(root, {"--yes", "--json"});
    CHECK_MESSAGE(outcome.exit == 0, outcome.err);
    CHECK(json(outcome, ".action") == "arm");
    CHECK(json(outcome, ".mounted[0]") == volume.path());
    CHECK(read_text(volume / "marker") == secret);
  }
  CHECK(label_of(first) == token_of(first));
  SUBCASE("--erase") {
    check_proven(factory_reset(root, {"--erase"}), {&first, &second, &third});
    CHECK(is_all_zeros(first));
  }
  SUBCASE("init-storage") {
    check_proven(init_storage(root), {&first, &second, &third});
    check_volume_is_ready(first.device());
  }
  SUBCASE("--erase --quick") { check_proven(factory_reset(root, {"--erase", "--quick"}), {}); }
  SUBCASE("by another order of devices") {
    const SampleRoot other(third.device());
    CHECK(factory_reset(other, {"--erase"}).exit == 3);  // the token is the first one's
    check_proven(factory_reset(other, {"--yes"}), {&first, &second, &third});
  }
  CHECK_FALSE(holds(first, secret));
  CHECK(is_all_zeros(second));
  CHECK(is_all_zeros(third));
  for (const LoopDisk* disk : {&second, &third}) check_nothing_is_found(*disk);
}

TEST_CASE("the kernel argument erases all devices and makes the volume on the one that fstab names") {
  const LoopDisk first(size);
  const LoopDisk second(size);
  make_grown({first.device(), second.device()});
  const SampleRoot root(second.device());
  const KernelCommandLine line(argument_for(first));
  const Outcome outcome = init_storage(root);
  check_proven(outcome, {&first, &second});
  check_volume_is_ready(second.device());
  CHECK(is_all_zeros(first));
  CHECK_FALSE(holds(second, secret));
}

TEST_CASE("a partition of the same disk, and of another one") {
  GptDisk disk({{"data", 200 * MiB}, {"more", 160 * MiB}}, {.size = 400 * MiB});
  GptDisk other({{"extra", 0}}, {.size = 144 * MiB});
  make_grown({disk.partition(1), disk.partition(2), other.partition(1)}, "single");
  CHECK(holds(disk.disk(), secret));
  const SampleRoot root(disk.partition(1));
  const Outcome outcome = factory_reset(root, {"--yes"});
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  for (const std::string& device : {disk.partition(1), disk.partition(2), other.partition(1)})
    CHECK(outcome.err.find(device + ": erased: read back") != std::string::npos);
  CHECK_FALSE(holds(disk.disk(), secret));
  CHECK_FALSE(holds(other.disk(), secret));
  CHECK(json(init_storage(root, {"--dry-run", "--json"}), ".state") == "blank");
}

TEST_CASE("a device that is missing: refused before anything is armed, and when it is armed already") {
  const LoopDisk first(size);
  std::string uuid;
  std::vector<std::string> texts = {first.device() + ": has 2 devices, of which 1 is missing (" + first.device() +
                                        " is device 1): refusing to erase; attach what is missing",
                                    "wipefs -a " + first.device()};
  const SampleRoot root(first.device());
  const TemporaryFolder folder;
  {
    const LoopDisk second(size);
    make_grown({first.device(), second.device()});
    tool({"cp", "--sparse=always", second.backing(), folder / "second"});
    forget_devices({&first, &second});
  }
  SUBCASE("not mounted") { check_reset_refused(root, {"--yes"}, texts); }
  SUBCASE("mounted without it") {
    const Mounted volume(first.device(), "degraded,ro");
    check_reset_refused(root, {"--yes"}, texts);
  }
  SUBCASE("asked for by the kernel argument") {
    const KernelCommandLine line(argument_for(first));
    texts.push_back("to keep the volume: take aimee.factory_reset=");
    check_refused(root, first.device(), texts);
  }
  SUBCASE("armed") {
    {
      const LoopDisk second({.backing = folder / "second"});
      tool({"btrfs", "device", "scan", second.device()});
      {
        const Mounted volume(first.device());
        CHECK(factory_reset(root, {"--yes"}).exit == 0);
      }
      forget_devices({&first, &second});
    }
    texts.push_back("to keep the volume: factory-reset --cancel");
    check_refused(root, first.device(), texts);
    check_reset_refused(root, {"--erase"}, texts);
    const Outcome told = run_applet("status", {"--root", root.path(), "--json"});
    CHECK(json(told, ".problems | map(.what) | join(\" \")").find("of which 1 is missing") != std::string::npos);
    SUBCASE("and cancelled: the one that comes back does not arm it again") {
      CHECK(factory_reset(root, {"--cancel"}).exit == 0);
      CHECK(label_of(first) == final_label);
      const LoopDisk second({.backing = folder / "second"});
      CHECK(label_of(second) == token_of(first));
      const Outcome settled = init_storage(root, {"--json"});
      CHECK_MESSAGE(settled.exit == 0, settled.err);
      CHECK(json(settled, ".action") == "mend");
      CHECK(label_of(second) == final_label);
      check_left_alone(root, "ready");
      tool({"btrfs", "device", "scan", second.device()});
      CHECK(marker_says(first.device(), secret));
      forget_devices({&first, &second});
    }
    SUBCASE("and attached again: erased") {
      const LoopDisk second({.backing = folder / "second"});
      check_proven(init_storage(root), {&first, &second});
      CHECK(is_all_zeros(second));
    }
  }
}

TEST_CASE("what cannot be told apart is refused, and both are named") {
  const LoopDisk first(size);
  const LoopDisk second(size);
  const LoopDisk third(size);
  make_grown({first.device(), second.device()});
  const SampleRoot root(first.device());
  SUBCASE("a copy of the second device") {
    copy_disk(second, third);
    const std::vector<std::string> texts = {"its device 2 is there twice, ", second.device(), third.device(),
                                            "detach the one that is a copy"};
    check_reset_refused(root, {"--yes"}, texts);
    const KernelCommandLine line(argument_for(first));
    check_refused(root, first.device(), texts);
  }
  SUBCASE("a copy of the first device") {
    copy_disk(first, third);
    check_reset_refused(root, {"--yes"}, {"its device 1 is there twice, " + first.device() + " and " + third.device()});
  }
  SUBCASE("a copy beside the mounted volume") {
    copy_disk(second, third);
    const Mounted volume(first.device());
    check_reset_refused(root, {"--yes"},
                        {"its device 2 is there twice, " + second.device() + " and " + third.device()});
  }
  SUBCASE("an older state of a device that was replaced") {
    copy_disk(second, third);
    {
      const Mounted volume(first.device());
      for (int i = 0; i < 3; ++i) {
        write_text(volume / "more", std::to_string(i));
        tool({"sync", "-f", volume.path()});
      }
    }
    second.fill(0, second.size(), '\0');
    check_reset_refused(root, {"--yes"}, {third.device() + " says that it belongs to the volume, and it does not"});
  }
  CHECK(holds(first, secret));
}

TEST_CASE("a copy beside a volume of one device: not armed, and one that is armed is erased alone") {
  const LoopDisk first(size);
  const LoopDisk copy(size);
  make_ready(first.device(), secret);
  const SampleRoot root(first.device());
  copy_disk(first, copy);
  check_reset_refused(root, {"--yes"}, {"its device 1 is there twice, " + first.device() + " and " + copy.device()});
  const KernelCommandLine line(argument_for(first));
  const Fingerprint before = copy.fingerprint();
  const Outcome outcome = init_storage(root);
  check_proven(outcome, {&first});
  CHECK(outcome.err.find("is there twice, " + first.device() + " and " + copy.device() + ": it is not erased") !=
        std::string::npos);
  CHECK(copy.fingerprint() == before);
}

TEST_CASE("devices that nobody may write to, or that another program has") {
  const LoopDisk first(size);
  LoopDisk second(size);
  make_grown({first.device(), second.device()});
  const SampleRoot root(first.device());
  SUBCASE("read-only") {
    second.attach_again(true);
    check_reset_refused(root, {"--yes"}, {second.device() + ": is read-only; make it writable"});
  }
  SUBCASE("in use") {
    const Fd holder(second.device(), O_RDONLY | O_EXCL);
    check_reset_refused(root, {"--yes"}, {second.device() + ": is in use"});
  }
  SUBCASE("with a file system of somebody's besides") {
    const LoopDisk other(size);
    tool({"mkfs.ext4", "-q", other.device()});
    second.write(1024, other.read(1024, 1024));
    const Outcome outcome = factory_reset(root, {"--yes"});
    CHECK(outcome.exit == 3);
    CHECK(outcome.err.find(second.device() + ": holds a device of the volume, and cannot be read, or holds more") !=
          std::string::npos);
    CHECK(label_of(first) == final_label);
  }
  CHECK(holds(second, secret));
}

TEST_CASE("a volume that moved to another device: the one that fstab names is not taken for it") {
  const LoopDisk first(size);
  const LoopDisk second(size);
  const LoopDisk third(size);
  make_grown({first.device(), second.device()}, "single");
  const SampleRoot root(first.device());
  const Mounted volume = Mounted::on(root / "var", second.device());
  std::string now = second.device();
  SUBCASE("by btrfs device remove") { tool({"btrfs", "device", "remove", first.device(), volume.path()}); }
  SUBCASE("by btrfs replace") {
    tool({"btrfs", "replace", "start", "-B", "-f", first.device(), third.device(), volume.path()});
    now += " and " + third.device();
  }
  check_reset_refused(root, {"--yes"},
                      {first.device() + ": is not a device of the volume on " + root.path() + "/var, which is on " +
                       now + ": refusing to erase"});
}

TEST_CASE("a seed is refused") {
  const LoopDisk first(size);
  make_ready(first.device(), secret);
  tool({"btrfstune", "-S", "1", first.device()});
  const SampleRoot root(first.device());
  const std::vector<std::string> texts = {first.device() + ": is a seed: other volumes may have grown from it"};
  check_reset_refused(root, {"--yes"}, texts);
  const KernelCommandLine line(argument_for(first));
  check_refused(root, first.device(), texts);
}

TEST_CASE("a volume of several devices that aimee did not make stays refused") {
  const LoopDisk first(size);
  const LoopDisk second(size);
  tool({"mkfs.btrfs", "--quiet", "-d", "raid1", "-m", "raid1", first.device(), second.device()});
  const SampleRoot root(first.device());
  check_refused(root, first.device(), {"holds one device of a btrfs of 2 devices"});
  check_reset_refused(root, {"--yes"}, {"holds one device of a btrfs of 2 devices"});
}

TEST_CASE("cancelled, all devices have the owner's label again") {
  const LoopDisk first(size);
  const LoopDisk second(size);
  make_grown({first.device(), second.device()});
  const SampleRoot root(first.device());
  SUBCASE("while it is mounted") {
    const Mounted volume(second.device());
    CHECK(factory_reset(root, {"--yes"}).exit == 0);
    CHECK(factory_reset(root, {"--cancel"}).exit == 0);
  }
  SUBCASE("when it is unmounted") {
    {
      const Mounted volume(first.device());
      CHECK(factory_reset(root, {"--yes"}).exit == 0);
    }
    CHECK(factory_reset(root, {"--cancel"}).exit == 0);
  }
  CHECK(label_of(first) == final_label);
  CHECK(label_of(second) == final_label);
  check_left_alone(root, "ready");
  CHECK(marker_says(first.device(), secret));
}
