// The stored shadow's layout and its updates, looked at as readers see them: at every moment, and with a part of the
// file from before an exchange and the rest from after it.
#include "plan/shadow_file.h"

#include <algorithm>
#include <map>
#include <random>

#include "harness/test.h"

using namespace aimee;
using namespace aimee::test;

namespace {

using Accounts = std::map<std::string, std::string>;  // name to the line that counts
using States = std::vector<std::string>;              // of the file, one after the other

std::string line(const std::string& name, const std::string& password) {
  return concat(name, ":", password, ":20000:0:99999:7:::\n");
}

std::string hash(char letter, std::size_t length = 73) { return concat("$y$", std::string(length - 3, letter)); }

// Each is nobody's account.
std::vector<std::string> foreign_lines() {
  return {"# a comment",
          "#root:*:20000:0:99999:7:::",
          "+",
          "+:::::::",
          "-guest::::::::",
          "+@admins::::::::",
          "   ",
          "\r",
          "a line without a colon",
          ":*:1::::::",
          "alice:$6$salt$hash",
          "root:*:20000:0:99999:7::",
          "root:*:20000:0:99999:7::::",
          "root:*:today:0:99999:7:::",
          "root:*:20000:0:99999999999999999999:7:::",
          "j\xc3\xb6rg:*:20000:0:99999:7:::",
          "a b:*:1::::::",
          std::string("root:\0:1::::::", 14),
          concat("ldap:{CRYPT}", std::string(1100, 'z'), ":20000:0:99999:7:::"),
          concat("ldap:{CRYPT}", std::string(9000, 'z'), ":20000:0:99999:7:::"),
          std::string(1024, 'z'),
          std::string(4096, 'z')};
}

const std::string image =
    line("root", "*") + line("daemon", "*") + line("bin", "!") + line("nobody", "*") + line("owner", hash('o'));

bool is_seen(std::string_view text) {
  const auto fields = split(text, ':');
  if (text.size() >= shadow_cell || text.contains('\0') || fields.size() != 9 || fields[0].empty()) return false;
  if (std::string_view("#+-").contains(text[0])) return false;
  const auto is_plain = [](char letter) { return letter > ' ' && letter < 0x7f; };
  const auto is_number = [](std::string_view field) {
    return field.size() < 20 && field.find_first_not_of("-0123456789") == std::string_view::npos;
  };
  return std::ranges::all_of(fields[0], is_plain) && std::all_of(fields.begin() + 2, fields.end(), is_number);
}

// As readers of shadow(5) do it: what is no account's line is passed over, the first line of an account counts.
Accounts seen_in(const std::string& content) {
  Accounts accounts;
  for (const std::string_view text : split(content, '\n')) {
    if (is_seen(text)) accounts.emplace(text.substr(0, text.find(':')), text);
  }
  return accounts;
}

std::string replaced(const std::string& content, const std::string& name, const std::string& password) {
  std::string result;
  for (const std::string_view text : split(content, '\n')) {
    if (text.empty()) continue;
    result += text.starts_with(name + ":") ? line(name, password) : concat(text, "\n");
  }
  return result;
}

bool is_in_cells(const std::string& content) {
  if (content.empty() || content.size() % shadow_block != 0) return false;
  for (std::size_t end = shadow_cell; end <= content.size(); end += shadow_cell) {
    if (content[end - 1] != '\n') return false;
  }
  return true;
}

std::string in_blocks(std::string content) {
  content.resize((content.size() + shadow_block - 1) / shadow_block * shadow_block, '\n');
  return content;
}

// The file's states under an update, the first one included.
States states_of(std::string stored, const std::string& wanted) {
  const auto updates = plan_shadow_update(stored, wanted);
  if (!CHECK(told(updates) == "done")) return {};
  States states{stored};
  stored.resize((stored.size() + shadow_block - 1) / shadow_block * shadow_block, '\n');
  for (const BlockUpdate& update : *updates) {
    CHECK(update.content.size() == shadow_block);
    if (!CHECK(update.number * shadow_block <= stored.size())) return {};
    stored.replace(update.number * shadow_block, shadow_block, update.content);
    states.push_back(stored);
  }
  return states;
}

// Every account with its old or its new line, and no account that neither has.
bool is_between(const Accounts& seen, const Accounts& before, const Accounts& after) {
  const auto is_known = [&](const auto& entry) {
    const auto old_line = before.find(entry.first);
    const auto new_line = after.find(entry.first);
    return (old_line != before.end() && old_line->second == entry.second) ||
           (new_line != after.end() && new_line->second == entry.second);
  };
  const auto is_seen = [&](const auto& entry) { return seen.contains(entry.first) || !before.contains(entry.first); };
  return std::ranges::all_of(seen, is_known) && std::ranges::all_of(after, is_seen);
}

// What a reader gets that takes `piece` bytes at a time while the file goes from one state to the next at `change`.
std::string read_across(const std::string& before, const std::string& after, std::size_t change) {
  if (change >= before.size()) return before + after.substr(std::min(before.size(), after.size()));
  return before.substr(0, change) + after.substr(change);
}

void check_readers(const States& states, const std::string& wanted, std::size_t smallest_piece) {
  const Accounts before = seen_in(states.front());
  const Accounts after = seen_in(wanted);
  for (const std::string& state : states) CHECK(is_between(seen_in(state), before, after));
  for (std::size_t i = 0; i + 1 < states.size(); ++i) {
    for (std::size_t later = i + 1; later < states.size(); ++later) {
      for (std::size_t change = 0; change <= states[i].size(); change += smallest_piece) {
        CHECK(is_between(seen_in(read_across(states[i], states[later], change)), before, after));
      }
    }
  }
  CHECK(seen_in(states.back()) == after);
}

// The old accounts, up to one exchange, and the new ones from then on.
void check_one_stroke(const States& states, const std::string& wanted) {
  const Accounts before = seen_in(states.front());
  const auto is_old = [&](const std::string& state) { return seen_in(state) == before; };
  const auto first_new = std::ranges::find_if_not(states, is_old);
  CHECK(std::all_of(first_new, states.end(), [&](const std::string& s) { return seen_in(s) == seen_in(wanted); }));
}

}  // namespace

