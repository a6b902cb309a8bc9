// Renewals of a stored shadow on a real btrfs, with readers at work: in the tests' mounts, in a mount namespace of a
// service that was made before, and behind a mask.
#include "store/shadow.h"

#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>

#include "harness/child.h"
#include "harness/temporary_folder.h"
#include "harness/test.h"
#include "plan/shadow_file.h"
#include "system/process.h"

using namespace aimee;
using namespace aimee::test;

namespace {

constexpr int renewals = 2000;

std::string line(std::string_view name, std::string_view password) {
  return concat(name, ":", password, ":20000:0:99999:7:::\n");
}

std::string with_root(const std::string& password) {
  return line("root", password) + line("daemon", "*") + line("owner", concat("$y$", std::string(70, 'o')));
}

std::string hash(int number, std::size_t length) {
  const std::string digits = concat(number);
  return concat("$y$", std::string(length - digits.size(), 'a'), digits);
}

void tool(const std::vector<std::string>& arguments) {
  const auto ran = run_program(arguments, std::chrono::seconds(120));
  prepared(ran.has_value(), ran ? "" : ran.error().message());
}

// A btrfs in memory, for a process with mounts of its own, and in it a store with a shadow.
class Store {
 public:
  Store(const std::string& folder, const std::string& options, const std::string& content) : volume_(folder + "/v") {
    prepared(mount("none", folder.c_str(), "tmpfs", 0, nullptr) == 0, "tmpfs");
    const std::string disk = folder + "/disk";
    Fd file = *open_file(disk, O_RDWR | O_CREAT, 0600);
    prepared(ftruncate(file.get(), 256 << 20) == 0, "a file for a disk");
    tool({"mkfs.btrfs", "-q", disk});
    prepared(mkdir(volume_.c_str(), 0755) == 0, "a mount point");
    tool({"mount", "-o", "loop," + options, disk, volume_});
    put(path(), content);
    put(seen(), "");
    prepared(mount(path().c_str(), seen().c_str(), nullptr, MS_BIND, nullptr) == 0, "the bind mount");
    folder_ = *open_file(volume_, O_RDONLY | O_DIRECTORY);
  }

  [[nodiscard]] std::string path() const { return volume_ + "/shadow"; }
  [[nodiscard]] std::string seen() const { return volume_ + "/seen"; }  // where it is mounted, as at /etc/shadow
  [[nodiscard]] const Fd& folder() const { return folder_; }
  void remount(const std::string& options) const { tool({"mount", "-o", "remount," + options, volume_}); }
  [[nodiscard]] Result<> renew(std::string_view wanted) const {
    return renew_shadow(folder_, TRY(lock_shadow(folder_)), wanted);
  }

 private:
  static void put(const std::string& path, const std::string& content) {
    const Fd file = *open_file(path, O_RDWR | O_CREAT | O_TRUNC, 0640);
    prepared(write_exactly(file, std::as_bytes(std::span(content)), 0, path).has_value(), "a shadow");
    prepared(flush(file, path).has_value(), "a shadow");
  }

  std::string volume_;
  Fd folder_;
};

// What the readers, in processes of their own, have found.
struct Counters {
  std::atomic<bool> stop = false;
  std::atomic<int> ready = 0;
  std::atomic<long> reads[4] = {};
  std::atomic<long> misses = 0;
  std::atomic<long> unmasked = 0;
};

Counters& shared_counters() {
  void* memory = mmap(nullptr, sizeof(Counters), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return *new (memory) Counters;
}

// As open and read to the end of the file, `piece` bytes at a time.
std::string content_in_pieces(const std::string& path, std::size_t piece) {
  const Fd file = *open_file(path, O_RDONLY);
  std::string content;
  std::vector<char> buffer(piece);
  ssize_t got = 0;
  while ((got = read(file.get(), buffer.data(), piece)) > 0)
    content.append(buffer.data(), static_cast<std::size_t>(got));
  return content;
}

enum class View { everybody, service, masked };

[[noreturn]] void read_for_ever(const std::string& path, const std::vector<std::string>& versions, View view,
                                std::size_t number, std::size_t piece, Counters& counters) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (view != View::everybody && unshare(CLONE_NEWNS) != 0) _exit(1);
  if (view == View::masked && mount("/dev/null", path.c_str(), nullptr, MS_BIND, nullptr) != 0) _exit(1);
  ++counters.ready;
  while (!counters.stop) {
    const std::string content = content_in_pieces(path, piece);
    ++counters.reads[number];
    if (view == View::masked) {
      if (!content.empty()) ++counters.unmasked;
      continue;
    }
    const auto is_it = [&](const std::string& version) { return same_accounts(content, version); };
    if (std::ranges::none_of(versions, is_it)) ++counters.misses;
  }
  _exit(0);
}

struct Identity {
  struct stat status{};
  std::string label;

