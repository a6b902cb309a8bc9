// What is read of an image before a volume is made of it.
#include "effects/image_template.h"

#include <unistd.h>

#include <cstdio>

#include "harness/child.h"
#include "harness/temporary_folder.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

// Told in a child, since looking below mounts takes a privilege; empty where that is lacking.
std::string template_of(const TemporaryFolder& root) {
  const auto ended = run_with_own_mounts([&] {
    const auto image = read_image_template(root.path());
    std::string text = told(image);
    if (image) {
      for (const SubvolumeLine& line : image->list.subvolumes) text += concat(" ", line.path);
      text += concat(" files ", image->size.files, " bytes ", image->size.bytes);
    }
    std::printf("%s", text.c_str());
    std::fflush(stdout);
    return 0;
  });
  return ended ? ended->out : std::string();
}

}  // namespace

TEST_CASE("an image's template is its /var, with the subvolumes that tmpfiles.d names") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder root;
  root.file("usr/lib/tmpfiles.d/a.conf", "v /var/log 0755 - - -\nd /var/lib 0755 - - -\n");
  root.file("var/lib/kept", "seven..");
  const std::string text = template_of(root);
  if (!text.empty()) CHECK(text == "done /var/log files 2 bytes 7");
}

TEST_CASE("an image without a folder /var is told what it lacks") {
  EMULATION_LACKS("openat2");
  constexpr std::string_view remedy =
      " in the image; make it a folder there, on which the volume is mounted, and whose content is the volume's first";
  const TemporaryFolder root;
  const std::string refused = concat("refused: ", root.path(), "/var: ");
  const std::string missing = template_of(root);
  if (missing.empty()) return;
  CHECK(missing == concat(refused, "is missing", remedy));
  root.link("var", "data");
  CHECK(template_of(root) == concat(refused, "is a symbolic link", remedy));
  prepared(unlink((root / "var").c_str()) == 0, "var");
  root.file("var", "");
  CHECK(template_of(root) == concat(refused, "is no folder", remedy));
}

}  // namespace aimee::test
