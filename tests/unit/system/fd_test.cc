// Descriptors that close themselves, and exact input and output.
#include "system/fd.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "harness/child.h"
#include "harness/temporary_folder.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

bool is_open(int number) { return fcntl(number, F_GETFD) >= 0; }

Fd null_device() { return Fd(open("/dev/null", O_RDWR | O_CLOEXEC)); }

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

}  // namespace

TEST_CASE("a descriptor is closed at the end of its scope") {
  int number = -1;
  {
    const Fd fd = null_device();
    number = fd.get();
    CHECK(fd.is_open());
    CHECK(is_open(number));
  }
  CHECK_FALSE(is_open(number));
}

TEST_CASE("a descriptor of nothing is not open, and closing it twice does nothing") {
  Fd fd;
  CHECK_FALSE(fd.is_open());
  CHECK(fd.get() == -1);
  fd.reset();
  fd.reset();
  CHECK_FALSE(fd.is_open());
}

TEST_CASE("moving hands the descriptor on and leaves nothing behind") {
  Fd first = null_device();
  const int number = first.get();
  Fd second(std::move(first));
  CHECK_FALSE(first.is_open());  // NOLINT(bugprone-use-after-move): what is left is what is tested
  CHECK(second.get() == number);
  Fd third = null_device();
  const int replaced = third.get();
  third = std::move(second);
  CHECK(third.get() == number);
  CHECK_FALSE(is_open(replaced));
  CHECK(is_open(number));
}

TEST_CASE("a descriptor that is moved to itself stays open") {
  Fd fd = null_device();
  Fd& same = fd;
  const int number = fd.get();
  fd = std::move(same);
  CHECK(fd.get() == number);
  CHECK(is_open(number));
}

TEST_CASE("a released descriptor is the caller's to close") {
  Fd fd = null_device();
  const int number = fd.release();
  fd.reset();
  CHECK(is_open(number));
  close(number);
}

