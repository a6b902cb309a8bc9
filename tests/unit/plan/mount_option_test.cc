// Options of a mount as libmount takes them apart.
#include "plan/mount_option.h"

#include "harness/test.h"

namespace aimee::test {

namespace {

// "NAME=[VALUE]" or "NAME", a blank between.
std::string shown(std::string_view options) {
  std::string text;
  MountOption option;
  while (next_mount_option(options, option)) {
    text += concat(text.empty() ? "" : " ", option.name);
    if (option.has_value) text += concat("=[", option.value, "]");
  }
  return options.empty() ? text : "not closed";
}

}  // namespace

TEST_CASE("commas part options, and empty ones are none") {
  CHECK(shown("") == "");
  CHECK(shown("ro") == "ro");
  CHECK(shown("ro,compress=zstd:3,x=") == "ro compress=[zstd:3] x=[]");
  CHECK(shown(",,ro,,,ssd,") == "ro ssd");
  CHECK(shown("a=b=c") == "a=[b=c]");
}

TEST_CASE("a quoted or escaped comma parts nothing") {
  CHECK(shown(R"(context="u:r:t:s0:c1,c2",ssd)") == "context=[u:r:t:s0:c1,c2] ssd");
  CHECK(shown(R"(ssd,context="a,b")") == "ssd context=[a,b]");
  CHECK(shown(R"(a="x,y",b="z,")") == "a=[x,y] b=[z,]");
  CHECK(shown(R"(subvol=a\,b,ssd)") == "subvol=[a,b] ssd");
  CHECK(shown(R"(subvol="a\,b")") == "subvol=[a,b]");
  CHECK(shown(R"(a=x"y,z"w)") == R"(a=[x"y,z"w])");  // within a value a quote is kept, and keeps its commas
}

TEST_CASE("only quotes around the whole value go, and only two escapes are undone") {
  CHECK(shown(R"(a="")") == "a=[]");
  CHECK(shown(R"(a="x")") == "a=[x]");
  CHECK(shown(R"(a='x')") == "a=['x']");
  CHECK(shown(R"(a="say \"x\"")") == R"(a=[say "x"])");
  CHECK(shown(R"(a=\\,b=\x20\040\)") == R"(a=[\,b=\x20\040\])");
  CHECK(shown(R"("a=b",c)") == R"("a=b" c)");
}

TEST_CASE("a quote that is not closed is told") {
  for (const std::string_view options : {R"(a="x)", R"(")", R"(a="x,ssd)", R"(a="x\")", R"(ssd,a=")"}) {
    CAPTURE(options);
    CHECK(shown(options) == "not closed");
  }
}

}  // namespace aimee::test
