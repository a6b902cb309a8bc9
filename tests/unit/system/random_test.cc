// Random bytes for a volume's identity.
#include "system/random.h"

#include "harness/test.h"

namespace aimee::test {

TEST_CASE("no two UUIDs are the same, and none is empty") {
  const auto first = random_uuid();
  const auto second = random_uuid();
  MUST_SUCCEED(first);
  MUST_SUCCEED(second);
  CHECK(*first != *second);
  CHECK(*first != std::array<std::byte, 16>{});
}

}  // namespace aimee::test
