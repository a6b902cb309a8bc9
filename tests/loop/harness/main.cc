// The test program: prepares a world of its own, runs the tests, and proves that nothing is left of them.
//
// The tests run in a child process, in a private mount namespace, with all their files in one folder. The
// parent only waits: whatever ends the child, it undoes mounts and loop devices that are left and removes the
// folder.
//
// Exit: 0 all passed; 1 something failed or was left behind; 77 some tests were skipped, the others passed.
#define DOCTEST_CONFIG_IMPLEMENT
#include "harness/doctest_main.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <sstream>

#include "harness/files.h"
#include "harness/loop_disk.h"
#include "harness/process.h"

namespace looptest {

namespace {

constexpr int exit_skipped = 77;

std::vector<std::string> skipped;
volatile sig_atomic_t tests_pid = 0;

bool all_required() {
  const char* value = std::getenv("AIMEE_REQUIRE_ALL");
  return value != nullptr && std::string(value) == "1";
}

int report_skips() {
  for (const std::string& reason : skipped) std::fprintf(stderr, "skipped: %s\n", reason.c_str());
  if (skipped.empty()) return 0;
  std::fprintf(stderr, "%zu skipped%s\n", skipped.size(), all_required() ? ", and AIMEE_REQUIRE_ALL=1" : "");
  return all_required() ? 1 : exit_skipped;
}

// What no test can do without.
constexpr const char* tools_of_every_test[] = {"mkfs.btrfs", "btrfs",  "mkfs.ext4", "mount", "umount", "sfdisk",
                                               "partx",      "wipefs", "blockdev",  "rsync", "jq",     "sha256sum"};

// Why no test can run here at all; empty when they can.
std::string what_is_missing() {
  if (geteuid() != 0) return "not root";
  if (access("/dev/loop-control", R_OK | W_OK) != 0) return "no /dev/loop-control";
  if (unshare(CLONE_NEWNS) != 0) return "no mount namespace of its own";
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return "cannot make mounts private";
  for (const char* program : tools_of_every_test)
    if (!on_path(program)) return std::string("no ") + program;
  return "";
}

int run_tests(int argc, char** argv) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  umask(022);
  doctest::Context context(argc, argv);
  const int result = context.run();
  if (context.shouldExit() || result != 0) return result;
  return report_skips();
}

// Paths of mounts below the run's folder, the innermost first.
std::vector<std::string> left_mounts() {
  std::istringstream lines(read_text("/proc/self/mountinfo"));
  std::vector<std::string> paths;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string path;
    for (int field = 0; field < 5; ++field) fields >> path;
    if (path.starts_with(run_folder() + "/")) paths.insert(paths.begin(), path);
  }
  return paths;
}

// Mounts, loop devices and files that a test has left; says which.
int sweep() {
  int result = 0;
  for (const std::string& path : left_mounts()) {
    std::fprintf(stderr, "left behind: mount on %s\n", path.c_str());
    umount2(path.c_str(), MNT_DETACH);
    result = 1;
  }
  for (const std::string& device : attached_loop_devices()) {
    std::fprintf(stderr, "left behind: %s\n", device.c_str());
    run({"partx", "-d", device});
    run({"losetup", "-d", device});
    result = 1;
  }
  if (rmdir(run_folder().c_str()) != 0) {
    std::fprintf(stderr, "left behind: files in %s\n", run_folder().c_str());
    run({"rm", "-rf", "--one-file-system", run_folder()});
    result = 1;
  }
  return result;
}

void set_environment() {
  const char* path = std::getenv("PATH");
  setenv("PATH", (std::string(path != nullptr ? path : "") + ":/usr/sbin:/sbin:/usr/bin:/bin").c_str(), 1);
  setenv("LC_ALL", "C", 1);
}

void make_run_folder() {
  const char* base = std::getenv("TMPDIR");
  std::string path = std::string(base != nullptr ? base : "/var/tmp") + "/aimee-loop-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("cannot make " + path);
  checked(chmod(path.c_str(), 0755), path);
  set_run_folder(path);
}

int supervise(int argc, char** argv) {
  make_run_folder();
  tests_pid = checked(fork(), "fork");
  if (tests_pid == 0) {
    const int result = run_tests(argc, argv);
    std::fflush(nullptr);
    _exit(result);
  }
  for (int number : {SIGINT, SIGTERM, SIGHUP}) std::signal(number, [](int) { kill(tests_pid, SIGKILL); });
  int status = 0;
  while (waitpid(tests_pid, &status, 0) < 0 && errno == EINTR) continue;
  const int result = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
  const int left = sweep();
  return left != 0 ? left : result;
}

}  // namespace

void skip(const std::string& reason) {
  skipped.push_back(std::string(doctest::getContextOptions()->currentTest->m_name) + ": " + reason);
}

bool available(const std::vector<std::string>& programs) {
  for (const std::string& program : programs)
    if (!on_path(program)) {
      skip("no " + program);
      return false;
    }
  return true;
}

}  // namespace looptest

int main(int argc, char** argv) try {
  using namespace looptest;
  if (std::getenv("AIMEE_BINARY") == nullptr) {
    std::fprintf(stderr, "loop tests: AIMEE_BINARY must name the binary to test\n");
    return 1;
  }
  set_environment();
  if (const std::string why = what_is_missing(); !why.empty()) {
    std::fprintf(stderr, "all loop tests skipped: %s\n", why.c_str());
    return all_required() ? 1 : exit_skipped;
  }
  return supervise(argc, argv);
} catch (const std::exception& error) {
  std::fprintf(stderr, "loop tests: %s\n", error.what());
  return 1;
}
