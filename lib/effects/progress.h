// Progress of long work: nothing for work that is done within a second, then a line on the console and a
// STATUS= for the service manager, at most once a second (once in ten seconds where stderr is no terminal).
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "system/clock.h"

namespace aimee {

// Counters may be changed from every thread.
class Progress {
 public:
  std::atomic<std::uint64_t> files = 0;  // copied so far, folders and special files included
  std::atomic<std::uint64_t> bytes = 0;
  std::uint64_t total_files = 0;
  std::uint64_t total_bytes = 0;

  // Names the step that begins now; sent to the service manager at once. `length`: bytes of a step that is measured
  // by advance(), 0 = it is not.
  void begin(const std::string& step, std::uint64_t length = 0);

  // `count` more bytes of the step are done; reports if it is time to.
  void advance(std::uint64_t count);

  // Reports if it is time to. Cheap: a clock read. From any thread.
  void tick();

 private:
  [[nodiscard]] std::string text() const;

  const Clock::time_point started_ = Clock::now();
  std::atomic<Clock::rep> next_report_ = (started_ + std::chrono::seconds(1)).time_since_epoch().count();
  std::mutex reporting_;
  std::string step_;
  std::uint64_t length_ = 0;
  std::atomic<std::uint64_t> done_ = 0;
  Clock::time_point next_line_ = started_;
};

}  // namespace aimee
