// The parts of a system that passwd(1), su(1) and PAM need; undone in reverse.
#include "harness/login_root.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "harness/doctest_main.h"
#include "harness/files.h"
#include "harness/terminal.h"

namespace looptest {

namespace {

constexpr std::string_view accounts =
    "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1::/:/usr/sbin/nologin\nowner:x:1234:1234::/:/bin/sh\n";
constexpr std::string_view no_passwords =
    "root:*:20000:0:99999:7:::\ndaemon:*:20000:0:99999:7:::\nowner:!:20000:0:99999:7:::\n";

void make_folder(const std::string& path) { std::filesystem::create_directories(path); }

}  // namespace

std::string in_blocks(std::string content) {
  content.resize((content.size() + 4095) / 4096 * 4096, '\n');
  return content;
}

std::string without_padding(std::string_view content) {
  std::string lines;
  for (char letter : content)
    if (letter != '\n' || (!lines.empty() && lines.back() != '\n')) lines += letter;
  return lines;
}

LoginRoot::LoginRoot(Shadow kind, const std::string& shadow) : path_(folder_ / "root"), etc_(folder_ / "etc") {
  for (const char* name : {"usr", "etc", "var", "dev", "proc", "run", "tmp", "root"}) make_folder(*this / name);
  checked(chmod((*this / "tmp").c_str(), 01777), "chmod");
  for (const char* name : {"bin", "sbin", "lib", "lib64"}) {
    if (std::filesystem::is_symlink(std::string("/") + name))
      checked(symlink((std::string("usr/") + name).c_str(), (*this / name).c_str()), name);
  }
  make_etc(kind);
  mount({"--rbind", "/usr"}, "usr");
  mount({"--rbind", "/dev"}, "dev");
  mount({"--rbind", "/proc"}, "proc");
  tool({"mkfs.btrfs", "-q", disk_.device()});
  mount({disk_.device()}, "var");
  tool({"btrfs", "subvolume", "create", *this / "var/etc"});
  make_folder(*this / "var/log");
  mount({"--bind", etc_}, "etc");
  tool({"mount", "-o", "remount,bind,ro", *this / "etc"});
  if (kind == Shadow::missing) return;
  write_text(*this / "var/etc/shadow", in_blocks(shadow.empty() ? std::string(no_passwords) : shadow), 0640);
  checked(chown((*this / "var/etc/shadow").c_str(), 0, 42), "chown");
  tool({"setfattr", "-n", "security.selinux", "-v", "system_u:object_r:shadow_t:s0", *this / "var/etc/shadow"});
  if (kind == Shadow::bound) mount({"--bind", *this / "var/etc/shadow"}, "etc/shadow");
}

LoginRoot::~LoginRoot() {
  while (!mounted_.empty()) {
    const Outcome outcome = run({"umount", "-R", mounted_.back()});
    if (outcome.exit != 0) FAIL_CHECK(outcome.err);
    mounted_.pop_back();
  }
}

void LoginRoot::mount(const Arguments& arguments, const std::string& place) {
  Arguments command{"mount"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  command.push_back(*this / place);
  tool(command);
  mounted_.push_back(*this / place);
}

void LoginRoot::make_etc(Shadow kind) const {
  make_folder(etc_);
  for (const char* name : {"pam.d", "security", "login.defs", "nsswitch.conf", "ld.so.cache", "default"}) {
    if (std::filesystem::exists(std::string("/etc/") + name)) tool({"cp", "-a", std::string("/etc/") + name, etc_});
  }
  write_text(etc_ + "/passwd", accounts);
  write_text(etc_ + "/group", "root:x:0:\ndaemon:x:1:\nshadow:x:42:\nowner:x:1234:\n");
  write_text(etc_ + "/environment", "");
  if (kind == Shadow::linked) {
    checked(symlink("/var/etc/shadow", (etc_ + "/shadow").c_str()), "symlink");
  } else {
    write_text(etc_ + "/shadow", "root:image:20000:0:99999:7:::\n", 0640);
  }
}

std::string LoginRoot::stored() const { return read_text(*this / "var/etc/shadow"); }

std::string LoginRoot::field_of(const std::string& user) const {
  const std::string content =
      tool({"chroot", path_, "cat", "/etc/shadow"});  // a link there leads into the root, not to the host's
  const std::size_t begin = content.find(user + ":");
  if (begin == std::string::npos) return "no such account";
  const std::size_t field = begin + user.size() + 1;
  return content.substr(field, content.find(':', field) - field);
}

void LoginRoot::replace_program(const std::string& name, std::string_view script) {
  const std::string file = folder_ / "script";
  write_text(file, script, 0755);
  mount({"--bind", file}, "usr/bin/" + name);
}

bool LoginRoot::can_log_in(const std::string& user, const std::string& password) const {
  Terminal login(
      {"chroot", "--userspec=65534:65534", "--groups=65534", path_, "/bin/su", user, "-c", "echo I am $(id -un)"});
  if (!login.expect("assword: ")) return false;
  login.type(password + "\n");
  const Outcome outcome = login.finish();
  return outcome.exit == 0 && outcome.out.find("I am " + user) != std::string::npos;
}

}  // namespace looptest