TEST_CASE("a shadow file in blocks: whole blocks, no line across a cell, room in each, the same accounts in order") {
  std::string many;
  for (int i = 0; i < 100; ++i) many += line(concat("account", i), hash('a'));
  for (const std::string& content : {image, many, std::string()}) {
    const std::string blocks = shadow_in_blocks(content);
    CHECK(is_in_cells(blocks));
    CHECK(without_padding(blocks) == content);
    CHECK(same_accounts(blocks, content));
    for (std::size_t at = 0; at < blocks.size(); at += shadow_cell) {
      CHECK(without_padding(blocks.substr(at, shadow_cell)).size() <= 768);
    }
  }
  CHECK(shadow_in_blocks(image).size() == shadow_block);
  CHECK(shadow_in_blocks(shadow_in_blocks(many)) == shadow_in_blocks(many));
}

TEST_CASE("a last line without its newline is a line") {
  CHECK(without_padding("root:*:1::::::\nbin:*:1::::::") == "root:*:1::::::\nbin:*:1::::::\n");
  CHECK(is_in_cells(shadow_in_blocks("root:*:1::::::")));
}

TEST_CASE("accounts that only the image has are appended in its order, everything else is untouched") {
  const std::string stored = line("root", hash('r')) + "\n\n" + line("bin", "!");
  CHECK(with_accounts_of(stored, image) ==
        stored + line("daemon", "*") + line("nobody", "*") + line("owner", hash('o')));
  CHECK(accounts_missing(stored, image) == std::vector<std::string>{"daemon", "nobody", "owner"});
  CHECK(with_accounts_of(image, line("root", "x") + "# a comment\n") == image);
  CHECK(with_accounts_of("root:*:1::::::", line("bin", "*")) == "root:*:1::::::\n" + line("bin", "*"));
  CHECK(accounts_missing(image, image).empty());
}

