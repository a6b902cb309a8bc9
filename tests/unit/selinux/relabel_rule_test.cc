// restorecon's rule and the store's paths, as text.
#include "selinux/relabel_rule.h"

#include "harness/test.h"

namespace aimee::test {

namespace {

using Types = std::set<std::string, std::less<>>;

// What becomes of `present` ("-" = no label) where the policy says `wanted`; "=" = it stays.
std::string becomes(const std::string& present, const std::string& wanted, const Types& customizable = {}) {
  const auto has = present == "-" ? std::nullopt : std::optional(present);
  return changed_label(has, wanted, customizable).value_or("=");
}

}  // namespace

TEST_CASE("a path on the volume has its own label, one in the store that of its path in /etc") {
  CHECK(path_for_label("/var") == "/var");
  CHECK(path_for_label("/var/log/x") == "/var/log/x");
  CHECK(path_for_label("/var/etcetera/x") == "/var/etcetera/x");
  CHECK(path_for_label("/var/etc") == "/var/etc");
  CHECK(path_for_label("/var/etc/shadow") == "/etc/shadow");
  CHECK(path_for_label("/var/etc/a/b") == "/etc/a/b");
}

TEST_CASE("copies that the store keeps are labelled as what they are copies of") {
  CHECK(path_for_label("/var/etc/.aimee") == "/var/etc/.aimee");
  CHECK(path_for_label("/var/etc/.aimee/image") == "/var/etc/.aimee/image");
  CHECK(path_for_label("/var/etc/.aimee/backup") == "/var/etc/.aimee/backup");
  CHECK(path_for_label("/var/etc/.aimee/image/shadow") == "/etc/shadow");
  CHECK(path_for_label("/var/etc/.aimee/image/ssh/sshd_config") == "/etc/ssh/sshd_config");
  CHECK(path_for_label("/var/etc/.aimee/backup/shadow.20261124-190000") == "/etc/shadow");
  CHECK(path_for_label("/var/etc/.aimee/backup/shadow.20261124-190000.12") == "/etc/shadow");
  CHECK(path_for_label("/var/etc/.aimee/backup/ssh.20261124-190000/a.pub") == "/etc/ssh/a.pub");
  CHECK(path_for_label("/var/etc/.aimee/backup/a.b.20261124-190000") == "/etc/a.b");
}

TEST_CASE("a name that only looks like a dated one is its own") {
  for (const std::string name : {"x.2026112-190000", "x.20261124_190000", "x.20261124-1900000", "x.20261124-190000.",
                                 "x.20261124-190000.a", "x.20261124-19000", "x.2026112a-190000"}) {
    CAPTURE(name);
    CHECK(path_for_label("/var/etc/.aimee/backup/" + name) == "/etc/" + name);
  }
  CHECK(path_for_label("/var/etc/.aimee/image/x.20261124-190000") == "/etc/x.20261124-190000");
}

TEST_CASE("only the type is changed") {
  CHECK(becomes("u:r:old_t:s0", "system_u:object_r:new_t:s0") == "u:r:new_t:s0");
  CHECK(becomes("u:r:old_t:s0:c1,c2", "system_u:object_r:new_t:s0") == "u:r:new_t:s0:c1,c2");
  CHECK(becomes("u:r:old_t:s0-s0:c0.c5", "system_u:object_r:new_t:s0") == "u:r:new_t:s0-s0:c0.c5");
  CHECK(becomes("u:r:old_t", "system_u:object_r:new_t") == "u:r:new_t");
  CHECK(becomes("u:r:same_t:s0:c1", "system_u:object_r:same_t:s0") == "=");
}

TEST_CASE("a customizable type stays") {
  const Types types{"mine_t", "public_t"};
  CHECK(becomes("u:r:public_t:s0", "system_u:object_r:new_t:s0", types) == "=");
  CHECK(becomes("u:r:publi_t:s0", "system_u:object_r:new_t:s0", types) == "u:r:new_t:s0");
}

TEST_CASE("what is no label is replaced by a whole one") {
  for (const std::string present : {"-", "", "x", "u:r", "u::t:s0", ":r:t:s0", "u:r::s0", "::"}) {
    CAPTURE(present);
    CHECK(becomes(present, "system_u:object_r:new_t:s0") == "system_u:object_r:new_t:s0");
  }
}

}  // namespace aimee::test
