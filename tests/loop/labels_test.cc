// SELinux labels: from the image's own policy, for every path what that policy's tools say; without a policy
// the template's own, and none made up.
//
// The policy is Debian's refpolicy, made by tests/fixtures/make-policy (AIMEE_MAKE_POLICY) or found in
// AIMEE_POLICY_DIR. The host needs no SELinux: labels are extended attributes.
#include <sys/stat.h>
#include <sys/xattr.h>

#include <filesystem>
#include <sstream>

#include "harness/btrfs_volume.h"
#include "harness/doctest_main.h"
#include "harness/file_tree.h"
#include "harness/init_storage.h"
#include "harness/mounted.h"
#include "harness/policy.h"

using namespace looptest;

namespace {

constexpr const char* attribute = "security.selinux";

void set_label(const std::string& path, const std::string& label) {
  checked(lsetxattr(path.c_str(), attribute, label.c_str(), label.size() + 1, 0), path);
}

std::string label_of(const Node& node) {
  const auto found = node.attributes.find(attribute);
  return found == node.attributes.end() ? "none" : std::string(found->second.c_str());
}

std::string file_contexts(const SampleRoot& root) { return root / "etc/selinux/default/contexts/files/file_contexts"; }

std::string type_letter(std::uint32_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return "dir";
    case S_IFLNK:
      return "link";
    case S_IFCHR:
      return "char_file";
    case S_IFBLK:
      return "blk_file";
    case S_IFIFO:
      return "fifo_file";
    case S_IFSOCK:
      return "socket_file";
    default:
      return "file";
  }
}

// What the policy says of the paths, by matchpathcon; "<<none>>" where it has no opinion.
std::map<std::string, std::string> expected_labels(const SampleRoot& root, const Tree& tree) {
  std::map<std::string, Arguments> by_type;
  for (const auto& [path, node] : tree) by_type[type_letter(node.mode)].push_back(path);
  std::map<std::string, std::string> labels;
  for (const auto& [type, paths] : by_type) {
    Arguments command{"matchpathcon", "-n", "-f", file_contexts(root), "-m", type};
    for (const std::string& path : paths) command.push_back(path.empty() ? "/var" : "/var/" + path);
    std::istringstream lines(tool(command));
    std::string line;
    for (const std::string& path : paths) {
      REQUIRE(std::getline(lines, line));
      labels[path] = line;
    }
  }
  return labels;
}

// Paths for which a policy has rules of their own, and some for which it has none.
void populate(const SampleRoot& root) {
  for (const char* name : {"var/log/wtmp",
                           "var/log/messages",
                           "var/log/audit/audit.log",
                           "var/log/journal/0123/system.journal",
                           "var/cache/man/index.db",
                           "var/cache/apt/pkgcache.bin",
                           "var/lib/systemd/random-seed",
                           "var/lib/dpkg/status",
                           "var/lib/ssh/ssh_host_rsa_key",
                           "var/spool/cron/crontabs/root",
                           "var/spool/mail/root",
                           "var/mail/root",
                           "var/tmp/anything",
                           "var/lost+found/x",
                           "var/etc/shadow",
                           "var/local/lib/x",
                           "var/opt/thing/bin/run",
                           "var/www/html/index.html",
                           "var/backups/shadow.bak",
                           "var/with blank/a b",
                           "var/lib/NetworkManager/x",
                           "var/no rule/at all",
                           "var/run.d/x",
                           "var/lock.d/y",
                           "var/empty/z",
                           "var/db/x.so"})
    root.file(name, name);
  root.folder("var/log/private", 0700);
  checked(mkfifo((root / "var/log/fifo").c_str(), 0600), "mkfifo");
  checked(mknod((root / "var/log/null").c_str(), S_IFCHR | 0600, 259), "mknod");
  root.symlink("var/lock", "../run/lock");
  root.symlink("var/log/link", "messages");
}

// Every label in the volume is the policy's; where it has no opinion, the template's.
void check_labels(const SampleRoot& root, const std::string& volume) {
  const Tree source = read_tree(root / "var");
  const Tree made = read_tree(volume);
  int from_policy = 0;
  for (const auto& [path, expected] : expected_labels(root, made)) {
    const std::string kept = source.contains(path) ? label_of(source.at(path)) : "none";
    const std::string wanted = expected == "<<none>>" ? kept : expected;
    CHECK_MESSAGE(label_of(made.at(path)) == wanted, "/var/" << path);
    from_policy += expected != "<<none>>";
  }
  CHECK(from_policy > 20);
}

}  // namespace

TEST_CASE("labels are what the image's policy says, for every path") {
  NEEDS("matchpathcon");
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  if (!add_policy(root.path())) return;
  populate(root);
  SUBCASE("of a template without labels") {}
  SUBCASE("of a template with other labels") {
    for (const auto& [path, node] : read_tree(root / "var"))
      set_label(path.empty() ? root / "var" : root / ("var/" + path), "system_u:object_r:stale_t:s0");
  }
  check_created(root, disk.device());
  const Mounted volume(disk.device(), "ro");
  check_labels(root, volume.path());
}

