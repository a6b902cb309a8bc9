// What the keys are for: a real sshd serves them by the drop-in that aimee installs; and their SELinux labels are
// the image's policy's.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <sstream>

#include "harness/doctest_main.h"
#include "harness/host_keys.h"
#include "harness/policy.h"

using namespace looptest;

namespace {

const std::vector<std::string> all_types{"ed25519", "ecdsa", "rsa"};

// A port on the loopback address that was free a moment ago.
int free_port() {
  const Fd socket_fd(checked(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  checked(bind(socket_fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), "bind");
  checked(getsockname(socket_fd.get(), reinterpret_cast<sockaddr*>(&address), &length), "getsockname");
  return ntohs(address.sin_port);
}

// The drop-in as it is installed, but for keys below a test's root.
std::string drop_in(const HostKeys& keys) {
  std::string text = read_text(AIMEE_SSHD_DROP_IN);
  const std::string from = "HostKey /var/lib/ssh/";
  int lines = 0;
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + 1), ++lines)
    text.replace(at, from.size(), "HostKey " + keys.folder() + "/");
  CHECK(lines == 3);
  return text;
}

// The empty folder that sshd wants; of a machine where sshd ran before it stays as it is.
class PrivilegeSeparation {
 public:
  PrivilegeSeparation() : made_(std::filesystem::create_directory(path)) {}
  PrivilegeSeparation(const PrivilegeSeparation&) = delete;
  PrivilegeSeparation& operator=(const PrivilegeSeparation&) = delete;
  ~PrivilegeSeparation() {
    std::error_code ignored;
    if (made_) std::filesystem::remove(path, ignored);
  }

 private:
  static constexpr const char* path = "/run/sshd";
  bool made_;
};

// "TYPE BASE64" of each key that the server shows, sorted as the client asks for them.
std::vector<std::string> keys_of_server(int port) {
  const Outcome scan =
      run({"ssh-keyscan", "-T", "20", "-p", std::to_string(port), "-t", "ed25519,ecdsa,rsa", "127.0.0.1"});
  std::istringstream lines(scan.out);
  std::vector<std::string> found;
  for (std::string line; std::getline(lines, line);)
    if (!line.starts_with('#')) found.push_back(line.substr(line.find(' ') + 1));
  std::sort(found.begin(), found.end());
  return found;
}

std::string label_of(const std::string& path) {
  char value[256];
  const ssize_t length = lgetxattr(path.c_str(), "security.selinux", value, sizeof value);
  return length <= 0 ? "none" : std::string(value);
}

std::string policy_says(const HostKeys& keys, const std::string& path, const std::string& type) {
  const std::string answer =
      tool({"matchpathcon", "-n", "-f", keys.root() + "/etc/selinux/default/contexts/files/file_contexts", "-m", type,
            path});
  return answer.substr(0, answer.find('\n'));
}

void check_labels(const HostKeys& keys) {
  CHECK(label_of(keys.folder()) == policy_says(keys, "/var/lib/ssh", "dir"));
  for (const std::string& name : keys.names())
    CHECK_MESSAGE(label_of(keys / name) == policy_says(keys, "/var/lib/ssh/" + name, "file"), name);
}

}  // namespace

TEST_CASE("a real sshd with the drop-in shows exactly the keys that were made") {
  NEEDS("ssh-keygen", "sshd", "ssh-keyscan");
  const HostKeys keys;
  REQUIRE(keys.run().exit == 0);
  const PrivilegeSeparation empty_folder;
  const int port = free_port();
  const TemporaryFolder folder;
  write_text(folder / "10-aimee-hostkeys.conf", drop_in(keys));
  write_text(folder / "sshd_config", "Include " + folder / "*.conf" + "\nListenAddress 127.0.0.1\nPort " +
                                         std::to_string(port) + "\nPidFile none\nUsePAM no\n");
  const std::string program = tool({"sh", "-c", "command -v sshd"});
  const std::string sshd = program.substr(0, program.find('\n'));
  const Outcome checked_config = run({sshd, "-t", "-f", folder / "sshd_config"});
  CHECK_MESSAGE(checked_config.exit == 0, checked_config.err);

  Process server({sshd, "-D", "-e", "-f", folder / "sshd_config"});
  REQUIRE(wait_until([&] {
    return server.err_so_far().find("Server listening on 127.0.0.1") != std::string::npos || !server.running();
  }));
  CHECK_MESSAGE(server.running(), server.err_so_far());
  std::vector<std::string> made;
  for (const std::string& type : all_types) made.push_back(public_line(keys.public_key(type)));
  std::sort(made.begin(), made.end());
  CHECK(keys_of_server(port) == made);
  server.signal(SIGTERM);
  server.wait();
}

TEST_CASE("folder and keys have the labels of the image's policy") {
  NEEDS("ssh-keygen", "matchpathcon");
  const HostKeys keys;
  if (!add_policy(keys.root())) return;
  SUBCASE("as it is") {}
  SUBCASE("with a rule of the store's own") {
    write_text(keys.root() + "/etc/selinux/default/contexts/files/file_contexts.local",
               "/var/lib/ssh(/.*)?\tsystem_u:object_r:sshd_key_t:s0\n");
  }
  CHECK(keys.run().exit == 0);
  CHECK(label_of(keys.folder()) != "none");
  check_labels(keys);
  std::filesystem::remove(keys.public_key("rsa"));
  write_text(keys.key("ecdsa"), "", 0600);
  CHECK(keys.run().exit == 0);
  check_good(keys, "rsa");
  check_good(keys, "ecdsa");
  check_labels(keys);
}

TEST_CASE("without a policy no label is made up") {
  NEEDS("ssh-keygen");
  const HostKeys keys;
  CHECK(keys.run({"ed25519"}).exit == 0);
  CHECK(label_of(keys.folder()) == "none");
  CHECK(label_of(keys.key("ed25519")) == "none");
}

TEST_CASE("a policy whose file contexts cannot be read stops the making before anything is made") {
  NEEDS("ssh-keygen");
  const HostKeys keys;
  std::filesystem::create_directories(keys.root() + "/etc/selinux/mine");
  write_text(keys.root() + "/etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=mine\n");
  const Outcome outcome = keys.run({"ed25519"});
  CHECK(outcome.exit == 1);
  CHECK(says(outcome, keys.root() + "/etc/selinux/mine/contexts/files/file_contexts: "));
  CHECK_FALSE(std::filesystem::exists(keys.folder()));
}
