// set-root-password: passwd(1) on a system whose /etc cannot be written.
//
//   the stored shadow, locked → a writable /etc of our own → passwd in it → its shadow, checked → the stored one
//
// What fails midway, passwd or ourselves, leaves the stored shadow as it was: it changes at one stroke, last
// (store/shadow.h). The private /etc is in a mount namespace that goes with the process.
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/log.h"
#include "base/text.h"
#include "cli/applet.h"
#include "cli/manual.h"
#include "cli/output.h"
#include "cli/shape.h"
#include "plan/password.h"
#include "plan/shadow_file.h"
#include "storage/accounts.h"
#include "store/place.h"
#include "store/private_etc.h"
#include "store/shadow.h"
#include "system/interrupt.h"
#include "system/mount.h"
#include "system/process.h"
#include "system/terminal.h"

namespace aimee {

namespace {

constexpr std::string_view applet_name = "set-root-password";
constexpr std::string_view start_service = "run: systemctl start writable-etc.service";
constexpr std::size_t longest_name = 256;  // LOGIN_NAME_MAX
constexpr int interrupted = 128 + SIGINT;  // of run_on_terminal()

constexpr Option options[] = {
    option_root,
    option_dry_run,
    {"missing", 0, "", "only tell whether there is no password: exit code 0 if so, 3 if there is one"},
    {"offer", 0, "", "where root has no password, offer to set one; then become COMMAND"},
};

constexpr std::string_view description =
    "Runs passwd(1) for USER (root) with a private, writable copy of /etc, and puts the new line into the stored\n"
    "shadow, /var/etc/shadow, which every process sees at /etc/shadow. Where passwd fails or is interrupted, or the\n"
    "power does, the old shadow stays whole.\n"
    "\n"
    "With --offer -- COMMAND [ARGUMENT…] it asks on the terminal whether to set root's password if there is none, and\n"
    "then becomes COMMAND, whatever came of it: for the command line of a getty.\n";

struct Request {
  std::string root;  // empty = the running system
  std::string user = "root";
  std::vector<std::string> command;  // of --offer
  bool dry_run = false;
};

bool is_user_name(std::string_view name) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  const std::string_view stem = name.ends_with('$') ? name.substr(0, name.size() - 1) : name;
  return !stem.empty() && stem[0] != '-' && name.size() < longest_name &&
         stem.find_first_not_of(letters) == std::string_view::npos;
}

Error wrong_usage(std::string_view subject, std::string_view what) {
  return {Outcome::usage, 0, std::string(subject), concat(what, "; see --help")};
}

Result<Request> parse_request(const Arguments& arguments) {
  Request request;
  request.dry_run = arguments.has("dry-run");
  request.root = root_of(arguments);
  const auto& operands = arguments.operands();
  if (arguments.has("offer")) {
    request.command = operands;
    if (operands.empty()) return std::unexpected(wrong_usage("--offer", "needs -- COMMAND"));
    if (arguments.has("missing")) return std::unexpected(wrong_usage("--offer", "cannot go with --missing"));
    return request;
  }
  if (operands.size() > 1) return std::unexpected(wrong_usage(printable(operands[1]), "one user at a time"));
  if (!operands.empty()) request.user = operands.front();
  if (!is_user_name(request.user)) return std::unexpected(wrong_usage(printable(request.user), "is no user name"));
  return request;
}

Result<std::string> read_in_root(const std::string& root, const std::string& path) {
  const std::string subject = concat(root, path);
  return read_all(TRY(about(subject, open_in_root(root, path, O_RDONLY | O_NOCTTY))), subject);
}

Result<> check_account(const Request& request) {
  const std::string path = concat(request.root, "/etc/passwd");
  const std::string passwd = TRY(passwd_text(request.root));
  if (!find_in_passwd(passwd, request.user)) return refusal(request.user, concat("has no account in ", path));
  const std::string trouble = trouble_in_passwd(passwd, request.user);
  return trouble.empty() ? Result<>() : refusal("", concat(path, trouble));
}

// What processes see as /etc/shadow has to be the store's file, or nobody would see the new one.
Result<> check_is_seen(const Request& request, const Fd& shadow) {
  const std::string path = concat(request.root, "/etc/shadow");
  const auto seen = about(path, open_in_root(request.root, "/etc/shadow", O_PATH));
  if (seen) {
    const struct stat stored = TRY(status_of(shadow, stored_shadow));
    const struct stat status = TRY(status_of(*seen, path));
    if (status.st_dev == stored.st_dev && status.st_ino == stored.st_ino) return {};
  } else if (seen.error().code != ENOENT) {
    return std::unexpected(seen.error());
  }
  return refusal(path, concat("is not the stored one, ", request.root, stored_shadow, "; ", start_service));
}

Result<std::string> find_passwd(const std::string& root) {
  for (const char* path : {"/usr/bin/passwd", "/bin/passwd"}) {
    if (open_in_root(root, path, O_PATH)) return path;
  }
  return refusal(concat(root, "/usr/bin/passwd"), "is not there; the image needs the package of passwd(1)");
}

struct Shadow {
  Fd store;
  Fd stored;
  std::string passwd;  // path of the program
};

// Every precondition; changes nothing.
Result<Shadow> prepare(const Request& request) {
  if (geteuid() != 0) return refusal(applet_name, "needs root");
  Shadow shadow;
  shadow.store = TRY(open_store(request.root));
  TRY(check_account(request));
  shadow.passwd = TRY(find_passwd(request.root));
  auto stored = lock_shadow(shadow.store);
  if (!stored) return std::unexpected(about(concat(request.root, stored_shadow), std::move(stored)).error());
  shadow.stored = TRY(std::move(stored));
  TRY(check_is_seen(request, shadow.stored));
  return shadow;
}

Result<> run_passwd(const Request& request, const std::string& passwd) {
  const TerminalKept kept;
  const int exit =
      TRY(run_on_terminal(Program{.arguments = {passwd, request.user}, .root = request.root, .interrupt_kills = true}));
  if (exit == 0) return {};
  if (exit == interrupted) return failure("passwd", "was interrupted; nothing was changed", 0);
  const std::string how =
      exit > 128 ? concat("was ended by signal ", exit - 128) : concat("failed with exit status ", exit);
  return failure("passwd", concat(how, "; nothing was changed"), 0);
}

// The user's line in the shadow that passwd has left, if a system can live with that.
Result<std::string> new_line(const Fd& etc, const Request& request, std::string_view stored) {
  constexpr std::string_view subject = "the shadow that passwd wrote";
  auto file = about(subject, open_beneath(etc, "shadow", O_RDONLY | O_NONBLOCK | O_NOCTTY));
  std::string content = TRY(read_all(TRY(std::move(file)), subject));
  TRY(check_shadow(content, subject));
  if (const auto lost = accounts_missing(content, stored); !lost.empty()) {
    return failure(subject, concat("has lost ", printable(lost.front()), "; nothing was changed"), 0);
  }
  std::string line = account_line(content, request.user);
  if (line.empty()) return failure(subject, concat("has no ", request.user), 0);
  if (line != account_line(stored, request.user)) return line;
  return failure("passwd",
                 concat("ended well, but the line of ", request.user,
                        " in /etc/shadow is the old one: where it put "
                        "the password (see /etc/pam.d), it is not kept; nothing was changed"),
                 0);
}

Result<> set_password(const Request& request) {
  on_interrupt("set-root-password: interrupted; nothing was changed\n");
  const Shadow shadow = TRY(prepare(request));
  if (request.dry_run) {
    return print_output(concat("run ", shadow.passwd, " for ", request.user, " in a private, writable /etc\n",
                               "put the new line into ", request.root, stored_shadow, "\n"));
  }
  TRY(enter_private_mount_namespace());
  const Fd etc = TRY(mount_private_etc(request.root, shadow.stored));
  TRY(run_passwd(request, shadow.passwd));

  if (lseek(shadow.stored.get(), 0, SEEK_SET) != 0) return failure(stored_shadow, "read");
  const std::string stored = TRY(read_all(shadow.stored, stored_shadow));
  const std::string line = TRY(new_line(etc, request, stored));
  on_interrupt("set-root-password: interrupted; the stored shadow is whole, the old one or the new one\n");
  auto renewed = renew_shadow(shadow.store, shadow.stored, with_account_line(stored, request.user, line));
  if (!renewed) return about(concat(request.root, stored_shadow), std::move(renewed));
  log_notice(concat(request.user, ": the new password is stored and in force"));
  return {};
}

// Whether the user has none, as everybody sees it now.
Result<bool> lacks_password(const Request& request) {
  const std::string shadow = TRY(read_in_root(request.root, "/etc/shadow"));
  const std::string passwd = TRY(passwd_text(request.root));
  if (!has_account(shadow, request.user) && !find_in_passwd(passwd, request.user))
    return failure(concat(request.root, "/etc/shadow"), concat("has no ", request.user), 0);
  return password_of(request.user, passwd, shadow) == PasswordState::none;
}

Outcome tell_missing(const Request& request) {
  const auto lacking = lacks_password(request);
  if (!lacking) return report_error(lacking.error());
  return *lacking ? Outcome::done : Outcome::refused;
}

// In a process of its own: COMMAND is to have the mounts of everybody. What could not be done is not offered.
void offer_password(const Request& request) {
  if (const auto possible = prepare(request); !possible) {
    log_error(possible.error().message());
    return;
  }
  const auto answer = ask("This device has no password for root. Set one now? [y/N] ");
  if (!answer || (!answer->starts_with('y') && !answer->starts_with('Y'))) return;
  Program program{.arguments = {"/proc/self/exe", std::string(applet_name)}};
  if (!request.root.empty()) program.arguments.insert(program.arguments.end(), {"--root", request.root});
  if (const auto ended = run_on_terminal(program); !ended) log_error(ended.error().message());
}

// Nothing that goes wrong here may keep the getty from its work.
Outcome offer(const Request& request) {
  if (has_terminal() && lacks_password(request).value_or(false)) offer_password(request);
  std::vector<char*> argv;
  argv.reserve(request.command.size() + 1);
  for (const std::string& argument : request.command) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execvp(argv[0], argv.data());
  return report_error(failure(printable(request.command[0]), "cannot be run").error());
}

Outcome set_root_password(const Arguments& arguments) {
  const auto request = parse_request(arguments);
  if (!request) return report_error(request.error());
  if (arguments.has("offer")) return offer(*request);
  if (arguments.has("missing")) return tell_missing(*request);
  const auto result = set_password(*request);
  return result ? Outcome::done : report_error(result.error());
}

constexpr ManualSection sections[] = {
    {"FILES",
     "/var/etc/shadow:: The stored shadow, mounted at /etc/shadow by writable-etc(8). It keeps its inode for ever and "
     "is always whole blocks of 4096 bytes, filled up with empty lines; a renewal exchanges one of them by "
     "ioctl_ficlonerange(2). Do not replace the file.\n"
     "/etc/passwd:: Has to know USER, with x in the second field: otherwise no program looks into shadow for the "
     "password, and nothing is asked (exit code 3). An account that the stored shadow lacks gets its line from "
     "passwd(1).\n"},
    {"EXAMPLES",
     "Root's password, at the console:\n\n  set-root-password\n\n"
     "A unit that runs only while there is none:\n\n  [Service]\n  ExecCondition=/usr/bin/set-root-password "
     "--missing\n"},
    {"NOTES",
     "A password is what crypt(5) can verify. It is missing where its field is empty or is anything else (*, !, x, "
     "!unprovisioned, half a hash). A locked one (! or * before a hash) counts as a password. --missing prints "
     "nothing; exit code 1 means that it could not be told.\n\n"
     "passwd(1) is given the accounts of the stored shadow, and of what it leaves only USER's line is taken. Lines "
     "that are nobody's (comments, NIS entries, broken or overlong ones, second ones of an account) stay as they are; "
     "a broken line of USER's own is replaced.\n\n"
     "Everything else that passwd(1) and PAM write in /etc, such as the history of pam_pwhistory(8), is not kept.\n"},
};

}  // namespace

extern const Applet set_root_password_applet;
const Applet set_root_password_applet{applet_name,
                                      "Set a password on a system whose /etc cannot be written",
                                      "[USER] | --offer -- COMMAND [ARGUMENT…]",
                                      description,
                                      options,
                                      set_root_password,
                                      "aimee_set_root_password_t"};

extern const Manual set_root_password_manual;
const Manual set_root_password_manual{sections, "passwd(1), shadow(5), writable-etc(8), writable-etc(5)"};

}  // namespace aimee
