// From argv to an applet, with the two applets of harness/applets.cc.
#include <fcntl.h>
#include <unistd.h>

#include <latch>
#include <new>
#include <thread>

#include "cli/applet.h"
#include "harness/child.h"
#include "harness/temporary_folder.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

using Words = std::vector<std::string>;

int dispatch_words(Words words) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  return dispatch(argv);
}

Ended called(const Words& words) {
  return run_in_child([&] { return dispatch_words(words); });
}

constexpr std::string_view list =
    "Applets:\n"
    "  look       Look at things\n"
    "  take-rest  Do nothing\n";

}  // namespace

TEST_CASE("an applet runs by its own name, by any path to it, and as aimee's first argument") {
  for (const Words& words :
       {Words{"look", "-t5", "moon"}, Words{"/usr/bin/look", "-t5", "moon"}, Words{"./look", "moon", "-t", "5"},
        Words{"aimee", "look", "-t5", "moon"}, Words{"/usr/bin/aimee", "look", "-t5", "moon"},
        Words{"anything", "look", "-t5", "moon"}}) {
    CAPTURE(words[0]);
    const Ended ended = called(words);
    CHECK(ended.exit == 0);
    CHECK(ended.out == "dry-run=no timeout=5 moon\n");
    CHECK(ended.err == "");
  }
}

TEST_CASE("an applet's outcome is the exit code") {
  CHECK(called({"look", "fail"}).exit == 1);
  CHECK(called({"look", "refuse"}).exit == 3);
  CHECK(called({"aimee", "look", "refuse"}).exit == 3);
}

TEST_CASE("of several threads that find no memory one says so, and the exit code is 1") {
  for (int round = 0; round < 20; ++round) {
    const Ended ended = run_in_child([] {
      dispatch_words({"look", "moon"});
      constexpr int threads = 4;
      std::latch all(threads);
      const auto find_no_memory = [&] {
        all.arrive_and_wait();
        std::get_new_handler()();
      };
      std::vector<std::thread> workers;
      for (int n = 0; n < threads; ++n) workers.emplace_back(find_no_memory);
      for (std::thread& worker : workers) worker.join();
      return 0;
    });
    CHECK(ended.exit == 1);
    CHECK(ended.err == "look: out of memory\n");
  }
}

TEST_CASE("options after the applet's name are the applet's") {
  CHECK(called({"aimee", "look", "--help"}).out.starts_with("Usage: look [OPTION…] [THING…]\n"));
  CHECK(called({"look", "--version"}).out == "aimee 1.2.3-test\n");
  CHECK(called({"look", "--install", "/tmp"}).exit == 2);
}

TEST_CASE("--help wins over everything else that is right, and does nothing else") {
  const Ended ended = called({"look", "fail", "--help"});
  CHECK(ended.exit == 0);
  CHECK(ended.out.starts_with("Usage: look"));
  CHECK(ended.err == "");
}

TEST_CASE("aimee alone lists the applets, and with --help says what it is before that") {
  CHECK(called({"aimee"}).out == list);
  CHECK(called({"aimee"}).exit == 0);
  const Ended help = called({"aimee", "--help"});
  CHECK(help.exit == 0);
  CHECK(help.out.starts_with("Usage: aimee [OPTION…] [APPLET [ARGUMENT…]]\n"));
  CHECK(help.out.find("      --install DIR  make the applets' symbolic links in the folder DIR\n") !=
        std::string::npos);
  CHECK(help.out.ends_with(concat("\n", list)));
}

TEST_CASE("an argv without a name is aimee alone") {
  const Ended ended = run_in_child([] { return dispatch({}); });
  CHECK(ended.exit == 0);
  CHECK(ended.out == list);
}

TEST_CASE("wrong usage is exit code 2 and one line on stderr, with the name of who says it") {
  struct Row {
    Words words;
    std::string_view message;
  };
  const Row rows[] = {
      {{"aimee", "dance"}, "aimee: dance: no such applet; 'aimee' alone lists them\n"},
      {{"aimee", "da\nnce"}, "aimee: da\\x0ance: no such applet; 'aimee' alone lists them\n"},
      {{"aimee", "aimee"}, "aimee: aimee: no such applet; 'aimee' alone lists them\n"},
      {{"aimee", "LOOK"}, "aimee: LOOK: no such applet; 'aimee' alone lists them\n"},
      {{"aimee", "--dance"}, "aimee: unknown option --dance; see --help\n"},
      {{"aimee", "--install"}, "aimee: --install needs DIR; see --help\n"},
      {{"aimee", "look", "--dance"}, "look: unknown option --dance; see --help\n"},
      {{"look", "-t"}, "look: --timeout needs SECONDS; see --help\n"},
      {{"take-rest", "here"}, "take-rest: unexpected argument here; see --help\n"},
      {{"take-rest", "--", "\t"}, "take-rest: unexpected argument \\x09; see --help\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.message);
    const Ended ended = called(row.words);
    CHECK(ended.exit == 2);
    CHECK(ended.out == "");
    CHECK(ended.err == row.message);
  }
}

TEST_CASE("aimee's own options take no operands") {
  for (const Words& words : {Words{"aimee", "--version", "surplus"}, Words{"aimee", "--", "look"}}) {
    CAPTURE(words[1]);
    CHECK(called(words).exit == 2);
  }
  const TemporaryFolder folder;
  CHECK(called({"aimee", "--install", folder.path(), "surplus"}).exit == 2);
  CHECK_FALSE(exists(folder / "look"));
}

TEST_CASE("--install makes a link for each applet") {
  const TemporaryFolder folder;
  const Ended ended = called({"aimee", "--install", folder.path()});
  CHECK(ended.exit == 0);
  CHECK(ended.err == "");
  CHECK(link_target(folder / "look") != "");
  CHECK(link_target(folder / "take-rest") == link_target(folder / "look"));
}

TEST_CASE("an install that is refused says so and is exit code 3") {
  const TemporaryFolder folder;
  folder.file("look", "somebody's\n");
  const Ended ended = called({"aimee", "--install", folder.path()});
  CHECK(ended.exit == 3);
  CHECK(ended.err.starts_with(concat("aimee: ", folder / "look", ": exists and is not a link to ")));
}

TEST_CASE("help and version that cannot be written are a failure") {
  for (const Words& words : {Words{"aimee"}, Words{"aimee", "--help"}, Words{"look", "--version"}}) {
    const Ended ended = run_in_child([&] {
      dup2(open("/dev/full", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
      return dispatch_words(words);
    });
    CHECK(ended.exit == 1);
    CHECK(ended.err.ends_with(with_errno("standard output: write", ENOSPC) + "\n"));
  }
}

}  // namespace aimee::test
