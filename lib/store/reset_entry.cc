// Resetting of an entry. What a cut leaves is said in the header; the note and the mount follow with the next run.
#include "store/reset_entry.h"

#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <ctime>
#include <optional>

#include "base/text.h"
#include "plan/shadow_file.h"
#include "store/compare.h"
#include "store/put.h"
#include "store/seed.h"
#include "store/shadow.h"
#include "system/mount.h"

namespace aimee {

namespace {

constexpr unsigned most_in_a_second = 1000;
constexpr std::size_t longest_name = 255;  // bytes; limits.h NAME_MAX
constexpr std::size_t longest_ending = std::string_view(".YYYYMMDD-HHMMSS.1000").size();

std::string time_of_day() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y%m%d-%H%M%S", &parts)};
}

// Of a path whose last name leaves no room for the time, that name cut short, with a hash of it: FNV-1a.
std::string with_room_for_time(const std::string& path) {
  std::string name = last_name(path);
  if (name.size() <= longest_name - longest_ending) return path;
  std::uint32_t hash = 2166136261U;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  const std::string folder = path.substr(0, path.size() - name.size());
  name.resize(longest_name - longest_ending - std::string_view("~01234567").size());
  while ((static_cast<unsigned char>(name.back()) & 0x80U) != 0) name.pop_back();  // no half a letter
  return concat(folder, name, "~", in_base(hash, 16, 8));
}

// Gives what is prepared in `folder` a name that no backup has yet.
Result<std::string> put_as_backup(const Fd& folder, const std::string& path, std::string_view subject) {
  const std::string stem = concat(with_room_for_time(path), ".", time_of_day());
  for (unsigned number = 1; number <= most_in_a_second; ++number) {
    std::string name = number == 1 ? stem : concat(stem, ".", number);
    const auto named = put(folder, last_name(name), subject);
    if (named) return name;
    if (named.error().code != EEXIST) return std::unexpected(named.error());
  }
  return failure(subject, "find a name for the backup", EEXIST);
}

class Reset {
 public:
  Reset(const Places& places, const WritableEntry& entry, const FileContexts& contexts)
      : places_(places), entry_(entry), contexts_(contexts), path_(concat("/etc/", entry.path)) {}

  Result<std::string> run() {
    TRY(check_can_be_reset(places_, entry_));
    image_ = TRY(look_at_image(places_, entry_));
    stored_ = TRY(look_at_inside(places_.store, entry_.path));
    if (stored_.found == Found::obstructed)
      return failure(concat(store_path, "/", entry_.path), concat("is ", stored_.what, ": remove what is on the way"),
                     0);
    if (stored_.found == Found::nothing) return seed_anew();
    if (is_immutable(stored_.fd))
      return refusal(concat(store_path, "/", entry_.path),
                     "was made immutable or append-only by chattr(1): nothing can replace it; take that away with: "
                     "chattr -i -a, and run this again");
    std::string backup;
    if (!TRY(is_the_images())) backup = TRY(in_place() ? renew_in_place() : exchange_for_new());
    TRY(note_image(places_, entry_, contexts_));
    TRY(bind_again());
    return backup;
  }

 private:
  Result<std::string> seed_anew() {
    for (const EntryAction action : {EntryAction::note_image, EntryAction::seed})
      TRY(carry_out(action, places_, entry_, contexts_));
    TRY(bind_again());
    return std::string();
  }

  [[nodiscard]] bool in_place() const { return entry_.path == shadow_entry && stored_.found == Found::file; }

  Result<bool> is_the_images() const {
    if (entry_.path == shadow_entry) return same_shadow(image_, stored_);
    return same_version(image_, stored_, entry_.path);
  }

  Result<Fd> backup_folder() const {
    return folder_of_note(places_, concat(store_backups, "/", entry_.path), contexts_);
  }

  Result<std::string> renew_in_place() {
    const Fd folder = TRY(backup_folder());
    const Fd shadow = TRY(lock_shadow(places_.store));
    TRY(prepare(stored_, folder, path_, contexts_));
    std::string backup = TRY(put_as_backup(folder, concat(store_backups, "/", entry_.path), path_));
    TRY(renew_shadow(places_.store, shadow, TRY(text_of(image_, path_))));
    const struct stat& wanted = image_.status;
    if (fchown(shadow.get(), wanted.st_uid, wanted.st_gid) != 0) return failure(stored_shadow, "set owner");
    if (fchmod(shadow.get(), wanted.st_mode & 07777) != 0) return failure(stored_shadow, "set mode");
    TRY(flush(shadow, stored_shadow));
    return backup;
  }

  Result<std::string> exchange_for_new() {
    const Fd home = TRY(folder_of_entry(places_, entry_.path, contexts_));
    const Fd folder = TRY(backup_folder());
    const auto content = TRY(content_to_seed(places_, entry_, image_));
    TRY(prepare(image_, folder, path_, contexts_, content));
    std::string backup = TRY(put_as_backup(folder, concat(store_backups, "/", entry_.path), path_));
    TRY(exchange(folder, last_name(backup), home, last_name(entry_.path), path_));
    return backup;
  }

  // The old version's mount goes first; until the new one's is there, programs see the image's own, which is the same.
  Result<> bind_again() const {
    if (TRY(shadow_is_link_to_store(places_)) && entry_.path == shadow_entry) return {};
    if (!in_place()) {
      const Look seen = TRY(look_at(places_.seen, path_.substr(1)));
      if (same_file(seen, stored_)) TRY(unmount_from(seen.fd, path_));
    }
    return bind_entry(places_, entry_);
  }

  const Places& places_;
  const WritableEntry& entry_;
  const FileContexts& contexts_;
  const std::string path_;
  Look image_;
  Look stored_;
};

}  // namespace

Result<> check_can_be_reset(const Places& places, const WritableEntry& entry) {
  if (entry.path == machine_id_entry)
    return refusal(entry.path, "the image has none; remove its line and the store's file to have a new one each boot");
  const Look image = TRY(look_at_image(places, entry));
  if (image.is(entry.kind)) return {};
  return refusal(entry.path, concat("there is nothing to go back to: in the image it is ",
                                    image.found == Found::nothing ? "missing" : image.what));
}

Result<std::string> reset_entry(const Places& places, const WritableEntry& entry, const FileContexts& contexts) {
  return Reset(places, entry, contexts).run();
}

}  // namespace aimee
