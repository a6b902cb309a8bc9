// Building of sample images.
#include "harness/sample_root.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "harness/process.h"

namespace looptest {

SampleRoot::SampleRoot(const std::string& device, const std::string& options) : path_(own_.path()) {
  populate(device, options);
}

SampleRoot::SampleRoot(const std::string& folder, const std::string& device, const std::string& options)
    : path_(folder) {
  populate(device, options);
}

void SampleRoot::populate(const std::string& device, const std::string& options) const {
  folder("etc");
  fstab("# made by a test\n/dev/root / squashfs ro 0 0\n" + device + " /var btrfs " + options + " 0 0\n");
  file("usr/lib/tmpfiles.d/var.conf", "v /var/log 0755 - - -\nq /var/tmp 1777 - - 30d\nv /var/etc 0755 - - -\n");
  file("var/log/boot.log", "booted\n", 0640);
  file("var/lib/hello/greeting", "hello\n");
  folder("var/tmp", 01777);
  symlink("var/run", "../run");
}

void SampleRoot::file(std::string_view name, std::string_view content, mode_t mode) const {
  std::filesystem::create_directories(std::filesystem::path(*this / name).parent_path());
  write_text(*this / name, content, mode);
}

void SampleRoot::folder(std::string_view name, mode_t mode) const {
  std::filesystem::create_directories(*this / name);
  checked(chmod((*this / name).c_str(), mode), *this / name);
}

void SampleRoot::symlink(std::string_view name, const std::string& target) const {
  std::filesystem::create_directories(std::filesystem::path(*this / name).parent_path());
  checked(::symlink(target.c_str(), (*this / name).c_str()), *this / name);
}

void SampleRoot::bulk(unsigned files, std::size_t size) const {
  const std::string content = random_bytes(size + files);
  for (unsigned i = 0; i < files; ++i)
    file("var/lib/bulk/" + std::to_string(i % 50) + "/file" + std::to_string(i),
         std::string_view(content).substr(i, size));
}

std::string differences(const std::string& from, const std::string& to, const std::string& exclude) {
  Arguments arguments{"rsync", "-aHAXSn", "--checksum", "--delete", "--itemize-changes", "--numeric-ids"};
  if (!exclude.empty()) arguments.push_back("--exclude=" + exclude);
  std::string found;
  for (const auto& [one, other] : {std::pair(from, to), std::pair(to, from)}) {
    Arguments both = arguments;
    both.insert(both.end(), {one + "/", other + "/"});
    found += tool(both);
  }
  return found;
}

}  // namespace looptest
