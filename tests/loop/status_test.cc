// aimee status on volumes in every state: what it says, that its JSON is what docs/status.schema.json promises (judged
// by jq and a JSON Schema validator), and that it never writes, mounts or waits.
#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <sstream>

#include "harness/btrfs_volume.h"
#include "harness/doctest_main.h"
#include "harness/file_tree.h"
#include "harness/init_storage.h"
#include "harness/mounted.h"

using namespace looptest;

namespace {

constexpr const char* validator =
    "import json, sys\n"
    "from jsonschema import Draft202012Validator as Validator\n"
    "errors = Validator(json.load(open(sys.argv[1]))).iter_errors(json.load(sys.stdin))\n"
    "sys.exit('\\n'.join(f'{e.json_path}: {e.message}' for e in errors) or 0)\n";

bool can_validate() {
  if (!available({"python3"})) return false;
  if (run({"python3", "-c", "import jsonschema"}).exit == 0) return true;
  skip("python3-jsonschema");
  return false;
}

// A file or folder bound over another one.
class Bind {
 public:
  Bind(const std::string& from, std::string to) : to_(std::move(to)) { tool({"mount", "--bind", from, to_}); }
  Bind(const Bind&) = delete;
  Bind& operator=(const Bind&) = delete;
  ~Bind() { run({"umount", to_}); }

 private:
  std::string to_;
};

class Device {
 public:
  Device() : root(disk.device()) {
    root.file("etc/shadow", "root:*:20000:0:99999:7:::\n", 0640);
    root.file("etc/hostname", "image\n");
  }

  // As init-storage makes it, mounted on the image's /var.
  void make_ready_and_mount() {
    check_created(root, disk.device());
    // The kernel notes the times of reading otherwise, and nobody would know what was written.
    volume = std::unique_ptr<Mounted>(new Mounted(Mounted::on(root / "var", disk.device(), "noatime")));
  }

  // All that the other applets do: a store with a password in it, seen in /etc, and host keys.
  void make_complete() {
    make_ready_and_mount();
    seed("shadow", "root:$1$abcdefgh$apR79uSs0V5fMrws52ggI1:20000:0:99999:7:::\n", read_text(root / "etc/shadow"));
    const Outcome keys = run_applet("ssh-hostkey-gen", {"--root", root.path()});
    CHECK_MESSAGE(keys.exit == 0, keys.err);
  }

  // The owner's version in the store, seeded from `noted`, and mounted over the image's.
  void seed(const std::string& path, const std::string& content, const std::string& noted) {
    struct stat image{};
    checked(stat((root / ("etc/" + path)).c_str(), &image), path);
    root.file("var/etc/" + path, content, image.st_mode & 07777);
    root.file("var/etc/.aimee/image/" + path, noted, image.st_mode & 07777);
    binds_.push_back(std::make_unique<Bind>(root / ("var/etc/" + path), root / ("etc/" + path)));
  }

