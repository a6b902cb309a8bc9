// What init-storage tells, and that it does its work whoever listens.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "harness/btrfs_volume.h"
#include "harness/doctest_main.h"
#include "harness/init_storage.h"
#include "harness/mounted.h"

using namespace looptest;

namespace {

// systemd's end of sd_notify(3).
class NotifySocket {
 public:
  explicit NotifySocket(const std::string& path)
      : path_(path), socket_(checked(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket")) {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    checked(bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), path);
  }
  const std::string& path() const { return path_; }
  std::vector<std::string> messages() const {
    std::vector<std::string> all;
    char buffer[4096];
    for (ssize_t got; (got = recv(socket_.get(), buffer, sizeof buffer, 0)) > 0;)
      all.emplace_back(buffer, static_cast<std::size_t>(got));
    return all;
  }

 private:
  std::string path_;
  Fd socket_;
};

}  // namespace

TEST_CASE("systemd is told the status") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  const TemporaryFolder folder;
  const NotifySocket socket(folder / "notify");
  const Outcome outcome = init_storage(root, {}, {.environment = {{"NOTIFY_SOCKET", socket.path()}}});
  CHECK(outcome.exit == 0);
  const std::vector<std::string> messages = socket.messages();
  CHECK(messages.size() >= 1);
  for (const std::string& message : messages) CHECK_MESSAGE(message.starts_with("STATUS="), message);
}

TEST_CASE("a notification socket that nobody reads or that is not there does not matter") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  const TemporaryFolder folder;
  SUBCASE("not there") {
    CHECK(init_storage(root, {}, {.environment = {{"NOTIFY_SOCKET", folder / "nobody"}}}).exit == 0);
  }
  SUBCASE("nonsense") { CHECK(init_storage(root, {}, {.environment = {{"NOTIFY_SOCKET", "nonsense"}}}).exit == 0); }
  SUBCASE("never read") {
    root.bulk(2000, 1000);
    const NotifySocket socket(folder / "notify");
    CHECK(init_storage(root, {}, {.environment = {{"NOTIFY_SOCKET", socket.path()}}}).exit == 0);
  }
  check_volume_is_ready(disk.device());
}

TEST_CASE("under systemd each line has a journal priority") {
  const LoopDisk disk;
  tool({"mkfs.ext4", "-q", "-F", disk.device()});
  const SampleRoot root(disk.device());
  const TemporaryFolder folder;
  write_text(folder / "journal", "");
  struct stat status;
  checked(stat((folder / "journal").c_str(), &status), "stat");
  const std::string stream = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  const Outcome outcome =
      init_storage(root, {}, {.environment = {{"JOURNAL_STREAM", stream}}, .stderr_file = folder / "journal"});
  CHECK(outcome.exit == 3);
  const std::string text = read_text(folder / "journal");
  CHECK_MESSAGE(text.starts_with("<3>init-storage: " + disk.device()), text);
}

TEST_CASE("without standard files nothing gets onto the disk that does not belong there") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  const Outcome outcome = init_storage(root, {}, {.close_standard_files = true});
  CHECK(outcome.exit == 0);
  check_volume_is_ready(disk.device());
  const Mounted volume(disk.device(), "ro");
  CHECK(differences(root / "var", volume.path(), "/etc") == "");
}

TEST_CASE("a refusal without standard files writes nothing to the disk") {
  const LoopDisk disk;
  tool({"mkfs.ext4", "-q", "-F", disk.device()});
  const SampleRoot root(disk.device());
  const Fingerprint before = disk.fingerprint();
  CHECK(init_storage(root, {}, {.close_standard_files = true}).exit == 3);
  CHECK(disk.fingerprint() == before);
}

TEST_CASE("full standard files do not keep the volume from being made") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  const Outcome outcome = init_storage(root, {}, {.stdout_file = "/dev/full", .stderr_file = "/dev/full"});
  CHECK(outcome.exit == 0);
  check_volume_is_ready(disk.device());
}

TEST_CASE("output that --json or --dry-run cannot write is a failure") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  const Fingerprint before = disk.fingerprint();
  const Outcome outcome = init_storage(root, {"--dry-run"}, {.stdout_file = "/dev/full"});
  CHECK(outcome.exit == 1);
  CHECK(disk.fingerprint() == before);
}

TEST_CASE("standard output is empty but for --dry-run and --json") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  CHECK(init_storage(root).out == "");
  CHECK(init_storage(root).out == "");
}

TEST_CASE("JSON stays JSON with names that need escapes") {
  const LoopDisk disk;
  tool({"mkfs.btrfs", "-q", "-L", "quote\" back\\slash \x01 \xff tab\t", disk.device()});
  const SampleRoot root(disk.device());
  const Outcome outcome = init_storage(root, {"--json"});
  CHECK(outcome.exit == 0);
  CHECK(json(outcome, ".state") == "existing");
  CHECK(json(outcome, ".label").find("back") != std::string::npos);
}

TEST_CASE("a label drives no terminal through JSON, and is told whole") {
  const LoopDisk disk;
  const std::string label =
      "a\xc2\x9b"
      "31mRED\xe2\x80\xae"
      "b";
  tool({"mkfs.btrfs", "-q", "-L", label, disk.device()});
  const SampleRoot root(disk.device());
  const Outcome outcome = init_storage(root, {"--json"});
  CHECK(json(outcome, ".label") == label);
  for (const std::string& text :
       {outcome.out, outcome.err, run({aimee(), "status", "--json", "--root", root.path()}).out}) {
    CHECK(text.find("\xc2\x9b") == std::string::npos);
    CHECK(text.find("\xe2\x80\xae") == std::string::npos);
  }
}

TEST_CASE("a label cannot forge lines of output") {
  const LoopDisk disk;
  tool({"mkfs.ext4", "-q", "-F", "-L", "a\n\x1b[31mb", disk.device()});
  check_refused(SampleRoot(disk.device()), disk.device(), {"holds ext4"});
  const Outcome outcome = init_storage(SampleRoot(disk.device()));
  CHECK(outcome.err.find('\x1b') == std::string::npos);
}

TEST_CASE("other languages in the environment change nothing") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  const Outcome outcome =
      init_storage(root, {"--json"}, {.environment = {{"LC_ALL", "de_DE.UTF-8"}, {"LANG", "de_DE"}}});
  CHECK(outcome.exit == 0);
  CHECK(json(outcome, ".action") == "create");
}
