// When two versions are the same.
#include "store/compare.h"

#include <sys/stat.h>
#include <unistd.h>

#include "harness/etc_trees.h"

namespace aimee::test {

namespace {

std::string compared(const EtcTrees& trees, const std::string& name) {
  const Places places = trees.places();
  const auto one = look_at(places.image, concat("etc/", name));
  const auto other = look_at_inside(places.store, name);
  prepared(one && other, name);
  const auto same = same_version(*one, *other, name);
  if (!same) return told(same);
  return *same ? "same" : "different";
}

}  // namespace

TEST_CASE("content, mode and type count, times do not") {
  EMULATION_LACKS("openat2");
  const EtcTrees trees;
  trees.image("x", "content");
  CHECK(compared(trees, "x") == "different");
  const std::string stored = trees.stored("x", "content");
  const timespec times[] = {{1, 0}, {1, 0}};
  prepared(utimensat(AT_FDCWD, stored.c_str(), times, 0) == 0, "utimensat");
  CHECK(compared(trees, "x") == "same");
  trees.stored("x", "Content");
  CHECK(compared(trees, "x") == "different");
  trees.stored("x", "content");
  prepared(chmod(stored.c_str(), 0600) == 0, "chmod");
  CHECK(compared(trees, "x") == "different");
}

TEST_CASE("large files are compared to their ends") {
  EMULATION_LACKS("openat2");
  const EtcTrees trees;
  for (const std::size_t size : {16383UL, 16384UL, 16385UL, 100000UL}) {
    std::string content(size, 'c');
    trees.image("x", content);
    trees.stored("x", content);
    CHECK(compared(trees, "x") == "same");
    content.back() = 'd';
    trees.stored("x", content);
    CHECK(compared(trees, "x") == "different");
  }
}

TEST_CASE("folders are compared with all in them, and links by where they lead") {
  EMULATION_LACKS("openat2");
  const EtcTrees trees;
  trees.image("d/a/b", "x");
  trees.stored("d/a/b", "x");
  trees.folder.link("root/etc/d/link", "one");
  trees.folder.link("store/d/link", "one");
  CHECK(compared(trees, "d") == "same");
  SUBCASE("more") { trees.stored("d/new", "x"); }
  SUBCASE("fewer") { trees.image("d/new", "x"); }
  SUBCASE("content") { trees.stored("d/a/b", "y"); }
  SUBCASE("a link's target") {
    prepared(unlink((trees.folder / "store/d/link").c_str()) == 0, "unlink");
    trees.folder.link("store/d/link", "two");
  }
  SUBCASE("a link in place of a file, to the same file") {
    prepared(unlink((trees.folder / "store/d/a/b").c_str()) == 0, "unlink");
    trees.folder.link("store/d/a/b", trees.folder / "root/etc/d/a/b");
  }
  CHECK(compared(trees, "d") == "different");
}

TEST_CASE("of shadow the accounts count and not the padding") {
  EMULATION_LACKS("openat2");
  const EtcTrees trees;
  trees.image("shadow", "root:*:1::::::\nbin:*:1::::::\n");
  const auto same = [&](std::string_view stored) {
    trees.stored("shadow", stored);
    const Places places = trees.places();
    return same_shadow(*look_at(places.image, "etc/shadow"), *look_at_inside(places.store, "shadow")).value_or(false);
  };
  CHECK(same(concat("root:*:1::::::\nbin:*:1::::::\n", std::string(4000, '\n'))));
  CHECK_FALSE(same("root:!:1::::::\nbin:*:1::::::\n"));
  CHECK_FALSE(same("root:*:1::::::\n"));
}

}  // namespace aimee::test
