// Child processes: how they end, what is told of it, and that nothing is left of them.
#include "system/process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>

#include "harness/child.h"
#include "harness/temporary_folder.h"
#include "harness/test.h"
#include "system/clock.h"
#include "system/fd.h"

namespace aimee::test {

namespace {

using std::chrono::seconds;

constexpr seconds long_limit{120};

Result<> shell(const std::string& script, seconds limit = long_limit) {
  return run_program({"sh", "-c", script}, limit);
}

bool has_no_children() { return waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD; }

int descriptors() {
  const int next = dup(STDIN_FILENO);
  close(next);
  return next;
}

}  // namespace

TEST_CASE("exit status 0 is success, whatever was printed") {
  CHECK(told(run_program({"true"}, long_limit)) == "done");
  CHECK(told(shell("echo out; echo err >&2")) == "done");
}

TEST_CASE("another exit status is told, with the last line that was printed") {
  struct Row {
    std::string script;
    std::string message;
  };
  const Row rows[] = {
      {"exit 3", "failed: sh: failed with exit status 3"},
      {"echo first; echo last; exit 1", "failed: sh: failed with exit status 1: last"},
      {"echo out; echo err >&2; exit 1", "failed: sh: failed with exit status 1: err"},
      {"printf 'no newline'; exit 1", "failed: sh: failed with exit status 1: no newline"},
      {"printf 'last\\n\\n  \\n'; exit 1", "failed: sh: failed with exit status 1: last"},
      {"printf 'a\\r\\nb\\r\\n'; exit 1", "failed: sh: failed with exit status 1: b"},
      {"printf '\\033[2J\\377'; exit 1", R"(failed: sh: failed with exit status 1: \x1b[2J\xff)"},
      {"exit 255", "failed: sh: failed with exit status 255"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.script);
    CHECK(told(shell(row.script)) == row.message);
  }
}

TEST_CASE("a signal is told") {
  CHECK(told(shell("kill -9 $$")) == "failed: sh: was killed by signal 9");
  CHECK(told(shell("echo said; kill -15 $$")) == "failed: sh: was killed by signal 15: said");
}

TEST_CASE("a program that is not there is told as such") {
  CHECK(told(run_program({"aimee-no-such-program"}, long_limit)) ==
        with_errno("failed: aimee-no-such-program: failed with exit status 127: cannot be run", ENOENT));
  const TemporaryFolder folder;
  const std::string file = folder.file("data", "no program\n", 0644);
  CHECK(told(run_program({file}, long_limit)) ==
        with_errno(concat("failed: ", file, ": failed with exit status 127: cannot be run"), EACCES));
}

TEST_CASE("arguments arrive as they are, without a shell") {
  CHECK(told(run_program({"sh", "-c", R"(test "$1" = 'a b' && test "$2" = '$HOME' && test "$3" = '' && test $# = 3)",
                          "sh", "a b", "$HOME", ""},
                         long_limit)) == "done");
}

TEST_CASE("a lot of output neither blocks the child nor fills the memory, and its end is kept") {
  CHECK(told(shell("yes some output | head -c 3000000; echo; echo the end; exit 1")) ==
        "failed: sh: failed with exit status 1: the end");
  const std::string message = told(shell("head -c 100000 /dev/zero | tr '\\0' x; exit 1"));
  CHECK(message.starts_with("failed: sh: failed with exit status 1: xxx"));
  CHECK(message.size() < 5000);
}

TEST_CASE("the child reads nothing, speaks the C locale, and has the variables that it was given") {
  CHECK(told(shell("! read line")) == "done");
  CHECK(told(shell("test \"$LC_ALL\" = C")) == "done");
  CHECK(told(run_program({"sh", "-c", R"(test "$AIMEE_A" = 'x y' && test "$LC_ALL" = other)"}, long_limit,
                         {{"AIMEE_A", "x y"}, {"LC_ALL", "other"}})) == "done");
  CHECK(std::getenv("AIMEE_A") == nullptr);
}

TEST_CASE("the child inherits no descriptor but the three") {
  const TemporaryFolder folder;
  const auto file = open_file(folder.file("file", ""), O_RDONLY);
  MUST_SUCCEED(file);
  CHECK(told(shell(concat("! test -e /proc/self/fd/", file->get()))) == "done");
}

TEST_CASE("a child that exceeds its time is killed") {
  CHECK(told(shell("echo busy; exec sleep 600", seconds(1))) == "failed: sh: did not end within 1 s and was killed");
  CHECK(told(run_program({"sleep", "600"}, seconds(0))) == "failed: sleep: did not end within 0 s and was killed");
  CHECK(has_no_children());
}

TEST_CASE("a child that exceeds its time with its output closed is killed too") {
  EMULATION_LACKS("pidfd_open");
  CHECK(told(shell("exec >&- 2>&-; exec sleep 600", seconds(1))) ==
        "failed: sh: did not end within 1 s and was killed");
  CHECK(has_no_children());
}

// SIGALRM ends this test's process where the time limit does not.
TEST_CASE("a child that prints without end is killed when its time is over") {
  const Ended ended = run_in_child([] {
    alarm(10);
    const auto result = run_program({"yes"}, seconds(1));
    return told(result) == "failed: yes: did not end within 1 s and was killed" ? 0 : 1;
  });
  CHECK(ended.signal == 0);
  CHECK(ended.exit == 0);
}

TEST_CASE("every way out reaps the child and closes what was opened") {
  const int before = descriptors();
  CHECK(told(shell("exit 0")) == "done");
  CHECK_FALSE(shell("exit 1").has_value());
  CHECK_FALSE(shell("kill -9 $$").has_value());
  CHECK_FALSE(run_program({"aimee-no-such-program"}, long_limit).has_value());
  CHECK_FALSE(run_program({"sleep", "600"}, seconds(0)).has_value());
  CHECK(has_no_children());
  CHECK(descriptors() == before);
}

TEST_CASE("signals do not disturb the wait") {
  const Ended ended = run_in_child([] {
    struct sigaction action{};
    action.sa_handler = [](int) {};
    sigaction(SIGUSR1, &action, nullptr);
    const auto result =
        shell(concat("for i in 1 2 3 4 5 6 7 8 9; do kill -USR1 ", static_cast<int>(getpid()), "; done; exit 4"));
    return told(result) == "failed: sh: failed with exit status 4" ? 0 : 1;
  });
  CHECK(ended.exit == 0);
}

TEST_CASE("interrupts that the parent ignores reach the child") {
  const Ended ended = run_in_child([] {
    std::signal(SIGINT, SIG_IGN);
    std::signal(SIGTERM, SIG_IGN);
    const bool interrupt = told(shell("kill -INT $$; exit 0")) == "failed: sh: was killed by signal 2";
    const bool terminate = told(shell("kill -TERM $$; exit 0")) == "failed: sh: was killed by signal 15";
    return interrupt && terminate ? 0 : 1;
  });
  CHECK(ended.exit == 0);
}

TEST_CASE("the child dies with its parent, however that ends") {
  EMULATION_LACKS("PR_SET_CHILD_SUBREAPER");
  const TemporaryFolder folder;
  const std::string fifo = folder / "fifo";
  prepared(mkfifo(fifo.c_str(), 0600) == 0, fifo);
  const Ended ended = run_in_child([&] {
    alarm(60);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    const pid_t parent = fork();
    if (parent == 0) {
      (void)shell(concat("echo $$ > ", fifo, "; exec sleep 600"));
      _exit(0);
    }
    const auto number = read_file(fifo);  // waits until the child is there
    const auto child = number ? parse_number(trimmed(*number)) : std::nullopt;
    kill(parent, SIGKILL);
    waitpid(parent, nullptr, 0);
    int status = 0;
    if (!child || waitpid(static_cast<pid_t>(*child), &status, 0) < 0) return 1;
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? 0 : 2;
  });
  CHECK(ended.exit == 0);
  CHECK(ended.signal == 0);
}

TEST_CASE("the output of a program is all that it wrote to standard output; its other words explain a failure") {
  const auto printed =
      output_of({.arguments = {"sh", "-c", "echo out; echo err >&2; printf 'no newline'"}, .limit = long_limit});
  MUST_SUCCEED(printed);
  CHECK(*printed == "out\nno newline");
  CHECK(told(output_of({.arguments = {"sh", "-c", "echo out; echo err >&2; exit 4"}, .limit = long_limit})) ==
        "failed: sh: failed with exit status 4: err");
  CHECK(told(output_of({.arguments = {"head", "-c", "1048577", "/dev/zero"}, .limit = long_limit})) ==
        with_errno("failed: head: printed too much", EFBIG));
  CHECK(has_no_children());
}

TEST_CASE("a child that prints faster than it is read is killed when its time is over") {
  const auto begin = std::chrono::steady_clock::now();
  CHECK(told(output_of({.arguments = {"yes"}, .limit = seconds(1)})) ==
        "failed: yes: did not end within 1 s and was killed");
  CHECK(std::chrono::steady_clock::now() - begin < seconds(30));
  CHECK(has_no_children());
}

TEST_CASE("an exit status can be an answer; no program, a signal and the time limit are failures") {
  const auto no =
      end_of({.arguments = {"sh", "-c", "echo out; echo first >&2; echo why >&2; exit 9"}, .limit = long_limit});
  MUST_SUCCEED(no);
  CHECK(no->status == 9);
  CHECK(no->output == "out\n");
  CHECK(no->last_words == "why");
  const auto yes = end_of({.arguments = {"true"}, .limit = long_limit});
  MUST_SUCCEED(yes);
  CHECK(yes->status == 0);
  CHECK(told(end_of({.arguments = {"aimee-no-such-program"}, .limit = long_limit})) ==
        with_errno("failed: aimee-no-such-program: failed with exit status 127: cannot be run", ENOENT));
  CHECK(told(end_of({.arguments = {"sh", "-c", "kill -9 $$"}, .limit = long_limit})) ==
        "failed: sh: was killed by signal 9");
  CHECK(told(end_of({.arguments = {"sleep", "600"}, .limit = seconds(0)})) ==
        "failed: sleep: did not end within 0 s and was killed");
  CHECK(has_no_children());
}

TEST_CASE("a program starts in the folder and with the descriptors that it is given") {
  const TemporaryFolder folder;
  const auto opened = open_file(folder.path(), O_RDONLY | O_DIRECTORY);
  MUST_SUCCEED(opened);
  const auto printed = output_of({.arguments = {"pwd", "-P"}, .limit = long_limit, .folder = &*opened});
  MUST_SUCCEED(printed);
  CHECK(*printed == folder.path() + "\n");
  const std::string look = concat("test -d /proc/self/fd/", opened->get());
  CHECK(told(run_program({.arguments = {"sh", "-c", look}, .limit = long_limit, .inherited = {&*opened}})) == "done");
  CHECK(told(run_program({.arguments = {"sh", "-c", look}, .limit = long_limit})) ==
        "failed: sh: failed with exit status 1");
}

TEST_CASE("a program on the terminal has our standard files; its exit status or signal is the result") {
  const auto status_of_script = [](const std::string& script) {
    const auto status = run_on_terminal({.arguments = {"sh", "-c", script}});
    return status ? *status : -1;
  };
  const Ended ended = run_in_child([&] { return status_of_script("echo out; echo err >&2; exit 7"); });
  CHECK(ended.exit == 7);
  CHECK(ended.out == "out\n");
  CHECK(ended.err == "err\n");
  CHECK(status_of_script("kill -INT $$") == 128 + SIGINT);
  CHECK(status_of_script("kill -9 $$") == 128 + SIGKILL);
}

TEST_CASE("an interrupt from the terminal ends the program on it and not the one that waits") {
  const Ended ended = run_in_child([] {
    const auto status = run_on_terminal({.arguments = {"sh", "-c", "kill -INT $PPID; kill -INT $$"}});
    return status ? *status - 128 : 100;
  });
  CHECK(ended.exit == SIGINT);
}

TEST_CASE(
    "a program that ignores the terminal's interrupt is killed where that is asked, and the result says interrupted") {
  const Ended ended = run_in_child([] {
    const auto status = run_on_terminal(
        {.arguments = {"sh", "-c", "trap '' INT; kill -INT $PPID; exec sleep 60"}, .interrupt_kills = true});
    return status ? *status - 128 : 100;
  });
  CHECK(ended.exit == SIGINT);
}

}  // namespace aimee::test
