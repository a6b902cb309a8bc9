// Host keys of the tests.
#include "harness/host_keys.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "harness/doctest_main.h"

namespace looptest {

namespace {

std::string first_two_words(const std::string& line) {
  std::istringstream words(line);
  std::string algorithm;
  std::string base64;
  words >> algorithm >> base64;
  return algorithm + " " + base64;
}

std::string algorithm_of(std::string_view type) {
  return type == "ecdsa" ? "ecdsa-sha2-nistp256" : "ssh-" + std::string(type);
}

}  // namespace

HostKeys::HostKeys() : root_(own_.path()) { std::filesystem::create_directories(root_ + "/var/lib"); }

HostKeys::HostKeys(const std::string& folder) : root_(folder) {
  std::filesystem::create_directories(root_ + "/var/lib");
}

Arguments HostKeys::command(const Arguments& arguments) const {
  Arguments all{aimee(), "ssh-hostkey-gen", "--root", root_};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

Outcome HostKeys::run(const Arguments& arguments, RunOptions options) const {
  Arguments all{"--root", root_};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return run_applet("ssh-hostkey-gen", all, std::move(options));
}

void HostKeys::make(std::string_view type) const {
  std::filesystem::create_directories(folder());
  std::filesystem::remove_all(key(type));
  std::filesystem::remove_all(public_key(type));
  tool({"ssh-keygen", "-q", "-t", std::string(type), "-N", "", "-C", "made by a test", "-f", key(type)});
}

std::vector<std::string> HostKeys::names() const {
  std::vector<std::string> all;
  for (const auto& entry : std::filesystem::directory_iterator(folder())) all.push_back(entry.path().filename());
  std::sort(all.begin(), all.end());
  return all;
}

std::string public_line(const std::string& file) { return first_two_words(read_text(file)); }

std::string derived_line(const std::string& private_key) {
  return first_two_words(tool({"ssh-keygen", "-y", "-P", "", "-f", private_key}));
}

void check_good(const HostKeys& keys, std::string_view type) {
  CAPTURE(type);
  for (const auto& [path, mode] : {std::pair(keys.key(type), 0600), std::pair(keys.public_key(type), 0644)}) {
    struct stat status{};
    REQUIRE_MESSAGE(lstat(path.c_str(), &status) == 0, path);
    CHECK(status.st_mode == static_cast<mode_t>(S_IFREG | mode));
    CHECK(status.st_uid == 0);
  }
  const std::string line = derived_line(keys.key(type));
  CHECK(line.starts_with(algorithm_of(type) + " "));
  CHECK(public_line(keys.public_key(type)) == line);
  for (const std::string& name : keys.names()) CHECK_MESSAGE(name.starts_with("ssh_host_"), name);
}

std::string state_of(const std::string& file) {
  struct stat status{};
  checked(lstat(file.c_str(), &status), file);
  std::ostringstream text;
  text << status.st_ino << " " << status.st_mode << " " << status.st_uid << ":" << status.st_gid << " "
       << status.st_nlink << " " << status.st_mtim.tv_sec << "." << status.st_mtim.tv_nsec << " "
       << status.st_ctim.tv_sec << "." << status.st_ctim.tv_nsec << "\n";
  if (S_ISREG(status.st_mode)) text << read_text(file);
  return text.str();
}

std::string state_of_pair(const HostKeys& keys, std::string_view type) {
  return state_of(keys.key(type)) + state_of(keys.public_key(type));
}

std::string fake_keygen(const TemporaryFolder& folder, const std::string& body) {
  write_text(folder / "ssh-keygen", "#!/bin/sh\n" + body + "\n", 0755);
  return folder.path();
}

bool says(const Outcome& outcome, std::string_view text) { return outcome.err.find(text) != std::string::npos; }

}  // namespace looptest
