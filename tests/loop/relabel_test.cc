// An older data volume under a newer image: changed file contexts are relabelled once, as the policy's own setfiles
// and matchpathcon judge it, and new paths below /var come through the real systemd-tmpfiles.
//
// The policy is Debian's refpolicy (harness/policy.h). The host needs no SELinux: labels are extended attributes.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <set>
#include <sstream>

#include "harness/btrfs_volume.h"
#include "harness/doctest_main.h"
#include "harness/file_tree.h"
#include "harness/init_storage.h"
#include "harness/mounted.h"
#include "harness/policy.h"
#include "harness/rich_tree.h"

using namespace looptest;

namespace {

constexpr const char* attribute = "security.selinux";
constexpr const char* stamp = "lib/aimee/labels";

void set_label(const std::string& path, const std::string& label) {
  checked(lsetxattr(path.c_str(), attribute, label.c_str(), label.size() + 1, 0), path);
}

std::string label_of(const std::string& path) {
  char value[512] = {};
  return lgetxattr(path.c_str(), attribute, value, sizeof value - 1) < 0 ? "none" : value;
}

std::string with_type(const std::string& type) { return "system_u:object_r:" + type + ":s0"; }

// An image with a policy, and a volume that an older version of it made, mounted on the image's /var.
class OlderVolume {
 public:
  explicit OlderVolume(std::uint64_t size = 256 * MiB) : disk({.size = size}), root(disk.device()) {}

  // False, counted as a skip, where no policy can be had.
  bool make() {
    if (!add_policy(root.path())) return false;
    for (const char* name :
         {"var/log/messages", "var/log/wtmp", "var/lib/systemd/random-seed", "var/no rule/at all",
          "var/opt/thing/bin/run", "var/spool/mail/root", "var/etc/hostname", "var/etc/shadow",
          "var/etc/.aimee/image/shadow", "var/etc/.aimee/backup/shadow.20261124-190000", "var/www/html/index.html"})
      root.file(name, name);
    root.symlink("var/log/link", "messages");
    check_created(root, disk.device());
    volume = std::unique_ptr<Mounted>(new Mounted(Mounted::on(root / "var", disk.device())));
    return true;
  }

  // What a newer image brings: rules of its own.
  void newer_rules(const std::string& lines) const { write_text(contexts() + ".local", lines); }

  std::string contexts() const { return root / "etc/selinux/default/contexts/files/file_contexts"; }
  std::string operator/(const std::string& name) const { return root / ("var/" + name); }

