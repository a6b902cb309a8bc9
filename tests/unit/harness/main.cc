// The test program. Exit: 0 all passed; 1 something failed, or nothing ran; 77 some tests were skipped and the
// others passed.
#define DOCTEST_CONFIG_IMPLEMENT
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "harness/test.h"

namespace aimee::test {

namespace {

constexpr int exit_skipped = 77;

struct Skip {
  std::string reason;
  bool documented;  // what qemu cannot do: never a failure
};

std::vector<Skip>& skips() {
  static std::vector<Skip> noted;
  return noted;
}

unsigned ran = 0;  // test cases

// Counts test cases: a filter that matches none must not look like success.
struct Counter : doctest::IReporter {
  explicit Counter(const doctest::ContextOptions&) {}
  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats& stats) override { ran = stats.numTestCasesPassingFilters; }
  void test_case_start(const doctest::TestCaseData&) override {}
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_end(const doctest::CurrentTestCaseStats&) override {}
  void test_case_exception(const doctest::TestCaseException&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData&) override {}
  void log_message(const doctest::MessageData&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}
};
REGISTER_LISTENER("counter", 1, Counter);

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && std::string_view(value) == "1";
}

void note(const std::string& reason, bool documented) {
  const char* name = doctest::getContextOptions()->currentTest->m_name;
  skips().push_back({concat(name, ": ", reason), documented});
}

bool in_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  for (const std::string_view folder : split(path != nullptr ? path : "", ':')) {
    if (access(concat(folder, "/", program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

int report_skips() {
  if (skips().empty()) return 0;
  std::size_t undocumented = 0;
  for (const Skip& skip : skips()) {
    std::fprintf(stderr, "skipped: %s\n", skip.reason.c_str());
    if (!skip.documented) ++undocumented;
  }
  const bool failure = undocumented != 0 && is_set("AIMEE_REQUIRE_ALL");
  std::fprintf(stderr, "%zu skipped%s\n", skips().size(), failure ? ", and AIMEE_REQUIRE_ALL=1" : "");
  return failure ? 1 : exit_skipped;
}

void prepare_environment() {
  umask(022);
  const char* path = std::getenv("PATH");
  setenv("PATH", concat(path != nullptr ? path : "", ":/usr/sbin:/sbin:/usr/bin:/bin").c_str(), 1);
  setenv("LC_ALL", "C", 1);
  unsetenv("NOTIFY_SOCKET");
  unsetenv("JOURNAL_STREAM");
}

}  // namespace

void skip(const std::string& reason) { note(reason, false); }

bool available(const std::vector<std::string>& programs) {
  for (const std::string& program : programs) {
    if (in_path(program)) continue;
    skip(concat("no ", program));
    return false;
  }
  return true;
}

bool emulation_lacks(const std::string& what) {
  if (!is_set("AIMEE_EMULATED")) return false;
  note(concat("qemu's user mode emulation has no ", what), true);
  return true;
}

std::string told(const Error& error) {
  switch (error.outcome) {
    case Outcome::done:
      return concat("an error that says done: ", error.message());
    case Outcome::failed:
      return concat("failed: ", error.message());
    case Outcome::usage:
      return concat("usage: ", error.message());
    case Outcome::refused:
      return concat("refused: ", error.message());
  }
  return "no outcome";
}

}  // namespace aimee::test

int main(int argc, char** argv) {
  using namespace aimee::test;
  prepare_environment();
  doctest::Context context(argc, argv);
  const int result = context.run();
  if (context.shouldExit() || result != 0) return result;
  if (ran == 0) {
    std::fprintf(stderr, "no test case matches\n");
    return 1;
  }
  return report_skips();
}
