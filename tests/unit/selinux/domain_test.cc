// Where no domain can be entered: on a kernel without SELinux. What happens with one, tests/boot shows.
#include "selinux/domain.h"

#include "harness/child.h"
#include "harness/test.h"
#include "selinux/labels.h"
#include "system/fd.h"

namespace aimee::test {

TEST_CASE("without SELinux the work is done where it is, and nothing starts again") {
  if (selinux_is_enabled()) return skip("this kernel runs SELinux");
  const Ended ended = run_in_child([] {
    char name[] = "look";
    char* argv[] = {name};
    return enter_domain("aimee_init_storage_t", argv) ? 42 : 1;
  });
  CHECK(ended.exit == 42);
  CHECK(ended.err == "");
}

}  // namespace aimee::test
