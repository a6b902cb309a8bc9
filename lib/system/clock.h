// Monotonic time and deadlines.
#pragma once

#include <algorithm>
#include <chrono>

namespace aimee {

using Clock = std::chrono::steady_clock;

class Deadline {
 public:
  static Deadline after(std::chrono::seconds limit) { return Deadline(Clock::now() + limit); }
  [[nodiscard]] bool passed() const { return Clock::now() >= end_; }
  // For poll(2): rounded up, at least 0, at most a day.
  [[nodiscard]] int milliseconds_left() const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - Clock::now()).count();
    return static_cast<int>(std::clamp<long long>(left, 0, 24LL * 3600 * 1000));
  }

 private:
  explicit Deadline(Clock::time_point end) : end_(end) {}
  Clock::time_point end_;
};

}  // namespace aimee