  explicit Identity(const std::string& path) {
    char value[256] = {};
    prepared(stat(path.c_str(), &status) == 0, "stat");
    if (getxattr(path.c_str(), "security.selinux", value, sizeof value - 1) > 0) label = value;
  }
  bool operator==(const Identity& other) const {
    return status.st_dev == other.status.st_dev && status.st_ino == other.status.st_ino &&
           status.st_mode == other.status.st_mode && status.st_uid == other.status.st_uid &&
           status.st_gid == other.status.st_gid && status.st_nlink == other.status.st_nlink && label == other.label;
  }
};

// Flags of the file's extents together; an inline or encoded one could not be exchanged at one stroke.
unsigned extent_flags(const std::string& path) {
  constexpr unsigned most = 16;
  alignas(fiemap) char memory[sizeof(fiemap) + (most * sizeof(fiemap_extent))] = {};
  auto* map = reinterpret_cast<fiemap*>(memory);
  map->fm_length = ~0ULL;
  map->fm_flags = FIEMAP_FLAG_SYNC;
  map->fm_extent_count = most;
  const Fd file = *open_file(path, O_RDONLY);
  prepared(ioctl(file.get(), FS_IOC_FIEMAP, map) == 0, "FIEMAP");
  unsigned flags = 0;
  for (unsigned i = 0; i < map->fm_mapped_extents; ++i) flags |= map->fm_extents[i].fe_flags;
  return flags;
}

// Short, longer, so long that it moves behind, and back.
std::vector<std::string> versions_for_renewals() {
  std::vector<std::string> versions;
  for (const std::size_t length : {70U, 103U, 70U, 850U, 910U, 70U}) {
    versions.push_back(with_root(hash(static_cast<int>(versions.size()), length)));
  }
  return versions;
}

int renew_with_readers(const std::string& folder, const std::string& options) {
  const std::vector<std::string> versions = versions_for_renewals();
  const Store store(folder, options, shadow_in_blocks(versions.front()));
  constexpr std::string_view label = "system_u:object_r:shadow_t:s0";
  setxattr(store.path().c_str(), "security.selinux", label.data(), label.size(), 0);
  if (chown(store.path().c_str(), 0, 42) != 0) return 1;
  const Identity before(store.path());
  Counters& counters = shared_counters();
  struct Kind {
    View view;
    std::size_t piece;
  };
  constexpr Kind kinds[] = {
      {View::everybody, 4096}, {View::everybody, 1024}, {View::service, 131072}, {View::masked, 4096}};
  std::vector<pid_t> readers;
  for (std::size_t i = 0; i < std::size(kinds); ++i) {
    readers.push_back(fork());
    if (readers.back() == 0) read_for_ever(store.seen(), versions, kinds[i].view, i, kinds[i].piece, counters);
  }
  while (counters.ready != static_cast<int>(std::size(kinds))) sched_yield();
  int failures = 0;
  for (int i = 1; i <= renewals; ++i) {
    const auto renewed = store.renew(versions[static_cast<std::size_t>(i) % versions.size()]);
    if (renewed) continue;
    std::printf("%s\n", renewed.error().message().c_str());
    ++failures;
    break;
  }
  counters.stop = true;
  for (const pid_t reader : readers) {
    int status = 0;
    waitpid(reader, &status, 0);
    failures += status == 0 ? 0 : 1;
  }
  std::printf("%d renewals, reads %ld %ld %ld %ld, misses %ld, unmasked %ld\n", renewals, counters.reads[0].load(),
              counters.reads[1].load(), counters.reads[2].load(), counters.reads[3].load(), counters.misses.load(),
              counters.unmasked.load());
  if (!(Identity(store.path()) == before)) std::printf("another file\n"), ++failures;
  const unsigned unwanted = FIEMAP_EXTENT_DATA_INLINE | FIEMAP_EXTENT_ENCODED;
  if ((extent_flags(store.path()) & unwanted) != 0) std::printf("inline or encoded extents\n"), ++failures;
  for (const auto& reads : counters.reads) failures += reads > 0 ? 0 : 1;
  return failures == 0 && counters.misses == 0 && counters.unmasked == 0 ? 0 : 1;
}

// Runs `body` with a folder to mount on, where mounts are permitted.
void with_folder(const std::function<int(const std::string&)>& body) {
  const TemporaryFolder folder;
  const auto ended = run_with_own_mounts([&] {
    const int result = body(folder.path());
    std::fflush(stdout);
    return result;
  });
  if (!ended) return;
  CHECK_MESSAGE(ended->exit == 0, ended->out << ended->err);
  if (!ended->out.empty()) MESSAGE(ended->out);
}

// For bodies that check with words: what was told, to compare.
void check_told(const std::function<std::string(const std::string&)>& body, const std::string& expected) {
  const TemporaryFolder folder;
  const auto ended = run_with_own_mounts([&] {
    std::printf("%s", body(folder.path()).c_str());
    std::fflush(stdout);
    return 0;
  });
  if (ended) CHECK_MESSAGE(ended->out == expected, ended->err);
}

}  // namespace

