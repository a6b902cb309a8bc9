// Looking for entries; changes nothing.
#include "store/places.h"

#include <unistd.h>

#include <cerrno>
#include <climits>

#include "base/text.h"
#include "plan/subvolume_list.h"
#include "system/mount.h"

namespace aimee {

namespace {

constexpr int look_flags = O_PATH | O_NOFOLLOW;
constexpr std::size_t largest_list = 1 << 20;  // bytes

std::string_view name_of_type(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return "a file";
    case S_IFDIR:
      return "a folder";
    case S_IFLNK:
      return "a symbolic link";
    case S_IFIFO:
      return "a FIFO";
    case S_IFSOCK:
      return "a socket";
    default:
      return "a device";
  }
}

Found found_of_type(mode_t mode) {
  if (S_ISREG(mode)) return Found::file;
  return S_ISDIR(mode) ? Found::folder : Found::other;
}

Look obstructed(std::string_view what) { return {{Found::obstructed, std::string(what)}, {}, {}}; }

Result<Look> look_of(Result<Fd> opened, std::string_view subject) {
  if (!opened) {
    switch (opened.error().code) {
      case ENOENT:
        return Look{};
      case ENOTDIR:
        return obstructed("reached through something that is no folder");
      case ELOOP:
        return obstructed("reached through a symbolic link");
      case EXDEV:
        return obstructed("on another mount");
      default:
        return std::unexpected(opened.error());
    }
  }
  Look look;
  look.status = TRY(status_of(*opened, subject));
  look.found = found_of_type(look.status.st_mode);
  look.what = name_of_type(look.status.st_mode);
  look.fd = std::move(*opened);
  return look;
}

// Where the link at /etc/shadow leads, as an absolute path; empty where it is none.
Result<std::string> target_of_shadow(const Places& places) {
  const Look shadow = TRY(look_at(places.image, concat("etc/", shadow_entry)));
  if (shadow.found != Found::other || !S_ISLNK(shadow.status.st_mode)) return std::string();
  char target[PATH_MAX];
  const ssize_t length = readlinkat(shadow.fd.get(), "", target, sizeof target);
  if (length < 0) return failure("/etc/shadow", "read link");
  const std::string_view text(target, static_cast<std::size_t>(length));
  if (text.starts_with('/')) return normalised_path(text).value_or("");
  return text.starts_with("../") ? normalised_path(text.substr(2)).value_or("") : std::string();
}

}  // namespace

Result<Places> open_places(const std::string& root) {
  const std::string top = root.empty() ? "/" : root;
  Places places{root, TRY(view_without_submounts(top)), TRY(open_file(top, O_PATH | O_DIRECTORY)), Fd()};
  const Look store = TRY(look_at(places.seen, std::string(store_path.substr(1))));
  if (store.found != Found::nothing) places.store = TRY(open_store(root));
  return places;
}

Result<WritableList> read_writable_list(const Places& places) {
  const std::string path(writable_list_path.substr(1));
  const auto unreadable = [](std::string what) {
    WritableList list = parse_writable_list({});
    list.problems.push_back({0, 0, {}, std::move(what)});
    return list;
  };
  const Look look = TRY(look_at(places.image, path));
  if (look.found == Found::nothing) return parse_writable_list({});
  if (look.found != Found::file) return unreadable(concat("is ", look.what, ": only a file in the image is read"));
  const Fd file = TRY(open_again(look.fd, O_RDONLY, writable_list_path));
  const auto text = read_all(file, writable_list_path, largest_list);
  if (!text && text.error().code == EFBIG)
    return unreadable(concat("is larger than ", human_size(largest_list), ": it is not read"));
  return parse_writable_list(TRY(text));
}

Result<Look> look_at(const Fd& folder, const std::string& path) {
  return look_of(open_beneath(folder, path, look_flags), path);
}

Result<Look> look_at_inside(const Fd& folder, const std::string& path) {
  return look_of(open_inside(folder, path, look_flags), path);
}

Result<Look> look_at_image(const Places& places, const WritableEntry& entry) {
  if (entry.path == shadow_entry && TRY(shadow_is_link_to_store(places)))
    return look_at(places.image, concat(store_path.substr(1), "/", shadow_entry));
  return look_at(places.image, concat("etc/", entry.path));
}

Result<Look> look_at_note(const Places& places, const WritableEntry& entry) {
  Look notes = TRY(look_at_inside(places.store, std::string(store_images)));
  if (notes.found == Found::nothing || notes.found == Found::obstructed) return notes;
  return look_at_inside(notes.fd, entry.path);  // of its own, since a path can have PATH_MAX bytes
}

Result<bool> shadow_is_link_to_store(const Places& places) {
  return TRY(target_of_shadow(places)) == concat(store_path, "/", shadow_entry);
}

bool same_file(const Look& one, const Look& other) {
  return one.fd.is_open() && other.fd.is_open() && one.status.st_dev == other.status.st_dev &&
         one.status.st_ino == other.status.st_ino;
}

Result<bool> is_bound(const Places& places, const WritableEntry& entry, const Look& stored) {
  const bool linked = entry.path == shadow_entry && TRY(shadow_is_link_to_store(places));
  if (linked) return stored.is(entry.kind);
  return same_file(TRY(look_at(places.seen, concat("etc/", entry.path))), stored);
}

}  // namespace aimee
