// Labels from a small policy's file contexts, on any kernel.
#include "selinux/labels.h"

#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>

#include "harness/child.h"
#include "harness/temporary_folder.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

constexpr std::string_view contexts_folder = "etc/selinux/test/contexts/files/";

constexpr std::string_view file_contexts =
    "# a comment, and an empty line\n"
    "\n"
    "/.*\t\tsystem_u:object_r:default_t:s0\n"
    "/var(/.*)?\t\tsystem_u:object_r:var_t:s0\n"
    "/var/log(/.*)?\t\tsystem_u:object_r:var_log_t:s0\n"
    "/var/log\t-d\tsystem_u:object_r:var_log_dir_t:s0\n"
    "/var/kinds/x\t--\tsystem_u:object_r:regular_t:s0\n"
    "/var/kinds/x\t-d\tsystem_u:object_r:folder_t:s0\n"
    "/var/kinds/x\t-l\tsystem_u:object_r:link_t:s0\n"
    "/var/kinds/x\t-c\tsystem_u:object_r:character_t:s0\n"
    "/var/kinds/x\t-b\tsystem_u:object_r:block_t:s0\n"
    "/var/kinds/x\t-p\tsystem_u:object_r:fifo_t:s0\n"
    "/var/kinds/x\t-s\tsystem_u:object_r:socket_t:s0\n"
    "/var/lib(/.*)?\t\tsystem_u:object_r:var_lib_t:s0\n"
    "/var/lib/[^/]+\\.secret\t--\tsystem_u:object_r:secret_t:s0:c1,c2\n"
    "/var/none(/.*)?\t\t<<none>>\n";

// An image with that policy, named in its config.
class Image {
 public:
  Image() {
    config("SELINUX=enforcing\nSELINUXTYPE=test\n");
    contexts("file_contexts", file_contexts);
  }
  void config(std::string_view text) const { root_.file("etc/selinux/config", text); }
  void contexts(std::string_view name, std::string_view text) const { root_.file(concat(contexts_folder, name), text); }
  [[nodiscard]] const TemporaryFolder& root() const { return root_; }
  [[nodiscard]] Result<FileContexts> load() const { return FileContexts::of_image(root_.path()); }

  // The type in the label of `path`, "<<none>>" or the error.
  [[nodiscard]] std::string type_of(const std::string& path, mode_t mode = S_IFREG) const {
    const auto loaded = load();
    if (!loaded) return told(loaded);
    if (!loaded->present()) return "no policy";
    const auto label = loaded->label_of(path, mode);
    if (!label) return told(label);
    if (!*label) return "<<none>>";
    return std::string(split(**label, ':')[2]);
  }

 private:
  TemporaryFolder root_;
};

std::string attribute_of(const std::string& path) {
  std::array<char, 512> value{};
  const ssize_t length = lgetxattr(path.c_str(), label_attribute, value.data(), value.size());
  return length < 0 ? "(none)" : std::string(value.data(), static_cast<std::size_t>(length));
}

// True where any label can be set on this file; notes a skip otherwise.
bool can_set_labels(const std::string& path) {
  if (!selinux_is_enabled() && setxattr(path.c_str(), label_attribute, "x", 1, 0) == 0) return true;
  skip("no privilege to set labels, a file system without them, or a kernel that knows which there are");
  return false;
}

}  // namespace

TEST_CASE("a label is the whole context that the last matching line gives") {
  const Image image;
  const auto contexts = image.load();
  MUST_SUCCEED(contexts);
  CHECK(contexts->present());
  CHECK(contexts->policy() == "test");
  const auto label = contexts->label_of("/var/lib/a.secret", S_IFREG);
  MUST_SUCCEED(label);
  CHECK(label->value_or("") == "system_u:object_r:secret_t:s0:c1,c2");
}

