// The service manager's end of sd_notify(3): a datagram socket that NOTIFY_SOCKET names while it exists.
#pragma once

#include <string>
#include <string_view>

namespace aimee::test {

class NotifySocket {
 public:
  // `name` as in NOTIFY_SOCKET: an absolute path, or "@" and an abstract name.
  explicit NotifySocket(std::string_view name);
  ~NotifySocket();
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  // The next datagram; "(none)" where there is none.
  [[nodiscard]] std::string next() const;

 private:
  int socket_;
};

}  // namespace aimee::test
