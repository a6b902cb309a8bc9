// The rescue console's page is made of what is known, and offers only what helps.
#include "plan/rescue.h"

#include "harness/test.h"

namespace aimee::test {

namespace {

RescueFacts refused() {
  RescueFacts facts;
  facts.creation = {"init-storage.service", "loaded", "failed", "exit-code", "3", {"init-storage: /dev/vda2: no"}};
  facts.mount = {"var.mount", "loaded", "inactive", "success", "", {}};
  facts.volume = "init-storage: /dev/vda2: no";
  facts.volume_is_usable = false;
  return facts;
}

bool shows(const RescueFacts& facts, std::string_view text) {
  return rescue_page(facts).find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("the blocks of systemctl show become units, in any order of lines") {
  const auto units = parse_unit_reports(
      "ExecMainStatus=3\nResult=exit-code\nId=init-storage.service\nLoadState=loaded\nActiveState=failed\nX=y\n"
      "\n"
      "Id=var.mount\nLoadState=not-found\nActiveState=inactive\nResult=success\n");
  REQUIRE(units.size() == 2);
  CHECK(units[0].name == "init-storage.service");
  CHECK(units[0].failed());
  CHECK(units[0].status == "3");
  CHECK(units[1].load == "not-found");
  CHECK_FALSE(units[1].is_active());
  CHECK(parse_unit_reports("").empty());
}

TEST_CASE("what failed is told with its exit code and its own words, once") {
  const std::string page = rescue_page(refused());
  CHECK(page.find("init-storage.service failed (exit code 3):\n") != std::string::npos);
  CHECK(page.find("/dev/vda2: no") == page.rfind("/dev/vda2: no"));
  CHECK(page.find("Nothing on the disk was changed.") != std::string::npos);
}

TEST_CASE("what has changed since is told too") {
  RescueFacts facts = refused();
  facts.volume = "/dev/vda2 is blank";
  facts.volume_is_usable = true;
  CHECK(shows(facts, "Now:       /dev/vda2 is blank\n"));
  CHECK_FALSE(shows(facts, "Nothing on the disk was changed"));
}

TEST_CASE("a mount that failed is told with what mount(8) said") {
  RescueFacts facts;
  facts.creation = {"init-storage.service", "loaded", "active", "success", "0", {}};
  facts.mount = {"var.mount", "loaded", "failed", "exit-code", "32", {"mount: /var: wrong fs type"}};
  CHECK(shows(facts, "var.mount failed (exit code 32):\n           mount: /var: wrong fs type\n"));
}

TEST_CASE("a missing line of fstab is named") {
  RescueFacts facts;
  facts.mount = {"var.mount", "not-found", "inactive", "success", "", {}};
  CHECK(shows(facts, "/etc/fstab has no line for /var"));
}

TEST_CASE("erasing is offered only where the storage is not ready") {
  RescueFacts facts = refused();
  CHECK(parse_rescue_choice("e", rescue_choices(facts)) == RescueChoice::erase);
  facts.mount.active = "active";
  facts.failed = {"nginx.service"};
  CHECK_FALSE(parse_rescue_choice("e", rescue_choices(facts)));
  CHECK(shows(facts, "is ready; it stopped for another reason"));
  CHECK(shows(facts, "Failed:    nginx.service\n"));
  CHECK_FALSE(shows(facts, "factory reset"));
}

TEST_CASE("a choice is one letter, whatever its case") {
  const auto offered = rescue_choices(refused());
  CHECK(parse_rescue_choice(" R\t", offered) == RescueChoice::retry);
  for (const std::string_view line : {"", "rr", "x", "reboot", "\x1b[A", "R E"}) {
    CAPTURE(line);
    CHECK_FALSE(parse_rescue_choice(line, offered));
  }
}

TEST_CASE("the shell says when it cannot be opened") {
  RescueFacts facts = refused();
  CHECK(shows(facts, "not possible here: root has no password"));
  facts.password = PasswordState::locked;
  CHECK(shows(facts, "not possible here: root's password is locked"));
  facts.password = PasswordState::set;
  CHECK(shows(facts, "a shell, for root's password"));
}

}  // namespace aimee::test
