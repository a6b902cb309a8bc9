// ssh-hostkey-gen cut short: before any of its steps, in the middle of ssh-keygen, by a signal that asks it to stop. A
// good pair is never lost, and the next run ends with good pairs.
#include <csignal>
#include <filesystem>
#include <map>
#include <sstream>

#include "harness/doctest_main.h"
#include "harness/host_keys.h"

using namespace looptest;

namespace {

// LeakSanitizer cannot work under a tracer.
RunOptions traced() { return {.environment = {{"ASAN_OPTIONS", "detect_leaks=0"}}}; }

bool is_a_step(const std::string& call) {
  for (const char* step :
       {"open",  "openat", "openat2",      "unlinkat", "mkdirat",    "fchmod",  "fchown",    "fsetxattr",
        "flock", "fsync",  "renameat",     "write",    "pwrite64",   "clone",   "clone3",    "fork",
        "vfork", "wait4",  "memfd_create", "fstat",    "newfstatat", "fstatfs", "exit_group"})
    if (call == step) return true;
  return false;
}

struct Moment {
  std::string call;
  int number;  // of this call, from 1
};

// Every system call that changes, looks at or waits for something, from the first look at the store on.
std::vector<Moment> moments_of(const HostKeys& keys) {
  const TemporaryFolder folder;
  Arguments command{"strace", "-q", "-o", folder / "trace"};
  for (const std::string& word : keys.command({"ed25519"})) command.push_back(word);
  REQUIRE(run(command, traced()).exit == 0);
  std::istringstream lines(read_text(folder / "trace"));
  std::map<std::string, int> count;
  std::vector<Moment> moments;
  bool begun = false;
  for (std::string line; std::getline(lines, line);) {
    const std::string call = line.substr(0, line.find('('));
    begun = begun || call == "openat2";
    const int number = ++count[call];
    if (begun && is_a_step(call)) moments.push_back({call, number});
  }
  return moments;
}

Outcome run_killed_at(const HostKeys& keys, const Moment& moment) {
  const NothingLeft nothing_left;
  Arguments command{"strace", "-q",
                    "-o",     "/dev/null",
                    "-e",     "trace=" + moment.call,
                    "-e",     "inject=" + moment.call + ":signal=SIGKILL:when=" + std::to_string(moment.number)};
  for (const std::string& word : keys.command({"ed25519"})) command.push_back(word);
  return run(command, traced());
}

// Whether it was killed: a run need not make every call that the traced one made (progress is told after a second), so
// a few moments are not reached.
bool kill_at(const HostKeys& keys, const Moment& moment) {
  const Outcome outcome = run_killed_at(keys, moment);
  CHECK_MESSAGE((outcome.exit == 128 + SIGKILL || outcome.exit == 0), outcome.err);
  return outcome.exit != 0;
}

constexpr int few = 2;

}  // namespace

TEST_CASE("killed before any of its steps: no old pair is lost, and the next run ends with a good one") {
  NEEDS("ssh-keygen", "strace");
  const HostKeys keys;
  keys.make("rsa");
  const std::string other = state_of_pair(keys, "rsa");
  bool keeps_identity = false;
  std::string what;
  SUBCASE("while it replaces a pair") { what = "replace"; }
  SUBCASE("while it writes the public key anew") {
    what = "publish";
    keeps_identity = true;
  }
  keys.make("ed25519");
  const std::string identity = public_line(keys.public_key("ed25519"));
  const std::string private_key = read_text(keys.key("ed25519"));
  const auto damage = [&] {
    if (keeps_identity) {
      write_text(keys.key("ed25519"), private_key, 0600);
      std::filesystem::remove(keys.public_key("ed25519"));
    } else {
      write_text(keys.key("ed25519"), "", 0600);
    }
  };
  damage();
  const std::vector<Moment> moments = moments_of(keys);
  CHECK(moments.size() > 15);
  MESSAGE(what << ": killed at " << moments.size() << " moments");
  int not_reached = 0;
  for (const Moment& moment : moments) {
    CAPTURE(what);
    CAPTURE(moment.call);
    CAPTURE(moment.number);
    damage();
    if (!kill_at(keys, moment)) ++not_reached;
    const Outcome next = keys.run({"ed25519"});
    CHECK_MESSAGE(next.exit == 0, next.err);
    check_good(keys, "ed25519");
    if (keeps_identity) CHECK(public_line(keys.public_key("ed25519")) == identity);
  }
  CHECK(not_reached <= few);
  CHECK(state_of_pair(keys, "rsa") == other);
}

TEST_CASE("killed before any step of the first run of all: the next run ends with a good pair") {
  NEEDS("ssh-keygen", "strace");
  const HostKeys keys;
  const std::vector<Moment> moments = moments_of(keys);
  int not_reached = 0;
  for (const Moment& moment : moments) {
    CAPTURE(moment.call);
    CAPTURE(moment.number);
    std::filesystem::remove_all(keys.folder());
    if (!kill_at(keys, moment)) ++not_reached;
    CHECK(keys.run({"ed25519"}).exit == 0);
    check_good(keys, "ed25519");
  }
  CHECK(not_reached <= few);
}

TEST_CASE("ssh-keygen killed in the middle: exit code 1, the old files stay, nothing half made is left") {
  NEEDS("ssh-keygen", "strace");
  const HostKeys keys;
  const std::string real = tool({"sh", "-c", "command -v ssh-keygen"});
  int killed = 0;
  for (const std::string call : {"execve", "getrandom", "close", "read", "write", "openat"}) {
    for (const int number : {1, 2, 4}) {
      CAPTURE(call);
      CAPTURE(number);
      keys.make("ed25519");
      write_text(keys.public_key("ed25519"), "", 0644);
      const std::string before = state_of_pair(keys, "ed25519");
      const TemporaryFolder folder;
      fake_keygen(folder, "exec strace -q -o /dev/null -e trace=" + call + " -e inject=" + call +
                              ":signal=SIGKILL:when=" + std::to_string(number) + " " + real.substr(0, real.find('\n')) +
                              " \"$@\"");
      RunOptions options = traced();
      options.environment["PATH"] = folder.path() + ":/usr/bin:/bin";
      const Outcome outcome = keys.run({"ed25519"}, options);
      CHECK((outcome.exit == 0 || outcome.exit == 1));
      if (outcome.exit == 0) continue;
      ++killed;
      CHECK_MESSAGE(outcome.err.ends_with("ssh-hostkey-gen: ssh-keygen: was killed by signal 9\n"), outcome.err);
      CHECK(state_of_pair(keys, "ed25519") == before);
      CHECK(keys.names().size() == 2);
    }
  }
  CHECK(killed >= 6);
  CHECK(keys.run({"ed25519"}).exit == 0);
  check_good(keys, "ed25519");
}

TEST_CASE("asked to stop, it says so in one line and leaves the rest to the next run") {
  NEEDS("ssh-keygen");
  const HostKeys keys;
  keys.make("ed25519");
  const TemporaryFolder folder;
  const NothingLeft nothing_left;
  Process process(keys.command({"rsa"}), {.environment = {{"PATH", fake_keygen(folder, "exec sleep 600") + ":/bin"}}});
  REQUIRE(wait_until([&] { return process.err_so_far().find("making a new pair") != std::string::npos; }));
  process.signal(SIGTERM);
  const Outcome outcome = process.wait();
  CHECK(outcome.exit == 1);
  CHECK(says(outcome, "ssh-hostkey-gen: interrupted; "));
  CHECK(keys.run().exit == 0);
  check_good(keys, "rsa");
}
