// Building and mounting of such an image.
#include "harness/etc_root.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "harness/doctest_main.h"
#include "harness/file_tree.h"

namespace looptest {

EtcRoot::EtcRoot() {
  for (const char* name : {"etc", "var", "run", "proc", "usr"}) checked(mkdir((image_ / name).c_str(), 0755), name);
  file("shadow", "root:*:20000:0:99999:7:::\ndaemon:*:20000:0:99999:7:::\n", 0640);
  file("hostname", "appliance\n");
  file("ssh/sshd_config", "Port 22\n", 0600);
  file("ssh/sshd_config.d/10-image.conf", "PermitRootLogin no\n");
  list("# kept\nf hostname\nd ssh\n");
  tool({"mkfs.btrfs", "-q", disk_.device()});
}

EtcRoot::~EtcRoot() {
  if (booted_) shut_down();
}

void EtcRoot::file(std::string_view name, std::string_view content, mode_t mode) const {
  std::filesystem::create_directories(std::filesystem::path(image(name)).parent_path());
  write_text(image(name), content, mode);
}

void EtcRoot::boot(const std::string& volume_options) {
  tool({"mount", "--bind", image_.path(), root_.path()});
  booted_ = true;
  tool({"mount", "-o", "remount,bind,ro", root_.path()});
  tool({"mount", "-o", volume_options, disk_.device(), root_ / "var"});
}

void EtcRoot::shut_down() {
  booted_ = false;
  const Outcome outcome = looptest::run({"umount", "-R", root_.path()});
  if (outcome.exit != 0) FAIL_CHECK(outcome.err);
}

Arguments EtcRoot::command(const Arguments& more) const {
  Arguments arguments{aimee(), "writable-etc", "--root", path()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

Outcome EtcRoot::run(const Arguments& more, RunOptions options) const {
  Arguments arguments{"--root", path()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_applet("writable-etc", arguments, std::move(options), Mounts::may_change);
}

bool EtcRoot::bound(std::string_view name) const {
  struct stat one{};
  struct stat other{};
  if (lstat(etc(name).c_str(), &one) != 0 || lstat(store(name).c_str(), &other) != 0) return false;
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

std::vector<std::string> EtcRoot::backups(const std::string& name) const {
  const std::filesystem::path path = store(".aimee/backup/" + name);
  std::vector<std::string> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path.parent_path(), error))
    if (entry.path().filename().string().starts_with(path.filename().string() + "."))
      found.push_back(entry.path().string());
  std::sort(found.begin(), found.end());
  return found;
}

std::string EtcRoot::backup(const std::string& name) const {
  const auto all = backups(name);
  CHECK(all.size() == 1);
  return all.empty() ? "" : all.front();
}

void edit(const std::string& path, std::string_view content) {
  struct stat status{};
  checked(stat(path.c_str(), &status), path);
  write_text(path, content, status.st_mode & 07777);
}

std::string difference(const std::string& one, const std::string& other) {
  if (std::filesystem::is_directory(one)) return compare(read_tree(one), read_tree(other));
  struct stat first{};
  struct stat second{};
  checked(lstat(one.c_str(), &first), one);
  checked(lstat(other.c_str(), &second), other);
  if (first.st_mode != second.st_mode || first.st_uid != second.st_uid || first.st_gid != second.st_gid)
    return "mode or owner";
  return read_text(one) == read_text(other) ? "" : "content";
}

bool says(const Outcome& outcome, const std::string& text) {
  const bool said = outcome.err.find(text) != std::string::npos;
  CHECK_MESSAGE(said, "\"" << text << "\" not in: " << outcome.err);
  return said;
}

}  // namespace looptest
