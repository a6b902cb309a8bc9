// The grammar of command lines, and every way to get it wrong.
#include "cli/options.h"

#include <memory>

#include "harness/test.h"

namespace aimee::test {

namespace {

constexpr Option table[] = {
    option_root,
    option_dry_run,
    option_json,
    {"timeout", 't', "SECONDS", "wait at most so long"},
    {"quick", 'q', "", "be quick"},
};

using Words = std::vector<std::string>;

Result<Arguments> parse(Words words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  return parse_arguments(table, arguments);
}

// "name=value" of every option of the table and the common ones that is there, then the operands.
std::string shown(const Arguments& arguments) {
  std::string text;
  for (const std::string_view name : {"root", "dry-run", "json", "timeout", "quick", "help", "version"}) {
    if (arguments.has(name)) text += concat(name, "=", arguments.value(name), ";");
  }
  for (const std::string& operand : arguments.operands()) text += concat(" ", operand);
  return text;
}

}  // namespace

TEST_CASE("options and operands are understood in every form of getopt_long") {
  struct Row {
    Words words;
    std::string_view meaning;
  };
  const Row rows[] = {
      {{}, ""},
      {{"--dry-run"}, "dry-run=;"},
      {{"-n"}, "dry-run=;"},
      {{"--timeout=5"}, "timeout=5;"},
      {{"--timeout", "5"}, "timeout=5;"},
      {{"-t5"}, "timeout=5;"},
      {{"-t", "5"}, "timeout=5;"},
      {{"-nq"}, "dry-run=;quick=;"},
      {{"-nqt5"}, "dry-run=;timeout=5;quick=;"},
      {{"-nt", "5", "-q"}, "dry-run=;timeout=5;quick=;"},
      {{"-tn"}, "timeout=n;"},
      {{"-t=5"}, "timeout==5;"},
      {{"--timeout="}, "timeout=;"},
      {{"--timeout", ""}, "timeout=;"},
      {{"--timeout=a=b"}, "timeout=a=b;"},
      {{"--timeout", "-5"}, "timeout=-5;"},
      {{"--timeout", "--"}, "timeout=--;"},
      {{"-t", "--dry-run"}, "timeout=--dry-run;"},
      {{"--help"}, "help=;"},
      {{"-h"}, "help=;"},
      {{"--version"}, "version=;"},
      {{"-V"}, "version=;"},
      {{"one", "two"}, " one two"},
      {{"one", "-n", "two"}, "dry-run=; one two"},
      {{"-"}, " -"},
      {{""}, " "},
      {{"--"}, ""},
      {{"--", "--dry-run", "-n", "--"}, " --dry-run -n --"},
      {{"-n", "--", "one"}, "dry-run=; one"},
      {{"--root=/a", "--root", "/b"}, "root=/b;"},
      {{"--dry-run", "--dry-run"}, "dry-run=;"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.meaning);
    const auto parsed = parse(row.words);
    CHECK(told(parsed) == "done");
    if (parsed) CHECK(shown(*parsed) == row.meaning);
  }
}

TEST_CASE("what is no option, or has a value too many or too few, is wrong usage and says why") {
  struct Row {
    Words words;
    std::string_view message;
  };
  const Row rows[] = {
      {{"--nonsense"}, "usage: unknown option --nonsense; see --help"},
      {{"--nonsense=5"}, "usage: unknown option --nonsense; see --help"},
      {{"--dry"}, "usage: unknown option --dry; see --help"},
      {{"--dry-runs"}, "usage: unknown option --dry-runs; see --help"},
      {{"--=5"}, "usage: unknown option --; see --help"},
      {{"---"}, "usage: unknown option ---; see --help"},
      {{"-x"}, "usage: unknown option -x; see --help"},
      {{"-nx"}, "usage: unknown option -x; see --help"},
      {{"-n5"}, "usage: unknown option -5; see --help"},
      {{"-n="}, "usage: unknown option -=; see --help"},
      {{"-\n"}, R"(usage: unknown option -\x0a; see --help)"},
      {{"--\x1b[2J"}, R"(usage: unknown option --\x1b[2J; see --help)"},
      {{"--dry-run=yes"}, "usage: --dry-run takes no value; see --help"},
      {{"--dry-run="}, "usage: --dry-run takes no value; see --help"},
      {{"--timeout"}, "usage: --timeout needs SECONDS; see --help"},
      {{"-t"}, "usage: --timeout needs SECONDS; see --help"},
      {{"-nt"}, "usage: --timeout needs SECONDS; see --help"},
      {{"--root"}, "usage: --root needs DIR; see --help"},
      {{"--help=x"}, "usage: --help takes no value; see --help"},
      {{"one", "--nonsense"}, "usage: unknown option --nonsense; see --help"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.message);
    CHECK(told(parse(row.words)) == row.message);
  }
}

TEST_CASE("options without a letter are not reached by a zero byte or by the first letter of their name") {
  CHECK(told(parse({"-j"})) == "usage: unknown option -j; see --help");
  CHECK(told(parse({"-r"})) == "usage: unknown option -r; see --help");
}

TEST_CASE("a value that was not given is the fallback") {
  const auto parsed = parse({"--root=/a"});
  MUST_SUCCEED(parsed);
  CHECK(parsed->value("timeout") == "");
  CHECK(parsed->value("timeout", "90") == "90");
  CHECK(parsed->value("root", "/") == "/a");
  CHECK_FALSE(parsed->has("timeout"));
}

TEST_CASE("the parsed arguments outlive the command line") {
  auto words = std::make_unique<Words>(Words{"--timeout=5", "operand"});
  std::vector<char*> arguments;
  for (std::string& word : *words) arguments.push_back(word.data());
  const auto parsed = parse_arguments(table, arguments);
  words.reset();
  MUST_SUCCEED(parsed);
  CHECK(shown(*parsed) == "timeout=5; operand");
}

TEST_CASE("a table may give a common option's letter a meaning of its own") {
  static constexpr Option own[] = {{"host", 'h', "NAME", "the host"}};
  std::string word = "-hbox";
  char* const arguments[] = {word.data()};
  const auto parsed = parse_arguments(own, arguments);
  MUST_SUCCEED(parsed);
  CHECK(parsed->value("host") == "box");
  CHECK_FALSE(parsed->has("help"));
}

TEST_CASE("a root loses the slashes at its end, and none or / is the running system") {
  CHECK(root_of(*parse({"--root", "/srv/image//"})) == "/srv/image");
  CHECK(root_of(*parse({"--root", "/"})) == "");
  CHECK(root_of(*parse({})) == "");
}

TEST_CASE("a number of seconds is at most a day, and anything else is wrong usage") {
  const std::chrono::seconds fallback{90};
  CHECK(seconds_of(*parse({}), "timeout", fallback).value_or(std::chrono::seconds()) == fallback);
  CHECK(seconds_of(*parse({"-t0"}), "timeout", fallback).value_or(fallback).count() == 0);
  CHECK(seconds_of(*parse({"-t86400"}), "timeout", fallback).value_or(fallback).count() == 86400);
  for (const char* value : {"86401", "-1", "x", "", "1.5"}) {
    CHECK(told(seconds_of(*parse({concat("--timeout=", value)}), "timeout", fallback)) ==
          concat("usage: --timeout: ", value, " is no number of seconds up to 86400"));
  }
}

}  // namespace aimee::test
