#include "harness/notify_socket.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>

#include "harness/temporary_folder.h"

namespace aimee::test {

NotifySocket::NotifySocket(std::string_view name)
    : socket_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  prepared(socket_ >= 0 && name.size() < sizeof address.sun_path, name);
  std::ranges::copy(name, address.sun_path);
  if (name[0] == '@') address.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  prepared(bind(socket_, reinterpret_cast<const sockaddr*>(&address), length) == 0, name);
  setenv("NOTIFY_SOCKET", std::string(name).c_str(), 1);
}

NotifySocket::~NotifySocket() {
  unsetenv("NOTIFY_SOCKET");
  close(socket_);
}

std::string NotifySocket::next() const {
  char datagram[4096];
  const ssize_t length = recv(socket_, datagram, sizeof datagram, 0);
  return length < 0 ? "(none)" : std::string(datagram, static_cast<std::size_t>(length));
}

}  // namespace aimee::test
