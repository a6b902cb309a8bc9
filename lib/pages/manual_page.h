// Manual pages of section 8 from the option tables. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cli/applet.h"
#include "cli/manual.h"

namespace aimee {

struct PageOrigin {
  std::string_view date;     // YYYY-MM-DD
  std::string_view version;  // of aimee
};

// "init-storage", or "aimee-status" for an applet that has no link of its own.
std::string page_name(const Applet& applet);

// NAME, SYNOPSIS, DESCRIPTION, OPTIONS, the manual's own sections, EXIT STATUS, SEE ALSO.
std::string manual_page(const Applet& applet, const Manual& manual, const PageOrigin& origin);

// The page of the program itself, which lists the applets.
std::string program_page(const Applet& program, const Manual& manual, std::span<const Applet* const> applets,
                         const PageOrigin& origin);

}  // namespace aimee
