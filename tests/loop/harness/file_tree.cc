// A walk by folder descriptors. Throws std::system_error where something cannot be read.
#include "harness/file_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <stdexcept>

#include "harness/files.h"

namespace looptest {

namespace {

using Visit = std::function<void(int folder, const std::string& name, const std::string& path, const struct stat&)>;

std::vector<std::string> names_in(int folder) {
  // A descriptor of its own: closedir closes it.
  DIR* listing = fdopendir(checked(openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open folder"));
  std::vector<std::string> names;
  while (const dirent* entry = readdir(listing))
    if (std::string name = entry->d_name; name != "." && name != "..") names.push_back(name);
  closedir(listing);
  std::sort(names.begin(), names.end());
  return names;
}

// A subvolume has a device number of its own and inode number 256; a mount has only the former.
bool crosses_mount(const struct stat& parent, const struct stat& here) {
  return S_ISDIR(here.st_mode) && here.st_dev != parent.st_dev && here.st_ino != 256;
}

void walk(int folder, const struct stat& parent, const std::string& path, const Visit& visit) {
  for (const std::string& name : names_in(folder)) {
    struct stat status;
    checked(fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW), name);
    const std::string below = path.empty() ? name : path + "/" + name;
    if (crosses_mount(parent, status)) continue;
    visit(folder, name, below, status);
    if (!S_ISDIR(status.st_mode)) continue;
    const Fd child(checked(openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), name));
    walk(child.get(), status, below, visit);
  }
}

void walk_all(const std::string& top, const Visit& visit) {
  const Fd folder(top, O_RDONLY | O_DIRECTORY);
  struct stat status;
  checked(fstat(folder.get(), &status), top);
  visit(folder.get(), ".", "", status);
  walk(folder.get(), status, "", visit);
}

// FNV-1a, wide enough to tell two test files apart.
std::string hash_of(int file) {
  std::uint64_t hash = 0xcbf29ce484222325;
  char buffer[65536];
  for (ssize_t got; (got = read(file, buffer, sizeof buffer)) > 0;)
    for (ssize_t i = 0; i < got; ++i) hash = (hash ^ static_cast<unsigned char>(buffer[i])) * 0x100000001b3;
  return std::to_string(hash);
}

std::string data_map(int file) {
  std::string map;
  const off_t end = lseek(file, 0, SEEK_END);
  for (off_t data = 0; (data = lseek(file, data, SEEK_DATA)) >= 0 && data < end;) {
    const off_t hole = lseek(file, data, SEEK_HOLE);
    map += std::to_string(data) + "-" + std::to_string(hole) + " ";
    data = hole;
  }
  return map;
}

// By /proc/self/fd/N/name: xattr calls know no folder descriptors, and paths may be longer than PATH_MAX.
std::map<std::string, std::string> attributes_of(int folder, const std::string& name) {
  const std::string path = "/proc/self/fd/" + std::to_string(folder) + "/" + name;
  std::string names(65536, '\0');
  names.resize(static_cast<std::size_t>(
      checked(static_cast<int>(llistxattr(path.c_str(), names.data(), names.size())), "llistxattr " + name)));
  std::map<std::string, std::string> attributes;
  for (std::size_t at = 0; at < names.size(); at += std::string(names.c_str() + at).size() + 1) {
    std::string value(65536, '\0');
    const std::string key = names.c_str() + at;
    value.resize(static_cast<std::size_t>(
        checked(static_cast<int>(lgetxattr(path.c_str(), key.c_str(), value.data(), value.size())), key)));
    attributes[key] = value;
  }
  return attributes;
}

std::string target_of(int folder, const std::string& name) {
  std::string target(65536, '\0');
  target.resize(static_cast<std::size_t>(
      checked(static_cast<int>(readlinkat(folder, name.c_str(), target.data(), target.size())), name)));
  return target;
}

bool is_device(const struct stat& status) { return S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode); }

Node node_at(int folder, const std::string& name, const struct stat& status) {
  Node node;
  node.mode = status.st_mode;
  node.owner = status.st_uid;
  node.group = status.st_gid;
  node.modified_seconds = status.st_mtim.tv_sec;
  node.modified_nanoseconds = status.st_mtim.tv_nsec;
  node.attributes = attributes_of(folder, name);
  if (is_device(status)) node.device = status.st_rdev;
  if (S_ISLNK(status.st_mode)) node.target = target_of(folder, name);
  if (S_ISREG(status.st_mode)) {
    const Fd file(checked(openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC), name));
    node.size = static_cast<std::uint64_t>(status.st_size);
    node.content = hash_of(file.get());
    node.data = data_map(file.get());
  }
  return node;
}

void name_differences(std::string& text, const std::string& path, const Node& a, const Node& b) {
  const auto note = [&](const char* what, const std::string& expected, const std::string& found) {
    if (expected != found) text += "\"" + path + "\": " + what + ": expected " + expected + ", found " + found + "\n";
  };
  const auto octal = [](std::uint32_t mode) {
    char digits[16];
    std::snprintf(digits, sizeof digits, "%o", mode);
    return std::string(digits);
  };
  note("mode", octal(a.mode), octal(b.mode));
  note("owner", std::to_string(a.owner), std::to_string(b.owner));
  note("group", std::to_string(a.group), std::to_string(b.group));
  note("size", std::to_string(a.size), std::to_string(b.size));
  note("device number", std::to_string(a.device), std::to_string(b.device));
  note("mtime", std::to_string(a.modified_seconds) + "." + std::to_string(a.modified_nanoseconds),
       std::to_string(b.modified_seconds) + "." + std::to_string(b.modified_nanoseconds));
  note("hard link of", a.first_name, b.first_name);
  note("target", a.target, b.target);
  note("content", a.content, b.content);
  note("data map", a.data, b.data);
  for (const auto& [key, value] : a.attributes)
    if (!b.attributes.contains(key)) text += "\"" + path + "\": attribute " + key + " missing\n";
  for (const auto& [key, value] : b.attributes)
    if (!a.attributes.contains(key))
      text += "\"" + path + "\": attribute " + key + " made up: " + value + "\n";
    else if (a.attributes.at(key) != value)
      note(key.c_str(), a.attributes.at(key), value);
}

}  // namespace

Tree read_tree(const std::string& folder) {
  Tree tree;
  std::map<std::pair<dev_t, ino_t>, std::string> first_names;
  walk_all(folder, [&](int parent, const std::string& name, const std::string& path, const struct stat& status) {
    Node node = node_at(parent, name, status);
    if (!S_ISDIR(status.st_mode))
      node.first_name = first_names.try_emplace({status.st_dev, status.st_ino}, path).first->second;
    tree.emplace(path, std::move(node));
  });
  return tree;
}

std::string compare(const Tree& expected, const Tree& found) {
  std::string text;
  for (const auto& [path, node] : expected)
    if (!found.contains(path))
      text += "\"" + path + "\": missing\n";
    else if (found.at(path) != node)
      name_differences(text, path, node, found.at(path));
  for (const auto& [path, node] : found)
    if (!expected.contains(path)) text += "\"" + path + "\": should not be there\n";
  return text;
}

std::map<std::string, std::int64_t> change_times(const std::string& folder) {
  std::map<std::string, std::int64_t> times;
  walk_all(folder, [&](int, const std::string&, const std::string& path, const struct stat& status) {
    times[path] = status.st_ctim.tv_sec * 1000000000 + status.st_ctim.tv_nsec;
  });
  return times;
}

}  // namespace looptest
