// Showing of differences; changes nothing.
#include "store/difference.h"

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "plan/shadow_file.h"
#include "store/compare.h"
#include "store/seed.h"
#include "system/process.h"

namespace aimee {

namespace {

constexpr std::size_t looked_through_for_zeros = 64 << 10;  // bytes; more than diff(1) looks at
constexpr int readable = O_RDONLY | O_NOCTTY | O_NONBLOCK;

std::string attributes_of(const Look& look) {
  return concat("mode ", in_base(look.status.st_mode & 07777, 8, 4), ", owner ", look.status.st_uid, ":",
                look.status.st_gid);
}

// diff(1) says of such files that they differ, with the exit status of a failure.
Result<bool> is_binary(const Fd& file, std::string_view subject) {
  std::string buffer(looked_through_for_zeros, '\n');
  const auto size = static_cast<std::uint64_t>(TRY(status_of(file, subject)).st_size);
  buffer.resize(std::min<std::uint64_t>(size, buffer.size()));
  TRY(read_exactly(file, std::as_writable_bytes(std::span(buffer)), 0, subject));
  return buffer.find('\0') != std::string::npos;
}

class Difference {
 public:
  explicit Difference(const Print& print) : print_(print) {}

  Result<> show(const Look& image, const Look& stored, const std::string& path) {
    if (image.found == Found::nothing) return line(concat("Only in the store: ", printable(path)));
    if (stored.found == Found::nothing) return line(concat("Only in the image: ", printable(path)));
    if (image.what != stored.what)
      return line(concat(printable(path), ": ", image.what, " in the image, ", stored.what, " in the store"));
    if (!same_owner_and_mode(image, stored)) {
      TRY(line(concat(printable(path), ": ", attributes_of(image), " in the image; ", attributes_of(stored),
                      " in the store")));
    }
    if (image.found == Found::folder) return show_folders(image, stored, path);
    if (image.found == Found::file) return show_files(image, stored, path);
    if (S_ISLNK(image.status.st_mode)) return show_links(image, stored, path);
    return {};
  }

 private:
  Result<> line(const std::string& text) { return print_(text + "\n"); }

  Result<> show_links(const Look& image, const Look& stored, const std::string& path) {
    const std::string one = TRY(target_of(image, path));
    const std::string other = TRY(target_of(stored, path));
    if (one == other) return {};
    return line(concat(printable(path), ": leads to ", printable(one), " in the image, to ", printable(other),
                       " in the store"));
  }

  Result<> show_folders(const Look& image, const Look& stored, const std::string& path) {
    std::vector<std::string> names = TRY(names_in(image.fd, path));
    std::ranges::copy(TRY(names_in(stored.fd, path)), std::back_inserter(names));
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    for (const std::string& name : names) {
      TRY(show(TRY(look_at_inside(image.fd, name)), TRY(look_at_inside(stored.fd, name)), concat(path, "/", name)));
    }
    return {};
  }

  Result<> show_files(const Look& image, const Look& stored, const std::string& path) {
    if (TRY(same_content(image, stored, path))) return {};
    const Fd one = TRY(open_again(image.fd, readable, path));
    const Fd other = TRY(open_again(stored.fd, readable, path));
    if (path == concat("/etc/", shadow_entry)) {
      return show_texts(TRY(memory_file(without_padding(TRY(read_all(one, path))), path)),
                        TRY(memory_file(without_padding(TRY(read_all(other, path))), path)), path);
    }
    return show_texts(one, other, path);
  }

  Result<> show_texts(const Fd& image, const Fd& stored, const std::string& path) {
    const std::string from = concat("image", printable(path));
    const std::string to = concat("store", printable(path));
    if (TRY(is_binary(image, path)) || TRY(is_binary(stored, path)))
      return line(concat("Binary files ", from, " and ", to, " differ"));
    if (!can_be_run("diff")) return failure("diff", "is not there; install diffutils", 0);
    Program program{.arguments = {"diff", "-u", "-L", from, "-L", to, path_of(image), path_of(stored)}};
    program.inherited = {&image, &stored};
    const int status = TRY(run_on_terminal(program));
    if (status > 1) return failure("diff", concat("failed with exit status ", status), 0);
    return {};
  }

  const Print& print_;
};

}  // namespace

Result<> show_difference(const Places& places, const WritableEntry& entry, const Print& print) {
  const Look image = TRY(look_at_image(places, entry));
  const Look stored = TRY(look_at_inside(places.store, entry.path));
  if (stored.found == Found::nothing) return refusal(entry.path, "is not in the store: there is nothing to compare");
  return Difference(print).show(image, stored, concat("/etc/", entry.path));
}

}  // namespace aimee
