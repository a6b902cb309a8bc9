// Writing in the store. Cut short anywhere, it leaves what was there, and at most a ".aimee-new" that nobody reads.
#include "store/put.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "base/text.h"
#include "effects/attributes.h"
#include "effects/copy_file.h"
#include "effects/copy_tree.h"
#include "storage/btrfs.h"
#include "store/compare.h"

namespace aimee {

namespace {

const std::string unfinished(reserved_unfinished);
constexpr mode_t private_mode = 0700;
constexpr int folder_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

// renameat2(2), which musl has no function for.
int rename_with(const Fd& from, const std::string& old_name, const Fd& to, const std::string& new_name,
                unsigned flags) {
  return static_cast<int>(syscall(SYS_renameat2, from.get(), old_name.c_str(), to.get(), new_name.c_str(), flags));
}

// An empty ".aimee-new" folder, born with its label.
Result<Fd> begin_folder(const Fd& folder, const std::optional<std::string>& label, std::string_view subject) {
  CreationLabel creation_label(selinux_is_enabled());
  TRY(creation_label.set(label));
  if (mkdirat(folder.get(), unfinished.c_str(), private_mode) != 0) return failure(subject, "make folder");
  Fd made = TRY(about(subject, open_inside(folder, unfinished, folder_flags)));
  TRY(about(subject, ensure_label(made, label)));
  return made;
}

Result<> sync_all(const Fd& inside, std::string_view subject) {
  if (syncfs(inside.get()) != 0) return failure(subject, "write everything to the disk");
  return {};
}

// A folder on the way to an entry, with everything that the image's has but what is in it.
Result<> make_like(const Look& model, const Fd& folder, const std::string& name, const std::string& path,
                   const FileContexts& contexts) {
  TRY(remove_tree(folder, unfinished, path));
  const Fd source = TRY(open_again(model.fd, O_RDONLY | O_DIRECTORY, path));
  const Fd made = TRY(begin_folder(folder, TRY(wanted_label(contexts, path, S_IFDIR, source)), path));
  TRY(set_owner_and_mode(made, model.status, private_mode, path));
  TRY(copy_attributes(source, made, path));
  TRY(flush(made, path));
  return put(folder, name, path);
}

Result<> make_private(const Fd& folder, const std::string& name, const std::string& path,
                      const FileContexts& contexts) {
  TRY(remove_tree(folder, unfinished, path));
  TRY(flush(TRY(begin_folder(folder, TRY(contexts.label_of(path, S_IFDIR)), path)), path));
  return put(folder, name, path);
}

// Opens the folders on the way to `path`; `make(folder, name, way)` makes one that is missing.
Result<Fd> walk_to(const Fd& store, const std::string& path, auto make) {
  Fd folder = TRY(open_at(store, ".", O_RDONLY | O_DIRECTORY));
  std::string way;
  for (const std::string_view part : split(path, '/')) {
    const std::string name(part);
    way += concat(way.empty() ? "" : "/", name);
    if (way == path) break;
    if (TRY(look_at_inside(folder, name)).found == Found::nothing) TRY(make(folder, name, way));
    folder = TRY(about(concat(store_path, "/", way), open_inside(folder, name, folder_flags)));
  }
  return folder;
}

}  // namespace

Result<> prepare(const Look& source, const Fd& folder, const std::string& path, const FileContexts& contexts,
                 std::optional<std::string_view> content) {
  TRY(remove_tree(folder, unfinished, path));
  if (source.found == Found::file) {
    const Fd file = TRY(open_again(source.fd, O_RDONLY | O_NOCTTY, path));
    return flush(TRY(copy_file(file, folder, unfinished, path, contexts, content)), path);
  }
  const Fd tree = TRY(open_again(source.fd, O_RDONLY | O_DIRECTORY, path));
  const Fd made = TRY(begin_folder(folder, TRY(wanted_label(contexts, path, S_IFDIR, tree)), path));
  Progress progress;
  TRY(copy_tree(tree, made, path, contexts, progress));
  return sync_all(made, path);
}

Result<> put(const Fd& folder, const std::string& name, std::string_view subject) {
  if (rename_with(folder, unfinished, folder, name, RENAME_NOREPLACE) != 0) return failure(subject, "rename");
  return flush(folder, subject);
}

Result<> put_over(const Fd& folder, const std::string& name, std::string_view subject) {
  auto put_there = put(folder, name, subject);
  if (put_there || put_there.error().code != EEXIST) return put_there;
  TRY(exchange(folder, unfinished, folder, name, subject));
  return remove_tree(folder, unfinished, subject);
}

Result<> exchange(const Fd& folder, const std::string& one, const Fd& other, const std::string& another,
                  std::string_view subject) {
  if (rename_with(folder, one, other, another, RENAME_EXCHANGE) != 0) return failure(subject, "exchange");
  TRY(flush(folder, subject));
  return flush(other, subject);
}

Result<> remove_tree(const Fd& folder, const std::string& name, std::string_view subject) {
  if (unlinkat(folder.get(), name.c_str(), 0) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR) return failure(subject, concat("remove ", printable(name)));
  {
    const Fd inner = TRY(about(subject, open_inside(folder, name, folder_flags)));
    for (const std::string& inside : TRY(names_in(inner, subject))) TRY(remove_tree(inner, inside, subject));
  }
  if (unlinkat(folder.get(), name.c_str(), AT_REMOVEDIR) != 0)
    return failure(subject, concat("remove ", printable(name)));
  return {};
}

Result<Fd> folder_of_entry(const Places& places, const std::string& path, const FileContexts& contexts) {
  return walk_to(places.store, path,
                 [&](const Fd& folder, const std::string& name, const std::string& way) -> Result<> {
                   const Look model = TRY(look_at(places.image, concat("etc/", way)));
                   if (model.found != Found::folder)
                     return failure(concat("/etc/", way), "is no folder in the image", 0);
                   return make_like(model, folder, name, concat("/etc/", way), contexts);
                 });
}

Result<Fd> folder_of_note(const Places& places, const std::string& path, const FileContexts& contexts) {
  return walk_to(places.store, path, [&](const Fd& folder, const std::string& name, const std::string& way) {
    return make_private(folder, name, concat(store_path, "/", way), contexts);
  });
}

Result<> clear_leftovers(const Places& places, const std::string& path) {
  for (const std::string_view below : {std::string_view("."), store_images, store_backups}) {
    const Look top = TRY(look_at_inside(places.store, std::string(below)));
    if (top.found != Found::folder) continue;
    const std::size_t slash = path.rfind('/');
    const Look folder = TRY(look_at_inside(top.fd, slash == std::string::npos ? "." : path.substr(0, slash)));
    if (folder.found != Found::folder) continue;
    if (TRY(look_at_inside(folder.fd, unfinished)).found == Found::nothing) continue;
    TRY(remove_tree(folder.fd, unfinished, concat("/etc/", path)));
  }
  return {};
}

std::string last_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }  // npos + 1 = 0