TEST_CASE("the same accounts: order, padding and second lines do not count, a changed line does") {
  const std::string other = line("bin", "!") + "\n\n" + line("root", "*") + line("root", "second");
  CHECK(same_accounts(line("root", "*") + line("bin", "!"), other));
  CHECK_FALSE(same_accounts(line("root", "*") + line("bin", "*"), other));
  CHECK_FALSE(same_accounts(line("root", "*"), other));
}

TEST_CASE("the line of an account is the first that readers take for one") {
  const std::string content = "root:*\n" + line("root", hash('r')) + line("root", "second") + "bin:!:1::::::\r\n";
  CHECK(account_line(content, "root") + "\n" == line("root", hash('r')));
  CHECK(account_line(content, "bin") == "bin:!:1::::::");
  CHECK(account_line(content, "nosuch").empty());
  CHECK(password_field(content, "bin") == "!");
  CHECK(password_field(content, "nosuch").empty());
  CHECK(has_account(image, "owner"));
  CHECK_FALSE(has_account(image, "own"));
  CHECK_FALSE(has_account("root:*\n", "root"));
}

TEST_CASE("what is nobody's: readers find no account by it") {
  for (const std::string& foreign : foreign_lines()) {
    CHECK_MESSAGE(
        accounts_alone(line("root", "*") + foreign + "\n" + line("bin", "!")) == line("root", "*") + line("bin", "!"),
        printable(foreign.substr(0, 40)));
  }
  CHECK(accounts_alone(" root:*:1::::::\t\r\n") == "root:*:1::::::\n");
  CHECK(accounts_alone("root:*:-1:0:99999:7:-1:-1:\n") == "root:*:-1:0:99999:7:-1:-1:\n");
}

TEST_CASE("a new line for one user: in place of his, broken ones of his included, and nothing else is touched") {
  const std::string fresh = line("root", hash('n'));
  const auto renewed = [&](const std::string& content) {
    return with_account_line(content, "root", fresh.substr(0, fresh.size() - 1));
  };
  const std::string around = "# root:*\n+root::::::::\n" + line("bin", "*") + line("rooted", "*");
  CHECK(renewed(line("root", "*") + around) == fresh + around);
  CHECK(renewed(around + line("root", "*") + line("root", "!")) == around + fresh + line("root", "!"));
  CHECK(renewed(around + "root:*\n") == around + fresh);
  CHECK(renewed("root\n" + around + line("root", "*")) == around + fresh);
  CHECK(renewed(concat("root:", std::string(1100, 'z'), ":1::::::\n", around)) == fresh + around);
  CHECK(renewed(around) == around + fresh);
}

TEST_CASE("what is wrong with a line, for whoever can correct it") {
  const std::string content = line("root", "*") + "broken:*:1\n\n#comment\n+\n-guest::::::::\n" + line("root", "!") +
                              line("long", hash('l', 1024)) + "bin:*:1::::::\r\n two:*:1::::::\n:*:1::::::\n" +
                              "odd:*:now::::::\n" + std::string("nul:\0:1::::::\n", 14) + "   \n";
  std::string told;
  for (const ShadowFault& fault : shadow_faults(content)) told += concat(fault.line, " ", fault.what, "\n");
  CHECK(told ==
        "2 has not nine fields\n"
        "7 names root again, and the first line counts\n"
        "8 is too long\n"
        "9 ends with a carriage return\n"
        "10 has blanks around it\n"
        "11 begins with no account's name\n"
        "12 has letters where a number belongs\n"
        "13 has a NUL byte in it\n");
  CHECK(shadow_faults(shadow_in_blocks(image)).empty());
}

