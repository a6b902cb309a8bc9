// nbdkit's error filter looks for a file at each request: while it exists, the request fails with EIO.
#include "harness/failing_disk.h"

#include <unistd.h>

#include <filesystem>
#include <stdexcept>

namespace looptest {

namespace {

void switch_file(const std::string& path, bool on) {
  if (on)
    write_text(path, "");
  else
    unlink(path.c_str());
}

}  // namespace

FailingDisk::FailingDisk(LoopDisk::Shape shape) {
  write_text(folder_ / "image", "");
  std::filesystem::resize_file(folder_ / "image", shape.size);
  // Zeroing is a write too, and a trim is refused: everything becomes a plain write.
  server_ = std::make_unique<Process>(
      Arguments{"nbdfuse", mount_ / "disk", "--command", "nbdkit", "-s", "--exit-with-parent", "--filter=error",
                "--filter=nozero", "file", folder_ / "image", "error-pwrite=EIO", "error-pwrite-rate=100%",
                "error-pwrite-file=" + (folder_ / "fail-writes"), "error-pread=EIO", "error-pread-rate=100%",
                "error-pread-file=" + (folder_ / "fail-reads"), "error-trim=EINVAL", "error-trim-rate=100%"},
      RunOptions{.deadline = std::chrono::seconds(600)});
  if (!wait_until([&] { return access((mount_ / "disk").c_str(), F_OK) == 0 || !server_->running(); },
                  std::chrono::seconds(10)) ||
      !server_->running())
    throw std::runtime_error("nbdfuse does not work here: " + server_->err_so_far());
  shape.backing = mount_ / "disk";
  disk_ = std::make_unique<LoopDisk>(shape);
}

FailingDisk::~FailingDisk() {
  fail_writes(false);
  fail_reads(false);
  disk_.reset();
  run({"fusermount3", "-u", mount_.path()});
  server_->wait();
}

void FailingDisk::fail_writes(bool now) { switch_file(folder_ / "fail-writes", now); }
void FailingDisk::fail_reads(bool now) { switch_file(folder_ / "fail-reads", now); }

}  // namespace looptest
