// Seeding and binding of entries. What a failure or a cut leaves is said in the header.
#include "store/seed.h"

#include <cerrno>
#include <optional>

#include "base/text.h"
#include "plan/etc_content.h"
#include "plan/password.h"
#include "plan/shadow_file.h"
#include "store/compare.h"
#include "store/put.h"
#include "store/shadow.h"
#include "system/host_name.h"
#include "system/mount.h"

namespace aimee {

namespace {

constexpr std::size_t largest_host_name_file = 1 << 20;  // bytes; systemd reads no longer line

std::string etc_path(const WritableEntry& entry) { return concat("/etc/", entry.path); }

// As it is now for everybody: systemd's own for this boot, where the image's is empty.
Result<std::string> present_machine_id(const Places& places) {
  const Look seen = TRY(look_at(places.seen, concat("etc/", machine_id_entry)));
  if (seen.found != Found::file) return std::string();
  return text_of(seen, etc_path({EntryKind::file, std::string(machine_id_entry)}));
}

Result<> seed(const Places& places, const WritableEntry& entry, const FileContexts& contexts) {
  const Look image = TRY(look_at_image(places, entry));
  const Fd folder = TRY(folder_of_entry(places, entry.path, contexts));
  const auto content = TRY(content_to_seed(places, entry, image));
  TRY(prepare(image, folder, etc_path(entry), contexts, content));
  return put(folder, last_name(entry.path), etc_path(entry));
}

// The note gets them too, so that it still tells what the image changed. First, because accounts that only the
// stored shadow lacks are what the next run looks for.
Result<> add_accounts(const Places& places, const WritableEntry& entry, const FileContexts& contexts) {
  const std::string image = TRY(text_of(TRY(look_at_image(places, entry)), etc_path(entry)));
  const Look note = TRY(look_at_note(places, entry));
  const std::string path = concat(store_images, "/", entry.path);
  const Fd folder = TRY(folder_of_note(places, path, contexts));
  TRY(prepare(note, folder, etc_path(entry), contexts, with_accounts_of(TRY(text_of(note, path)), image)));
  TRY(put_over(folder, last_name(path), etc_path(entry)));
  const Fd shadow = TRY(lock_shadow(places.store));
  const std::string stored = TRY(read_all(shadow, stored_shadow));
  return renew_shadow(places.store, shadow, with_accounts_of(stored, image));
}

Result<> find_out_about_shadow(const Places& places, const Look& image, const Look& stored, EntryFacts& facts) {
  facts.linked = TRY(shadow_is_link_to_store(places));
  const Look passwd = TRY(look_at(places.seen, "etc/passwd"));
  if (passwd.is(EntryKind::file)) {
    const std::string trouble = trouble_in_passwd(TRY(text_of(passwd, "/etc/passwd")), "root");
    if (!trouble.empty()) facts.warnings.push_back(concat("/etc/passwd", trouble));
  }
  if (!image.is(EntryKind::file)) return {};
  const std::string wanted = TRY(text_of(image, "/etc/shadow"));
  for (const ShadowFault& fault : shadow_faults(wanted))
    facts.warnings.push_back(concat("/etc/shadow:", fault.line, ": ", fault.what, ": correct it in the image"));
  if (stored.is(EntryKind::file))
    facts.missing_accounts = accounts_missing(TRY(text_of(stored, stored_shadow)), wanted);
  return {};
}

}  // namespace

Result<Fd> lock_store(const Places& places) {
  Fd lock = TRY(open_at(places.store, ".", O_RDONLY | O_DIRECTORY));
  TRY(lock_folder(lock, store_path));
  return lock;
}

Result<EntryFacts> facts_of(const Places& places, const WritableEntry& entry) {
  EntryFacts facts;
  const Look image = TRY(look_at_image(places, entry));
  Look stored;
  if (places.has_store()) {
    stored = TRY(look_at_inside(places.store, entry.path));
    facts.note = TRY(look_at_note(places, entry));
    facts.bound = TRY(is_bound(places, entry, stored));
  }
  facts.image = image;
  if (S_ISLNK(image.status.st_mode))
    facts.image_target = target_of_link(etc_path(entry), TRY(target_of(image, entry.path)));
  facts.stored = stored;
  if (entry.path == shadow_entry) TRY(find_out_about_shadow(places, image, stored, facts));
  if (entry.path == machine_id_entry && !is_machine_id(TRY(present_machine_id(places))))
    facts.seed_problem = "the system has no machine id to keep: run this where systemd runs";
  if (facts.linked) facts.bound = true;
  return facts;
}

Result<> carry_out(EntryAction action, const Places& places, const WritableEntry& entry, const FileContexts& contexts) {
  switch (action) {
    case EntryAction::note_image:
      return note_image(places, entry, contexts);
    case EntryAction::seed:
      return seed(places, entry, contexts);
    case EntryAction::add_accounts:
      return add_accounts(places, entry, contexts);
    case EntryAction::bind:
      return bind_entry(places, entry);
  }
  return {};
}

Result<std::optional<std::string>> content_to_seed(const Places& places, const WritableEntry& entry,
                                                   const Look& image) {
  if (entry.path == shadow_entry) return shadow_in_blocks(TRY(text_of(image, "/etc/shadow")));
  if (entry.path == machine_id_entry) return TRY(present_machine_id(places));
  return std::nullopt;
}

Result<> note_image(const Places& places, const WritableEntry& entry, const FileContexts& contexts) {
  const std::string path = concat(store_images, "/", entry.path);
  const Look image = TRY(look_at_image(places, entry));
  const Fd folder = TRY(folder_of_note(places, path, contexts));
  const bool kept = entry.path == machine_id_entry;
  const auto content = kept ? TRY(content_to_seed(places, entry, image)) : std::optional<std::string>();
  TRY(prepare(image, folder, etc_path(entry), contexts, content));
  return put_over(folder, last_name(path), etc_path(entry));
}

Result<> bind_entry(const Places& places, const WritableEntry& entry) {
  const std::string path = etc_path(entry);
  const Look stored = TRY(look_at_inside(places.store, entry.path));
  Look target = TRY(look_at(places.seen, path.substr(1)));
  if (same_file(stored, target)) return {};
  // Nothing can be mounted on what was removed from the store under its mount.
  if (target.fd.is_open() && target.status.st_nlink == 0) {
    TRY(unmount_from(target.fd, path));
    target = TRY(look_at(places.seen, path.substr(1)));
  }
  if (!stored.is(entry.kind)) return failure(concat(store_path, "/", entry.path), "was exchanged meanwhile", 0);
  if (!target.is(entry.kind))
    return failure(path,
                   concat("is ", target.found == Found::nothing ? "not there" : target.what,
                          ": the store's version cannot be mounted on it"),
                   0);
  return mount_on(TRY(clone_of(stored.fd, path)), target.fd, path);
}

Result<std::string> text_of(const Look& file, std::string_view subject) {
  return read_all(TRY(open_again(file.fd, O_RDONLY | O_NOCTTY | O_NONBLOCK, subject)), subject);
}

Result<std::string> apply_host_name(const Places& places) {
  const std::string path = concat(store_path, "/", host_name_entry);
  const Look stored = TRY(look_at_inside(places.store, std::string(host_name_entry)));
  if (!stored.is(EntryKind::file)) return std::string();
  const Fd file = TRY(open_again(stored.fd, O_RDONLY | O_NOCTTY | O_NONBLOCK, path));
  const auto text = read_all(file, path, largest_host_name_file);
  const bool is_large = !text && text.error().code == EFBIG;
  const auto wanted = is_large ? std::nullopt : host_name_in(TRY(text));
  if (!wanted) {
    return refusal(path, R"(says no host name: write one line of at most 64 letters, digits, "-" and "."; the name in )"
                         "force stays");
  }
  if (wanted->empty() || *wanted == TRY(running_host_name())) return std::string();
  TRY(set_host_name(*wanted));
  return *wanted;
}

}  // namespace aimee
