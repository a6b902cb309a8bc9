// Deciding; pure.
#include "plan/entry_plan.h"

#include <algorithm>

#include "base/text.h"

namespace aimee {

namespace {

// No line can name what is outside /etc, but a line can name what stands in the link's place.
std::string link_problem(const WritableEntry& entry, const EntryFacts& facts) {
  constexpr std::string_view etc = "/etc/";
  const std::string target = printable(facts.image_target);
  if (facts.image_target.starts_with(etc))
    return concat("is a symbolic link in the image: name what it leads to, ", target.substr(etc.size()));
  return concat("is a symbolic link in the image: it leads out of /etc, to ", target.empty() ? "nothing" : target,
                ", which no line can name: ship ", entry.kind == EntryKind::file ? "a file" : "a folder",
                " in its place in the image, or remove the line");
}

std::string image_problem(const WritableEntry& entry, const EntryFacts& facts) {
  const Sight& image = facts.image;
  switch (image.found) {
    case Found::nothing:
      if (facts.linked)
        return "is a link to the store in the image, and the image has no /var/etc/shadow to seed that from: ship one";
      if (facts.stored.found == Found::nothing)
        return "is not in the image: ship one there (it is what the store's is mounted on), or remove the line";
      return "is in the store, but not in the image any more, so that nothing is there to mount it on: ship one there, "
             "or remove the line";
    case Found::obstructed:
      return concat("is ", image.what,
                    " in the image: name the path without that; where that is outside /etc, ship a folder ",
                    "in the link's place, or remove the line");
    case Found::other:
      if (image.what == "a symbolic link") return link_problem(entry, facts);
      return concat("is ", image.what, " in the image: name files and folders only");
    case Found::file:
    case Found::folder:
      break;
  }
  return concat("is ", image.what, " in the image: write ", entry.kind == EntryKind::file ? "d" : "f", " in place of ",
                entry.kind == EntryKind::file ? "f" : "d");
}

std::string store_problem(const WritableEntry& entry, const Sight& stored) {
  if (stored.found == Found::obstructed)
    return concat("is ", stored.what, " in the store: it is not used; remove what is on the way in /var/etc");
  return concat("is ", stored.what, " in the store: it is not used; set it aside with: writable-etc --reset ",
                printable(entry.path));
}

}  // namespace

std::string target_of_link(std::string_view path, std::string_view text) {
  const std::string from = text.starts_with('/') ? "" : std::string(path.substr(0, path.rfind('/')));
  std::string target;
  for (const std::string_view part : split(concat(from, "/", text), '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      target.resize(std::min(target.rfind('/'), target.size()));
    } else {
      target += concat("/", part);
    }
  }
  return target.empty() ? "/" : target;
}

bool fits(Found found, EntryKind kind) { return found == (kind == EntryKind::file ? Found::file : Found::folder); }

std::expected<std::vector<EntryAction>, std::string> plan_entry(const WritableEntry& entry, const EntryFacts& facts) {
  const bool stored = facts.stored.found != Found::nothing;
  if (facts.linked && facts.image.found == Found::nothing && fits(facts.stored.found, entry.kind)) return {{}};
  if (!fits(facts.image.found, entry.kind)) return std::unexpected(image_problem(entry, facts));
  if (stored && !fits(facts.stored.found, entry.kind)) return std::unexpected(store_problem(entry, facts.stored));
  if (facts.note.found == Found::obstructed)
    return std::unexpected(concat("its note is ", facts.note.what, ": remove what is on the way in /var/etc/.aimee"));
  if (!stored && !facts.seed_problem.empty()) return std::unexpected(facts.seed_problem);
  std::vector<EntryAction> actions;
  if (!stored || !fits(facts.note.found, entry.kind)) actions.push_back(EntryAction::note_image);
  if (!stored) actions.push_back(EntryAction::seed);
  if (stored && !facts.missing_accounts.empty()) actions.push_back(EntryAction::add_accounts);
  if (!facts.bound) actions.push_back(EntryAction::bind);
  return actions;
}

std::string describe(EntryAction action, const WritableEntry& entry, const EntryFacts& facts) {
  const std::string path = printable(entry.path);
  switch (action) {
    case EntryAction::note_image:
      return concat("note the image's version of ", path);
    case EntryAction::seed:
      return concat("seed /var/etc/", path,
                    entry.path == machine_id_entry ? " with the present machine id" : " from the image");
    case EntryAction::add_accounts: {
      std::string names;
      for (const std::string& name : facts.missing_accounts)
        names += concat(names.empty() ? "" : ", ", printable(name));
      return concat("add to /var/etc/", path, " the image's new accounts: ", names);
    }
    case EntryAction::bind:
      return concat("mount /var/etc/", path, " on /etc/", path);
  }
  return {};
}

}  // namespace aimee