TEST_CASE("thousands of renewals: no reader in any mount namespace misses, the mask and the file's identity stay") {
  EMULATION_LACKS("openat2");
  NEEDS("mkfs.btrfs", "mount");
  SUBCASE("a volume as init-storage makes it") {
    with_folder([](const std::string& folder) { return renew_with_readers(folder, "noatime"); });
  }
  SUBCASE("a volume that compresses everything") {
    with_folder([](const std::string& folder) { return renew_with_readers(folder, "compress-force=zstd"); });
  }
}

TEST_CASE("a renewal changes the one block that it has to, and an equal one nothing") {
  EMULATION_LACKS("openat2");
  NEEDS("mkfs.btrfs", "mount");
  check_told(
      [](const std::string& folder) {
        const Store store(folder, "noatime", shadow_in_blocks(with_root("*")));
        std::string all = told(store.renew(with_root(hash(1, 70))));
        all += content_of(store.seen()) == shadow_in_blocks(with_root(hash(1, 70))) ? ", renewed" : ", not renewed";
        const Identity before(store.path());
        all += concat(", ", told(store.renew(with_root(hash(1, 70)))));
        const Identity after(store.path());
        all += after.status.st_ctim.tv_nsec == before.status.st_ctim.tv_nsec ? ", untouched" : ", touched";
        return all;
      },
      "done, renewed, done, untouched");
}

TEST_CASE("whatever the mount options were when the shadow was made, and are now") {
  EMULATION_LACKS("openat2");
  NEEDS("mkfs.btrfs", "mount");
  constexpr const char* kinds[] = {"datacow,datasum", "datacow,nodatasum", "nodatacow"};
  for (const std::string made : kinds) {
    for (const std::string now : kinds) {
      check_told(
          [&](const std::string& folder) {
            const Store store(folder, made, shadow_in_blocks(with_root("*")));
            const Identity before(store.path());
            store.remount(now);
            std::string all = told(store.renew(with_root(hash(1, 70))));
            store.remount(made);
            all += concat(", ", told(store.renew(with_root(hash(2, 70)))));
            all += content_of(store.seen()) == shadow_in_blocks(with_root(hash(2, 70))) ? ", renewed" : ", not renewed";
            return all + (Identity(store.path()) == before ? "" : ", another file");
          },
          "done, done, renewed");
    }
  }
}

TEST_CASE("a folder whose new files are not to be copied on writing, or are to be compressed") {
  EMULATION_LACKS("openat2");
  NEEDS("mkfs.btrfs", "mount");
  for (const int flag : {FS_NOCOW_FL, FS_COMPR_FL}) {
    for (const std::string options : {"compress-force=zstd,max_inline=4096", "nodatacow"}) {
      check_told(
          [&](const std::string& folder) {
            const Store store(folder, options, shadow_in_blocks(with_root("*")));
            int flags = 0;
            prepared(ioctl(store.folder().get(), FS_IOC_GETFLAGS, &flags) == 0, "flags");
            flags |= flag;
            prepared(ioctl(store.folder().get(), FS_IOC_SETFLAGS, &flags) == 0, "flags");
            const std::string result = told(store.renew(with_root(hash(1, 70))));
            return concat(result, content_of(store.seen()) == shadow_in_blocks(with_root(hash(1, 70))) ? "" : ", not");
          },
          "done");
    }
  }
}

TEST_CASE("a shadow that somebody edited in place is brought into blocks") {
  EMULATION_LACKS("openat2");
  NEEDS("mkfs.btrfs", "mount");
  check_told(
      [](const std::string& folder) {
        const Store store(folder, "noatime", with_root("*"));
        const std::string result = told(store.renew(with_root(hash(1, 70))));
        const std::string content = content_of(store.seen());
        return concat(result, ", ", content == shadow_in_blocks(with_root(hash(1, 70))) ? "in blocks" : content);
      },
      "done, in blocks");
}

