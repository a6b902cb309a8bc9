// Single files of /etc: a host name, a machine id; and paths that somebody reads early.
#include "plan/etc_content.h"

#include <algorithm>

#include "base/text.h"
#include "parts/oracle.h"
#include "plan/early_reader.h"

namespace aimee::fuzz {

void try_input(std::string_view content) {
  if (const auto name = host_name_in(content); name && !name->empty()) {
    HOLDS_OF(*name, name->size() <= 64 && is_one_line(*name));
    HOLDS_OF(*name, name->find_first_of(" \t\\/:\"'#?") == std::string::npos);
    HOLDS(content.find(*name) != std::string_view::npos);
    HOLDS(host_name_in(concat("# a comment\n\n  ", *name, " \nother\n")) == name);
    HOLDS(host_name_in(concat(*name, "?")).value_or("").empty());
  }
  if (is_machine_id(content)) {
    HOLDS(content.size() == 32 || (content.size() == 33 && content[32] == '\n'));
    HOLDS(std::ranges::all_of(content.substr(0, 32),
                              [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }));
    HOLDS(!is_machine_id(concat(content, "x")) && !is_machine_id(concat("0", content)));
  }
  const auto reader = early_reader_of(content);
  HOLDS(!reader || is_one_line(*reader));
  // What is in a folder that is read early is read early, but for the few that systemd's later programs read.
  const bool is_of_systemd = content.starts_with("systemd");
  HOLDS(!reader || is_of_systemd || early_reader_of(concat(content, "/inside")) == reader);
}

}  // namespace aimee::fuzz