  Outcome relabel(const Arguments& more = {}) const {
    Arguments arguments{"--root", root.path()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_applet("relabel-var", arguments);
  }

  void check_relabelled() const {
    const Outcome outcome = relabel();
    CHECK_MESSAGE(outcome.exit == 0, outcome.err);
    CHECK(std::filesystem::exists(*this / stamp));
  }

  // What the policy's own setfiles would still change outside the store; empty = nothing.
  std::string left_by_setfiles() const {
    return tool({"setfiles", "-n", "-v", "-e", *this / "etc", "-r", root.path(), contexts(), root / "var"});
  }

  // What the policy says of a path of the running system.
  std::string wanted(const std::string& path, const std::string& type = "file") const {
    const std::string line = tool({"matchpathcon", "-n", "-f", contexts(), "-m", type, path});
    return line.substr(0, line.find('\n'));
  }

  LoopDisk disk;
  SampleRoot root;
  std::unique_ptr<Mounted> volume;
};

// Names whose status changed or that are new, but the stamp's.
std::set<std::string> touched(const std::map<std::string, std::int64_t>& before,
                              const std::map<std::string, std::int64_t>& after) {
  std::set<std::string> names;
  for (const auto& [name, time] : after) {
    const bool ours = name == "lib" || name == "lib/aimee" || name == stamp;
    if (!ours && (!before.contains(name) || before.at(name) != time)) names.insert(name);
  }
  return names;
}

}  // namespace

TEST_CASE("exactly the files whose types the newer policy changes are relabelled, and once") {
  NEEDS("setfiles", "matchpathcon");
  OlderVolume old;
  if (!old.make()) return;
  old.check_relabelled();
  CHECK(old.left_by_setfiles() == "");
  const auto before = change_times(old / "");
  const std::string first_stamp = read_text(old / stamp);

  std::set<std::string> expected;
  SUBCASE("lines of its own") {
    old.newer_rules("/var/log/messages\t--\t" + with_type("auditd_log_t") + "\n/var/no.rule(/.*)?\t" +
                    with_type("var_spool_t") + "\n/var/log/link\t-l\t" + with_type("usr_t") + "\n");
    expected = {"log/messages", "log/link", "no rule", "no rule/at all"};
  }
  SUBCASE("substitutions") {
    write_text(old.contexts() + ".subs", "/var/opt/thing /var/log\n");
    expected = {"opt/thing", "opt/thing/bin", "opt/thing/bin/run"};
  }
  SUBCASE("changed file contexts, without a compiled form") {
    for (const char* form : {".bin", ".homedirs.bin", ".local.bin"}) run({"rm", "-f", old.contexts() + form});
    write_text(old.contexts(),
               read_text(old.contexts()) + "/var/www/html/index.html\t--\t" + with_type("etc_t") + "\n");
    expected = {"www/html/index.html"};
  }
  SUBCASE("none that matters here") { old.newer_rules("/srv/x\t--\t" + with_type("var_t") + "\n"); }

  old.check_relabelled();
  CHECK(touched(before, change_times(old / "")) == expected);
  CHECK(old.left_by_setfiles() == "");
  CHECK(read_text(old / stamp) != first_stamp);

  const auto settled = change_times(old / "");
  const Outcome again = old.relabel({"--json"});
  CHECK(again.exit == 0);
  CHECK(json(again, ".action") == "none");
  CHECK(old.relabel().err == "");
  CHECK(change_times(old / "") == settled);
}

TEST_CASE("only the type is changed, and a file without a label gets a whole one") {
  NEEDS("matchpathcon");
  OlderVolume old;
  if (!old.make()) return;
  set_label(old / "log/messages", "staff_u:staff_r:stale_t:s0:c5,c7");
  set_label(old / "log/wtmp", "staff_u:staff_r:wtmp_t:s0:c5");
  set_label(old / "www/html/index.html", "no label at all");
  checked(lremovexattr((old / "spool/mail/root").c_str(), attribute), "lremovexattr");
  old.check_relabelled();
  CHECK(label_of(old / "log/messages") == "staff_u:staff_r:var_log_t:s0:c5,c7");
  CHECK(label_of(old / "log/wtmp") == "staff_u:staff_r:wtmp_t:s0:c5");
  CHECK(label_of(old / "www/html/index.html") == old.wanted("/var/www/html/index.html"));
  CHECK(label_of(old / "spool/mail/root") == old.wanted("/var/spool/mail/root"));
}

TEST_CASE("customizable types and paths without a label are left alone") {
  OlderVolume old;
  if (!old.make()) return;
  std::istringstream types(read_text(old.root / "etc/selinux/default/contexts/customizable_types"));
  std::string customizable;
  REQUIRE(std::getline(types, customizable));
  set_label(old / "log/messages", with_type(customizable));
  set_label(old / "www/html/index.html", with_type("stale_t"));
  old.newer_rules("/var/www/html/index.html\t--\t<<none>>\n");
  old.check_relabelled();
  CHECK(label_of(old / "log/messages") == with_type(customizable));
  CHECK(label_of(old / "www/html/index.html") == with_type("stale_t"));
}

TEST_CASE("the store has the labels of /etc, shadow and every copy of it shadow's") {
  NEEDS("matchpathcon");
  OlderVolume old;
  if (!old.make()) return;
  old.check_relabelled();
  const std::string shadow = old.wanted("/etc/shadow");
  CHECK(shadow.find(":shadow_t:") != std::string::npos);
  CHECK(label_of(old / "etc/shadow") == shadow);
  CHECK(label_of(old / "etc/.aimee/image/shadow") == shadow);
  CHECK(label_of(old / "etc/.aimee/backup/shadow.20261124-190000") == shadow);
  CHECK(label_of(old / "etc/hostname") == old.wanted("/etc/hostname"));
  CHECK(label_of(old / "etc") == old.wanted("/var/etc", "dir"));
}

TEST_CASE("a link is labelled itself, and what it leads to outside the volume is not") {
  NEEDS("matchpathcon");
  OlderVolume old;
  if (!old.make()) return;
  const TemporaryFolder outside;
  write_text(outside / "file", "not ours");
  set_label(outside / "file", with_type("stale_t"));
  for (const char* name : {"log/to-file", "log/to-folder"})
    checked(symlink((std::string(name).ends_with("file") ? outside / "file" : outside.path()).c_str(),
                    (old / name).c_str()),
            name);
  old.check_relabelled();
  CHECK(label_of(old / "log/to-file") == old.wanted("/var/log/to-file", "link"));
  CHECK(label_of(old / "log/to-folder") == old.wanted("/var/log/to-folder", "link"));
  CHECK(label_of(outside / "file") == with_type("stale_t"));
}

TEST_CASE("a file with several names is labelled once, by one of them") {
  OlderVolume old;
  if (!old.make()) return;
  old.check_relabelled();
  checked(link((old / "lib/hello/greeting").c_str(), (old / "opt/same").c_str()), "link");
  old.newer_rules("/var/lib/hello/greeting\t--\t" + with_type("one_t") + "\n/var/opt/same\t--\t" + with_type("two_t") +
                  "\n");
  const Outcome outcome = old.relabel({"--json"});
  CHECK(outcome.exit == 0);
  CHECK(json(outcome, ".changed") == "1");
  const std::string label = label_of(old / "opt/same");
  CHECK((label == with_type("one_t") || label == with_type("two_t")));
}

TEST_CASE("subvolumes are entered, read-only ones and other mounts are not touched") {
  OlderVolume old;
  if (!old.make()) return;
  old.check_relabelled();
  tool({"btrfs", "subvolume", "create", old / "opt/deeper"});
  write_text(old / "opt/deeper/file", "x");
  tool({"btrfs", "subvolume", "snapshot", "-r", old / "log", old / "opt/snapshot"});
  tool({"mkdir", old / "opt/mount"});
  const Mounted other = Mounted::tmpfs_on(old / "opt/mount");
  write_text(other / "file", "x");
  set_label(other / "file", with_type("stale_t"));
  old.newer_rules("/var/opt(/.*)?\t" + with_type("usr_t") + "\n");
  const Outcome outcome = old.relabel();
  CHECK(outcome.exit == 0);
  CHECK_MESSAGE(outcome.err.find("left alone, in read-only subvolumes") != std::string::npos, outcome.err);
  CHECK(label_of(old / "opt/deeper/file") == with_type("usr_t"));
  CHECK(label_of(old / "opt/snapshot/messages") == with_type("var_log_t"));
  CHECK(label_of(other / "file") == with_type("stale_t"));
  CHECK(std::filesystem::exists(old / stamp));
}

TEST_CASE("what its owner has made immutable keeps its label, is named once, and no later boot walks for it") {
  NEEDS("chattr");
  OlderVolume old;
  if (!old.make()) return;
  old.check_relabelled();
  for (const char* name : {"opt/fixed", "opt/grows", "opt/free"}) write_text(old / name, "x");
  tool({"mkdir", old / "opt/folder"});
  write_text(old / "opt/folder/inside", "x");
  for (const char* name : {"opt/fixed", "opt/grows", "opt/free", "opt/folder", "opt/folder/inside"})
    set_label(old / name, with_type("stale_t"));
  old.newer_rules("/var/opt(/.*)?\t" + with_type("usr_t") + "\n");
  tool({"chattr", "+i", old / "opt/fixed", old / "opt/folder"});
  tool({"chattr", "+a", old / "opt/grows"});
  const Outcome outcome = old.relabel({"--json"});
  const Outcome next = old.relabel();
  tool({"chattr", "-i", "-a", old / "opt/fixed", old / "opt/folder", old / "opt/grows"});
  CHECK(outcome.exit == 0);
  CHECK(json(outcome, ".passed_over") == "3");
  CHECK(json(outcome, ".first_passed_over").starts_with("/var/opt/"));
  CHECK_MESSAGE(
      outcome.err.find("; 3 left alone, in read-only subvolumes, immutable or too deep; the first: /var/opt/") !=
          std::string::npos,
      outcome.err);
  for (const char* name : {"opt/fixed", "opt/grows", "opt/folder"}) CHECK(label_of(old / name) == with_type("stale_t"));
  for (const char* name : {"opt/free", "opt/folder/inside"}) CHECK(label_of(old / name) == with_type("usr_t"));
  CHECK(next.exit == 0);
  CHECK(next.err == "");
}

TEST_CASE("a chain of folders deeper than a path can be long does not keep the rest from being relabelled") {
  OlderVolume old;
  if (!old.make()) return;
  make_deep_chain(old / "tmp", "deep");
  set_label(old / "www/html/index.html", with_type("stale_t"));
  old.check_relabelled();
  CHECK(label_of(old / "www/html/index.html") != with_type("stale_t"));
}

TEST_CASE("killed midway there is no note, and the next run does the rest") {
  NEEDS("setfiles");
  OlderVolume old(1 * GiB);
  old.root.bulk(6000, 10);
  if (!old.make()) return;
  old.check_relabelled();
  old.newer_rules("/var/lib/bulk(/.*)?\t" + with_type("usr_t") + "\n");
  const std::string first_stamp = read_text(old / stamp);
  const auto relabelled = [&] {
    int count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(old / "lib/bulk"))
      count += label_of(entry.path()) == with_type("usr_t") ? 1 : 0;
    return count;
  };
  {
    Process process({aimee(), "relabel-var", "--root", old.root.path()});
    CHECK(wait_until([&] { return label_of(old / "lib/bulk") == with_type("usr_t"); }));
    process.signal(SIGKILL);
    CHECK(process.wait().exit == 128 + SIGKILL);
  }
  const int midway = relabelled();
  CHECK(midway < 6050);
  CHECK(read_text(old / stamp) == first_stamp);
  old.check_relabelled();
  CHECK(relabelled() == 6050);
  CHECK(old.left_by_setfiles() == "");
  CHECK(read_text(old / stamp) != first_stamp);
}

