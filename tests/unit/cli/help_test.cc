// --help, word for word.
#include "cli/applet.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

constexpr Option options[] = {
    option_root,
    option_dry_run,
    {"timeout", 't', "SECONDS", "wait at most so long"},
};

Outcome nothing(const Arguments&) { return Outcome::done; }

}  // namespace

TEST_CASE("help is usage, summary, description, options in one column and exit codes") {
  const Applet applet{"look", "Look at things", "[THING…]", "Looks at every THING.\nThoroughly.\n", options, nothing};
  CHECK(applet_help(applet) ==
        "Usage: look [OPTION…] [THING…]\n"
        "Look at things.\n"
        "\n"
        "Looks at every THING.\n"
        "Thoroughly.\n"
        "\n"
        "Options:\n"
        "      --root DIR         work on the image or test tree DIR in place of the running system\n"
        "  -n, --dry-run          show what would be done and change nothing\n"
        "  -t, --timeout SECONDS  wait at most so long\n"
        "  -h, --help             show this help\n"
        "  -V, --version          show the version\n"
        "\n"
        "Exit codes: 0 done or nothing to do, 1 failed, 2 wrong usage, 3 refused (nothing was changed).\n");
}

TEST_CASE("an applet without a link is called by way of aimee") {
  const Applet applet{"look", "Look at things", "", "Looks.\n", {}, nothing, {}, false};
  CHECK(applet_help(applet).starts_with("Usage: aimee look [OPTION…]\n"));
}

TEST_CASE("an applet without operands and options of its own has the common ones") {
  const Applet applet{"rest", "Do nothing", "", "Does nothing.\n", {}, nothing};
  CHECK(applet_help(applet) ==
        "Usage: rest [OPTION…]\n"
        "Do nothing.\n"
        "\n"
        "Does nothing.\n"
        "\n"
        "Options:\n"
        "  -h, --help     show this help\n"
        "  -V, --version  show the version\n"
        "\n"
        "Exit codes: 0 done or nothing to do, 1 failed, 2 wrong usage, 3 refused (nothing was changed).\n");
}

}  // namespace aimee::test