Result<> lock_folder(const Fd& folder, std::string_view subject) {
  while (flock(folder.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return failure(subject, "lock");
  }
  return {};
}

Result<> check_var_is_mounted(const Places& places) {
  const Look var = TRY(look_at_inside(places.seen, "var"));
  if (var.found == Found::obstructed) return {};
  return refusal(
      concat(places.root, "/var"),
      "is not mounted, so there is nothing to keep the writable parts of /etc on; is the data volume there?");
}

Result<> make_store(Places& places, const FileContexts& contexts) {
  const std::string path = concat(places.root, store_path);
  const Fd var = TRY(about(path, open_beneath(places.seen, "var", O_RDONLY | O_DIRECTORY)));
  TRY(lock_folder(var, path));
  if (TRY(look_at(places.seen, std::string(store_path.substr(1)))).found != Found::nothing) {
    places.store = TRY(open_store(places.root));  // another run has made it meanwhile
    return {};
  }
  TRY(remove_tree(var, unfinished, path));
  const auto label = TRY(contexts.label_of(std::string(store_path), S_IFDIR));
  Fd made;
  if (create_subvolume(var, unfinished)) {
    made = TRY(about(path, open_inside(var, unfinished, folder_flags)));
    TRY(about(path, ensure_label(made, label)));
  } else {
    made = TRY(begin_folder(var, label, path));
  }
  if (fchmod(made.get(), 0755) != 0) return failure(path, "set mode");
  TRY(flush(made, path));
  TRY(put(var, last_name(std::string(store_path)), path));
  places.store = TRY(open_store(places.root));
  return {};
}

}  // namespace aimee
