// A whole page, word for word.
#include "pages/manual_page.h"

#include "harness/test.h"

namespace aimee::test {

namespace {

constexpr Option options[] = {option_root, {"timeout", 't', "SECONDS", "wait at most so long"}};
constexpr ManualSection sections[] = {{"SEE FOR YOURSELF", "With eyes.\n"}};
constexpr Manual manual{sections, "see(1), aimee(8), look(8)"};
constexpr PageOrigin origin{"2026-01-02", "1.2-3"};

Outcome nothing(const Arguments&) { return Outcome::done; }

constexpr Applet look{"look", "Look at things", "[THING…]", "Looks at every THING.\n", options, nothing};
constexpr Applet hidden{"hide", "Hide", "", "Hides.\n", {}, nothing, {}, false};

}  // namespace

TEST_CASE("a page has all sections in order, and refers to itself nowhere and to each other page once") {
  CHECK(manual_page(look, manual, origin) ==
        ".\\\" Made by aimee-pages from the option table.\n"
        ".TH \"LOOK\" \"8\" \"2026-01-02\" \"aimee 1.2\\-3\" \"aimee\"\n"
        ".SH NAME\n"
        "look \\- Look at things\n"
        ".SH SYNOPSIS\n"
        "\\fBlook\\fR [\\fIOPTION\\fR...] [\\fITHING\\fR...]\n"
        ".SH DESCRIPTION\n"
        "Looks at every THING.\n"
        ".SH OPTIONS\n"
        ".TP\n"
        "\\fB\\-\\-root\\fR \\fIDIR\\fR\n"
        "Work on the image or test tree DIR in place of the running system.\n"
        ".TP\n"
        "\\fB\\-t\\fR, \\fB\\-\\-timeout\\fR \\fISECONDS\\fR\n"
        "Wait at most so long.\n"
        ".TP\n"
        "\\fB\\-h\\fR, \\fB\\-\\-help\\fR\n"
        "Show this help.\n"
        ".TP\n"
        "\\fB\\-V\\fR, \\fB\\-\\-version\\fR\n"
        "Show the version.\n"
        ".SH \"SEE FOR YOURSELF\"\n"
        "With eyes.\n"
        ".SH \"EXIT STATUS\"\n"
        ".TP\n"
        "\\fB0\\fR\n"
        "Done, or there was nothing to do.\n"
        ".TP\n"
        "\\fB1\\fR\n"
        "Failed: an input or output error, a time limit, a device that vanished.\n"
        ".TP\n"
        "\\fB2\\fR\n"
        "Wrong usage.\n"
        ".TP\n"
        "\\fB3\\fR\n"
        "Refused: a precondition says no.\n"
        "Nothing was changed.\n"
        ".SH \"SEE ALSO\"\n"
        ".BR aimee (8),\n"
        ".BR see (1)\n");
}

TEST_CASE("an applet without a link is called, and its page is named, by way of aimee") {
  CHECK(page_name(look) == "look");
  CHECK(page_name(hidden) == "aimee-hide");
  const std::string page = manual_page(hidden, {}, origin);
  CHECK(page.find(".TH \"AIMEE\\-HIDE\" ") != std::string::npos);
  CHECK(page.find("\naimee\\-hide \\- Hide\n") != std::string::npos);
  CHECK(page.find("\\fBaimee hide\\fR [\\fIOPTION\\fR...]\n") != std::string::npos);
}

TEST_CASE("the program's page lists the applets and refers to their pages") {
  const Applet program{"prog", "Do all", "[APPLET]", "Does.\n", {}, nullptr};
  const Applet* const applets[] = {&look, &hidden};
  const std::string page = program_page(program, {}, applets, origin);
  CHECK(page.find(".SH APPLETS\n.TP\n\\fBlook\\fR\nLook at things.\n.TP\n\\fBhide\\fR\nHide.\n") != std::string::npos);
  CHECK(page.ends_with(".BR look (8),\n.BR aimee\\-hide (8)\n"));
}

}  // namespace aimee::test
