// The store on a volume that somebody had in hand: the list of writable parts, "%%", and what stands where, a line
// each, as PLACE KIND PATH=CONTENT, the first two a letter each. Looking changes nothing and says what an own look
// says; seeding keeps what is there, ends with the image's version, and reaches nothing through a link.
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "base/text.h"
#include "harness/temporary_folder.h"
#include "parts/input.h"
#include "parts/oracle.h"
#include "store/difference.h"
#include "store/entry_state.h"
#include "store/put.h"
#include "store/seed.h"

namespace aimee::fuzz {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_lines = 24;
constexpr std::size_t most_levels = 5;
constexpr std::string_view unfinished = ".aimee-new";

struct stat status_at(const std::string& path) {
  struct stat status{};
  lstat(path.c_str(), &status);
  return status;
}

// By path, what each thing below the folder is and contains.
using Snapshot = std::map<std::string, std::string>;

std::string meaning_of(const std::string& path) {
  const struct stat status = status_at(path);
  const std::string mode = in_base(status.st_mode, 8);
  if (S_ISREG(status.st_mode)) return concat(mode, " ", test::content_of(path));
  return S_ISLNK(status.st_mode) ? concat(mode, " ", test::link_target(path)) : mode;
}

Snapshot snapshot_of(const std::string& folder) {
  Snapshot snapshot;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    const std::string path = entry.path();
    snapshot.emplace(path.substr(folder.size() + 1), meaning_of(path));
  }
  return snapshot;
}

std::string content_in(const std::string& path) {
  return S_ISREG(status_at(path).st_mode) ? test::content_of(path) : std::string();
}

// Type, mode, and content or target; of folders the same for all that is in them.
bool is_same_tree(const std::string& one, const std::string& other) {
  if (!test::exists(one) || !test::exists(other)) return false;
  if (meaning_of(one) != meaning_of(other)) return false;
  return !S_ISDIR(status_at(one).st_mode) || snapshot_of(one) == snapshot_of(other);
}

// diff(1) would be run, which is slow.
bool has_different_texts(const std::string& one, const std::string& other) {
  const auto is_binary = [](const std::string& text) { return text.find('\0') != std::string::npos; };
  const auto differ = [&](const std::string& a, const std::string& b) {
    const std::string first = content_in(a);
    const std::string second = content_in(b);
    return first != second && S_ISREG(status_at(a).st_mode) && S_ISREG(status_at(b).st_mode) && !is_binary(first) &&
           !is_binary(second);
  };
  if (differ(one, other)) return true;
  if (!S_ISDIR(status_at(one).st_mode) || !S_ISDIR(status_at(other).st_mode)) return false;
  return std::ranges::any_of(snapshot_of(one), [&](const auto& inside) {
    return differ(concat(one, "/", inside.first), concat(other, "/", inside.first));
  });
}

// What stands at `path` below `base`, without following a link.
Found found_at(const std::string& base, const std::string& path) {
  for (std::size_t slash = path.find('/'); slash != path.npos; slash = path.find('/', slash + 1)) {
    const std::string way = concat(base, "/", path.substr(0, slash));
    if (!test::exists(way)) return Found::nothing;
    if (!S_ISDIR(status_at(way).st_mode)) return Found::obstructed;
  }
  const std::string whole = concat(base, "/", path);
  if (!test::exists(whole)) return Found::nothing;
  const mode_t mode = status_at(whole).st_mode;
  return S_ISREG(mode) ? Found::file : S_ISDIR(mode) ? Found::folder : Found::other;
}

// The folders "image", "store" and "outside", to which links lead.
class World {
 public:
  explicit World(std::string_view description) {
    root_.file("outside/secret", "somebody else's\n");
    root_.file("outside/folder/inside", "somebody else's, too\n");
    root_.folder("image/etc");
    root_.folder("store");
    std::size_t lines = 0;
    for (const std::string_view line : split(description, '\n')) {
      if (line.size() > 2 && ++lines <= most_lines) make(line[0], line[1], line.substr(2));
    }
    unchanged_ = {snapshot_of(root_ / "image"), snapshot_of(root_ / "outside")};
  }

  [[nodiscard]] std::string etc() const { return root_ / "image/etc"; }
  [[nodiscard]] std::string store() const { return root_ / "store"; }
  [[nodiscard]] std::string notes() const { return root_ / "store/.aimee/image"; }
  [[nodiscard]] Snapshot stored() const { return snapshot_of(store()); }
  [[nodiscard]] Places places() const {
    auto image = open_file(root_ / "image", O_PATH | O_DIRECTORY);
    auto seen = open_file(root_ / "image", O_PATH | O_DIRECTORY);
    auto store = open_file(root_ / "store", O_RDONLY | O_DIRECTORY);
    HOLDS(image && seen && store);
    return {root_ / "image", *std::move(image), *std::move(seen), *std::move(store)};
  }
  void check_rest() const {
    HOLDS(snapshot_of(root_ / "image") == unchanged_.first);
    HOLDS(snapshot_of(root_ / "outside") == unchanged_.second);
  }

