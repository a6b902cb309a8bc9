// Messages for people: one line on stderr, "applet: text", written by one write(2).
//
// Where stderr is the journal's stream (JOURNAL_STREAM, systemd.exec(5)), the line starts with its priority
// as sd-daemon(3) describes. A message that cannot be written is dropped: no work depends on it.
#pragma once

#include <string_view>

namespace aimee {

// syslog(3) severities.
enum class Severity : int { error = 3, warning = 4, notice = 5, info = 6 };

void set_log_name(std::string_view applet);
void log_message(Severity severity, std::string_view text);

// "applet: out of memory", an error, said without any memory. For who ends the process then: the first thread that
// calls this returns from it, any other waits for that end.
void log_out_of_memory();

inline void log_error(std::string_view text) { log_message(Severity::error, text); }
inline void log_warning(std::string_view text) { log_message(Severity::warning, text); }
inline void log_notice(std::string_view text) { log_message(Severity::notice, text); }
inline void log_info(std::string_view text) { log_message(Severity::info, text); }

}  // namespace aimee
