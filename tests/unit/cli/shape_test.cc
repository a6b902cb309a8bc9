// The shape of an applet's run: which of its parts are asked, what is printed where, which exit code comes of it.
#include "cli/shape.h"

#include <unistd.h>

#include <utility>

#include "base/log.h"
#include "harness/child.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

constexpr Option options[] = {option_dry_run, option_json, {"fail", 0, "HOW", "how the run ends"}};

struct Request {
  std::string fail;
};

struct Report {
  bool ran = false;
};

Result<Request> parse(const Arguments& arguments) {
  if (arguments.value("fail") == "usage") return std::unexpected(Error{Outcome::usage, 0, "", "wrong words"});
  return Request{std::string(arguments.value("fail"))};
}

Result<> run(const Request& request, Report& report) {
  report.ran = true;
  if (request.fail == "refused") return refusal("/dev/vda3", "holds ext4");
  if (request.fail == "told") {
    log_error("the first entry");
    return std::unexpected(Error{.explanation = "some entries", .told = true});
  }
  return {};
}

JsonObject json(const Report& report, const Request&, const Result<>&) {
  JsonObject object;
  return object.add("ran", report.ran);
}

std::string page(const Report&, const Request& request) { return request.fail == "nothing" ? "" : "the page\n"; }

void tell(const Report&, const Request&, const Result<>& result) { log_notice(result ? "done" : "not done"); }

Ended ended_with(std::vector<std::string> words, bool full_output = false) {
  return run_in_child([&] {
    set_log_name("shape");
    if (full_output) close(STDOUT_FILENO);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    const auto arguments = parse_arguments(options, argv);
    return static_cast<int>(carry_out(Shape<Request, Report>{parse, run, json, page, tell}, *arguments));
  });
}

}  // namespace

TEST_CASE("a run that succeeds prints its page, tells, and exits with 0") {
  const Ended ended = ended_with({});
  CHECK(ended.exit == 0);
  CHECK(ended.out == "the page\n");
  CHECK(ended.err == "shape: done\n");
  CHECK(ended_with({"--fail=nothing"}).out.empty());
}

TEST_CASE("--json is the applet's members, the exit code and the error") {
  CHECK(ended_with({"--json"}).out == "{\"ran\": true, \"exit\": 0, \"error\": null}\n");
  CHECK(ended_with({"--json", "--fail=refused"}).out ==
        "{\"ran\": true, \"exit\": 3, \"error\": \"/dev/vda3: holds ext4\"}\n");
}

TEST_CASE("a run that fails prints no page; its error is the last line and the exit code") {
  const Ended ended = ended_with({"--fail=refused"});
  CHECK(ended.exit == 3);
  CHECK(ended.out.empty());
  CHECK(ended.err == "shape: not done\nshape: /dev/vda3: holds ext4\n");
}

TEST_CASE("an error that was told on the way is not said again, and has its exit code and its place in JSON") {
  const Ended ended = ended_with({"--json", "--fail=told"});
  CHECK(ended.exit == 1);
  CHECK(ended.err == "shape: the first entry\nshape: not done\n");
  CHECK(ended.out == "{\"ran\": true, \"exit\": 1, \"error\": \"some entries\"}\n");
}

TEST_CASE("a wrong command line runs nothing") {
  const Ended ended = ended_with({"--json", "--fail=usage"});
  CHECK(ended.exit == 2);
  CHECK(ended.out.empty());
  CHECK(ended.err == "shape: wrong words\n");
}

TEST_CASE("an output that nobody takes is a failure of a run that succeeded, and hides no other") {
  const std::string closed = concat("shape: ", with_errno("standard output: write", EBADF), "\n");
  CHECK(ended_with({}, true).exit == 1);
  CHECK(ended_with({}, true).err == concat("shape: done\n", closed));
  const Ended refused = ended_with({"--json", "--fail=refused"}, true);
  CHECK(refused.exit == 3);
  CHECK(refused.err == concat("shape: not done\n", closed, "shape: /dev/vda3: holds ext4\n"));
}

}  // namespace aimee::test