 private:
  static std::string base_of(char place) {
    switch (place) {
      case 'i':
        return "image/etc";
      case 'v':
        return "image/var/etc";
      case 'n':
        return "store/.aimee/image";
      case 'b':
        return "store/.aimee/backup";
      default:
        return "store";
    }
  }

  // Makes the folders on the way; false where something else is there.
  [[nodiscard]] bool make_way(const std::string& path) const {
    for (std::size_t slash = path.find('/'); slash != path.npos; slash = path.find('/', slash + 1)) {
      const std::string way = path.substr(0, slash);
      if (!test::exists(root_ / way)) root_.folder(way);
      if (!S_ISDIR(status_at(root_ / way).st_mode)) return false;
    }
    return !test::exists(root_ / path);
  }

  void make(char place, char kind, std::string_view rest) const {
    const std::string_view name = rest.substr(0, rest.find('='));
    const std::string_view content = rest.substr(std::min(name.size() + 1, rest.size()));
    const auto levels = split(name, '/');
    const auto is_name = [](std::string_view level) {
      return !level.empty() && level != "." && level != ".." && level.size() <= 255 && level.find('\0') == level.npos;
    };
    if (levels.size() > most_levels || !std::ranges::all_of(levels, is_name)) return;
    const std::string path = concat(base_of(place), "/", name);
    if (make_way(path)) make_thing(path, kind, std::string(content));
  }

  void make_thing(const std::string& path, char kind, const std::string& content) const {
    switch (kind) {
      case 'd':
        root_.folder(path);
        break;
      case 'D':
        root_.folder(path, 0700);
        break;
      case 'l':
        root_.link(path, root_ / "outside/secret");
        break;
      case 'L':
        root_.link(path, root_ / "outside/folder");
        break;
      case 'k':
        if (!content.empty() && content.size() < 1024 && content.find('\0') == content.npos) root_.link(path, content);
        break;
      case 'p':
        HOLDS(mkfifo((root_ / path).c_str(), 0600) == 0);
        break;
      case 'x':
        root_.file(path, content, 0600);
        break;
      default:
        root_.file(path, content);
    }
  }

  const test::TemporaryFolder root_;
  std::pair<Snapshot, Snapshot> unchanged_;
};

// What counts of these is not their bytes alone.
bool is_special(const WritableEntry& entry) { return entry.path == shadow_entry || entry.path == machine_id_entry; }

EntryState expected_state(const World& world, const WritableEntry& entry) {
  const std::string image = concat(world.etc(), "/", entry.path);
  const std::string note = concat(world.notes(), "/", entry.path);
  const std::string stored = concat(world.store(), "/", entry.path);
  const Found in_image = found_at(world.etc(), entry.path);
  const Found in_store = found_at(world.store(), entry.path);
  const auto is_wrong = [&](Found found) { return found != Found::nothing && !fits(found, entry.kind); };
  if (is_wrong(in_image) || is_wrong(in_store)) return EntryState::broken;
  if (in_image == Found::nothing) return EntryState::missing_in_image;
  if (in_store == Found::nothing) return EntryState::unseeded;
  if (is_same_tree(image, stored)) return EntryState::same;
  const bool has_note = fits(found_at(world.store(), concat(store_images, "/", entry.path)), entry.kind);
  if (!has_note || is_same_tree(note, image)) return EntryState::changed_by_owner;
  return is_same_tree(note, stored) ? EntryState::changed_by_image : EntryState::changed_by_both;
}

// Every path of the store is told, or is part of one that is told, of an entry, of the way to one, or the store's own.
void check_unlisted(const World& world, const WritableList& list, const std::vector<std::string>& unlisted) {
  const auto is_entry = [&](const std::string& path) {
    return std::ranges::any_of(list.entries, [&](const WritableEntry& entry) { return entry.path == path; });
  };
  const auto is_own = [](const std::string& path) {
    return path == ".aimee" || path.ends_with(concat("/", unfinished)) || path == unfinished;
  };
  const auto is_way = [&](const std::string& path) {
    return S_ISDIR(status_at(concat(world.store(), "/", path)).st_mode) &&
           std::ranges::any_of(list.entries, [&](const WritableEntry& entry) { return is_inside(entry.path, path); });
  };
  std::vector<std::string> expected;
  for (const auto& [path, meaning] : world.stored()) {
    bool is_reached = true;
    for (std::size_t slash = path.find('/'); slash != path.npos; slash = path.find('/', slash + 1)) {
      const std::string way = path.substr(0, slash);
      is_reached = is_reached && is_way(way) && !is_own(way) && !is_entry(way);
    }
    if (is_reached && !is_own(path) && !is_entry(path) && !is_way(path)) expected.push_back(path);
  }
  HOLDS(unlisted == expected);
}