TEST_CASE("the policy's own setfiles finds nothing to change") {
  NEEDS("setfiles");
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  if (!add_policy(root.path())) return;
  populate(root);
  check_created(root, disk.device());
  const TemporaryFolder folder;
  checked(mkdir((folder / "var").c_str(), 0755), "mkdir");
  const std::string on = folder / "var";
  tool({"mount", "-o", "ro", disk.device(), on});
  const Outcome outcome = run({"setfiles", "-n", "-v", "-F", "-r", folder.path(), file_contexts(root), on});
  tool({"umount", on});
  CHECK(outcome.out == "");
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
}

TEST_CASE("labels follow file_contexts.local and the substitutions") {
  NEEDS("matchpathcon");
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  if (!add_policy(root.path())) return;
  populate(root);
  const std::string contexts = file_contexts(root);
  write_text(contexts + ".local", "/var/no.rule(/.*)?\tsystem_u:object_r:local_t:s0\n");
  write_text(contexts + ".subs", "/var/opt/thing /var/log\n");
  write_text(contexts + ".subs_dist", read_text(contexts + ".subs_dist") + "/var/with /var/spool\n");
  check_created(root, disk.device());
  const Mounted volume(disk.device(), "ro");
  const Tree made = read_tree(volume.path());
  CHECK(label_of(made.at("no rule/at all")) == "system_u:object_r:local_t:s0");
  CHECK(label_of(made.at("opt/thing")).find("var_log_t") != std::string::npos);
  check_labels(root, volume.path());
}

TEST_CASE("labels follow file_contexts alone where there is no compiled form") {
  NEEDS("matchpathcon");
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  if (!add_policy(root.path())) return;
  populate(root);
  for (const char* compiled : {".bin", ".homedirs.bin", ".local.bin"})
    run({"rm", "-f", file_contexts(root) + compiled});
  check_created(root, disk.device());
  const Mounted volume(disk.device(), "ro");
  check_labels(root, volume.path());
}

TEST_CASE("the policy is the one that the image's config names") {
  NEEDS("matchpathcon");
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  root.file("etc/selinux/config", "# comment\nSELINUX=enforcing\nSELINUXTYPE=mine\n");
  root.file("etc/selinux/mine/contexts/files/file_contexts",
            "/.*\tsystem_u:object_r:default_t:s0\n/var(/.*)?\tsystem_u:object_r:mine_t:s0\n");
  root.file("etc/selinux/targeted/contexts/files/file_contexts", "/.*\tsystem_u:object_r:wrong_t:s0\n");
  check_created(root, disk.device());
  const Mounted volume(disk.device(), "ro");
  for (const auto& [path, node] : read_tree(volume.path()))
    CHECK_MESSAGE(label_of(node) == "system_u:object_r:mine_t:s0", "/var/" << path);
}

TEST_CASE("without a policy the template's labels are kept and none is made up") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  root.symlink("var/lib/link", "hello");
  set_label(root / "var", "system_u:object_r:var_t:s0");
  set_label(root / "var/log", "system_u:object_r:var_log_t:s0");
  set_label(root / "var/lib/hello/greeting", "system_u:object_r:greeting_t:s0:c1,c2");
  set_label(root / "var/lib/link", "system_u:object_r:link_t:s0");
  SUBCASE("no /etc/selinux") {}
  SUBCASE("a disabled policy that is not there") {
    root.file("etc/selinux/config", "SELINUX=disabled\nSELINUXTYPE=none\n");
  }
  check_created(root, disk.device());
  const Mounted volume(disk.device(), "ro");
  const Tree made = read_tree(volume.path());
  for (const auto& [path, node] : read_tree(root / "var"))
    CHECK_MESSAGE(label_of(made.at(path)) == label_of(node), path);
  CHECK(label_of(made.at("lib/hello/greeting")) == "system_u:object_r:greeting_t:s0:c1,c2");
  CHECK(label_of(made.at("etc")) == "none");
}

TEST_CASE("file_contexts that cannot be parsed stop the creation before anything is written") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  root.file("etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=mine\n");
  SUBCASE("half a line") { root.file("etc/selinux/mine/contexts/files/file_contexts", "/var\n"); }
  SUBCASE("none at all") { root.folder("etc/selinux/mine"); }
  const Fingerprint before = disk.fingerprint();
  const Outcome outcome = init_storage(root);
  CHECK((outcome.exit == 1 || outcome.exit == 3));
  check_message(outcome, root / "etc/selinux/mine/contexts/files/file_contexts", {});
  CHECK(disk.fingerprint() == before);
}

TEST_CASE("a pattern in file_contexts that does not compile never leads to a committed volume") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  root.file("etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=mine\n");
  root.file("etc/selinux/mine/contexts/files/file_contexts", "/var/(unclosed\tsystem_u:object_r:x_t:s0\n");
  const Outcome outcome = init_storage(root);
  CHECK((outcome.exit == 1 || outcome.exit == 3));
  CHECK_MESSAGE(outcome.err.find("label") != std::string::npos, outcome.err);
  CHECK(Superblock::at(disk.device(), primary_superblock).label() != final_label);
}

TEST_CASE("a volume that exists is never relabelled") {
  NEEDS("matchpathcon");
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  if (!add_policy(root.path())) return;
  make_ready(disk.device());
  check_left_alone(root, "ready");
}