TEST_CASE("a dry run tells what would be relabelled and changes nothing") {
  OlderVolume old;
  if (!old.make()) return;
  old.check_relabelled();
  old.newer_rules("/var/log/messages\t--\t" + with_type("auditd_log_t") + "\n");
  const auto before = change_times(old / "");
  const Outcome text = old.relabel({"--dry-run"});
  CHECK(text.exit == 0);
  CHECK_MESSAGE(text.err.find("relabelled") == std::string::npos, text.err);
  CHECK_MESSAGE(text.out.find("1 of ") == 0, text.out);
  CHECK_MESSAGE(
      text.out.find("/var/log/messages: system_u:object_r:var_log_t:s0 to system_u:object_r:auditd_log_t:s0\n") !=
          std::string::npos,
      text.out);
  const Outcome object = old.relabel({"--dry-run", "--json"});
  CHECK(json(object, ".policy") == "default");
  CHECK(json(object, ".action") == "relabel");
  CHECK(json(object, ".dry_run") == "true");
  CHECK(json(object, ".changed") == "1");
  CHECK(json(object, ".changes[0].path") == "/var/log/messages");
  CHECK(json(object, ".exit") == "0");
  CHECK(json(object, ".error") == "null");
  CHECK(change_times(old / "") == before);
}

