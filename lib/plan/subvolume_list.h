// The subvolume list: the v, q and Q lines of tmpfiles.d(5) for paths below /var.
//
// Follows tmpfiles.d(5): lines are read in the order of their files' names; of several lines that create the
// same path the first wins, so a "d /var/log" that comes first keeps /var/log from being a subvolume. What is below a
// path that another line makes a link, a copy or a file is left to systemd-tmpfiles, which makes that first; and lines
// below /var/run mean /run.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aimee {

struct ConfigFile {
  std::string name;  // for messages
  std::string content;
};

struct SubvolumeLine {
  std::string path;        // absolute, normalised, strictly below /var
  unsigned mode = 0755;    // permission bits
  std::string user = "0";  // name or number, as written
  std::string group = "0";
};

struct SubvolumeList {
  std::vector<SubvolumeLine> subvolumes;  // sorted by path: parents first
  std::vector<std::string> warnings;      // "FILE:LINE: what is wrong"
};

// `files` sorted by base name, each name once (the folders' precedence is applied by the caller).
SubvolumeList parse_subvolume_list(const std::vector<ConfigFile>& files);

// The fields of one tmpfiles.d line: blanks separate them, quotes and C-style escapes as in
// systemd.syntax(7); none if the quoting is broken.
std::optional<std::vector<std::string>> split_fields(std::string_view line);

// "/var//log/./x/" → "/var/log/x"; none for a relative path or one with "..".
std::optional<std::string> normalised_path(std::string_view path);

}  // namespace aimee
