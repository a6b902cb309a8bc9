// The multicall binary's entry; everything is in the applets and in lib/cli.
#include "cli/applet.h"
#include "system/inherited.h"

int main(int argc, char** argv) {
  aimee::settle_inherited_state();
  return aimee::dispatch({argv, static_cast<std::size_t>(argc)});
}
