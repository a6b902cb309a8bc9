// How errors are built, printed and passed on.
#include "base/result.h"

#include <cerrno>
#include <memory>

#include "harness/test.h"

namespace aimee::test {

namespace {

Result<int> number_or_refusal(bool refuse) {
  if (refuse) return refusal("/dev/vda3", "holds ext4");
  return 7;
}

Result<> check(bool refuse) {
  TRY(number_or_refusal(refuse));
  return {};
}

Result<int> twice(bool refuse) {
  TRY(check(refuse));
  return 2 * TRY(number_or_refusal(false));
}

Result<int> nested() { return TRY(Result<int>(TRY(number_or_refusal(false)) + TRY(number_or_refusal(false)))); }

Result<std::unique_ptr<int>> owned() { return std::make_unique<int>(3); }

Result<int> taken() {
  const std::unique_ptr<int> value = TRY(owned());
  return *value;
}

}  // namespace

TEST_CASE("a message is subject, explanation and the words for errno, as far as there are any") {
  struct Row {
    Error error;
    std::string message;
  };
  const Row rows[] = {
      {{Outcome::failed, ENOENT, "/dev/vda3", "open"}, with_errno("/dev/vda3: open", ENOENT)},
      {{Outcome::refused, 0, "/dev/vda3", "holds ext4"}, "/dev/vda3: holds ext4"},
      {{Outcome::usage, 0, "", "unknown option -x"}, "unknown option -x"},
      {{Outcome::failed, EIO, "", "read"}, with_errno("read", EIO)},
      {{Outcome::failed, 0, "/var", ""}, "/var"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.message);
    CHECK(row.error.message() == row.message);
  }
}

TEST_CASE("a message is one line, whatever names a volume has, and nothing in it is escaped twice") {
  CHECK(failure("/var/a\nb\x1b[2J", "set label \xc3\xa4", 0).error().message() ==
        R"(/var/a\x0ab\x1b[2J: set label \xc3\xa4)");
  CHECK(refusal(R"(a\x0ab)", R"(has no \x1b)").error().message() == R"(a\x0ab: has no \x1b)");
}

TEST_CASE("a message of an errno alone is its words") {
  CHECK(Error{.code = EIO}.message() == std::string(std::strerror(EIO)));
}

TEST_CASE("a failure takes the errno of the moment") {
  errno = EBUSY;
  const Error error = failure("/dev/vda3", "lock").error();
  CHECK(error.outcome == Outcome::failed);
  CHECK(error.code == EBUSY);
  CHECK(error.subject == "/dev/vda3");
  CHECK(error.explanation == "lock");
}

TEST_CASE("a failure with a code of its own leaves errno out") {
  errno = EBUSY;
  CHECK(failure("mkfs.btrfs", "hangs", 0).error().message() == "mkfs.btrfs: hangs");
  CHECK(failure("x", "read", EFBIG).error().code == EFBIG);
}

TEST_CASE("a refusal has no errno and the outcome refused") {
  errno = EBUSY;
  const Error error = refusal("/dev/vda3", "holds ext4").error();
  CHECK(error.outcome == Outcome::refused);
  CHECK(error.code == 0);
}

TEST_CASE("an error is given a better subject, and a value passes") {
  CHECK(told(about("/var/log", number_or_refusal(true))) == "refused: /var/log: holds ext4");
  CHECK(about("/var/log", number_or_refusal(false)).value_or(0) == 7);
  CHECK(told(about("/var/log", check(false))) == "done");
}

TEST_CASE("outcomes are the contract's exit codes") {
  CHECK(static_cast<int>(Outcome::done) == 0);
  CHECK(static_cast<int>(Outcome::failed) == 1);
  CHECK(static_cast<int>(Outcome::usage) == 2);
  CHECK(static_cast<int>(Outcome::refused) == 3);
}

TEST_CASE("TRY gives the value, or returns the error unchanged, whatever the result holds") {
  CHECK(twice(false).value_or(0) == 14);
  CHECK(told(twice(true)) == "refused: /dev/vda3: holds ext4");
  CHECK(told(check(false)) == "done");
  CHECK(told(check(true)) == "refused: /dev/vda3: holds ext4");
}

TEST_CASE("one TRY may stand inside another") { CHECK(nested().value_or(0) == 14); }

TEST_CASE("TRY moves a value that cannot be copied") { CHECK(taken().value_or(0) == 3); }

TEST_CASE("a Result is small, and an error is passed on, copied and changed like a value") {
  CHECK(sizeof(Result<>) <= 2 * sizeof(void*));
  Result<int> first = number_or_refusal(true);
  Result<int> copy = first;
  copy.error().subject = "/dev/vdb";
  CHECK(first.error().subject == "/dev/vda3");
  CHECK(copy.error().message() == "/dev/vdb: holds ext4");
  const Result<int> moved = std::move(first);
  CHECK(moved.error().message() == "/dev/vda3: holds ext4");
  copy = moved;
  CHECK(copy.error().message() == "/dev/vda3: holds ext4");
  copy = 3;
  CHECK(*copy == 3);
}

}  // namespace aimee::test
