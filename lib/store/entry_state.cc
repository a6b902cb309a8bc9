// Comparing of versions; changes nothing.
#include "store/entry_state.h"

#include <algorithm>

#include "base/text.h"
#include "store/compare.h"

namespace aimee {

namespace {

// The three versions of an entry.
struct Versions {
  Look image;
  Look note;  // of the image when the entry was seeded
  Look stored;
};

Result<Versions> versions_of(const Places& places, const WritableEntry& entry) {
  Versions versions;
  versions.image = TRY(look_at_image(places, entry));
  if (!places.has_store()) return versions;
  versions.note = TRY(look_at_note(places, entry));
  versions.stored = TRY(look_at_inside(places.store, entry.path));
  return versions;
}

Result<bool> same(const WritableEntry& entry, const Look& one, const Look& other) {
  return entry.path == shadow_entry ? same_shadow(one, other) : same_version(one, other, entry.path);
}

Result<EntryState> compare(const WritableEntry& entry, const Versions& versions) {
  if (TRY(same(entry, versions.image, versions.stored))) return EntryState::same;
  if (!versions.note.is(entry.kind)) return EntryState::changed_by_owner;
  const bool by_owner = !TRY(same(entry, versions.note, versions.stored));
  const bool by_image = !TRY(same(entry, versions.note, versions.image));
  if (by_owner && by_image) return EntryState::changed_by_both;
  return by_owner ? EntryState::changed_by_owner : EntryState::changed_by_image;
}

// The image's machine id is empty on purpose; the one that was kept is what counts.
Result<EntryState> compare_machine_id(const WritableEntry& entry, const Versions& versions) {
  if (!versions.note.is(entry.kind) || TRY(same(entry, versions.note, versions.stored))) return EntryState::same;
  return EntryState::changed_by_owner;
}

Result<EntryState> state_of(const Places& places, const WritableEntry& entry, std::string& why) {
  const Versions versions = TRY(versions_of(places, entry));
  const auto fits = [&](const Look& look) { return look.found == Found::nothing || look.is(entry.kind); };
  if (!fits(versions.image)) why = concat("the image's is ", versions.image.what);
  if (!fits(versions.stored)) why = concat("the store's is ", versions.stored.what);
  if (!why.empty()) return EntryState::broken;
  if (versions.image.found == Found::nothing) return EntryState::missing_in_image;
  if (versions.stored.found == Found::nothing) return EntryState::unseeded;
  return entry.path == machine_id_entry ? compare_machine_id(entry, versions) : compare(entry, versions);
}

class Unlisted {
 public:
  Unlisted(const Places& places, const WritableList& list) : places_(places) {
    for (const WritableEntry& entry : list.entries) entries_.push_back(entry.path);
    std::ranges::sort(entries_);
  }

  Result<std::vector<std::string>> find() && {
    TRY(walk(places_.store, ""));
    return std::move(found_);
  }

 private:
  [[nodiscard]] bool is_entry(const std::string& path) const { return std::ranges::binary_search(entries_, path); }
  [[nodiscard]] bool leads_to_entry(const std::string& path) const {
    return std::ranges::any_of(entries_, [&](const std::string& entry) { return is_inside(entry, path); });
  }

  Result<> walk(const Fd& folder, const std::string& prefix) {
    for (const std::string& name : TRY(names_in(folder, prefix.empty() ? store_path : prefix))) {
      const std::string path = concat(prefix, name);
      const bool own = name == reserved_unfinished || (prefix.empty() && name == reserved_notes);
      if (own || is_entry(path)) continue;
      const Look look = TRY(look_at_inside(folder, name));
      if (look.found == Found::folder && leads_to_entry(path)) {
        TRY(walk(look.fd, concat(path, "/")));
      } else {
        found_.push_back(path);
      }
    }
    return {};
  }

  const Places& places_;
  std::vector<std::string> entries_;
  std::vector<std::string> found_;
};

}  // namespace

std::string_view name_of(EntryState state) {
  switch (state) {
    case EntryState::unseeded:
      return "unseeded";
    case EntryState::same:
      return "same";
    case EntryState::changed_by_owner:
      return "changed-by-owner";
    case EntryState::changed_by_image:
      return "changed-by-image";
    case EntryState::changed_by_both:
      return "changed-by-both";
    case EntryState::missing_in_image:
      return "missing-in-image";
    case EntryState::broken:
      return "broken";
  }
  return {};
}

EntryReport examine_entry(const Places& places, const WritableEntry& entry) {
  EntryReport report{entry, EntryState::broken, {}, false};
  const auto state = state_of(places, entry, report.why);
  if (state) {
    report.state = *state;
  } else {
    report.why = state.error().message();
  }
  if (!places.has_store()) return report;
  const auto stored = look_at_inside(places.store, entry.path);
  if (stored) report.bound = is_bound(places, entry, *stored).value_or(false);
  return report;
}

Result<StoreReport> examine_store(const Places& places, const WritableList& list) {
  StoreReport report;
  report.store_present = places.has_store();
  report.problems = list.problems;
  for (const WritableEntry& entry : list.entries) report.entries.push_back(examine_entry(places, entry));
  report.unlisted = TRY(unlisted_paths(places, list));
  return report;
}

Result<std::vector<std::string>> unlisted_paths(const Places& places, const WritableList& list) {
  if (!places.has_store()) return {};
  return Unlisted(places, list).find();
}

Result<StoreReport> examine_store(const std::string& root) {
  const Places places = TRY(open_places(root));
  return examine_store(places, TRY(read_writable_list(places)));
}

}  // namespace aimee
