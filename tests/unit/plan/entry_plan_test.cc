// What is done for an entry, as a table: what was found, and what follows from it.
#include "plan/entry_plan.h"

#include "harness/test.h"

namespace aimee::test {

namespace {

const Sight nothing{Found::nothing, ""};
const Sight file{Found::file, "a file"};
const Sight folder{Found::folder, "a folder"};
const Sight link{Found::other, "a symbolic link"};
const Sight fifo{Found::other, "a FIFO"};
const Sight behind_link{Found::obstructed, "reached through a symbolic link"};
const Sight mounted{Found::obstructed, "on another mount"};

std::string shown(const WritableEntry& entry, const EntryFacts& facts) {
  const auto plan = plan_entry(entry, facts);
  if (!plan) return concat("! ", plan.error());
  std::string text;
  for (const EntryAction action : *plan) text += concat(text.empty() ? "" : "; ", describe(action, entry, facts));
  return text;
}

const WritableEntry hostname{EntryKind::file, "hostname", 1, 3};
const WritableEntry ssh{EntryKind::folder, "ssh", 2, 3};
const WritableEntry shadow{EntryKind::file, "shadow", 0, 0};
const WritableEntry machine_id{EntryKind::file, "machine-id", 3, 3};

}  // namespace

TEST_CASE("an entry is noted, seeded and mounted, and what is done already is not done again") {
  CHECK(shown(hostname, {file, nothing, nothing}) ==
        "note the image's version of hostname; seed /var/etc/hostname from the image; "
        "mount /var/etc/hostname on /etc/hostname");
  CHECK(shown(ssh, {folder, nothing, nothing}) ==
        "note the image's version of ssh; seed /var/etc/ssh from the image; mount /var/etc/ssh on /etc/ssh");
  CHECK(shown(hostname, {file, file, file}) == "mount /var/etc/hostname on /etc/hostname");
  CHECK(shown(hostname, {.image = file, .note = file, .stored = file, .bound = true}).empty());
  // A cut came after the note, or the owner removed the store's to have the image's again.
  CHECK(shown(hostname, {file, file, nothing}).starts_with("note the image's version of hostname; seed"));
  // Filled by somebody else, or listed as another type before.
  for (const Sight& note : {nothing, folder, link}) {
    CHECK(shown(hostname, {.image = file, .note = note, .stored = file, .bound = true}) ==
          "note the image's version of hostname");
  }
  CHECK(shown(machine_id, {file, nothing, nothing}).find("seed /var/etc/machine-id with the present machine id") !=
        std::string::npos);
}

TEST_CASE("what does not fit in the image is a problem that says what to write") {
  CHECK(shown(hostname, {nothing, nothing, nothing}).starts_with("! is not in the image: ship one there"));
  CHECK(shown(hostname, {nothing, file, file}).starts_with("! is in the store, but not in the image any more"));
  CHECK(shown(hostname, {folder, nothing, nothing}) == "! is a folder in the image: write d in place of f");
  CHECK(shown(ssh, {file, nothing, nothing}) == "! is a file in the image: write f in place of d");
  CHECK(shown(hostname, {.image = link, .image_target = "/etc/names/host"}) ==
        "! is a symbolic link in the image: name what it leads to, names/host");
  CHECK(shown(hostname, {.image = link, .image_target = "/run/host"}) ==
        "! is a symbolic link in the image: it leads out of /etc, to /run/host, which no line can name: ship a file in "
        "its place in the image, or remove the line");
  CHECK(shown(ssh, {.image = link}) ==
        "! is a symbolic link in the image: it leads out of /etc, to nothing, which no line can name: ship a folder in "
        "its place in the image, or remove the line");
  CHECK(shown(hostname, {fifo, nothing, nothing}) == "! is a FIFO in the image: name files and folders only");
  CHECK(
      shown(hostname, {behind_link, nothing, nothing}) ==
      "! is reached through a symbolic link in the image: name the path without that; where that is outside /etc, ship "
      "a folder in the link's place, or remove the line");
}

TEST_CASE("a link's target is what its text says from where it stands") {
  CHECK(target_of_link("/etc/localtime", "../usr/share/zoneinfo/Etc/UTC") == "/usr/share/zoneinfo/Etc/UTC");
  CHECK(target_of_link("/etc/resolv.conf", "/run/systemd/resolve/stub-resolv.conf") ==
        "/run/systemd/resolve/stub-resolv.conf");
  CHECK(target_of_link("/etc/a/b", "./../c//d/.") == "/etc/c/d");
  CHECK(target_of_link("/etc/a", "../../../..") == "/");
  CHECK(target_of_link("/etc/a", "b") == "/etc/b");
}

TEST_CASE("what does not fit in the store is not touched and not used") {
  CHECK(shown(hostname, {file, file, link}) ==
        "! is a symbolic link in the store: it is not used; set it aside with: writable-etc --reset hostname");
  CHECK(shown(hostname, {file, file, folder}).starts_with("! is a folder in the store: it is not used"));
  CHECK(shown(ssh, {folder, folder, file}).starts_with("! is a file in the store: it is not used"));
  CHECK(shown(hostname, {file, file, fifo}).starts_with("! is a FIFO in the store: it is not used"));
  for (const Sight& way : {behind_link, mounted}) {
    CHECK(shown(hostname, {file, file, way}) ==
          concat("! is ", way.what, " in the store: it is not used; remove what is on the way in /var/etc"));
    CHECK(shown(hostname, {file, way, file}) ==
          concat("! its note is ", way.what, ": remove what is on the way in /var/etc/.aimee"));
  }
}

TEST_CASE("accounts that the image adds are added to the stored shadow, before it is mounted") {
  CHECK(shown(shadow, {.image = file, .note = file, .stored = file, .missing_accounts = {"web", "db"}}) ==
        "add to /var/etc/shadow the image's new accounts: web, db; mount /var/etc/shadow on /etc/shadow");
  CHECK(shown(shadow, {.image = file, .note = file, .stored = file, .bound = true, .missing_accounts = {"web"}}) ==
        "add to /var/etc/shadow the image's new accounts: web");
}

TEST_CASE("a shadow that the image ships as a link to the store is seeded and never mounted") {
  CHECK(shown(shadow, {.image = file, .linked = true, .bound = true}) ==
        "note the image's version of shadow; seed /var/etc/shadow from the image");
  CHECK(shown(shadow, {.stored = file, .linked = true, .bound = true}).empty());
  CHECK(shown(shadow, {.linked = true, .bound = true}).starts_with("! is a link to the store in the image, and"));
}

TEST_CASE("what cannot be seeded now is a problem only while it is not seeded") {
  CHECK(shown(machine_id, {.image = file, .seed_problem = "why: what"}) == "! why: what");
  CHECK(shown(machine_id, {.image = file, .note = file, .stored = file, .bound = true, .seed_problem = "why"}).empty());
}

}  // namespace aimee::test
