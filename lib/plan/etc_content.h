// What single files of /etc say, as systemd reads them: hostname(5), machine-id(5).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace aimee {

// The first line that is neither empty nor a comment, without a final dot; empty where there is no such line, and of a
// template ("?"), which systemd fills in from the machine id and nobody else. None where that line is no host name: 64
// bytes of letters, digits, "-", "_" and single "." between them at the most, no part of which begins or ends with "-".
std::optional<std::string> host_name_in(std::string_view content);

// 32 hexadecimal digits in small letters, not all zero, and nothing else on the one line.
bool is_machine_id(std::string_view content);

}  // namespace aimee