void check_looking(const World& world, const Places& places, const WritableList& list) {
  const Snapshot before = world.stored();
  const auto report = examine_store(places, list);
  HOLDS(report && report->store_present && report->entries.size() == list.entries.size());
  for (const EntryReport& entry : report->entries) {
    HOLDS_OF(entry.why, is_one_line(entry.why));
    if (is_special(entry.entry)) continue;
    HOLDS_OF(concat(entry.entry.path, " is ", name_of(entry.state), ": ", entry.why),
             entry.state == expected_state(world, entry.entry) && !entry.bound);
  }
  check_unlisted(world, list, report->unlisted);
  HOLDS(world.stored() == before);
}

void check_difference(const World& world, const Places& places, const WritableEntry& entry) {
  const std::string image = concat(world.etc(), "/", entry.path);
  const std::string stored = concat(world.store(), "/", entry.path);
  if (is_special(entry) || has_different_texts(image, stored)) return;
  std::string printed;
  const auto shown = show_difference(places, entry, [&](std::string_view text) {
    printed += text;
    return Result<>();
  });
  if (!shown) return check_message(shown.error());
  HOLDS_OF(printed, printed.empty() || is_page(printed));
  const bool is_seen = found_at(world.etc(), entry.path) != Found::obstructed &&
                       found_at(world.store(), entry.path) != Found::obstructed;
  if (is_seen) HOLDS_OF(concat(entry.path, ": ", printed), printed.empty() == is_same_tree(image, stored));
}

// The actions but the mount; none where there is something against it.
std::optional<std::vector<EntryAction>> actions_for(const Places& places, const WritableEntry& entry) {
  const auto facts = facts_of(places, entry);
  if (!facts) {
    check_message(facts.error());
    return std::nullopt;
  }
  auto plan = plan_entry(entry, *facts);
  if (!plan) {
    HOLDS_OF(plan.error(), is_one_line(plan.error()));
    return std::nullopt;
  }
  for (const EntryAction action : *plan) HOLDS(is_one_line(describe(action, entry, *facts)));
  std::erase(*plan, EntryAction::bind);
  return *plan;
}

bool succeeds(const Places& places, const WritableEntry& entry, const std::vector<EntryAction>& actions) {
  for (const EntryAction action : actions) {
    const auto done = carry_out(action, places, entry, FileContexts());
    if (done) continue;
    check_message(done.error());
    return false;
  }
  return true;
}

bool is_part_of_unfinished(const std::string& path) {
  return std::ranges::any_of(split(path, '/'), [](std::string_view name) { return name == unfinished; });
}

// Nothing that the store had was changed, but for a note that did not fit and the accounts of shadow.
void check_kept(const Snapshot& before, const Snapshot& after, const WritableEntry& entry) {
  const std::string note = concat(store_images, "/", entry.path);
  for (const auto& [path, meaning] : before) {
    const bool is_note = path == note || is_inside(path, note);
    const bool is_shadow = entry.path == shadow_entry && path == shadow_entry;
    if (is_note || is_shadow || is_part_of_unfinished(path)) continue;
    const auto found = after.find(path);
    HOLDS_OF(path, found != after.end() && found->second == meaning);
  }
}

void check_seeding(const World& world, const Places& places, const WritableEntry& entry) {
  const Snapshot before = world.stored();
  const std::string note = concat(store_images, "/", entry.path);
  const auto cleared = clear_leftovers(places, entry.path);
  if (!cleared) return check_message(cleared.error());
  const auto actions = actions_for(places, entry);
  const bool done = actions && succeeds(places, entry, *actions);
  const Snapshot after = world.stored();
  check_kept(before, after, entry);
  const auto includes = [&](EntryAction action) { return std::ranges::find(*actions, action) != actions->end(); };
  if (actions && !includes(EntryAction::note_image) && entry.path != shadow_entry)
    for (const auto& [path, meaning] : before)
      if (path == note || is_inside(path, note)) HOLDS_OF(path, after.at(path) == meaning);
  if (!done) return;
  const std::string image = concat(world.etc(), "/", entry.path);
  const bool is_linked = entry.path == shadow_entry && S_ISLNK(status_at(image).st_mode);
  if (includes(EntryAction::note_image) && entry.path != machine_id_entry && !is_linked)
    HOLDS_OF(entry.path, is_same_tree(image, concat(world.store(), "/", note)));
  if (includes(EntryAction::seed) && !is_special(entry))
    HOLDS_OF(entry.path, is_same_tree(image, concat(world.store(), "/", entry.path)));
  const auto again = actions_for(places, entry);
  HOLDS_OF(entry.path, again && again->empty());
}

}  // namespace

void try_input(std::string_view text) {
  const auto parts = sections(text, 2);
  const WritableList list = parse_writable_list(parts[0]);
  const World world(parts[1]);
  const Places places = world.places();
  check_looking(world, places, list);
  for (const WritableEntry& entry : list.entries) check_difference(world, places, entry);
  for (const WritableEntry& entry : list.entries) check_seeding(world, places, entry);
  world.check_rest();
  check_looking(world, places, list);
}

}  // namespace aimee::fuzz
