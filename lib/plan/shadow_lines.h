// The lines of shadow(5), as readers take them: whose each is, and what stands in it.
//
// An account's line has nine fields, numbers in the last seven, and fits a cell; blanks and a carriage return around it
// are no part of it. Every other line (a comment, an NIS entry, a broken or overlong one, an account's second one) is
// nobody's: no reader finds an account by it, and it is carried along as it is.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace aimee {

inline constexpr std::size_t shadow_cell = 1024;  // bytes, of a line and its end at the most (plan/shadow_file.h)

using Lines = std::vector<std::string_view>;

// "root:*:…" → "root"
std::string_view account_of(std::string_view line);

bool is_account(std::string_view line);
bool is_line_of(std::string_view account, std::string_view line);

// All but empty ones; accounts' lines without what is around them.
Lines lines_of(std::string_view content);

struct Reading {
  Lines accounts;  // the first line of each
  Lines seconds;   // further lines of these
  Lines others;    // that are nobody's
};

Reading read_lines(std::string_view content);

// The line of `account`, of lines that are one for each; empty where there is none.
std::string_view line_of(const Lines& accounts, std::string_view account);

// The lines without the padding.
std::string without_padding(std::string_view content);

// The accounts' lines alone, each account once: what a program is given that changes one of them.
std::string accounts_alone(std::string_view content);

// The line of `user` that readers find, without its end; empty where there is none.
std::string account_line(std::string_view content, std::string_view user);

// `stored` with `line` in place of the user's, broken ones of his included, or at the end; nothing else is touched.
std::string with_account_line(std::string_view stored, std::string_view user, std::string_view line);

// `stored` with the accounts that only `image` has added after it, in their order; nothing else is touched.
std::string with_accounts_of(std::string_view stored, std::string_view image);

// The accounts that only `from` has, in order.
std::vector<std::string> accounts_missing(std::string_view in, std::string_view from);

// Whether a reader finds the same line for every account, and the lines that are nobody's are the same too; the order
// of accounts, padding and second lines of an account do not count.
bool same_accounts(std::string_view one, std::string_view other);

bool has_account(std::string_view content, std::string_view user);

// The second field of the user's line; empty where there is none.
std::string password_field(std::string_view content, std::string_view user);

struct ShadowFault {
  std::size_t line = 0;  // from 1
  std::string what;      // "names root again, and the first line counts"; never anything of a password
};

// Lines that somebody meant for an account, and that readers take for none or for another. What is nobody's on purpose
// (comments, NIS entries, blank lines) is none of them.
std::vector<ShadowFault> shadow_faults(std::string_view content);

// Failed, about `subject`: what a program wrote that was given accounts alone has other lines in it: one without nine
// fields or longer than a cell, a name that no account can have, an account twice, a NUL byte.
Result<> check_shadow(std::string_view content, std::string_view subject);

}  // namespace aimee