  // With the disk as it was before.
  Outcome status(const Arguments& more = {}) const {
    if (volume) tool({"sync", "-f", volume->path()});
    const Fingerprint before = disk.fingerprint();
    Arguments arguments{"--root", root.path()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    Outcome outcome = run_applet("status", arguments);
    CHECK_MESSAGE(outcome.exit == 0, outcome.err);
    CHECK(disk.fingerprint() == before);
    return outcome;
  }

  Outcome valid_json() const {
    Outcome outcome = status({"--json"});
    const Outcome judged = run({"python3", "-c", validator, AIMEE_STATUS_SCHEMA}, {.input = outcome.out});
    CHECK_MESSAGE(judged.exit == 0, judged.err << outcome.out);
    CHECK(json(outcome, ".exit") == "0");
    return outcome;
  }

  LoopDisk disk;
  SampleRoot root;
  std::unique_ptr<Mounted> volume;

 private:
  std::vector<std::unique_ptr<Bind>> binds_;  // undone before the volume is
};

std::string problem(const Outcome& outcome, unsigned number = 0) {
  return json(outcome, "(.problems[" + std::to_string(number) + "].what // \"none\")");
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string token(const LoopDisk& disk) {
  return "aimee-reset-1:" + Superblock::at(disk.device(), primary_superblock).uuid() + ":" +
         std::to_string(disk.size()) + ":";
}

}  // namespace

TEST_CASE("every state of a volume that is not mounted is told, the problem first") {
  if (!can_validate()) return;
  Device device;
  std::string state;
  std::string told;
  SUBCASE("blank") {
    state = "blank";
    told = "is blank";
  }
  SUBCASE("ready") {
    make_ready(device.disk.device());
    state = "ready";
    told = "is not mounted on /var";
  }
  SUBCASE("existing") {
    make_btrfs(device.disk.device(), "old");
    state = "existing";
    told = "is not mounted on /var";
  }
  SUBCASE("unfinished") {
    make_btrfs(device.disk.device(), creating_label, our_uuid());
    state = "unfinished";
    told = "cut short";
  }
  SUBCASE("reset armed") {
    make_ready(device.disk.device());
    tool({"btrfs", "filesystem", "label", device.disk.device(), token(device.disk)});
    state = "reset-armed";
    told = "a factory reset is pending";
  }
  SUBCASE("foreign") {
    tool({"mkfs.ext4", "-q", "-L", "home", device.disk.device()});
    state = "foreign";
    told = "holds ext4 (label \\\"home\\\")";
  }
  SUBCASE("damaged") {
    make_ready(device.disk.device());
    device.disk.fill(primary_superblock, superblock_size, 0);
    state = "damaged";
    told = "has no valid btrfs superblock";
  }
  const Outcome object = device.valid_json();
  CHECK(json(object, ".volume.state") == state);
  CHECK(json(object, ".volume.device") == device.disk.device());
  CHECK(json(object, ".volume.size") == std::to_string(device.disk.size()));
  CHECK(json(object, ".volume.on_var") == "false");
  CHECK(json(object, ".volume.mounted_at") == "[]");
  CHECK(json(object, ".reset") == (state == "reset-armed" ? "volume" : "none"));
  CHECK(json(object, ".writable_etc") == "null");
  CHECK(json(object, ".unread") == "[]");
  CHECK_MESSAGE(contains(problem(object), told), problem(object));
  const Outcome page = device.status();
  CHECK_MESSAGE(page.out.starts_with("! "), page.out);
  CHECK(contains(page.out, "\n  next: "));
  CHECK(contains(page.out, "not mounted"));
}

TEST_CASE("a complete device has no problems, and its page fits a console") {
  NEEDS("ssh-keygen");
  if (!can_validate()) return;
  Device device;
  device.make_complete();
  const Outcome object = device.valid_json();
  CHECK(json(object, ".problems") == "[]");
  CHECK(json(object, ".unread") == "[]");
  CHECK(json(object, ".volume.state") == "ready");
  CHECK(json(object, ".volume.on_var") == "true");
  CHECK(json(object, ".volume.mounted_at") == "[\"" + device.volume->path() + "\"]");
  CHECK(json(object, ".volume.used <= .volume.total") == "true");
  CHECK(json(object, ".volume.label") == final_label);
  CHECK(json(object, ".volume.uuid") == Superblock::at(device.disk.device(), primary_superblock).uuid());
  CHECK(json(object, "[.subvolumes[] | .path + \" \" + .presence] | join(\",\")") ==
        "/var/etc subvolume,/var/log subvolume,/var/tmp subvolume");
  CHECK(json(object, ".writable_etc.entries[0].path") == "shadow");
  CHECK(json(object, ".writable_etc.entries[0].bound") == "true");
  CHECK(json(object, ".root_password") == "true");
  CHECK(json(object, ".root_password_locked") == "false");
  CHECK(json(object, "[.host_keys[] | select(.state == \"good\")] | length") == "3");
  CHECK(json(object, ".labels") == "no-policy");
  CHECK(json(object, ".reset") == "none");
  const std::string line = tool({"ssh-keygen", "-l", "-f", device.root / "var/lib/ssh/ssh_host_ed25519_key.pub"});
  CHECK(contains(line, json(object, ".host_keys[0].fingerprint")));

  const Outcome page = device.status();
  CHECK(page.err == "");
  CHECK_MESSAGE(page.out.starts_with("No problems.\n"), page.out);
  std::istringstream lines(page.out);
  int count = 0;
  for (std::string text; std::getline(lines, text); ++count)
    CHECK_MESSAGE((text.size() <= 80 || contains(text, device.root.path())), text);
  CHECK(count < 24);
}

TEST_CASE(
    "writable parts of /etc are told apart: the owner's change, the image's, both, none, not seeded, not listed") {
  if (!can_validate()) return;
  Device device;
  device.root.file("etc/aimee-os/writable-etc", "f hostname\nf issue\nf motd\nf hosts\nf late\nf ../x\n");
  for (const char* name : {"etc/issue", "etc/motd", "etc/hosts", "etc/late"}) device.root.file(name, "image\n");
  device.make_ready_and_mount();
  device.seed("shadow", "root:$1$abcdefgh$apR79uSs0V5fMrws52ggI1:20000:0:99999:7:::\n",
              read_text(device.root / "etc/shadow"));
  device.seed("hostname", "mine\n", "image\n");
  device.seed("issue", "old\n", "old\n");
  device.seed("motd", "mine\n", "old\n");
  device.seed("hosts", "image\n", "image\n");
  device.root.file("var/etc/forgotten", "x");
  const Outcome object = device.valid_json();
  const auto state = [&](const std::string& path) {
    return json(object, ".writable_etc.entries[] | select(.path == \"" + path + "\") | .state");
  };
  CHECK(state("hostname") == "changed-by-owner");
  CHECK(state("issue") == "changed-by-image");
  CHECK(state("motd") == "changed-by-both");
  CHECK(state("hosts") == "same");
  CHECK(state("late") == "unseeded");
  CHECK(json(object, ".writable_etc.unlisted") == "[\"forgotten\"]");
  CHECK(json(object, ".writable_etc.list_problems | length") == "1");
  const Outcome page = device.status();
  CHECK_MESSAGE(contains(page.out, "changed by the owner\n"), page.out);
  CHECK(contains(page.out, "a newer image changed it; the stored older one counts"));
  CHECK(contains(page.out, "no longer listed, kept in /var/etc: forgotten"));
  CHECK(contains(page.out, "! /etc/late is the image's own, not the writable one\n  next: writable-etc\n"));
  CHECK(contains(page.out, "! /etc/aimee-os/writable-etc:6:"));
}

TEST_CASE("an entry that is in the store and not mounted over /etc is a problem") {
  if (!can_validate()) return;
  Device device;
  device.make_ready_and_mount();
  device.root.file("var/etc/shadow", "root:$1$abcdefgh$apR79uSs0V5fMrws52ggI1:20000:0:99999:7:::\n", 0640);
  const Outcome object = device.valid_json();
  CHECK(problem(object) == "/etc/shadow is the image's own, not the writable one");
  CHECK(json(object, ".writable_etc.entries[0].bound") == "false");
}

TEST_CASE("a root without a password and broken host keys are problems, keys that were never made are none") {
  NEEDS("ssh-keygen");
  if (!can_validate()) return;
  Device device;
  device.make_complete();
  SUBCASE("no password") {
    device.root.file("var/etc/shadow", "root:*:20000:0:99999:7:::\n");
    const Outcome object = device.valid_json();
    CHECK(json(object, ".root_password") == "false");
    CHECK(problem(object) == "root has no password");
    CHECK(json(object, ".problems[0].next") == "set-root-password");
  }
  SUBCASE("a locked password") {
    device.root.file("var/etc/shadow", "root:!$1$abcdefgh$apR79uSs0V5fMrws52ggI1:20000:0:99999:7:::\n");
    const Outcome object = device.valid_json();
    CHECK(json(object, ".root_password") == "true");
    CHECK(json(object, ".root_password_locked") == "true");
    CHECK(json(object, ".problems") == "[]");
    CHECK(contains(device.status().out, "\nRoot password  locked\n"));
  }
  SUBCASE("an empty key and one that is missing") {
    write_text(device.root / "var/lib/ssh/ssh_host_ecdsa_key", "");
    std::filesystem::remove(device.root / "var/lib/ssh/ssh_host_rsa_key");
    const Outcome object = device.valid_json();
    CHECK(json(object, "[.host_keys[].state] | join(\",\")") == "good,empty,missing");
    CHECK_MESSAGE(problem(object).starts_with("the ecdsa host key "), problem(object));
    CHECK(json(object, ".problems[0].next") == "ssh-hostkey-gen ecdsa");
    CHECK_MESSAGE(problem(object, 1).starts_with("the rsa host key "), problem(object, 1));
  }
  SUBCASE("no key at all") {
    std::filesystem::remove_all(device.root / "var/lib/ssh");
    const Outcome object = device.valid_json();
    CHECK(json(object, ".problems") == "[]");
    CHECK(contains(device.status().out, "Host keys      none\n"));
  }
}

TEST_CASE("a pending reset of a mounted volume comes first") {
  if (!can_validate()) return;
  Device device;
  device.make_ready_and_mount();
  SUBCASE("by the token") {
    tool({"btrfs", "filesystem", "label", device.volume->path(), token(device.disk)});
    const Outcome object = device.valid_json();
    CHECK(json(object, ".reset") == "volume");
    CHECK_MESSAGE(contains(problem(object), "a factory reset is pending"), problem(object));
    CHECK(json(object, ".problems[0].next") == "to keep it: factory-reset --cancel");
  }
  SUBCASE("by the kernel command line") {
    const TemporaryFolder folder;
    const std::string uuid = Superblock::at(device.disk.device(), primary_superblock).uuid();
    write_text(folder / "cmdline", "quiet aimee.factory_reset=" + uuid + "\n");
    const Bind line(folder / "cmdline", "/proc/cmdline");
    const Outcome object = device.valid_json();
    CHECK(json(object, ".reset") == "kernel-command-line");
    CHECK_MESSAGE(contains(problem(object), "kernel command line"), problem(object));
  }
  SUBCASE("of another volume by the kernel command line") {
    const TemporaryFolder folder;
    write_text(folder / "cmdline", "aimee.factory_reset=11111111-2222-8333-8444-61696d656501\n");
    const Bind line(folder / "cmdline", "/proc/cmdline");
    CHECK(json(device.valid_json(), ".reset") == "none");
  }
}

TEST_CASE("a report is made where there is no fstab, no line, no device") {
  if (!can_validate()) return;
  Device device;
  std::string told;
  SUBCASE("no fstab") {
    std::filesystem::remove(device.root / "etc/fstab");
    told = "does not exist";
  }
  SUBCASE("no line for /var") {
    device.root.fstab("/dev/root / squashfs ro 0 0\n");
    told = "has no line for /var";
  }
  SUBCASE("no device") {
    device.root.fstab("PARTLABEL=aimee-nowhere /var btrfs defaults 0 0\n");
    told = "PARTLABEL=aimee-nowhere, which fstab names for /var, is not there";
  }
  const Outcome object = device.valid_json();
  CHECK_MESSAGE(contains(problem(object), told), problem(object));
  CHECK(json(object, ".volume.device") == "null");
  CHECK(json(object, ".volume.state") == "null");
  CHECK(object.took < std::chrono::seconds(5));
  CHECK(contains(device.status().out, "! "));
}

TEST_CASE("another file system on /var is a problem, and is not taken for the data volume") {
  if (!can_validate()) return;
  Device device;
  make_ready(device.disk.device());
  SUBCASE("a tmpfs") {
    const Mounted other = Mounted::tmpfs_on(device.root / "var");
    const Outcome object = device.valid_json();
    CHECK(problem(object) == "/var is not the data volume but another file system");
    CHECK(json(object, ".volume.on_var") == "false");
    CHECK(json(object, ".root_password") == "null");
  }
  SUBCASE("another btrfs") {
    const LoopDisk disk;
    make_btrfs(disk.device(), "other");
    const Mounted other = Mounted::on(device.root / "var", disk.device());
    const Outcome object = device.valid_json();
    CHECK_MESSAGE(problem(object).starts_with("/var is not the data volume but the btrfs with UUID "), problem(object));
  }
}

TEST_CASE("subvolumes that are plain folders or missing are told") {
  if (!can_validate()) return;
  Device device;
  device.make_ready_and_mount();
  device.root.file("usr/lib/tmpfiles.d/newer.conf", "v /var/added\nv /var/lib/hello\n");
  const Outcome object = device.valid_json();
  CHECK(json(object, "[.subvolumes[] | .path + \" \" + .presence] | join(\",\")") ==
        "/var/added missing,/var/etc subvolume,/var/lib/hello folder,/var/log subvolume,/var/tmp subvolume");
  CHECK(contains(device.status().out, "/var/added (missing)"));
}

TEST_CASE("labels of another policy than the image's are told until they are done") {
  if (!can_validate()) return;
  Device device;
  device.make_ready_and_mount();
  device.root.file("etc/selinux/config", "SELINUXTYPE=mine\n");
  device.root.file("etc/selinux/mine/contexts/files/file_contexts", "/.*\tsystem_u:object_r:mine_t:s0\n");
  CHECK(json(device.valid_json(), ".labels") == "stale");
  CHECK(contains(device.status().out, "next: aimee relabel-var, or reboot"));
  CHECK(run_applet("relabel-var", {"--root", device.root.path()}).exit == 0);
  CHECK(json(device.valid_json(), ".labels") == "current");
}

TEST_CASE("without root it tells what it can, and names what it could not read") {
  NEEDS("setpriv");
  if (!can_validate()) return;
  Device device;
  device.make_complete();
  for (const std::string& folder : {run_folder(), device.root.path()}) checked(chmod(folder.c_str(), 0755), folder);
  const Outcome outcome = run({"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", aimee(), "status",
                               "--json", "--root", device.root.path()});
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  const Outcome judged = run({"python3", "-c", validator, AIMEE_STATUS_SCHEMA}, {.input = outcome.out});
  CHECK_MESSAGE(judged.exit == 0, judged.err << outcome.out);
  CHECK(json(outcome, ".volume.device") == device.disk.device());
  CHECK(json(outcome, ".volume.state") == "null");
  CHECK(json(outcome, ".volume.on_var") == "true");
  CHECK(json(outcome, ".subvolumes | length") == "3");
  CHECK(json(outcome, ".root_password") == "null");
  CHECK(json(outcome, ".unread | length > 1") == "true");
}

TEST_CASE("standard output that cannot be written is the one failure") {
  Device device;
  const Outcome outcome = run_applet("status", {"--root", device.root.path()}, {.stdout_file = "/dev/full"});
  CHECK(outcome.exit == 1);
  CHECK_MESSAGE(outcome.err.starts_with("status: "), outcome.err);
}