TEST_CASE("paths and kinds of files have the labels that the policy gives them") {
  const Image image;
  struct Row {
    std::string path;
    mode_t mode;
    std::string_view type;
  };
  const Row rows[] = {
      {"/var", S_IFDIR, "var_t"},
      {"/var/x", S_IFREG, "var_t"},
      {"/var/log", S_IFDIR, "var_log_dir_t"},
      {"/var/log", S_IFREG, "var_log_t"},
      {"/var/log/deep/file", S_IFREG, "var_log_t"},
      {"/var/logs", S_IFDIR, "var_t"},
      {"/var/kinds/x", S_IFREG, "regular_t"},
      {"/var/kinds/x", S_IFDIR, "folder_t"},
      {"/var/kinds/x", S_IFLNK, "link_t"},
      {"/var/kinds/x", S_IFCHR, "character_t"},
      {"/var/kinds/x", S_IFBLK, "block_t"},
      {"/var/kinds/x", S_IFIFO, "fifo_t"},
      {"/var/kinds/x", S_IFSOCK, "socket_t"},
      {"/var/kinds/x", S_IFREG | 04755, "regular_t"},
      {"/var/lib/a.secret", S_IFDIR, "var_lib_t"},
      {"/var/lib/d/a.secret", S_IFREG, "var_lib_t"},
      {"/var/name with blanks", S_IFREG, "var_t"},
      {"/opt", S_IFDIR, "default_t"},
      {"/var/none", S_IFDIR, "<<none>>"},
      {"/var/none/below", S_IFREG, "<<none>>"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    CAPTURE(row.mode);
    CHECK(image.type_of(row.path, row.mode) == row.type);
  }
}

TEST_CASE("a path that no line matches has no label") {
  const Image image;
  image.contexts("file_contexts", "/var(/.*)?\tsystem_u:object_r:var_t:s0\n");
  CHECK(image.type_of("/var/x") == "var_t");
  CHECK(image.type_of("/opt/x") == "<<none>>");
}

TEST_CASE("the administrator's lines and the home folders' count too") {
  const Image image;
  image.contexts("file_contexts.local", "/var/x\t--\tsystem_u:object_r:mine_t:s0\n");
  image.contexts("file_contexts.homedirs", "/var/home/[^/]+\t-d\tsystem_u:object_r:home_t:s0\n");
  CHECK(image.type_of("/var/x") == "mine_t");
  CHECK(image.type_of("/var/home/me", S_IFDIR) == "home_t");
  CHECK(image.type_of("/var/y") == "var_t");
}

TEST_CASE("substitutions lead one path to another's lines, the administrator's too") {
  const Image image;
  image.contexts("file_contexts.subs_dist", "/var/state /var/lib\n/srv/log /var/log\n");
  image.contexts("file_contexts.subs", "/data /var/lib\n");
  CHECK(image.type_of("/var/state", S_IFDIR) == "var_lib_t");
  CHECK(image.type_of("/var/state/a.secret") == "secret_t");
  CHECK(image.type_of("/srv/log", S_IFDIR) == "var_log_dir_t");
  CHECK(image.type_of("/data/x") == "var_lib_t");
  CHECK(image.type_of("/var/statement") == "var_t");
}

TEST_CASE("an image without a policy, or with SELinux disabled, has no contexts") {
  const TemporaryFolder empty;
  const auto none = FileContexts::of_image(empty.path());
  MUST_SUCCEED(none);
  CHECK_FALSE(none->present());
  CHECK_FALSE(none->label_of("/var/lib", 0)->has_value());
  CHECK(none->policy() == "");
  const Image image;
  for (const std::string_view config : {"SELINUX=disabled\nSELINUXTYPE=test\n", "SELINUXTYPE=test\nSELINUX=disabled\n",
                                        "SELINUX=disabled  \r\n", "SELINUX= disabled\n"}) {
    CAPTURE(config);
    image.config(config);
    CHECK(image.type_of("/var") == "no policy");
  }
}

TEST_CASE("a policy is named by config, whatever the mode, comments and blanks") {
  const Image image;
  for (const std::string_view config :
       {"SELINUX=permissive\nSELINUXTYPE=test\n", "SELINUXTYPE=test\n", "SELINUXTYPE=test", "\tSELINUXTYPE=test \r\n",
        "#SELINUX=disabled\nSELINUXTYPE=test\n# SELINUXTYPE=other\n", "SELINUXTYPE=other\nSELINUXTYPE=test\n",
        "SELINUXTYPES=other\nSELINUXTYPE=test\nSELINUXMODE=disabled\n"}) {
    CAPTURE(config);
    image.config(config);
    CHECK(image.type_of("/var") == "var_t");
  }
}

TEST_CASE("a config that names no policy, and an image without config, mean the targeted one") {
  const TemporaryFolder root;
  root.file("etc/selinux/targeted/contexts/files/file_contexts", file_contexts);
  const auto without_config = FileContexts::of_image(root.path());
  MUST_SUCCEED(without_config);
  CHECK(without_config->present());
  CHECK(without_config->policy() == "targeted");
  root.file("etc/selinux/config", "SELINUX=enforcing\n");
  const auto unnamed = FileContexts::of_image(root.path());
  MUST_SUCCEED(unnamed);
  CHECK(unnamed->policy() == "targeted");
}

TEST_CASE("a policy that is named and cannot be loaded is a failure that says which") {
  const Image image;
  const std::string path = image.root() / concat(contexts_folder, "file_contexts");
  prepared(unlink(path.c_str()) == 0, path);
  const Ended ended = run_in_child([&] {
    const std::string text = told(image.load());
    return write(STDOUT_FILENO, text.data(), text.size()) < 0 ? 1 : 0;
  });
  CHECK(ended.out.starts_with(
      concat("failed: ", path, ": load the file contexts of the policy that etc/selinux/config names")));
  CHECK(ended.out.ends_with(std::strerror(ENOENT)));
  CHECK(ended.err == "");
}

TEST_CASE("a config that is there and cannot be read is a failure") {
  const TemporaryFolder root;
  const std::string path = root.folder("etc/selinux/config");
  CHECK(told(FileContexts::of_image(root.path())) == with_errno(concat("failed: ", path, ": read"), EISDIR));
}

TEST_CASE("contexts of which a part cannot be read are a failure, not half a policy") {
  const Image image;
  const std::string path = image.root().folder(concat(contexts_folder, "file_contexts.subs"));
  CHECK(told(image.load()) == with_errno(concat("failed: ", path, ": read"), EISDIR));
}

TEST_CASE("nothing of the policy is read but its file contexts: a domain may not read more") {
  const Image image;
  image.root().folder("etc/selinux/test/contexts/customizable_types");
  image.root().folder("etc/selinux/test/contexts/files/file_contexts_of_another_kind");
  CHECK(image.type_of("/var") == "var_t");
}

TEST_CASE("what libselinux thinks of a policy never reaches stderr") {
  const Image image;
  image.contexts("file_contexts.bin", "not compiled by anybody");
  const Ended ended = run_in_child([&] { return image.type_of("/var") == "var_t" ? 0 : 1; });
  CHECK(ended.exit == 0);
  CHECK(ended.err == "");
}

TEST_CASE("contexts are moved, and loaded and let go any number of times") {
  const Image image;
  for (int i = 0; i < 20; ++i) {
    auto first = image.load();
    MUST_SUCCEED(first);
    const FileContexts second = *std::move(first);
    CHECK(second.present());
    CHECK(second.label_of("/var", S_IFDIR).value_or(std::nullopt).value_or("") == "system_u:object_r:var_t:s0");
  }
}

TEST_CASE("threads look labels up at the same time") {
  const Image image;
  const auto contexts = image.load();
  MUST_SUCCEED(contexts);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; ++number) {
    threads.emplace_back([&, number] {
      for (int i = 0; i < 500; ++i) {
        const auto label = contexts->label_of(concat("/var/log/", number, "/", i), S_IFREG);
        if (!label || *label != "system_u:object_r:var_log_t:s0") ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("where SELinux does not run a creation label does nothing, and that is success") {
  CreationLabel label(false);
  CHECK(told(label.set("system_u:object_r:var_t:s0")) == "done");
  CHECK(told(label.set("no label at all")) == "done");
  CHECK(told(label.set(std::nullopt)) == "done");
}

TEST_CASE("a file that is to have no label stays as it is") {
  const TemporaryFolder folder;
  const std::string path = folder.file("file", "");
  const std::string before = attribute_of(path);
  CHECK(told(set_label(path, std::nullopt)) == "done");
  CHECK(told(set_label(Fd(), std::nullopt)) == "done");
  CHECK(told(ensure_label(Fd(), std::nullopt)) == "done");
  CHECK(attribute_of(path) == before);
}

TEST_CASE("a label is set with the zero byte that the kernel stores, and a link has its own") {
  const TemporaryFolder folder;
  const std::string path = folder.file("file", "");
  const std::string link = folder.link("link", "file");
  if (!can_set_labels(path)) return;
  CHECK(told(set_label(path, "u:r:var_t:s0")) == "done");
  CHECK(attribute_of(path) == std::string("u:r:var_t:s0\0", 13));
  CHECK(told(set_label(link, "u:r:link_t:s0")) == "done");
  CHECK(attribute_of(link) == std::string("u:r:link_t:s0\0", 14));
  CHECK(attribute_of(path) == std::string("u:r:var_t:s0\0", 13));
  const auto file = open_file(path, O_RDONLY);
  MUST_SUCCEED(file);
  CHECK(told(set_label(*file, "u:r:other_t:s0")) == "done");
  CHECK(attribute_of(path) == std::string("u:r:other_t:s0\0", 15));
  CHECK(told(ensure_label(*file, "u:r:third_t:s0")) == "done");
  CHECK(attribute_of(path) == std::string("u:r:third_t:s0\0", 15));
}

TEST_CASE("a label that is right already is not written again, with and without its zero byte") {
  const TemporaryFolder folder;
  const std::string path = folder.file("file", "");
  if (!can_set_labels(path)) return;
  for (const std::string_view stored : {std::string_view("u:r:var_t:s0"), std::string_view("u:r:var_t:s0\0", 13)}) {
    CAPTURE(stored.size());
    prepared(setxattr(path.c_str(), label_attribute, stored.data(), stored.size(), 0) == 0, path);
    const auto file = open_file(path, O_RDONLY);
    MUST_SUCCEED(file);
    CHECK(told(ensure_label(*file, "u:r:var_t:s0")) == "done");
    CHECK(attribute_of(path) == stored);
  }
}

TEST_CASE("a label that cannot be set is a failure that names it") {
  const TemporaryFolder folder;
  const std::string missing = folder / "missing";
  CHECK(told(set_label(missing, "a:b:c:s0")) ==
        with_errno(concat("failed: ", missing, ": set label a:b:c:s0"), ENOENT));
  CHECK(told(ensure_label(Fd(), "a:b:c:s0")) == with_errno("failed: /proc/self/fd/-1: set label a:b:c:s0", EBADF));
}

}  // namespace aimee::test
