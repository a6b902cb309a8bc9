// tmpfiles.d files, "%%" between them: what comes out are paths below /var that can be made as they are.
#include "plan/subvolume_list.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "parts/input.h"
#include "parts/oracle.h"
#include "plan/operation.h"

namespace aimee::fuzz {

namespace {

std::vector<ConfigFile> files_of(std::string_view text) {
  std::vector<ConfigFile> files;
  for (std::string& content : sections(text, 1))
    files.push_back({concat("/usr/lib/tmpfiles.d/", files.size(), ".conf"), std::move(content)});
  return files;
}

bool is_plain_path(std::string_view path) {
  const auto names = split(path.substr(1), '/');
  return std::ranges::none_of(names, [](std::string_view name) {
    return name.empty() || name == "." || name == ".." || name.size() > 255 || name.find('\0') != name.npos;
  });
}

void check_line(const SubvolumeLine& line) {
  HOLDS_OF(line.path, line.path.starts_with("/var/") && line.path.size() > 5 && line.path.size() <= 4095);
  // A NUL byte can only come from the file itself, never from an escape.
  HOLDS_OF(line.path, is_plain_path(line.path) || line.path.find('\0') != std::string::npos);
  HOLDS(normalised_path(line.path) == line.path);
  HOLDS(line.mode <= 07777 && !line.user.empty() && !line.group.empty());
  HOLDS(is_one_line(describe(Operation{CreateSubvolume{line, line.path.substr(5)}})));
}

bool is_same(const SubvolumeList& one, const SubvolumeList& other) {
  return std::ranges::equal(one.subvolumes, other.subvolumes, [](const SubvolumeLine& a, const SubvolumeLine& b) {
    return a.path == b.path && a.mode == b.mode && a.user == b.user && a.group == b.group;
  });
}

// Every byte as an octal escape.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) out += concat("\\", in_base(static_cast<unsigned char>(c), 8, 3));
  return out;
}

void check_fields(std::string_view line) {
  const auto fields = split_fields(line);
  if (!fields) return;
  std::string quoted;
  for (const std::string& field : *fields) {
    if (field.find('\0') != std::string::npos) return;
    quoted += concat("\"", escaped(field), "\" ");
  }
  HOLDS_OF(quoted, split_fields(quoted) == fields);
}

}  // namespace

void try_input(std::string_view text) {
  const std::vector<ConfigFile> files = files_of(text);
  const SubvolumeList list = parse_subvolume_list(files);
  std::set<std::string> paths;
  for (const SubvolumeLine& line : list.subvolumes) {
    check_line(line);
    HOLDS_OF(line.path, paths.insert(line.path).second);
  }
  HOLDS(std::ranges::is_sorted(list.subvolumes, {}, &SubvolumeLine::path));
  for (const std::string& warning : list.warnings)
    HOLDS_OF(warning, is_one_line(warning) && warning.starts_with("/usr/lib/tmpfiles.d/"));

  std::vector<ConfigFile> with_others = files;
  with_others.insert(with_others.begin(),
                     {"0", "# v /var/comment\nr /var/lib/x\nv relative\nv '/var/open\nd /elsewhere\n"});
  HOLDS(is_same(parse_subvolume_list(with_others), list));
  if (!list.subvolumes.empty()) {
    // Who comes first has it.
    std::vector<ConfigFile> taken = files;
    taken.insert(taken.begin(), {"0", concat("d \"", escaped(list.subvolumes[0].path), "\"\n")});
    const SubvolumeList less = parse_subvolume_list(taken);
    const bool has_nul = list.subvolumes[0].path.find('\0') != std::string::npos;
    const bool has_percent = list.subvolumes[0].path.find('%') != std::string::npos;
    HOLDS(has_nul || has_percent || less.subvolumes.size() == list.subvolumes.size() - 1);
  }
  for (const std::string_view line : split(text, '\n')) check_fields(line);
}

}  // namespace aimee::fuzz
