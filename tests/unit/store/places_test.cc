// Looking: what is at a path, and what is on the way, without following a link.
#include "store/places.h"

#include <sys/stat.h>

#include "harness/etc_trees.h"

namespace aimee::test {

namespace {

std::string seen_at(const EtcTrees& trees, const std::string& path) {
  const auto look = look_at_inside(trees.places().store, path);
  if (!look) return told(look);
  return look->found == Found::nothing ? "nothing" : look->what;
}

const WritableEntry shadow{EntryKind::file, "shadow", 0, 0};

}  // namespace

TEST_CASE("a look says what is there, a link itself included, and never what it leads to") {
  EMULATION_LACKS("openat2");
  const EtcTrees trees;
  trees.stored("file", "x");
  trees.stored("folder/x", "x");
  trees.folder.link("store/link", "file");
  trees.folder.link("store/way", "folder");
  trees.folder.link("store/out", "/etc");
  prepared(mkfifo((trees.folder / "store/fifo").c_str(), 0600) == 0, "fifo");
  const std::pair<const char*, const char*> rows[] = {
      {"file", "a file"},
      {"folder", "a folder"},
      {"link", "a symbolic link"},
      {"fifo", "a FIFO"},
      {"folder/x", "a file"},
      {"none", "nothing"},
      {"none/x", "nothing"},
      {"file/x", "reached through something that is no folder"},
      {"way/x", "reached through a symbolic link"},
      {"out/passwd", "reached through a symbolic link"},
  };
  for (const auto& [path, expected] : rows) {
    CAPTURE(path);
    CHECK(seen_at(trees, path) == expected);
  }
}

TEST_CASE("a path with \"..\" does not leave the folder") {
  EMULATION_LACKS("openat2");
  const EtcTrees trees;
  CHECK(seen_at(trees, "../root") == "on another mount");
}

TEST_CASE("the list is the image's; a missing one is empty, one that is no file is a problem of the whole list") {
  EMULATION_LACKS("openat2");
  const EtcTrees trees;
  const auto count = [&] {
    const auto list = read_writable_list(trees.places());
    return list ? concat(list->entries.size(), " ", list->problems.size()) : told(list);
  };
  CHECK(count() == "1 0");
  trees.image("aimee-os/writable-etc", "f hostname\nwhat\n");
  CHECK(count() == "2 1");
  prepared(rename((trees.folder / "root/etc/aimee-os/writable-etc").c_str(), (trees.folder / "root/list").c_str()) == 0,
           "rename");
  trees.folder.link("root/etc/aimee-os/writable-etc", "../../list");
  CHECK(count() == "1 1");
}

TEST_CASE("a shadow that is a link into the store is told from every other link") {
  EMULATION_LACKS("openat2");
  const std::pair<const char*, bool> rows[] = {
      {"/var/etc/shadow", true},   {"../var/etc/shadow", true},     {"//var/./etc/shadow", true},
      {"/var/etc/shadow2", false}, {"../../var/etc/shadow", false}, {"shadow", false},
      {"/run/shadow", false},
  };
  for (const auto& [target, expected] : rows) {
    CAPTURE(target);
    const EtcTrees trees;
    trees.folder.link("root/etc/shadow", target);
    CHECK(shadow_is_link_to_store(trees.places()).value_or(!expected) == expected);
  }
  const EtcTrees trees;
  trees.image("shadow", "x");
  CHECK_FALSE(shadow_is_link_to_store(trees.places()).value_or(true));
}

TEST_CASE("the image's version of such a shadow is the one in its own store") {
  EMULATION_LACKS("openat2");
  const EtcTrees trees;
  trees.folder.link("root/etc/shadow", "/var/etc/shadow");
  CHECK(look_at_image(trees.places(), shadow)->found == Found::nothing);
  trees.folder.file("root/var/etc/shadow", "x");
  CHECK(look_at_image(trees.places(), shadow)->found == Found::file);
}

}  // namespace aimee::test
