// What the rescue console says and offers, from what is known of the storage; pure.
//
// The page is for a person who did not build the device: what is wrong, in the words of the program that found it,
// and what each choice does.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plan/password.h"

namespace aimee {

// One unit as `systemctl show` tells it (--property=Id,LoadState,ActiveState,Result,ExecMainStatus).
struct UnitReport {
  std::string name;
  std::string load;                     // "loaded", "not-found"; empty where there is no service manager to ask
  std::string active;                   // "active", "inactive", "failed", …
  std::string result;                   // "success", "exit-code", …
  std::string status;                   // of its program
  std::vector<std::string> messages{};  // the last that its program wrote

  [[nodiscard]] bool is_active() const { return active == "active"; }
  [[nodiscard]] bool failed() const { return active == "failed"; }
};

// The blocks of `systemctl show`, in its order; lines that are none of ours are passed over.
std::vector<UnitReport> parse_unit_reports(std::string_view text);

struct RescueFacts {
  UnitReport creation{};              // init-storage.service
  UnitReport mount{};                 // var.mount
  std::string volume{};               // what init-storage finds now
  bool volume_is_usable = true;       // and whether it would go on
  PasswordState password{};           // root's, which the shell asks for
  std::vector<std::string> failed{};  // other units that failed
};

enum class RescueChoice : char { retry = 'r', erase = 'e', shell = 's', power_off = 'p', reboot = 'b' };

bool storage_is_ready(const RescueFacts& facts);

// The choices that the page offers.
std::vector<RescueChoice> rescue_choices(const RescueFacts& facts);

std::string rescue_page(const RescueFacts& facts);

// The choice that a line means: its letter, whatever case and blanks; none for anything else.
std::optional<RescueChoice> parse_rescue_choice(std::string_view line, const std::vector<RescueChoice>& offered);

}  // namespace aimee
