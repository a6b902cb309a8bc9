// Contexts as text: what is one, and the same in another domain.
#include "selinux/context.h"

#include "harness/test.h"

namespace aimee::test {

TEST_CASE("a context has a user, a role, a type, and a range with colons of its own or none") {
  const auto full = parse_context("unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023");
  REQUIRE(full);
  CHECK(full->user() == "unconfined_u");
  CHECK(full->type == "unconfined_t");
  CHECK(full->after == ":s0-s0:c0.c1023");
  const auto without_range = parse_context("system_u:system_r:init_t");
  REQUIRE(without_range);
  CHECK(without_range->type == "init_t");
  CHECK(without_range->after == "");
}

TEST_CASE("another type or role leaves the rest as it is") {
  const auto context = parse_context("root:sysadm_r:sysadm_t:s0-s0:c0.c1023");
  REQUIRE(context);
  CHECK(context->with("aimee_factory_reset_t") == "root:sysadm_r:aimee_factory_reset_t:s0-s0:c0.c1023");
  CHECK(context->with("object_r", "aimee_factory_reset_t") == "root:object_r:aimee_factory_reset_t:s0-s0:c0.c1023");
  CHECK(parse_context("u:r:t")->with("x_t") == "u:r:x_t");
}

TEST_CASE("what another security module or a kernel without a policy says is no context") {
  for (const std::string_view text :
       {"", "kernel", "unconfined", "docker-default (enforce)", ":r:t", "u::t", "u:r:", "u:r::s0", "u:r"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_context(text));
  }
}

}  // namespace aimee::test
