// The policy's digest and its customizable types.
#include "selinux/policy.h"

#include <unistd.h>

#include "harness/temporary_folder.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

constexpr std::string_view files = "etc/selinux/test/contexts/files/";

class Image {
 public:
  Image() {
    root_.file("etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=test\n");
    contexts("file_contexts", "/.*\tu:r:default_t:s0\n");
  }
  void contexts(std::string_view name, std::string_view text) const { root_.file(concat(files, name), text); }
  [[nodiscard]] const TemporaryFolder& root() const { return root_; }
  [[nodiscard]] ImagePolicy policy() const {
    return image_policy(root_.path()).value_or(std::nullopt).value_or(ImagePolicy{});
  }
  [[nodiscard]] std::string digest() const { return policy_digest(policy()).value_or("failed"); }

 private:
  TemporaryFolder root_;
};

}  // namespace

TEST_CASE("the digest is 16 digits and the same for the same policy") {
  const Image one;
  const Image other;
  CHECK(one.digest().size() == 16);
  CHECK(one.digest() == one.digest());
  CHECK(one.digest() == other.digest());
}

TEST_CASE("the digest changes with every file that decides about labels, and with the policy's name") {
  const Image image;
  std::set<std::string> seen{image.digest()};
  const auto is_new = [&] { return seen.insert(image.digest()).second; };
  for (const std::string_view name : {"file_contexts", "file_contexts.homedirs", "file_contexts.local",
                                      "file_contexts.subs", "file_contexts.subs_dist"}) {
    CAPTURE(name);
    image.contexts(name, "");
    CHECK(is_new());
    image.contexts(name, "/x\tu:r:x_t:s0\n");
    CHECK(is_new());
    image.contexts(name, "/x\tu:r:y_t:s0\n");
    CHECK(is_new());
  }
  image.root().file("etc/selinux/test/contexts/customizable_types", "mine_t\n");
  CHECK(is_new());
  image.root().file("etc/selinux/other/contexts/files/file_contexts", "/.*\tu:r:default_t:s0\n");
  image.root().file("etc/selinux/config", "SELINUXTYPE=other\n");
  CHECK(is_new());
}

TEST_CASE("what moves from one file to another changes the digest") {
  const Image image;
  image.contexts("file_contexts.local", "ab");
  image.contexts("file_contexts.subs", "c");
  const std::string before = image.digest();
  image.contexts("file_contexts.local", "a");
  image.contexts("file_contexts.subs", "bc");
  CHECK(image.digest() != before);
}

TEST_CASE("a compiled form counts only where there is no text beside it") {
  const Image image;
  const std::string before = image.digest();
  image.contexts("file_contexts.bin", "compiled");
  CHECK(image.digest() == before);
  image.contexts("file_contexts.local.bin", "compiled");
  const std::string alone = image.digest();
  CHECK(alone != before);
  image.contexts("file_contexts.local.bin", "compiled otherwise");
  CHECK(image.digest() != alone);
}

TEST_CASE("no policy where there is none or SELinux is disabled") {
  const TemporaryFolder empty;
  const auto none = image_policy(empty.path());
  MUST_SUCCEED(none);
  CHECK_FALSE(none->has_value());
  const Image image;
  image.root().file("etc/selinux/config", "SELINUX=disabled\nSELINUXTYPE=test\n");
  const auto disabled = image_policy(image.root().path());
  MUST_SUCCEED(disabled);
  CHECK_FALSE(disabled->has_value());
}

TEST_CASE("the config means what it means to libselinux, which whoever loads the policy asks") {
  struct Row {
    std::string_view config;
    std::string_view policy;  // empty: disabled
  };
  const Row rows[] = {
      {"SELINUX=disabled   # for now\n", ""},
      {"SELINUX= Disabled\n", ""},
      {"SELINUX=maybe\nSELINUX=disabled\n", ""},
      {"  SELINUX=disabled\nSELINUXTYPE=mls\n", "mls"},
      {"SELINUX=permissive\nSELINUX=disabled\nSELINUXTYPE=mls\n", "mls"},
      {"selinuxtype=mls\n", "mls"},
      {" SELINUXTYPE=\va\nSELINUXTYPE=\tmls\v\x01\r\n", "mls"},
      {std::string_view("SELINUXTYPE=mls\0x\n", 18), "mls"},
      {"# SELINUXTYPE=mls\n", "targeted"},
      {"SELINUXTYPE=\n", "targeted"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.config);
    const Image image;
    image.root().file("etc/selinux/config", row.config);
    CHECK(image.policy().name == row.policy);
  }
}

TEST_CASE("customizable types are the words of their list, without comments") {
  const Image image;
  auto none = customizable_types(image.policy());
  MUST_SUCCEED(none);
  CHECK(none->empty());
  image.root().file("etc/selinux/test/contexts/customizable_types", "# mine\nmine_t\n\n  other_t  \n");
  const auto types = customizable_types(image.policy());
  MUST_SUCCEED(types);
  CHECK(*types == std::set<std::string, std::less<>>{"mine_t", "other_t"});
}

TEST_CASE("file contexts that cannot be read are a failure") {
  const Image image;
  const std::string path = image.root().folder(concat(files, "file_contexts.local"));
  CHECK(told(policy_digest(image.policy())) == with_errno(concat("failed: ", path, ": read"), EISDIR));
}

}  // namespace aimee::test
