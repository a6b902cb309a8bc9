// Making of what cp and tar get wrong when they are not careful.
#include "harness/rich_tree.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "harness/files.h"
#include "harness/process.h"

namespace looptest {

namespace {

void set_times(const std::string& path, std::int64_t seconds, long nanoseconds) {
  const timespec times[2]{{seconds, nanoseconds}, {seconds, nanoseconds}};
  checked(utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW), path);
}

void attribute(const std::string& path, const std::string& name, const std::string& value) {
  checked(lsetxattr(path.c_str(), name.c_str(), value.data(), value.size(), 0), path + ": " + name);
}

void make_socket(const std::string& path) {
  const Fd socket_fd(checked(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  checked(bind(socket_fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), path);
}

void make_files(const std::string& top) {
  write_text(top + "/empty", "");
  write_text(top + "/one byte", "x", 0400);
  write_text(top + "/setuid", "#!/bin/sh\n", 04755);
  write_text(top + "/setgid", "#!/bin/sh\n", 02755);
  write_text(top + "/unreadable", "for root only", 0);
  write_text(top + "/large", random_bytes(3 * MiB + 17), 0640);
  write_text(top + "/owned", "by somebody", 0604);
  checked(chown((top + "/owned").c_str(), 1234, 4294967290), top);
  // A chown clears the bits: set them again.
  write_text(top + "/owned setuid", "by somebody", 0755);
  checked(chown((top + "/owned setuid").c_str(), 1234, 99), top);
  checked(chmod((top + "/owned setuid").c_str(), 06755), top);
}

void make_names(const std::string& top) {
  for (const char* name : {"\xff\xfe not UTF-8", "new\nline", "tab\tquote\"backslash\\", " leading space", "-dash",
                           "...", "~", "\xc3\xa4\xe2\x82\xac"})
    write_text(top + "/" + name, name);
  write_text(top + "/" + std::string(255, 'n'), "the longest name");
  checked(symlink("\xfe\xff", (top + "/\xfd link").c_str()), top);
}

void make_sparse(const std::string& top) {
  const auto sparse = [&](const std::string& name, std::uint64_t size, std::initializer_list<std::uint64_t> data) {
    write_text(top + "/" + name, "");
    checked(truncate((top + "/" + name).c_str(), static_cast<off_t>(size)), name);
    for (std::uint64_t offset : data) write_at(top + "/" + name, offset, random_bytes(64 * KiB));
  };
  sparse("hole only", 48 * MiB, {});
  sparse("hole first", 8 * MiB, {8 * MiB - 64 * KiB});
  sparse("hole last", 8 * MiB + 1, {0});
  sparse("holes between", 40 * MiB, {0, 8 * MiB, 24 * MiB});
  // Zeros that were written are data: they may become holes or stay, and read the same.
  write_text(top + "/zeros", std::string(MiB, '\0'));
}

void make_links(const std::string& top) {
  std::filesystem::create_directories(top + "/elsewhere/deeper");
  for (const char* name : {"/hard link", "/elsewhere/hard link", "/elsewhere/deeper/hard link"})
    checked(link((top + "/large").c_str(), (top + name).c_str()), name);
  for (const auto& [name, target] : {std::pair("relative", "elsewhere/deeper"),
                                     {"absolute", "/etc/passwd"},
                                     {"dangling", "no/such/thing"},
                                     {"to itself", "to itself"},
                                     {"up", "../../.."}}) {
    checked(symlink(target, (top + "/link " + name).c_str()), name);
    checked(lchown((top + "/link " + name).c_str(), 77, 78), name);
    set_times(top + "/link " + name, 1500000000, 123456789);
  }
  checked(symlink(std::string(4000, 't').c_str(), (top + "/link with a long target").c_str()), "symlink");
  checked(link((top + "/link absolute").c_str(), (top + "/hard link to a symlink").c_str()), "link");
}

void make_special(const std::string& top) {
  checked(mkfifo((top + "/fifo").c_str(), 0620), "mkfifo");
  checked(link((top + "/fifo").c_str(), (top + "/elsewhere/the same fifo").c_str()), "link");
  make_socket(top + "/s");
  checked(mknod((top + "/null").c_str(), S_IFCHR | 0666, makedev(1, 3)), "mknod");
  checked(mknod((top + "/disk").c_str(), S_IFBLK | 0660, makedev(259, 1048575)), "mknod");
  checked(chown((top + "/disk").c_str(), 0, 6), "chown");
}

void make_attributes(const std::string& top) {
  attribute(top + "/owned", "user.comment", std::string("with \0 zero", 11));
  attribute(top + "/owned", "user.empty", "");
  attribute(top + "/owned", "trusted.note", random_bytes(1000));
  attribute(top + "/elsewhere", "user.folder", "yes");
  attribute(top + "/link absolute", "trusted.of_a_link", "itself");
  attribute(top + "/fifo", "trusted.of_a_fifo", "too");
  attribute(top + "/unreadable", "user.dark", "matter");
  tool({"setfacl", "-m", "u:1234:rw,g:4321:r,m::rwx", top + "/one byte"});
  tool({"setfacl", "-m", "u:1234:rwx,d:u:1234:rwx,d:g:55:rx,d:o:---", top + "/elsewhere"});
  tool({"setcap", "cap_net_raw,cap_net_bind_service=ep", top + "/large"});
}

void make_folders(const std::string& top) {
  std::filesystem::create_directories(top + "/empty folder");
  for (const auto& [name, mode] :
       {std::pair("sticky", 01777), {"setgid folder", 02775}, {"closed", 0}, {"read only", 0555}}) {
    const std::string path = top + "/" + name;
    std::filesystem::create_directories(path);
    write_text(path + "/inside", "a file in " + path.substr(top.size()));
    checked(chown(path.c_str(), 500, 600), path);
    checked(chmod(path.c_str(), static_cast<mode_t>(mode)), path);
  }
}

void make_times(const std::string& top) {
  set_times(top + "/empty", 1, 1);
  set_times(top + "/one byte", 0, 0);
  set_times(top + "/owned", -1000000, 999999999);    // before 1970
  set_times(top + "/large", 4102444800, 123456789);  // 2100
  set_times(top + "/fifo", 1234567890, 987654321);
  set_times(top + "/null", 1234567891, 1);
  set_times(top + "/elsewhere/deeper", 1000000000, 111111111);
  set_times(top + "/elsewhere", 1000000001, 222222222);
  set_times(top + "/closed", 1000000002, 333333333);
  set_times(top, 1000000003, 444444444);
}

}  // namespace

void make_rich_tree(const std::string& folder) {
  make_files(folder);
  make_names(folder);
  make_sparse(folder);
  make_links(folder);
  make_special(folder);
  make_attributes(folder);
  make_folders(folder);
  make_times(folder);
}

void make_deep_chain(const std::string& folder, const std::string& content) {
  int here = checked(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), folder);
  const std::string name(200, 'd');
  for (int depth = 0; depth < 25; ++depth) {
    checked(mkdirat(here, name.c_str(), 0755), name);
    const int next = checked(openat(here, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), name);
    close(here);
    here = next;
  }
  const Fd last(here);
  const Fd file(checked(openat(here, "end", O_WRONLY | O_CREAT | O_CLOEXEC, 0644), "end"));
  checked(static_cast<int>(write(file.get(), content.data(), content.size())), "end");
}

}  // namespace looptest
