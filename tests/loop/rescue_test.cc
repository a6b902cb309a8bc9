// The rescue console, as a person at a serial console has it: a pseudo-terminal, real disks, the real init-storage.
//
// systemctl and journalctl are stand-ins that tell a fixed story and note what they are asked to do, since the host's
// own would power it off; tests/boot has the real ones. fstab and shadow are bind-mounted for the program alone.
#include "harness/btrfs_volume.h"
#include "harness/doctest_main.h"
#include "harness/init_storage.h"
#include "harness/terminal.h"

using namespace looptest;

namespace {

constexpr const char* refused =
    "Id=init-storage.service\nLoadState=loaded\nActiveState=failed\nResult=exit-code\nExecMainStatus=3\n\n"
    "Id=var.mount\nLoadState=loaded\nActiveState=inactive\nResult=success\n";
constexpr const char* ready =
    "Id=init-storage.service\nLoadState=loaded\nActiveState=active\nResult=success\nExecMainStatus=0\n\n"
    "Id=var.mount\nLoadState=loaded\nActiveState=active\nResult=success\n";
constexpr const char* question = "then Enter: ";

// A device whose boot stopped.
class Stopped {
 public:
  Stopped(const std::string& device, const std::string& units) {
    write_text(folder_ / "units", units);
    write_text(folder_ / "asked", "");
    write_text(folder_ / "fstab", device + " /var btrfs defaults 0 0\n");
    write_text(folder_ / "shadow", "root:*:20000:0:99999:7:::\n");
    program("systemctl", "case $1 in show) cat \"" + folder_ / "units" +
                             "\";; list-units) echo nginx.service loaded failed failed;; *) echo \"$@\" >>\"" +
                             folder_ / "asked" + "\";; esac");
    program("journalctl", "echo 'init-storage: /dev/test: said at boot'");
  }

  // In mounts of its own. `words` is what aimee is run with.
  Arguments command(const Arguments& words) const {
    Arguments all = {"unshare",
                     "--mount",
                     "--propagation",
                     "private",
                     "sh",
                     "-c",
                     "mount --bind \"$1\" /etc/fstab && mount --bind \"$2\" /etc/shadow && shift 2 && exec \"$@\"",
                     "sh",
                     folder_ / "fstab",
                     folder_ / "shadow",
                     aimee(),
                     "rescue-console"};
    all.insert(all.end(), words.begin(), words.end());
    return all;
  }
  RunOptions options() const {
    RunOptions options;
    options.environment = {{"PATH", folder_.path() + ":" + std::getenv("PATH")}};
    return options;
  }
  std::string asked() const { return read_text(folder_ / "asked"); }

 private:
  void program(const std::string& name, const std::string& body) const {
    write_text(folder_ / name, "#!/bin/sh\n" + body + "\n", 0755);
  }
  TemporaryFolder folder_;
};

std::string foreign_disk(const LoopDisk& disk) {
  tool({"mkfs.ext4", "-q", "-F", "-L", "home", disk.device()});
  return disk.device();
}

}  // namespace

TEST_CASE("a refused disk: the console says what failed and what is there, and p powers off") {
  NEEDS("mkfs.ext4", "unshare");
  const LoopDisk disk;
  const Stopped device(foreign_disk(disk), refused);
  const Fingerprint before = disk.fingerprint();
  Terminal console(device.command({}), device.options());
  REQUIRE(console.expect("storage (/var) is not available"));
  CHECK(console.expect("init-storage.service failed (exit code 3)"));
  CHECK(console.expect("/dev/test: said at boot"));
  CHECK(console.expect(disk.device() + ": holds ext4"));
  CHECK(console.expect("Nothing on the disk was changed."));
  CHECK(console.expect("root has no password"));
  REQUIRE(console.expect(question));
  console.type("please\n");
  CHECK(console.expect("\"please\" is none of these."));
  REQUIRE(console.expect(question));
  console.type("P\n");
  CHECK(console.finish().exit == 0);
  CHECK(device.asked() == "--no-ask-password --no-block poweroff\n");
  CHECK(disk.fingerprint() == before);
}

