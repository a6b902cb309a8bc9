// Reads only.
#include "effects/image_template.h"

#include <fcntl.h>

#include <cerrno>

#include "base/log.h"
#include "base/text.h"
#include "storage/config_files.h"
#include "system/mount.h"

namespace aimee {

namespace {

// The image's own /var, whatever is mounted on it.
Result<Fd> open_image_var(const std::string& root) {
  const Fd view = TRY(view_without_submounts(root.empty() ? "/" : root));
  auto var = about(root + "/var", open_beneath(view, "var", O_RDONLY | O_DIRECTORY));
  if (var) return var;
  std::string_view what;
  switch (var.error().code) {
    case ENOENT:
      what = "is missing";
      break;
    case ELOOP:
      what = "is a symbolic link";
      break;
    case ENOTDIR:
      what = "is no folder";
      break;
    default:
      return var;
  }
  return refusal(root + "/var", concat(what,
                                       " in the image; make it a folder there, on which the volume is mounted, and "
                                       "whose content is the volume's first"));
}

}  // namespace

Result<ImageTemplate> read_image_template(const std::string& root) {
  ImageTemplate image;
  image.list = parse_subvolume_list(TRY(read_tmpfiles_configuration(root)));
  for (const std::string& warning : image.list.warnings) log_warning(warning);
  image.contexts = TRY(FileContexts::of_image(root));
  image.var = TRY(open_image_var(root));
  image.size = TRY(measure_tree(image.var));
  return image;
}

}  // namespace aimee