TEST_CASE("what a program that was given accounts must not leave") {
  const auto checked = [](const std::string& content) { return told(check_shadow(content, "it")); };
  CHECK(checked(image) == "done");
  CHECK(checked(shadow_in_blocks(image)) == "done");
  CHECK(checked(image + "# a comment\n") == "done");
  CHECK(checked(image + "short:*:1\n") == "failed: it: the line \"short\" has not nine fields");
  CHECK(checked(image + "secretwithoutcolon\x01\n").find("begins with no account's name") != std::string::npos);
  CHECK(checked(image + ":*:1::::::\n") == "failed: it: the line \"\" begins with no account's name");
  CHECK(checked(image + line("-x", "*")) == "failed: it: the line \"-x\" begins with no account's name");
  CHECK(checked(image + line("bin", "*")) == "failed: it: has bin twice");
  CHECK(checked(image + line("long", hash('l', 1024))) == "failed: it: the line \"long\" is too long");
  CHECK(checked(image + std::string("nul:\0:1::::::\n", 14)) == "failed: it: the line \"nul\" has a NUL byte in it");
}

TEST_CASE("nothing to change: no block is exchanged") {
  const auto updates = plan_shadow_update(shadow_in_blocks(image), image);
  MUST_SUCCEED(updates);
  CHECK(updates->empty());
}

TEST_CASE("a new password is one block, and the other cells of that stay as they are") {
  const std::string stored = shadow_in_blocks(image + line("last", hash('l', 400)) + line("far", hash('f', 400)));
  const std::string wanted = replaced(without_padding(stored), "root", hash('n'));
  const States states = states_of(stored, wanted);
  MUST(states.size() == 2);
  CHECK((states[1].substr(shadow_cell) == stored.substr(shadow_cell)));
  check_readers(states, wanted, shadow_cell);
  check_one_stroke(states, wanted);
}

TEST_CASE("a line that outgrows its cell is written behind first, then taken away in front") {
  std::string content = line("root", "*");
  for (int i = 0; i < 10; ++i) content += line(concat("account", i), "*");
  for (const std::size_t length : {380U, 700U, 990U}) {
    const std::string stored = shadow_in_blocks(content);
    const std::string wanted = replaced(content, "account3", hash('n', length));
    const States states = states_of(stored, wanted);
    CHECK(states.size() <= 3);
    check_readers(states, wanted, shadow_cell);
    check_one_stroke(states, wanted);
  }
}

TEST_CASE("a line that no block has room for gets a new one at the end") {
  std::string content = line("root", "*");
  while (shadow_in_blocks(content).size() == shadow_block) content += line(concat("a", content.size()), hash('a'));
  content = without_padding(shadow_in_blocks(content).substr(0, shadow_block));
  const std::string wanted = replaced(content, "root", hash('n', 990));
  const States states = states_of(shadow_in_blocks(content), wanted);
  MUST(states.size() == 3);
  CHECK(states[1].size() == 2 * shadow_block);
  CHECK(seen_in(states[1]) == seen_in(content));
  check_readers(states, wanted, shadow_cell);
  check_one_stroke(states, wanted);
}

TEST_CASE("the line that a cut left behind is removed by the next update, and the first one counts") {
  const std::string stored = shadow_in_blocks(image) + shadow_in_blocks(line("root", hash('c')));
  const auto updates = plan_shadow_update(stored, image);
  MUST_SUCCEED(updates);
  CHECK(updates->size() == 1);
  const States states = states_of(stored, image);
  for (const std::string& state : states) CHECK(seen_in(state) == seen_in(image));
  CHECK(without_padding(states.back()) == image);
}

TEST_CASE("new accounts are added, accounts that are not wanted any more go") {
  const std::string wanted = line("root", hash('n')) + line("daemon", "*") + line("fresh", hash('f'));
  const States states = states_of(shadow_in_blocks(image), wanted);
  check_readers(states, wanted, shadow_cell);
  CHECK(seen_in(states.back()) == seen_in(wanted));
}