TEST_CASE("a dry run prints one line a file, whatever somebody wrote into its name and its label") {
  OlderVolume old;
  if (!old.make()) return;
  old.check_relabelled();
  write_text(old / "log/a\nb", "");
  set_label(old / "log/a\nb", "user\x1b[2J\n:object_r:other_t:s0");
  unlink((old / stamp).c_str());
  const Outcome text = old.relabel({"--dry-run"});
  CHECK(text.exit == 0);
  CHECK_MESSAGE(text.out.find(R"(/var/log/a\x0ab: user\x1b[2J\x0a:object_r:other_t:s0 to user\x1b[2J\x0a:object_r:)") !=
                    std::string::npos,
                text.out);
  CHECK_MESSAGE(text.out.find('\x1b') == std::string::npos, text.out);
}

TEST_CASE("nothing is done, and no note made, for an image without a policy or with SELinux disabled") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  make_ready(disk.device());
  const Mounted volume = Mounted::on(root / "var", disk.device());
  SUBCASE("no policy") {}
  SUBCASE("disabled") { root.file("etc/selinux/config", "SELINUX=disabled\nSELINUXTYPE=default\n"); }
  const Outcome outcome = run_applet("relabel-var", {"--root", root.path()});
  CHECK(outcome.exit == 0);
  CHECK(outcome.err == "");
  CHECK_FALSE(std::filesystem::exists(volume / "lib"));
}

