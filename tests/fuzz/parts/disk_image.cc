// The image is a memfd; those who look at it get a descriptor that cannot be written to.
#include "parts/disk_image.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "parts/oracle.h"
#include "parts/volumes.h"

namespace aimee::fuzz {

namespace {

std::uint64_t some_place(Input& input) {
  const bool from_end = input.flag();
  const std::uint64_t offset = input.number(4) % DiskImage::size;
  return from_end ? DiskImage::size - offset : offset;
}

}  // namespace

DiskImage::DiskImage() : file_(memfd_create("disk", MFD_CLOEXEC)) {
  auto opened = open_file(path_of(file_), O_RDONLY);
  HOLDS(file_.is_open() && opened);
  read_only_ = *std::move(opened);
}

std::string DiskImage::path() const { return concat("/proc/", getpid(), "/fd/", read_only_.get()); }

DiskImage DiskImage::without(std::uint64_t begin, std::uint64_t end) const {
  DiskImage copy;
  HOLDS(ftruncate(copy.file_.get(), size) == 0);
  std::string bytes;
  for (off_t at = 0; (at = lseek(file_.get(), at, SEEK_DATA)) >= 0; at += static_cast<off_t>(bytes.size())) {
    bytes.resize(std::min<std::uint64_t>(4096, size - static_cast<std::uint64_t>(at)));
    HOLDS(pread(file_.get(), bytes.data(), bytes.size(), at) == static_cast<ssize_t>(bytes.size()));
    copy.write(static_cast<std::uint64_t>(at), bytes);
  }
  HOLDS(begin >= end || fallocate(copy.file_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                  static_cast<off_t>(begin), static_cast<off_t>(end - begin)) == 0);
  return copy;
}

void DiskImage::write(std::uint64_t offset, std::string_view bytes) {
  bytes = bytes.substr(0, size - std::min(offset, size));
  HOLDS(pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)) ==
        static_cast<ssize_t>(bytes.size()));
}

void DiskImage::describe(Input& input, const DeviceIdentity& identity) {
  HOLDS(ftruncate(file_.get(), 0) == 0 && ftruncate(file_.get(), size) == 0);
  for (int records = 0; records < 40 && !input.is_empty(); ++records) {
    const char record = static_cast<char>(input.byte());
    if (record == 'b') {
      const std::uint64_t place = some_place(input);
      write(place, input.take(input.number(2)));
    } else if (record == 's') {
      const std::uint64_t place = superblock_offsets[input.below(2)];
      const test::Block block = some_superblock(input, place, identity);
      write(place, {reinterpret_cast<const char*>(block.data()), block.size()});
    } else if (record == 'f') {
      const std::uint64_t place = some_place(input);
      const std::size_t length = std::min<std::size_t>(input.number(2), 1024) << 10U;
      write(place, std::string(length, static_cast<char>(input.byte())));
    } else {
      return;
    }
  }
}

}  // namespace aimee::fuzz