TEST_CASE("a file that was edited in place: brought into cells, where it fits a block at a time") {
  EMULATION_LACKS("time for so many readers");
  SUBCASE("one block that is not full") {
    std::string content = line("root", "*");
    while (content.size() < 3000) content += line(concat("a", content.size()), hash('a'));
    content.pop_back();
    const std::string wanted = replaced(content, "root", hash('n'));
    const States states = states_of(content, wanted);
    MUST(states.size() == 4);  // its cell is full then, so the line goes behind first
    CHECK(is_in_cells(states.back()));
    check_readers(states, wanted, shadow_block);
    check_one_stroke(states, wanted);
  }
  SUBCASE("lines across blocks, an account's second one behind them") {
    std::string content = line("root", "*");
    while (content.size() < 5000) content += line(concat("a", content.size()), hash('a', 700));
    content += line("root", "!");
    const std::string behind = shadow_in_blocks(line("root", "second") + line("owner", "*") + "+\n");
    for (const std::string& stored : {content, in_blocks(content) + behind, in_blocks(content) + behind + content}) {
      for (const std::string name : {"root", "owner", "a26"}) {
        const std::string fresh = line(name, hash('n', 200));
        const std::string wanted = with_account_line(stored, name, fresh.substr(0, fresh.size() - 1));
        const States states = states_of(stored, wanted);
        check_readers(states, wanted, shadow_block);
        check_one_stroke(states, wanted);
        CHECK(is_in_cells(states.back()));
        CHECK(states_of(states.back(), wanted).size() == 1);
      }
    }
  }
  SUBCASE("a long line that does not stand where one belongs") {
    const std::string content = image + concat("ldap:{CRYPT}", std::string(3000, 'z'), ":1::::::\n") + line("far", "*");
    for (const std::string name : {"root", "far"}) {
      const std::string wanted = replaced(content, name, hash('n'));
      const States states = states_of(content, wanted);
      check_readers(states, wanted, shadow_block);
      CHECK(same_accounts(states.back(), wanted));
    }
  }
  SUBCASE("a last line without its end, where a block ends") {
    std::string content = shadow_in_blocks(line("root", "*"));
    content.replace(content.size() - 20, 20, "bin:*:1234:2::::::");
    content.resize(shadow_block);
    content.replace(shadow_block - 14, 14, "bin:*:1::::::7");
    const std::string wanted = replaced(content, "root", hash('n'));
    const States states = states_of(content, wanted);
    CHECK(seen_in(states.back()) == seen_in(wanted));
  }
  SUBCASE("an empty file") {
    const States states = states_of("", image);
    CHECK(seen_in(states.back()) == seen_in(image));
  }
}

TEST_CASE("nobody's lines stay where they are, whatever changes around them") {
  for (const std::string& foreign : foreign_lines()) {
    const std::string before = line("root", "*") + foreign + "\n" + line("bin", "!") + line("owner", "*");
    for (const std::string& stored : {shadow_in_blocks(before), shadow_in_blocks(foreign + "\n" + before)}) {
      const std::string fresh = line("root", hash('n', 990));
      const std::string wanted = with_account_line(stored, "root", fresh.substr(0, fresh.size() - 1));
      CHECK(wanted.contains(foreign) == !foreign.starts_with("root:"));
      const States states = states_of(stored, wanted);
      CHECK(states.size() <= (foreign.starts_with("root:") ? 4U : 3U));
      check_readers(states, wanted, shadow_cell);
      check_one_stroke(states, wanted);
      CHECK(same_accounts(states.back(), wanted));
      const States added = states_of(states.back(), wanted + line("fresh", "*"));
      CHECK(added.size() == 2);
      CHECK(same_accounts(added.back(), wanted + line("fresh", "*")));
    }
  }
}