TEST_CASE("killed at any moment: the old one or the new one, whole") {
  EMULATION_LACKS("openat2");
  NEEDS("mkfs.btrfs", "mount");
  with_folder([](const std::string& folder) {
    const std::vector<std::string> versions = versions_for_renewals();
    const Store store(folder, "noatime", shadow_in_blocks(versions.front()));
    for (unsigned delay = 0; delay < 300; ++delay) {
      const pid_t writer = fork();
      if (writer == 0) {
        for (std::size_t i = 0;; ++i) {
          if (!store.renew(versions[i % versions.size()])) _exit(1);
        }
      }
      usleep(delay * 37);
      kill(writer, SIGKILL);
      int status = 0;
      waitpid(writer, &status, 0);
      const std::string content = content_of(store.seen());
      const auto is_it = [&](const std::string& version) { return same_accounts(content, version); };
      if (!WIFSIGNALED(status) || std::ranges::none_of(versions, is_it)) return 1;
    }
    return 0;
  });
}

TEST_CASE("no space for the new block: an error, and the old one is whole") {
  EMULATION_LACKS("openat2");
  NEEDS("mkfs.btrfs", "mount");
  check_told(
      [](const std::string& folder) {
        const Store store(folder, "noatime", shadow_in_blocks(with_root("*")));
        const Fd filler = *open_at(store.folder(), "filler", O_RDWR | O_CREAT, 0600);
        for (off_t piece = 64 << 20, at = 0; piece >= 4096;) {
          if (fallocate(filler.get(), 0, at, piece) == 0) {
            at += piece;
          } else {
            piece /= 2;
          }
        }
        const std::string result = told(store.renew(with_root(hash(1, 70))));
        return concat(result, ", ", same_accounts(content_of(store.seen()), with_root("*")) ? "old" : "not old");
      },
      concat("failed: ", with_errno("/var/etc/shadow: find space for the new version", ENOSPC), ", old"));
}

TEST_CASE("a file system that cannot exchange blocks is refused, and nothing is written") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder folder;
  const std::string content = shadow_in_blocks(with_root("*"));
  const auto ended = run_with_own_mounts([&] {
    prepared(mount("none", folder.path().c_str(), "tmpfs", 0, nullptr) == 0, "tmpfs");
    const std::string path = folder.file("shadow", content, 0640);
    const Fd store = *open_file(folder.path(), O_RDONLY | O_DIRECTORY);
    const auto shadow = lock_shadow(store);
    std::printf("%s", told(renew_shadow(store, *shadow, with_root(hash(1, 70)))).c_str());
    std::fflush(stdout);
    return content_of(path) == content ? 0 : 1;
  });
  if (!ended) return;
  CHECK(ended->out.starts_with("refused: /var/etc/shadow: its file system cannot exchange a block"));
  CHECK(ended->exit == 0);
}

TEST_CASE("what is mounted on the shadow is not taken for it") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder folder;
  folder.file("shadow", "", 0640);
  folder.file("other", "", 0640);
  const auto ended = run_with_own_mounts([&] {
    const Fd store = *open_file(folder.path(), O_RDONLY | O_DIRECTORY);
    prepared(mount((folder / "other").c_str(), (folder / "shadow").c_str(), nullptr, MS_BIND, nullptr) == 0, "bind");
    std::printf("%s", told(lock_shadow(store)).c_str());
    std::fflush(stdout);
    return 0;
  });
  if (!ended) return;
  CHECK(ended->out == "refused: /var/etc/shadow: has something mounted on it; unmount that");
}

TEST_CASE("the shadow is locked once, and only a plain file with one name") {
  EMULATION_LACKS("openat2");
  const TemporaryFolder folder;
  const Fd store = *open_file(folder.path(), O_RDONLY | O_DIRECTORY);
  CHECK(told(lock_shadow(store)) ==
        "refused: /var/etc/shadow: is not there; run: systemctl start writable-etc.service");
  SUBCASE("locked") {
    const std::string path = folder.file("shadow", "", 0640);
    const auto first = lock_shadow(store);
    MUST_SUCCEED(first);
    CHECK(told(lock_shadow(store)) ==
          "refused: /var/etc/shadow: another set-root-password is at work; wait for its end");
  }
  SUBCASE("a link") {
    folder.link("shadow", "/etc/shadow");
    CHECK(told(lock_shadow(store)) == "refused: /var/etc/shadow: is no regular file; remove it and restart");
  }
  SUBCASE("a pipe") {
    prepared(mkfifo((folder / "shadow").c_str(), 0600) == 0, "mkfifo");
    CHECK(told(lock_shadow(store)) == "refused: /var/etc/shadow: is no regular file; remove it and restart");
  }
  SUBCASE("a second name") {
    const std::string path = folder.file("shadow", "", 0640);
    prepared(link(path.c_str(), (folder / "other").c_str()) == 0, "link");
    CHECK(told(lock_shadow(store)) == "refused: /var/etc/shadow: has another name (hard link); remove that");
  }
}
