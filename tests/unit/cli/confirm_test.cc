// A question whose answer comes from standard input, here a file; a real terminal is the loop tests' business.
#include "cli/confirm.h"

#include <fcntl.h>
#include <unistd.h>

#include "harness/child.h"
#include "harness/temporary_folder.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

// What the child makes of `input`: "yes", "no" or the error, and the question on standard error.
Ended answered(const std::string& input) {
  const TemporaryFolder folder;
  const std::string path = folder.file("input", input);
  return run_in_child([&] {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    prepared(dup2(file, STDIN_FILENO) == STDIN_FILENO, path);
    if (can_ask()) return 2;
    const auto answer = confirmed("Really? ", "ERASE");
    return answer && *answer ? 0 : 1;
  });
}

}  // namespace

TEST_CASE("only the word itself confirms, whatever white space is around it") {
  for (const char* yes : {"ERASE\n", "ERASE", " ERASE \n", "ERASE\nno\n"}) CHECK(answered(yes).exit == 0);
  for (const std::string& no : {std::string(), std::string("\n"), std::string("erase\n"), std::string("ERASE it\n"),
                                std::string("\nERASE\n"), std::string("ERAS\n"), std::string(1000, 'E') + "ERASE\n"}) {
    CAPTURE(no);
    CHECK(answered(no).exit == 1);
  }
}

TEST_CASE("the question goes to standard error, so that a report on standard output stays whole") {
  const Ended ended = answered("ERASE\n");
  CHECK(ended.err == "Really? ");
  CHECK(ended.out == "");
}

}  // namespace aimee::test
