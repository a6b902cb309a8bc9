// A folder of a test's own below $TMPDIR (/tmp), removed with everything in it at the end of the scope.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>

namespace aimee::test {

class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  // The absolute path of `name` in it; nothing is made.
  [[nodiscard]] std::string operator/(std::string_view name) const;

  // Each makes the folders on the way, and ends the program where it cannot. The result is the absolute path.
  std::string folder(std::string_view name, mode_t mode = 0755) const;
  std::string file(std::string_view name, std::string_view content, mode_t mode = 0644) const;
  std::string link(std::string_view name, const std::string& target) const;

 private:
  std::string path_;
};

// The content of a file, empty where it cannot be read.
std::string content_of(const std::string& path);

bool exists(const std::string& path);              // a dangling symbolic link exists too
std::string link_target(const std::string& path);  // empty where it is no link

// Ends the program, saying why, unless `succeeded`: for the preparation of a test.
void prepared(bool succeeded, std::string_view what);

}  // namespace aimee::test