TEST_CASE("refused where no volume is mounted, or one that is read-only") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  root.file("etc/selinux/config", "SELINUXTYPE=mine\n");
  root.file("etc/selinux/mine/contexts/files/file_contexts", "/.*\t" + with_type("mine_t") + "\n");
  make_ready(disk.device());
  std::unique_ptr<Mounted> volume;
  std::string told = "no data volume is mounted there";
  SUBCASE("not mounted") {}
  SUBCASE("read-only") {
    volume = std::unique_ptr<Mounted>(new Mounted(Mounted::on(root / "var", disk.device(), "ro")));
    told = "is mounted read-only";
  }
  const Outcome outcome = run_applet("relabel-var", {"--root", root.path(), "--json"});
  CHECK(outcome.exit == 3);
  CHECK(json(outcome, ".exit") == "3");
  CHECK_MESSAGE(outcome.err.starts_with("relabel-var: " + (root / "var") + ": " + told), outcome.err);
}

TEST_CASE("a file that cannot be labelled is named, the others are labelled, and the next run tries again") {
  NEEDS("strace");
  OlderVolume old;
  if (!old.make()) return;
  old.check_relabelled();
  const std::string first_stamp = read_text(old / stamp);
  old.newer_rules("/var/log/(messages|wtmp)\t--\t" + with_type("auditd_log_t") + "\n");
  // Not allowed, though nothing has made the file immutable: as where the capability is missing.
  const Outcome outcome = run({"strace", "-q", "-o", "/dev/null", "-e", "trace=setxattr", "-e",
                               "inject=setxattr:error=EPERM:when=1", aimee(), "relabel-var", "--root", old.root.path()},
                              {.environment = {{"ASAN_OPTIONS", "detect_leaks=0"}}});
  CHECK(outcome.exit == 1);
  // After the progress, where it took longer than a second.
  CHECK_MESSAGE(("\n" + outcome.err).find("\nrelabel-var: /var/log/") != std::string::npos, outcome.err);
  CHECK_MESSAGE(outcome.err.find(": set label ") != std::string::npos, outcome.err);
  const auto is_new = [&](const char* name) { return label_of(old / name) == with_type("auditd_log_t"); };
  CHECK(is_new("log/wtmp") != is_new("log/messages"));
  CHECK(read_text(old / stamp) == first_stamp);
  old.check_relabelled();
  CHECK(is_new("log/wtmp"));
  CHECK(is_new("log/messages"));
}

TEST_CASE(
    "new paths of a newer image come through systemd-tmpfiles on an older volume, which init-storage leaves alone") {
  NEEDS("systemd-tmpfiles");
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  check_created(root, disk.device());
  root.file("usr/lib/tmpfiles.d/newer.conf", "v /var/added 0750 0 0 -\nd /var/lib/plain 0711 0 0 -\n");
  root.folder("var/added");  // the newer image has them in its own /var
  root.folder("var/lib/plain");
  check_left_alone(root, "ready");
  const Mounted volume = Mounted::on(root / "var", disk.device());
  write_text(volume / "log/owner", "kept");
  const Outcome outcome = run({"systemd-tmpfiles", "--root", root.path(), "--create", "--prefix=/var"},
                              {.environment = {{"SYSTEMD_TMPFILES_FORCE_SUBVOL", "1"}}});
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  CHECK(volume.subvolumes() == std::vector<std::string>{"added", "etc", "log", "tmp"});
  const Tree tree = read_tree(volume.path());
  CHECK(tree.at("added").mode == (S_IFDIR | 0750));
  CHECK(tree.at("lib/plain").mode == (S_IFDIR | 0711));
  CHECK(read_text(volume / "log/owner") == "kept");
}
