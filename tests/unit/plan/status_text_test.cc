// The page for a person at a console of 80 columns.
#include "harness/test.h"
#include "plan/status_report.h"

namespace aimee::test {

namespace {

StatusReport example() {
  StatusReport report;
  report.version = "1.0";
  report.volume.source = "PARTLABEL=aimee-data";
  report.volume.device = "/dev/vda3";
  report.volume.size = 20ULL << 30;
  report.volume.model = "QEMU DISK";
  report.volume.serial = "S123";
  report.volume.state = VolumeState{.state = State::ready, .found = "holds the data volume"};
  report.volume.label = "aimee-data";
  report.volume.uuid = "11111111-2222-8333-8444-61696d656501";
  report.volume.mounted_at = {"/var"};
  report.volume.on_var = true;
  report.volume.space = StatusSpace{20ULL << 30, 5ULL << 30};
  report.subvolumes = {{"/var/etc", SubvolumePresence::subvolume}, {"/var/log", SubvolumePresence::folder}};
  report.store = StatusStore{true,
                             {{false, "shadow", "changed-by-owner", "", true}, {false, "hosts", "same", "", true}},
                             {},
                             {"old", "older"}};
  report.root_password = PasswordState::set;
  report.host_keys = {{"ed25519", "good", "", "SHA256:abc"}, {"rsa", "missing", "is missing", ""}};
  report.host_keys->pop_back();
  report.labels = LabelsState::current;
  report.reset = ResetPending::no;
  return report;
}

}  // namespace

TEST_CASE("the whole page") {
  CHECK(status_text(example()) ==
        "No problems.\n"
        "\n"
        "Data volume    /dev/vda3 (PARTLABEL=aimee-data), 20.0 GiB, QEMU DISK, serial\n"
        "               S123\n"
        "               ready: holds the data volume\n"
        "               mounted on /var; 5.0 GiB of 20.0 GiB used (25 %)\n"
        "               label \"aimee-data\", UUID 11111111-2222-8333-8444-61696d656501\n"
        "Subvolumes     /var/etc /var/log (plain folder)\n"
        "Writable /etc  shadow  changed by the owner\n"
        "               hosts   as the image's\n"
        "               no longer listed, kept in /var/etc: old older\n"
        "Root password  set\n"
        "Host keys      ed25519 SHA256:abc\n"
        "Labels         those of the image's policy\n"
        "Factory reset  none pending\n"
        "Version        1.0\n");
}

TEST_CASE("problems come first, each with what to do next") {
  StatusReport report = example();
  report.root_password = PasswordState::none;
  CHECK(status_text(report).starts_with("! root has no password\n  next: set-root-password\n\nData volume "));
}

TEST_CASE("what is not known is left out, and why is told at the end") {
  StatusReport report;
  report.version = "1.0";
  report.volume.source = "/dev/vda3";
  report.volume.absent = "is not there";
  report.unread = {"one", "two"};
  CHECK(status_text(report) ==
        "! is not there\n"
        "  next: blkid; dmesg\n"
        "\n"
        "Data volume    /dev/vda3\n"
        "Version        1.0\n"
        "Not read       one\n"
        "               two\n");
}

TEST_CASE("no line is longer than 80 columns but for a word that is") {
  StatusReport report = example();
  report.volume.model = std::string(30, 'm') + " " + std::string(30, 'n');
  report.volume.state->found = "holds " + std::string(20, 'a') + " and " + std::string(50, 'b');
  for (int i = 0; i < 30; ++i) report.store->unlisted.push_back("entry" + std::to_string(i));
  report.store->entries.push_back({false, std::string(24, 'p'), "changed-by-image", "", true});
  const std::string page = status_text(report);
  for (const std::string_view line : split(page, '\n')) {
    CAPTURE(line);
    CHECK(line.size() <= 80);
  }
}

TEST_CASE("bytes from a disk or a file name can neither break a line nor drive a terminal") {
  StatusReport report = example();
  report.volume.label = "a\nb\x1b[2J";
  report.store->unlisted = {"x\ny"};
  report.store->entries[0].path = "p\033q";
  const std::string page = status_text(report);
  CHECK(page.find("a\\x0ab\\x1b[2J") != std::string::npos);
  CHECK(page.find("x\\x0ay") != std::string::npos);
  CHECK(page.find('\033') == std::string::npos);
}

}  // namespace aimee::test
