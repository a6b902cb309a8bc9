// Whole or not at all: preparing, naming, exchanging, removing.
#include "store/put.h"

#include <sys/stat.h>

#include <cerrno>

#include "harness/etc_trees.h"

namespace aimee::test {

namespace {

std::string prepare_from(const Places& places, const std::string& name) {
  const auto source = look_at(places.image, concat("etc/", name));
  prepared(source.has_value(), name);
  return told(prepare(*source, places.store, concat("/etc/", name), FileContexts()));
}

}  // namespace

TEST_CASE("a copy is under its name only when it was put there, and not over another") {
  EMULATION_LACKS("openat2");
  const EtcTrees trees;
  const Places places = trees.places();
  trees.image("x", "image");
  CHECK(prepare_from(places, "x") == "done");
  CHECK(trees.content(".aimee-new") == "image");
  CHECK_FALSE(trees.has("x"));
  CHECK(told(put(places.store, "x", "x")) == "done");
  CHECK(trees.content("x") == "image");
  CHECK_FALSE(trees.has(".aimee-new"));
  trees.stored("x", "mine");
  CHECK(prepare_from(places, "x") == "done");
  CHECK(told(put(places.store, "x", "x")) == concat("failed: ", with_errno("x: rename", EEXIST)));
  CHECK(trees.content("x") == "mine");
  CHECK(told(put_over(places.store, "x", "x")) == "done");
  CHECK(trees.content("x") == "image");
  CHECK_FALSE(trees.has(".aimee-new"));
}

TEST_CASE("a folder is prepared with all in it, over what a cut left") {
  EMULATION_LACKS("openat2");
  const EtcTrees trees;
  const Places places = trees.places();
  trees.image("d/a/b", "image");
  trees.stored(".aimee-new/half/way", "left");
  CHECK(prepare_from(places, "d") == "done");
  CHECK(told(put(places.store, "d", "d")) == "done");
  CHECK(trees.content("d/a/b") == "image");
  CHECK_FALSE(trees.has("d/half"));
}

TEST_CASE("a file's copy can have other content, with all else the image's") {
  EMULATION_LACKS("openat2");
  const EtcTrees trees;
  const Places places = trees.places();
  prepared(chmod(trees.image("x", "image, and longer").c_str(), 0640) == 0, "chmod");
  CHECK(told(prepare(*look_at(places.image, "etc/x"), places.store, "/etc/x", FileContexts(), "other")) == "done");
  CHECK(trees.content(".aimee-new") == "other");
  struct stat status{};
  prepared(stat((trees.folder / "store/.aimee-new").c_str(), &status) == 0, "stat");
  CHECK((status.st_mode & 07777) == 0640);
}

TEST_CASE("an exchange gives each the other's name") {
  EMULATION_LACKS("openat2");
  const EtcTrees trees;
  const Places places = trees.places();
  trees.stored("a", "a");
  trees.stored("b/c", "c");
  const auto folder = open_at(places.store, "b", O_RDONLY | O_DIRECTORY);
  CHECK(told(exchange(places.store, "a", *folder, "c", "x")) == "done");
  CHECK(trees.content("a") == "c");
  CHECK(trees.content("b/c") == "a");
}

TEST_CASE("removing follows no link") {
  EMULATION_LACKS("openat2");
  const EtcTrees trees;
  const Places places = trees.places();
  trees.folder.file("outside/x", "kept");
  trees.stored("d/e/f", "x");
  trees.folder.link("store/d/link", trees.folder / "outside");
  trees.folder.link("store/link", trees.folder / "outside");
  CHECK(told(remove_tree(places.store, "d", "d")) == "done");
  CHECK(told(remove_tree(places.store, "link", "link")) == "done");
  CHECK(told(remove_tree(places.store, "none", "none")) == "done");
  CHECK_FALSE(trees.has("d"));
  CHECK_FALSE(trees.has("link"));
  CHECK(content_of(trees.folder / "outside/x") == "kept");
}

TEST_CASE("folders on the way to an entry have the image's mode, those of the notes are private") {
  EMULATION_LACKS("openat2");
  const EtcTrees trees;
  const Places places = trees.places();
  trees.image("a/b/x", "image");
  prepared(chmod((trees.folder / "root/etc/a").c_str(), 0750) == 0, "chmod");
  CHECK(told(folder_of_entry(places, "a/b/x", FileContexts())) == "done");
  CHECK(told(folder_of_note(places, ".aimee/image/a/b/x", FileContexts())) == "done");
  const auto mode = [&](std::string_view name) {
    struct stat status{};
    prepared(stat((trees.folder / concat("store/", name)).c_str(), &status) == 0, name);
    return in_base(status.st_mode & 07777, 8);
  };
  CHECK(mode("a") == "750");
  CHECK(mode("a/b") == "755");
  for (const char* name : {".aimee", ".aimee/image", ".aimee/image/a", ".aimee/image/a/b"}) CHECK(mode(name) == "700");
}

TEST_CASE("a link on the way to an entry is not followed") {
  EMULATION_LACKS("openat2");
  const EtcTrees trees;
  const Places places = trees.places();
  trees.image("a/x", "image");
  trees.folder.folder("outside");
  trees.folder.link("store/a", trees.folder / "outside");
  trees.folder.link("store/.aimee", trees.folder / "outside");
  CHECK(told(folder_of_entry(places, "a/x", FileContexts())).starts_with("failed: /var/etc/a: "));
  CHECK(told(folder_of_note(places, ".aimee/image/a", FileContexts())).starts_with("failed: /var/etc/.aimee: "));
}

TEST_CASE("leftovers are removed where versions of an entry are made, and nowhere else") {
  EMULATION_LACKS("openat2");
  const EtcTrees trees;
  const Places places = trees.places();
  for (const char* name : {"a/.aimee-new", ".aimee/image/a/.aimee-new", ".aimee/backup/a/.aimee-new/x", "b/.aimee-new"})
    trees.stored(name, "left");
  CHECK(told(clear_leftovers(places, "a/x")) == "done");
  CHECK(told(clear_leftovers(places, "none/x")) == "done");
  CHECK_FALSE(trees.has("a/.aimee-new"));
  CHECK_FALSE(trees.has(".aimee/image/a/.aimee-new"));
  CHECK_FALSE(trees.has(".aimee/backup/a/.aimee-new"));
  CHECK(trees.has("b/.aimee-new"));
}

}  // namespace aimee::test
