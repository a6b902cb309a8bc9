// Reports of progress; what cannot be written is dropped.
#include "effects/progress.h"

#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "system/notify.h"

namespace aimee {

std::string Progress::text() const {
  if (length_ != 0) {
    return concat(step_, ": ", human_size(done_), " of ", human_size(length_), " (",
                  std::min<std::uint64_t>(done_ * 100 / length_, 100), " %)");
  }
  const std::uint64_t done = files;
  if (done == 0) return step_;
  if (total_files == 0) return concat(step_, ": ", done, " files");
  const std::uint64_t weight = total_bytes + (total_files << 12U);  // a file costs about as much as 4 KiB
  const std::uint64_t percent = weight == 0 ? 100 : (bytes + (done << 12U)) * 100 / weight;
  return concat(step_, ": ", done, " of ", total_files, " files, ", human_size(bytes), " of ", human_size(total_bytes),
                " (", std::min<std::uint64_t>(percent, 100), " %)");
}

void Progress::begin(const std::string& step, std::uint64_t length) {
  const std::scoped_lock lock(reporting_);
  step_ = step;
  length_ = length;
  done_ = 0;
  notify_manager(concat("STATUS=", step_));
}

void Progress::advance(std::uint64_t count) {
  done_ += count;
  tick();
}

void Progress::tick() {
  const Clock::time_point now = Clock::now();
  Clock::rep due = next_report_;
  if (now.time_since_epoch().count() < due) return;
  const Clock::rep next = (now + std::chrono::seconds(1)).time_since_epoch().count();
  if (!next_report_.compare_exchange_strong(due, next)) return;  // another thread reports
  const std::scoped_lock lock(reporting_);
  const std::string line = text();
  notify_manager(concat("STATUS=", line));
  if (now < next_line_) return;
  static const bool terminal = isatty(STDERR_FILENO) == 1;
  next_line_ = now + std::chrono::seconds(terminal ? 1 : 10);
  log_info(line);
}

}  // namespace aimee
