// Everything of a file but its content.
#include "effects/attributes.h"

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>

#include "harness/temporary_folder.h"
#include "harness/test.h"
#include "selinux/labels.h"

namespace aimee::test {

namespace {

// Sets an attribute; false, and a skip noted, where this file system has none of that kind.
bool set_attribute(const std::string& path, const char* name, std::string_view value) {
  if (lsetxattr(path.c_str(), name, value.data(), value.size(), 0) == 0) return true;
  skip(concat("cannot set ", name, " in ", path, ": ", std::strerror(errno)));
  return false;
}

std::string attribute_of(const std::string& path, const char* name) {
  std::string value(70'000, '\0');
  const ssize_t length = lgetxattr(path.c_str(), name, value.data(), value.size());
  if (length < 0) return "(none)";
  value.resize(static_cast<std::size_t>(length));
  return value;
}

struct stat status_of_path(const std::string& path) {
  struct stat status{};
  prepared(lstat(path.c_str(), &status) == 0, path);
  return status;
}

}  // namespace

TEST_CASE("all extended attributes are copied, by descriptor and by path, empty, long and binary ones too") {
  const TemporaryFolder folder;
  const std::string source = folder.file("source", "");
  const std::string by_fd = folder.file("by-fd", "");
  const std::string by_path = folder.file("by-path", "");
  const std::string binary("a\0b\xff", 4);
  const std::string large(2000, 'v');
  if (!set_attribute(source, "user.text", "value")) return;
  if (!set_attribute(source, "user.empty", "") || !set_attribute(source, "user.binary", binary)) return;
  if (!set_attribute(source, "user.large", large)) return;
  const auto from = open_file(source, O_RDONLY);
  const auto to = open_file(by_fd, O_WRONLY);
  MUST_SUCCEED(from);
  MUST_SUCCEED(to);
  CHECK(told(copy_attributes(*from, *to, "file")) == "done");
  CHECK(told(copy_attributes(source, by_path, "file")) == "done");
  for (const std::string& copy : {by_fd, by_path}) {
    CHECK(attribute_of(copy, "user.text") == "value");
    CHECK(attribute_of(copy, "user.empty") == "");
    CHECK(attribute_of(copy, "user.binary") == binary);
    CHECK(attribute_of(copy, "user.large") == large);
  }
}

TEST_CASE("many attributes are copied, more than a first guess of their names' size") {
  const TemporaryFolder folder;
  const std::string source = folder.file("source", "");
  const std::string copy = folder.file("copy", "");
  constexpr int number = 30;
  for (int i = 0; i < number; ++i) {
    if (!set_attribute(source, concat("user.attribute-with-a-long-name-", i).c_str(), concat("value ", i))) return;
  }
  CHECK(told(copy_attributes(source, copy, "file")) == "done");
  for (int i = 0; i < number; ++i) {
    CHECK(attribute_of(copy, concat("user.attribute-with-a-long-name-", i).c_str()) == concat("value ", i));
  }
}

TEST_CASE("the SELinux label is not among those that are copied") {
  const TemporaryFolder folder;
  const std::string source = folder.file("source", "");
  const std::string copy = folder.file("copy", "");
  if (!set_attribute(source, label_attribute, "system_u:object_r:source_t:s0")) return;
  const std::string before = attribute_of(copy, label_attribute);
  CHECK(told(copy_attributes(source, copy, "file")) == "done");
  CHECK(attribute_of(copy, label_attribute) == before);
}

TEST_CASE("a source without attributes, or of a file system without them, has none to copy") {
  const TemporaryFolder folder;
  const std::string copy = folder.file("copy", "");
  CHECK(told(copy_attributes(folder.file("source", ""), copy, "file")) == "done");
  CHECK(told(copy_attributes("/proc/self/status", copy, "file")) == "done");
}

TEST_CASE("attributes of a symbolic link are the link's own") {
  const TemporaryFolder folder;
  const std::string target = folder.file("target", "");
  const std::string copy = folder.link("copy", "nowhere");
  if (!set_attribute(target, "user.text", "value")) return;
  const std::string link = folder.link("link", "target");
  CHECK(told(copy_attributes(link, copy, "link")) == "done");
}

TEST_CASE("what cannot be read or set is a failure that names the attribute") {
  const TemporaryFolder folder;
  const std::string source = folder.file("source", "");
  const std::string missing = folder / "missing";
  CHECK(told(copy_attributes(missing, source, "/var/x")) == with_errno("failed: /var/x: list attributes", ENOENT));
  if (!set_attribute(source, "user.text", "value")) return;
  CHECK(told(copy_attributes(source, missing, "/var/x")) ==
        with_errno("failed: /var/x: set attribute user.text", ENOENT));
  const auto nothing_lost = copy_attributes(source, "/proc/self/status", "/var/x");
  MUST(!nothing_lost.has_value());
  CHECK(nothing_lost.error().explanation == "set attribute user.text");
}

TEST_CASE("a stored label is read without the zero byte at its end") {
  const TemporaryFolder folder;
  const std::string path = folder.file("file", "");
  const std::string link = folder.link("link", "file");
  if (!set_attribute(path, label_attribute, std::string_view("a:b:c:s0\0", 9))) return;
  CHECK(stored_label(path).value_or("(none)") == "a:b:c:s0");
  const auto file = open_file(path, O_RDONLY);
  MUST_SUCCEED(file);
  CHECK(stored_label(*file).value_or("(none)") == "a:b:c:s0");
  if (!set_attribute(path, label_attribute, "a:b:c:s0")) return;
  CHECK(stored_label(path).value_or("(none)") == "a:b:c:s0");
  CHECK(stored_label(link) != stored_label(path));
}

TEST_CASE("where there is no label, or no file, none is stored") {
  const TemporaryFolder folder;
  CHECK_FALSE(stored_label(folder / "missing").has_value());
  CHECK_FALSE(stored_label(Fd()).has_value());
}

TEST_CASE("a file in an open folder is reached by a path") {
  const TemporaryFolder folder;
  folder.file("a b", "content");
  const auto top = open_file(folder.path(), O_RDONLY | O_DIRECTORY);
  MUST_SUCCEED(top);
  CHECK(path_in(*top, "a b") == concat("/proc/self/fd/", top->get(), "/a b"));
  CHECK(content_of(path_in(*top, "a b")) == "content");
}

TEST_CASE("a mode is set whole, with its special bits, and where it is right already nothing is done") {
  const TemporaryFolder folder;
  const std::string path = folder.file("file", "", 0600);
  const auto file = open_file(path, O_WRONLY);
  MUST_SUCCEED(file);
  struct stat wanted = status_of_path(path);
  for (const mode_t mode : {mode_t{0644}, mode_t{04755}, mode_t{02711}, mode_t{01777}, mode_t{0}, mode_t{07777}}) {
    CAPTURE(mode);
    wanted.st_mode = S_IFREG | mode;
    CHECK(told(set_owner_and_mode(*file, wanted, 0600, "file")) == "done");
    CHECK((status_of_path(path).st_mode & 07777) == mode);
  }
  prepared(fchmod(file->get(), 0640) == 0, path);
  wanted.st_mode = S_IFREG | 0600;
  CHECK(told(set_owner_and_mode(*file, wanted, 0600, "file")) == "done");
  CHECK((status_of_path(path).st_mode & 07777) == 0640);
}

TEST_CASE("owner first, then mode: set-user-id survives a change of owner") {
  if (geteuid() != 0) {
    skip("not root");
    return;
  }
  const TemporaryFolder folder;
  const std::string path = folder.file("file", "", 0600);
  const auto file = open_file(path, O_WRONLY);
  MUST_SUCCEED(file);
  struct stat wanted = status_of_path(path);
  wanted.st_uid = 1234;
  wanted.st_gid = 5678;
  wanted.st_mode = S_IFREG | 06755;
  CHECK(told(set_owner_and_mode(*file, wanted, 0600, "file")) == "done");
  const struct stat after = status_of_path(path);
  CHECK(after.st_uid == 1234);
  CHECK(after.st_gid == 5678);
  CHECK((after.st_mode & 07777) == 06755);
}

TEST_CASE("times are kept to the nanosecond, those of a link too") {
  const TemporaryFolder folder;
  const std::string path = folder.file("file", "");
  const std::string link = folder.link("link", "nowhere");
  struct stat wanted{};
  wanted.st_atim = {1'000'000'001, 123'456'789};
  wanted.st_mtim = {999'999'999, 987'654'321};
  const auto file = open_file(path, O_WRONLY);
  const auto top = open_file(folder.path(), O_RDONLY | O_DIRECTORY);
  MUST_SUCCEED(file);
  MUST_SUCCEED(top);
  CHECK(told(set_times(*file, wanted, "file")) == "done");
  CHECK(told(set_times_at(*top, "link", wanted, "link")) == "done");
  for (const std::string& at : {path, link}) {
    const struct stat after = status_of_path(at);
    CHECK(after.st_atim.tv_sec == 1'000'000'001);
    CHECK(after.st_atim.tv_nsec == 123'456'789);
    CHECK(after.st_mtim.tv_sec == 999'999'999);
    CHECK(after.st_mtim.tv_nsec == 987'654'321);
  }
}

TEST_CASE("what cannot be changed is a failure with the file's name") {
  const Fd none;
  struct stat wanted{};
  wanted.st_mode = S_IFREG | 0644;
  CHECK(told(set_owner_and_mode(none, wanted, 0600, "/var/x")) == with_errno("failed: /var/x: set mode", EBADF));
  wanted.st_uid = 1234;
  CHECK(told(set_owner_and_mode(none, wanted, 0600, "/var/x")) == with_errno("failed: /var/x: set owner", EBADF));
  CHECK(told(set_times(none, wanted, "/var/x")) == with_errno("failed: /var/x: set times", EBADF));
  CHECK(told(set_times_at(none, "x", wanted, "/var/x")) == with_errno("failed: /var/x: set times", EBADF));
}

}  // namespace aimee::test