TEST_CASE("files are opened so that no program inherits them") {
  const TemporaryFolder folder;
  folder.file("a", "");
  const auto top = open_file(folder.path(), O_RDONLY | O_DIRECTORY);
  const auto file = open_file(folder / "a", O_RDONLY);
  MUST_SUCCEED(top);
  MUST_SUCCEED(file);
  const auto below = open_at(*top, "a", O_RDONLY);
  MUST_SUCCEED(below);
  for (const Fd* fd : {&*top, &*file, &*below}) CHECK((fcntl(fd->get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("what cannot be opened is a failure with path and reason") {
  const TemporaryFolder folder;
  const std::string missing = folder / "missing";
  CHECK(told(open_file(missing, O_RDONLY)) == with_errno(concat("failed: ", missing, ": open"), ENOENT));
  const auto top = open_file(folder.path(), O_RDONLY | O_DIRECTORY);
  MUST_SUCCEED(top);
  CHECK(told(open_at(*top, "missing", O_RDONLY)) == with_errno("failed: missing: open", ENOENT));
  folder.link("loop", "loop");
  CHECK(told(open_file(folder / "loop", O_RDONLY)) == with_errno(concat("failed: ", folder / "loop", ": open"), ELOOP));
}

TEST_CASE("a file is made with the mode that was asked for") {
  const TemporaryFolder folder;
  const auto file = open_file(folder / "new", O_WRONLY | O_CREAT | O_EXCL, 0600);
  MUST_SUCCEED(file);
  const auto status = status_of(*file, "new");
  MUST_SUCCEED(status);
  CHECK((status->st_mode & 07777) == 0600);
}

TEST_CASE("a path opened beneath a folder cannot leave it, by no link and no dots") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder folder;
  folder.file("top/a/file", "inside");
  folder.file("secret", "outside");
  folder.link("top/out", "../secret");
  folder.link("top/absolute", folder / "secret");
  folder.link("top/inside", "a/file");
  folder.link("top/link", "a");
  const auto top = open_file(folder / "top", O_RDONLY | O_DIRECTORY);
  MUST_SUCCEED(top);
  CHECK(told(open_beneath(*top, "a/file", O_RDONLY)) == "done");
  CHECK(told(open_beneath(*top, "a/../a/file", O_RDONLY)) == "done");
  struct Row {
    std::string path;
    int code;
  };
  const Row rows[] = {
      {"../secret", EXDEV}, {"a/../../secret", EXDEV}, {"/etc/passwd", EXDEV},
      {"out", ELOOP},       {"absolute", ELOOP},       {"inside", ELOOP},
      {"link/file", ELOOP}, {"missing", ENOENT},       {"a/file/further", ENOTDIR},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    CHECK(told(open_beneath(*top, row.path, O_RDONLY)) == with_errno(concat("failed: ", row.path, ": open"), row.code));
  }
}

TEST_CASE("a path in a root is what a process with that root would see") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder root;
  root.file("usr/share/file", "inside");
  root.link("etc/absolute", "/usr/share/file");
  root.link("etc/relative", "../usr/share/file");
  root.link("etc/climbing", "../../../../../../usr/share/file");
  root.link("share", "/usr/share");
  for (const std::string path : {"/usr/share/file", "usr/share/file", "/etc/absolute", "/etc/relative", "/etc/climbing",
                                 "/share/file", "/../../usr/share/file"}) {
    CAPTURE(path);
    const auto file = open_in_root(root.path(), path, O_RDONLY);
    MUST_SUCCEED(file);
    CHECK(read_all(*file, path).value_or("") == "inside");
    CHECK((fcntl(file->get(), F_GETFD) & FD_CLOEXEC) != 0);
  }
  root.link("etc/out", "/etc/passwd");
  CHECK(told(open_in_root(root.path(), "/etc/out", O_RDONLY)) ==
        with_errno(concat("failed: ", root.path(), "/etc/out: open"), ENOENT));
  const std::string missing = root / "missing";
  CHECK(told(open_in_root(missing, "/etc", O_RDONLY)) == with_errno(concat("failed: ", missing, ": open"), ENOENT));
}

TEST_CASE("an empty root is the running system's") {
  EMULATION_LACKS("openat2");
  CHECK(told(open_in_root("", "/proc/self/status", O_RDONLY)) == "done");
  CHECK(told(open_in_root("", "/nonexistent", O_RDONLY)) == with_errno("failed: /nonexistent: open", ENOENT));
}

TEST_CASE("a whole file is read, however long and whatever it holds") {
  const TemporaryFolder folder;
  const std::string binary("a\0b\xff\n", 5);
  const std::string sizes[] = {
      "",    "x", std::string(4095, 'a'), std::string(4096, 'b'), std::string(4097, 'c'), std::string(100'000, 'd'),
      binary};
  for (const std::string& content : sizes) {
    CAPTURE(content.size());
    const auto read = read_file(folder.file("file", content));
    CHECK(told(read) == "done");
    CHECK((read && *read == content));
  }
}

TEST_CASE("a file of a size that stat does not tell is read whole") {
  const auto read = read_file("/proc/self/status");
  MUST_SUCCEED(read);
  CHECK(read->find("\nPid:") != std::string::npos);
}

TEST_CASE("a file longer than the limit is refused by EFBIG, one of its length is not") {
  const TemporaryFolder folder;
  const std::string path = folder.file("file", std::string(5000, 'x'));
  CHECK(told(read_file(path, 5000)) == "done");
  CHECK(told(read_file(path, 4999)) == with_errno(concat("failed: ", path, ": read"), EFBIG));
  CHECK(told(read_file(path, 0)) == with_errno(concat("failed: ", path, ": read"), EFBIG));
}

TEST_CASE("a file that never ends is refused too") {
  CHECK(told(read_file("/dev/zero", 1 << 16)) == with_errno("failed: /dev/zero: read", EFBIG));
}

TEST_CASE("a folder is no file to read") {
  CHECK(told(read_file("/proc/self")) == with_errno("failed: /proc/self: read", EISDIR));
}

TEST_CASE("reading goes on where a signal interrupts it") {
  int ends[2];
  prepared(pipe2(ends, O_CLOEXEC) == 0, "pipe");
  struct sigaction action{};
  action.sa_handler = [](int) {};  // without SA_RESTART
  struct sigaction previous{};
  sigaction(SIGUSR1, &action, &previous);
  const pid_t parent = getpid();
  std::string content;
  {
    Child child([&] {
      close(ends[0]);
      for (int i = 0; i < 1000; ++i) kill(parent, SIGUSR1);
      return write(ends[1], "done", 4) == 4 ? 0 : 1;
    });
    close(ends[1]);
    const auto read = read_all(Fd(ends[0]), "pipe");
    CHECK(told(read) == "done");
    if (read) content = *read;
    CHECK(child.wait().exit == 0);
  }
  sigaction(SIGUSR1, &previous, nullptr);
  CHECK(content == "done");
}

TEST_CASE("exactly the bytes at an offset are read") {
  const TemporaryFolder folder;
  const auto file = open_file(folder.file("file", "0123456789"), O_RDONLY);
  MUST_SUCCEED(file);
  std::array<std::byte, 4> buffer{};
  CHECK(told(read_exactly(*file, buffer, 3, "file")) == "done");
  CHECK(std::string_view(reinterpret_cast<const char*>(buffer.data()), buffer.size()) == "3456");
  CHECK(told(read_exactly(*file, {}, 100, "file")) == "done");
}

TEST_CASE("a short read is an I/O error that names the first byte that is missing") {
  const TemporaryFolder folder;
  const auto file = open_file(folder.file("file", "0123456789"), O_RDONLY);
  MUST_SUCCEED(file);
  std::array<std::byte, 4> buffer{};
  CHECK(told(read_exactly(*file, buffer, 8, "file")) == with_errno("failed: file: read at byte 10", EIO));
  CHECK(told(read_exactly(*file, buffer, 4096, "")) == with_errno("failed: read at byte 4096", EIO));
}

TEST_CASE("exactly the bytes are written at an offset, and nothing else changes") {
  const TemporaryFolder folder;
  const std::string path = folder.file("file", "0123456789");
  const auto file = open_file(path, O_WRONLY);
  MUST_SUCCEED(file);
  CHECK(told(write_exactly(*file, bytes_of("abc"), 4, "file")) == "done");
  CHECK(content_of(path) == "0123abc789");
  CHECK(told(write_exactly(*file, bytes_of("z"), 12, "file")) == "done");
  CHECK(content_of(path) == std::string("0123abc789\0\0z", 13));
  CHECK(told(flush(*file, "file")) == "done");
}

TEST_CASE("what cannot be written is a failure with place and reason") {
  const Fd full(open("/dev/full", O_WRONLY | O_CLOEXEC));
  CHECK(told(write_exactly(full, bytes_of("abc"), 7, "/dev/full")) ==
        with_errno("failed: /dev/full: write at byte 7", ENOSPC));
  const Fd read_only(open("/dev/null", O_RDONLY | O_CLOEXEC));
  CHECK(told(write_exactly(read_only, bytes_of("abc"), 0, "disk")) ==
        with_errno("failed: disk: write at byte 0", EBADF));
}

TEST_CASE("a descriptor of nothing fails with EBADF everywhere") {
  const Fd none;
  std::array<std::byte, 1> buffer{};
  CHECK(told(status_of(none, "x")) == with_errno("failed: x: stat", EBADF));
  CHECK(told(read_all(none, "x")) == with_errno("failed: x: read", EBADF));
  CHECK(told(read_exactly(none, buffer, 0, "x")) == with_errno("failed: x: read at byte 0", EBADF));
  CHECK(told(flush(none, "x")) == with_errno("failed: x: flush", EBADF));
  CHECK(told(open_at(none, "x", O_RDONLY)) == with_errno("failed: x: open", EBADF));
}

TEST_CASE("a file that cannot be flushed says so") {
  int ends[2];
  prepared(pipe2(ends, O_CLOEXEC) == 0, "pipe");
  const Fd read_end(ends[0]);
  const Fd write_end(ends[1]);
  CHECK(told(flush(write_end, "pipe")) == with_errno("failed: pipe: flush", EINVAL));
}

TEST_CASE("an open file is reached by its path in /proc") {
  const TemporaryFolder folder;
  const auto file = open_file(folder.file("file", "content"), O_RDONLY);
  MUST_SUCCEED(file);
  CHECK(path_of(*file) == concat("/proc/self/fd/", file->get()));
  CHECK(content_of(path_of(*file)) == "content");
}

}  // namespace aimee::test