TEST_CASE("a file with all kinds of nobody's lines in it: their order is kept, and taken from what is wanted") {
  EMULATION_LACKS("time for so many readers");
  std::string foreign;
  for (const std::string& text : foreign_lines()) foreign += text + "\n";
  const std::string stored = shadow_in_blocks(image + foreign);
  const std::string nobodys = without_padding(stored).substr(image.size());
  SUBCASE("a password") {
    const std::string wanted = replaced(image, "root", hash('n')) + nobodys;
    const States states = states_of(stored, wanted);
    CHECK(states.size() == 2);
    CHECK(without_padding(states.back()) == wanted);
  }
  SUBCASE("all of them go") {
    const States states = states_of(stored, image);
    check_readers(states, image, shadow_cell);
    CHECK(without_padding(states.back()) == image);
  }
  SUBCASE("all of them come") {
    const States states = states_of(shadow_in_blocks(image), image + foreign);
    check_readers(states, image + foreign, shadow_cell);
    CHECK(same_accounts(states.back(), image + foreign));
    CHECK(plan_shadow_update(states.back(), image + foreign)->empty());
  }
  SUBCASE("another order") {
    const std::string wanted = "-guest::::::::\n" + image + "+\n";
    const States states = states_of(shadow_in_blocks(image + "+\n"), wanted);
    CHECK(without_padding(states.back()) == image + "-guest::::::::\n+\n");
    CHECK(same_accounts(states.back(), wanted));
  }
}

TEST_CASE("an account twice: the second line stays, and never counts") {
  const std::string second = line("root", "second");
  const std::string stored = shadow_in_blocks(image + second);
  SUBCASE("a password that fits") {
    const States states = states_of(stored, replaced(image, "root", hash('n')) + second);
    CHECK(states.size() == 2);
    CHECK(without_padding(states.back()).ends_with(second));
  }
  SUBCASE("a line that outgrows its cell") {
    const std::string wanted = replaced(image, "root", hash('n', 990)) + second;
    const States states = states_of(stored, wanted);
    check_readers(states, wanted, shadow_cell);
    check_one_stroke(states, wanted);
  }
  SUBCASE("the account goes") {
    const std::string content = image + line("gone", "*") + line("gone", "second");
    const States states = states_of(shadow_in_blocks(content), image);
    check_readers(states, image, shadow_cell);
  }
}

TEST_CASE("carriage returns go with the block that is changed") {
  const std::string stored = "root:*:1::::::\r\nbin:*:1::::::\r\n";
  const States states = states_of(stored, "root:new:1::::::\nbin:*:1::::::\n");
  CHECK(without_padding(states.back()) == "root:new:1::::::\nbin:*:1::::::\n");
  CHECK_FALSE(states.back().contains('\r'));
}

TEST_CASE("a version that has lost root is not planned") {
  CHECK(told(plan_shadow_update(shadow_in_blocks(image), "")) == "failed: the new version: has no root");
}

TEST_CASE("any sequence of changes: every reader finds every account, with its old line or its new one") {
  EMULATION_LACKS("time for so many readers");
  std::mt19937 random(3);
  const auto number = [&](std::size_t most) { return std::uniform_int_distribution<std::size_t>(0, most)(random); };
  for (int run = 0; run < 20; ++run) {
    const std::size_t accounts = 1 + number(60);
    std::string content = line("root", "*");
    for (std::size_t i = 1; i < accounts; ++i) content += line(concat("user", i), hash('a', 3 + number(200)));
    std::string stored = shadow_in_blocks(content);
    for (int change = 0; change < 20; ++change) {
      const std::size_t chosen = number(accounts - 1);
      const std::string name = chosen == 0 ? "root" : concat("user", chosen);
      const std::string wanted = replaced(content, name, hash('b', 3 + number(change % 5 == 0 ? 900 : 100)));
      const States states = states_of(stored, wanted);
      if (!CHECK(!states.empty())) return;
      CHECK(states.size() <= 3);
      check_readers(states, wanted, shadow_cell);
      check_one_stroke(states, wanted);
      CHECK(is_in_cells(states.back()));
      content = wanted;
      stored = states.back();
    }
  }
}
