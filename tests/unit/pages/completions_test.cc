// What the generated files say of placeholders, quoting and applets without links; tests/package/check-completions
// asks the shells themselves.
#include "pages/completions.h"

#include "harness/test.h"
#include "pages/operand.h"

namespace aimee::test {

namespace {

constexpr Option options[] = {{"from", 'f', "PATH", "it's [here]"}, {"as", 0, "USER", "who"}, {"size", 's', "N", "n"}};
constexpr std::string_view kinds[] = {"one", "two"};
constexpr Manual plain{};
constexpr Manual with_words{{}, "", kinds};

Outcome nothing(const Arguments&) { return Outcome::done; }

constexpr Applet look{"look", "Look: at", "[KIND…]", "", options, nothing};
constexpr Applet hidden{"hide", "Hide", "", "", {}, nothing, {}, false};
constexpr Applet program{"prog", "All", "[APPLET]", "", {}, nullptr};

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a placeholder says what can be offered") {
  CHECK(offer_for("DIR") == Offer::folders);
  CHECK(offer_for("PATH") == Offer::files);
  CHECK(offer_for("FILE") == Offer::files);
  CHECK(offer_for("USER") == Offer::users);
  CHECK(offer_for("SECONDS") == Offer::nothing);
}

TEST_CASE("operands come from the synopsis and the manual's words") {
  const Operand words = operand_of({&look, &with_words});
  CHECK(words.placeholder == "KIND");
  CHECK(words.repeated);
  CHECK(words.offer == Offer::words);
  CHECK(operand_of({&look, &plain}).offer == Offer::nothing);
  CHECK(operand_of({&hidden, &plain}).placeholder.empty());
  const Applet once{"su", "", "[USER]", "", {}, nothing};
  CHECK(operand_of({&once, &plain}).offer == Offer::users);
  CHECK_FALSE(operand_of({&once, &plain}).repeated);
}

TEST_CASE("bash: every command has a row, only linked ones complete by their own name") {
  const Command applets[] = {{&look, &with_words}, {&hidden, &plain}};
  const std::string text = bash_completion({&program, &plain}, applets);
  CHECK(has(text, "        look)\n            options='--from -f --as --size -s --help -h --version -V'\n"));
  CHECK(has(text,
            "            files=' --from -f '\n            users=' --as '\n            others=' --size -s '\n"
            "            operands='words:one two'\n"));
  CHECK(has(text, "        hide)\n"));
  CHECK(has(text, "operands='words:look hide'"));
  CHECK(has(text, "\ncomplete -F _aimee prog look\n"));
}

TEST_CASE("zsh: quotes and brackets in a help text end nothing") {
  const Command applets[] = {{&look, &with_words}, {&hidden, &plain}};
  const std::string text = zsh_completion({&program, &plain}, applets);
  CHECK(text.starts_with("#compdef prog look\n"));
  CHECK(has(text, "'(-f --from)'{-f+,--from=}'[it'\\''s \\[here\\]]:PATH:_files'"));
  CHECK(has(text, "'--as=[who]:USER:_users'"));
  CHECK(has(text, "'*:KIND:(one two)'"));
  CHECK(has(text, "'look:Look: at'"));
}

TEST_CASE("fish: values, quoting, and the applets as subcommands") {
  const Command look_command{&look, &with_words};
  const std::string own = fish_completion(look_command);
  CHECK(has(own, "complete -c look -s f -l from -r -F -d 'it\\'s [here]'\n"));
  CHECK(has(own, "complete -c look -l as -x -a '(__fish_complete_users)' -d 'who'\n"));
  CHECK(has(own, "complete -c look -a 'one two'\n"));
  const Command applets[] = {look_command, {&hidden, &plain}};
  const std::string all = fish_completion({&program, &plain}, applets);
  CHECK(has(all, "complete -c prog -n __fish_use_subcommand -a hide -d 'Hide'\n"));
  CHECK(has(all, "complete -c prog -n '__fish_seen_subcommand_from look' -l as -x -a "));
}

}  // namespace aimee::test
