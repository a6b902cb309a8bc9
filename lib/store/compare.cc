// Comparing versions; changes nothing.
#include "store/compare.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <span>

#include "base/text.h"
#include "plan/shadow_file.h"
#include "system/folder.h"

namespace aimee {

namespace {

constexpr std::size_t chunk = 16 << 10;  // bytes
constexpr int readable = O_RDONLY | O_NOCTTY | O_NONBLOCK;

// Up to the end of the file or of `buffer`; how much.
Result<std::size_t> read_chunk(const Fd& file, std::span<char> buffer, std::string_view subject) {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const ssize_t got = read(file.get(), buffer.data() + filled, buffer.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure(subject, "read");
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  return filled;
}

Result<bool> same_folders(const Look& one, const Look& other, std::string_view subject) {
  const auto names = TRY(names_in(one.fd, subject));
  if (names != TRY(names_in(other.fd, subject))) return false;
  for (const std::string& name : names) {
    const std::string path = concat(subject, "/", name);
    const Look first = TRY(look_at_inside(one.fd, name));
    const Look second = TRY(look_at_inside(other.fd, name));
    if (!TRY(same_version(first, second, path))) return false;
  }
  return true;
}

}  // namespace

Result<bool> same_content(const Look& one, const Look& other, std::string_view subject) {
  if (one.status.st_size != other.status.st_size) return false;
  const Fd first = TRY(open_again(one.fd, readable, subject));
  const Fd second = TRY(open_again(other.fd, readable, subject));
  std::array<char, chunk> a;
  std::array<char, chunk> b;
  for (;;) {
    const std::size_t length = TRY(read_chunk(first, a, subject));
    if (TRY(read_chunk(second, b, subject)) != length) return false;
    if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(length), b.begin())) return false;
    if (length < chunk) return true;
  }
}

Result<std::string> target_of(const Look& link, std::string_view subject) {
  char target[PATH_MAX];
  const ssize_t length = readlinkat(link.fd.get(), "", target, sizeof target);
  if (length < 0) return failure(subject, "read link");
  return std::string(target, static_cast<std::size_t>(length));
}

bool same_owner_and_mode(const Look& one, const Look& other) {
  return one.status.st_mode == other.status.st_mode && one.status.st_uid == other.status.st_uid &&
         one.status.st_gid == other.status.st_gid;
}

Result<bool> same_version(const Look& one, const Look& other, std::string_view subject) {
  for (const Look* look : {&one, &other}) {
    if (look->found == Found::obstructed) return failure(subject, concat("is ", look->what), 0);
    if (look->found == Found::nothing) return false;
  }
  if (!same_owner_and_mode(one, other)) return false;
  switch (one.status.st_mode & S_IFMT) {
    case S_IFREG:
      return same_content(one, other, subject);
    case S_IFDIR:
      return same_folders(one, other, subject);
    case S_IFLNK:
      return TRY(target_of(one, subject)) == TRY(target_of(other, subject));
    default:
      return one.status.st_rdev == other.status.st_rdev;
  }
}

Result<bool> same_shadow(const Look& one, const Look& other) {
  if (!one.is(EntryKind::file) || !other.is(EntryKind::file) || !same_owner_and_mode(one, other)) return false;
  const std::string first = TRY(read_all(TRY(open_again(one.fd, readable, shadow_entry)), shadow_entry));
  const std::string second = TRY(read_all(TRY(open_again(other.fd, readable, shadow_entry)), shadow_entry));
  return same_accounts(first, second);
}

Result<std::vector<std::string>> names_in(const Fd& folder, std::string_view subject) {
  const FolderStream stream = TRY(list_folder(TRY(open_again(folder, O_RDONLY | O_DIRECTORY, subject)), subject));
  std::vector<std::string> names;
  for (;;) {
    std::string name = TRY(next_name(stream, subject));
    if (name.empty()) break;
    names.push_back(std::move(name));
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace aimee
