// Which problems follow from which facts, and in which order.
#include "plan/status_report.h"

#include "harness/test.h"

namespace aimee::test {

namespace {

// A device on which all is well.
StatusReport well() {
  StatusReport report;
  report.version = "1.0";
  report.volume.source = "PARTLABEL=aimee-data";
  report.volume.device = "/dev/vda3";
  report.volume.size = 20ULL << 30;
  report.volume.state = VolumeState{.state = State::ready, .found = "holds the data volume"};
  report.volume.on_var = true;
  report.volume.space = StatusSpace{1000, 100};
  report.store = StatusStore{true, {{false, "shadow", "changed-by-owner", "", true}}, {}, {}};
  report.root_password = PasswordState::set;
  report.host_keys = {{"ed25519", "good", "", "SHA256:x"}};
  report.labels = LabelsState::current;
  report.reset = ResetPending::no;
  return report;
}

// "what → next" of every problem.
std::vector<std::string> told_by(const StatusReport& report) {
  std::vector<std::string> lines;
  for (const StatusProblem& problem : problems_of(report)) lines.push_back(concat(problem.what, " -> ", problem.next));
  return lines;
}

std::string first_problem(const StatusReport& report) {
  const auto problems = told_by(report);
  return problems.empty() ? "none" : problems.front();
}

StatusReport in_state(State state, const std::string& found, bool has_copy = false) {
  StatusReport report = well();
  report.volume.state = VolumeState{.state = state, .found = found, .has_valid_copy = has_copy};
  report.volume.on_var = false;
  return report;
}

}  // namespace

TEST_CASE("where all is well there are no problems, and unknown facts are none either") {
  CHECK(told_by(well()).empty());
  StatusReport unknown;
  unknown.volume.device = "/dev/vda3";
  CHECK(told_by(unknown).empty());
}

TEST_CASE("each state that keeps /var from being mounted says what to do") {
  CHECK(first_problem(in_state(State::blank, "is blank")) ==
        "/dev/vda3 is blank -> init-storage && systemctl start var.mount, or reboot");
  CHECK(first_problem(in_state(State::foreign, "holds ext4")) ==
        "/dev/vda3 holds ext4 -> to erase it on purpose: wipefs -a /dev/vda3 && dd if=/dev/zero of=/dev/vda3 bs=1M "
        "count=16 conv=fsync");
  CHECK(first_problem(in_state(State::damaged, "is torn", true)) ==
        "/dev/vda3 is torn -> to repair it: btrfs rescue super-recover /dev/vda3");
  CHECK(
      first_problem(in_state(State::damaged, "is torn")).starts_with("/dev/vda3 is torn -> to erase it on purpose: "));
  for (const State state : {State::ready, State::existing}) {
    CHECK(first_problem(in_state(state, "holds it")).starts_with("the data volume is not mounted on /var -> "));
  }
}

TEST_CASE("a pending reset comes before everything else") {
  StatusReport report = in_state(State::reset_armed, "holds it");
  report.root_password = PasswordState::none;
  report.reset = ResetPending::on_volume;
  CHECK(first_problem(report) ==
        "a factory reset is pending: the next boot erases the data volume -> to keep it: factory-reset --cancel");
  report.reset = ResetPending::on_command_line;
  CHECK(first_problem(report).find("off the kernel command line") != std::string::npos);
  CHECK(told_by(report).size() == 2);
}

TEST_CASE("an absent device hides what would follow from it") {
  StatusReport report = well();
  report.volume.device.clear();
  report.volume.state.reset();
  report.volume.on_var = false;
  report.volume.absent = "PARTLABEL=aimee-data is not there";
  CHECK(told_by(report) == std::vector<std::string>{"PARTLABEL=aimee-data is not there -> blkid; dmesg"});
  report.volume.source.clear();
  CHECK(first_problem(report).ends_with(" -> correct /etc/fstab in the image"));
  report.volume.unattended = true;
  CHECK(first_problem(report).ends_with(" -> to have it looked after: a line for /var in /etc/fstab of the image"));
}

TEST_CASE("another file system on /var is told once") {
  StatusReport report = in_state(State::ready, "holds it");
  report.volume.other_on_var = "another file system";
  CHECK(told_by(report).size() == 1);
  CHECK(first_problem(report).starts_with("/var is not the data volume but another file system -> "));
}

TEST_CASE("a volume is nearly full from 95 percent on") {
  StatusReport report = well();
  report.volume.space = StatusSpace{1000, 949};
  CHECK(told_by(report).empty());
  report.volume.space = StatusSpace{1000, 950};
  CHECK(first_problem(report).starts_with("the data volume is 95 % full -> "));
  report.volume.space = StatusSpace{0, 0};
  CHECK(told_by(report).empty());
}

TEST_CASE("entries of /etc that do not work are problems, changes are none") {
  const auto with = [](const std::string& state, bool bound, const std::string& why = "") {
    StatusReport report = well();
    report.store->entries = {{false, "issue", state, why, bound}};
    return first_problem(report);
  };
  for (const char* state : {"same", "changed-by-owner", "changed-by-image", "changed-by-both"}) {
    CAPTURE(state);
    CHECK(with(state, true) == "none");
    CHECK(with(state, false) == "/etc/issue is the image's own, not the writable one -> writable-etc");
  }
  CHECK(with("unseeded", false) == "/etc/issue is the image's own, not the writable one -> writable-etc");
  CHECK(with("broken", false, "the store's is a symbolic link") ==
        "/etc/issue: the store's is a symbolic link -> writable-etc --diff issue");
  CHECK(with("broken", false, "the image's is a symbolic link") ==
        "/etc/issue: the image's is a symbolic link -> correct the list in the image");
  CHECK(with("missing-in-image", false).starts_with("/etc/issue is listed as writable, and the image has none -> "));
}

TEST_CASE("without a store there is one problem, not one for each entry") {
  StatusReport report = well();
  report.store->present = false;
  report.store->entries = {{false, "a", "unseeded", "", false}, {false, "b", "unseeded", "", false}};
  CHECK(told_by(report) ==
        std::vector<std::string>{"there is no store for the writable parts of /etc -> writable-etc"});
}

TEST_CASE("host keys are problems when some are there and others are not right") {
  StatusReport report = well();
  report.host_keys = {{"ed25519", "missing", "is missing", ""}, {"rsa", "missing", "is missing", ""}};
  CHECK(told_by(report).empty());
  report.host_keys->push_back({"ecdsa", "truncated", "is truncated", ""});
  CHECK(told_by(report) == std::vector<std::string>{"the ed25519 host key is missing -> ssh-hostkey-gen ed25519",
                                                    "the rsa host key is missing -> ssh-hostkey-gen rsa",
                                                    "the ecdsa host key is truncated -> ssh-hostkey-gen ecdsa"});
}

TEST_CASE("a root without a password and stale labels are problems") {
  StatusReport report = well();
  report.root_password = PasswordState::none;
  CHECK(first_problem(report) == "root has no password -> set-root-password");
  report.root_password.reset();
  report.labels = LabelsState::stale;
  CHECK(first_problem(report).ends_with(" -> aimee relabel-var, or reboot"));
}

}  // namespace aimee::test