TEST_CASE("trying again with a disk that is still refused says so and comes back") {
  NEEDS("mkfs.ext4", "unshare");
  const LoopDisk disk;
  const Stopped device(foreign_disk(disk), refused);
  const Fingerprint before = disk.fingerprint();
  Terminal console(device.command({}), device.options());
  REQUIRE(console.expect(question));
  console.type("r\n");
  CHECK(console.expect("init-storage: " + disk.device() + ": holds ext4"));
  REQUIRE(console.expect(question));
  CHECK(device.asked().empty());
  console.type("b\n");
  CHECK(console.finish().exit == 0);
  CHECK(device.asked() == "--no-ask-password --no-block reboot\n");
  CHECK(disk.fingerprint() == before);
}

TEST_CASE("trying again with a disk that is good by now mounts it and starts the system") {
  NEEDS("mkfs.btrfs", "unshare");
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  REQUIRE(init_storage(root).exit == 0);
  const Stopped device(disk.device(), refused);
  Terminal console(device.command({}), device.options());
  CHECK(console.expect("Now:"));
  CHECK(console.expect("holds the data volume"));
  REQUIRE(console.expect(question));
  console.type("r\n");
  CHECK(console.expect("The storage is ready; the system starts."));
  CHECK(console.finish().exit == 0);
  CHECK(device.asked() == "--no-ask-password start var.mount\n--no-ask-password --no-block default\n");
}

TEST_CASE("a shell that cannot be opened says why, and Ctrl-C ends nothing") {
  NEEDS("mkfs.ext4", "unshare");
  const LoopDisk disk;
  const Stopped device(foreign_disk(disk), refused);
  Terminal console(device.command({}), device.options());
  REQUIRE(console.expect(question));
  console.type("\x03\x1c");
  console.type("s\n");
  CHECK(console.expect("root has none."));
  REQUIRE(console.expect(question));
  console.type("p\n");
  CHECK(console.finish().exit == 0);
}

TEST_CASE("what was typed before the question does not answer it") {
  NEEDS("mkfs.ext4", "unshare");
  const LoopDisk disk;
  const Stopped device(foreign_disk(disk), refused);
  Terminal console(device.command({}), device.options());
  console.type("p\n");
  REQUIRE(console.expect(question));
  CHECK(device.asked().empty());
  console.type("b\n");
  CHECK(console.finish().exit == 0);
  CHECK(device.asked() == "--no-ask-password --no-block reboot\n");
}

TEST_CASE("where the storage is ready, the console offers no erasing and names what failed") {
  NEEDS("unshare");
  const LoopDisk disk;
  const Stopped device(disk.device(), ready);
  Terminal console(device.command({"rescue"}), device.options());
  CHECK(console.expect("is ready; it stopped for another reason"));
  CHECK(console.expect("nginx.service"));
  CHECK(console.expect("Your choice (r, s, p, b)"));
  console.type("r\n");
  CHECK(console.finish().exit == 0);
  CHECK(console.screen().find("factory reset") == std::string::npos);
  CHECK(device.asked() == "--no-ask-password --no-block default\n");
}

TEST_CASE("the end of input ends the console with 1, once") {
  NEEDS("unshare");
  const LoopDisk disk;
  const Stopped device(disk.device(), ready);
  Terminal console(device.command({}), device.options());
  REQUIRE(console.expect(question));
  console.type("\x04");
  CHECK(console.finish().exit == 1);
  CHECK(device.asked().empty());

  RunOptions options = device.options();
  const Outcome outcome = run(device.command({}), options);
  CHECK(outcome.exit == 1);
  const auto first = outcome.out.find(question);
  CHECK(first != std::string::npos);
  CHECK(first == outcome.out.rfind(question));
}

TEST_CASE("--dry-run shows the page and asks nothing") {
  NEEDS("mkfs.ext4", "unshare");
  const LoopDisk disk;
  const Stopped device(foreign_disk(disk), refused);
  const Outcome outcome = run(device.command({"--dry-run"}), device.options());
  CHECK(outcome.exit == 0);
  CHECK(outcome.out.find("holds ext4 (label \"home\")") != std::string::npos);
  CHECK(outcome.out.find(question) == std::string::npos);
  CHECK(device.asked().empty());
}
