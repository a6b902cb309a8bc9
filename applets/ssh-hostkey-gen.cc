// ssh-hostkey-gen: host keys in /var/lib/ssh, made by ssh-keygen where there is no good pair.
//
//   folder → lock → look at each pair → plan → make, publish or protect
//
// What fails midway leaves a good pair alone and everything else to the next run; lib/effects/host_key.h has the
// order of the writes.
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <optional>

#include "base/log.h"
#include "base/text.h"
#include "cli/applet.h"
#include "cli/manual.h"
#include "cli/shape.h"
#include "effects/host_key.h"
#include "plan/host_key.h"
#include "system/interrupt.h"
#include "system/lock.h"
#include "system/notify.h"

namespace aimee {

namespace {

constexpr std::uint64_t default_timeout = 600;  // seconds; an RSA key takes a slow, emulated core a minute

constexpr Option options[] = {
    option_root,
    option_dry_run,
    option_json,
    {"timeout", 't', "SECONDS", "wait at most so long for another run, and for each run of ssh-keygen (600)"},
};

constexpr std::string_view description =
    "Looks at the ssh host keys in /var/lib/ssh, of the types ed25519, ecdsa and rsa or of those named. Where there\n"
    "is no private key that OpenSSH can use, a pair is made with ssh-keygen; where the public key is not that of the\n"
    "private one, it is written anew. The reason is logged, and what is replaced is kept. A good pair is never\n"
    "touched, but for an owner or a mode that lets others in.\n";

struct Request {
  std::string root;  // empty = the running system
  bool dry_run = false;
  bool json = false;
  std::chrono::seconds timeout{default_timeout};
  std::vector<std::string> types;
};

// One type's pair: what was found, what became of it.
struct Key {
  std::string type;
  std::string subject;  // the file that the verdict is about
  HostKeyFacts facts;
  HostKeyVerdict verdict;
  KeptHostKey kept;
  std::string fingerprint;
  std::optional<Error> error;
};

struct Report {
  std::string folder;
  bool changed = false;
  std::vector<Key> keys;
};

Error usage(std::string_view subject, std::string_view explanation) {
  return Error{Outcome::usage, 0, printable(subject), std::string(explanation)};
}

Result<std::vector<std::string>> wanted_types(const std::vector<std::string>& operands) {
  std::vector<std::string> types;
  for (const std::string& type : operands) {
    if (!is_host_key_type(type)) return std::unexpected(usage(type, "no such type of key; ed25519, ecdsa or rsa"));
    if (std::ranges::find(types, type) == types.end()) types.push_back(type);
  }
  if (types.empty()) types.assign(std::begin(host_key_types), std::end(host_key_types));
  return types;
}

Result<Request> parse_request(const Arguments& arguments) {
  Request request;
  request.dry_run = arguments.has("dry-run");
  request.json = arguments.has("json");
  request.root = root_of(arguments);
  request.types = TRY(wanted_types(arguments.operands()));
  request.timeout = TRY(seconds_of(arguments, "timeout", request.timeout));
  return request;
}

Result<FileContexts> contexts_for(const Request& request) { return FileContexts::of_image(request.root); }

// None in a dry run where the folder would have to be made.
Result<std::optional<HostKeyFolder>> open_folder(const Request& request) {
  auto folder = TRY(find_host_key_folder(request.root));
  if (folder || request.dry_run) return folder;
  return TRY(make_host_key_folder(request.root, TRY(contexts_for(request))));
}

Result<Key> look_at(const HostKeyFolder* folder, const std::string& type, const Request& request) {
  Key key;
  key.type = type;
  const std::string name = host_key_name(type);
  if (folder != nullptr) key.facts = TRY(examine_host_key(*folder, name, request.timeout));
  key.verdict = judge_host_key(type, key.facts);
  if (folder != nullptr) key.kept = TRY(names_to_keep(*folder, type, key.facts, key.verdict));
  key.subject = concat(request.root, host_key_folder, "/", key.verdict.in_public ? public_name(name) : name);
  return key;
}

bool is_read_only(const HostKeyFolder& folder) {
  struct statvfs status{};
  return fstatvfs(folder.fd.get(), &status) == 0 && (status.f_flag & ST_RDONLY) != 0;
}

std::string_view deed(HostKeyAction action) {
  switch (action) {
    case HostKeyAction::make:
      return "making a new pair";
    case HostKeyAction::publish:
      return "writing it from the private key";
    case HostKeyAction::mend:
      return "writing the same key anew";
    case HostKeyAction::protect:
      return "setting its owner and mode";
    case HostKeyAction::none:
      return "left as it is";
  }
  return "";
}

std::vector<std::string> kept_names(const Key& key) {
  std::vector<std::string> names;
  for (const std::string& name : {key.kept.private_key, key.kept.public_key}) {
    if (!name.empty()) names.push_back(name);
  }
  return names;
}

std::string line_of(const Key& key) {
  std::string line = concat(key.subject, ": ", key.verdict.found, ": ", deed(key.verdict.action));
  const auto kept = kept_names(key);
  if (!kept.empty()) line += concat("; what it replaces is kept as ", kept.front());
  if (kept.size() > 1) line += concat(" and ", kept.back());
  return line;
}

Result<> see_to(const HostKeyWorkshop& workshop, const Key& key) {
  switch (key.verdict.action) {
    case HostKeyAction::make:
      notify_manager(concat("STATUS=making the ", key.type, " host key"));
      return make_host_key(workshop, key.type, key.kept);
    case HostKeyAction::publish:
    case HostKeyAction::mend:
      return mend_host_key(workshop, key.type, key.facts, key.verdict, key.kept);
    case HostKeyAction::protect:
      return protect_host_key(workshop.folder, key.type, key.facts);
    case HostKeyAction::none:
      return remove_unfinished_host_key(workshop.folder, key.type);
  }
  return {};
}

// One type after the other; the failure of one keeps no other from being made.
void see_to_all(const HostKeyWorkshop& workshop, Report& report) {
  for (Key& key : report.keys) {
    const bool changes = key.verdict.action != HostKeyAction::none;
    if (changes) log_notice(line_of(key));
    const Result<> done = see_to(workshop, key);
    if (!done) key.error = done.error();
    report.changed = report.changed || (changes && done);
  }
}

Result<std::string> fingerprint_of(const HostKeyFolder& folder, const Key& key, std::chrono::seconds limit) {
  if (key.verdict.action != HostKeyAction::make) return host_key_fingerprint(folder, key.facts, limit);
  return host_key_fingerprint(folder, TRY(examine_made_host_key(folder, host_key_name(key.type), limit)), limit);
}

// Only for people: a fingerprint that cannot be told does not make a good key a failure.
void tell_fingerprints(const HostKeyFolder& folder, const Request& request, Report& report) {
  for (Key& key : report.keys) {
    const bool made = key.verdict.action == HostKeyAction::make;
    if (key.error || (!made && !request.json)) continue;
    const auto fingerprint = fingerprint_of(folder, key, request.timeout);
    key.fingerprint = fingerprint.value_or("");
    const std::string told = fingerprint ? *fingerprint : concat("no fingerprint: ", fingerprint.error().message());
    if (made || !fingerprint) {
      log_notice(concat(folder.path, "/", host_key_name(key.type), made ? ": made: " : ": ", told));
    }
  }
}

bool is_done(const Key& key) { return key.verdict.action == HostKeyAction::none; }

// The first failure of a key as the run's own. A refusal means that nothing was changed at all.
Result<> result_of(const Report& report) {
  std::optional<Error> first;
  bool failed = report.changed;
  for (const Key& key : report.keys) {
    if (!key.error) continue;
    log_error(key.error->message());
    failed = failed || key.error->outcome == Outcome::failed;
    if (!first) first = key.error;
  }
  if (!first) return {};
  if (failed) first->outcome = Outcome::failed;
  first->told = true;
  return std::unexpected(*first);
}

Result<> run(const Request& request, Report& report) {
  on_interrupt("ssh-hostkey-gen: interrupted; good keys were left as they are, the next run makes the others\n");
  report.folder = concat(request.root, host_key_folder);
  const auto folder = TRY(open_folder(request));
  if (folder) TRY(lock_exclusively(folder->fd, folder->path, request.timeout));
  for (const std::string& type : request.types) {
    report.keys.push_back(TRY(look_at(folder ? &*folder : nullptr, type, request)));
  }
  if (request.dry_run) return {};

  const bool all_good = std::ranges::all_of(report.keys, is_done);
  if (is_read_only(*folder)) {
    if (!all_good)
      return refusal(folder->path, "is on a read-only file system and lacks good keys; mount /var writable");
  } else {
    const FileContexts contexts = all_good ? FileContexts{} : TRY(contexts_for(request));
    see_to_all({*folder, contexts, request.timeout}, report);
  }
  tell_fingerprints(*folder, request, report);
  return result_of(report);
}

std::string as_json(const Key& key) {
  JsonObject object;
  object.add("type", key.type).add("file", key.subject).add("state", state_name(key.verdict.state));
  JsonArray kept;
  for (const std::string& name : kept_names(key)) kept.add(name);
  object.add("reason", key.verdict.found).add("action", action_name(key.verdict.action)).add_raw("kept", kept.str());
  object.add_or_null("fingerprint", key.fingerprint);
  object.add_or_null("error", key.error ? key.error->message() : std::string());
  return object.str();
}

JsonObject as_json(const Report& report, const Request& request, const Result<>&) {
  JsonArray keys;
  for (const Key& key : report.keys) keys.add_raw(as_json(key));
  JsonObject object;
  return object.add("folder", report.folder).add("dry_run", request.dry_run).add_raw("keys", keys.str());
}

std::string page(const Report& report, const Request& request) {
  std::string text;
  if (!request.dry_run) return text;
  for (const Key& key : report.keys) text += line_of(key) + "\n";
  return text;
}

Outcome ssh_hostkey_gen(const Arguments& arguments) {
  constexpr Shape<Request, Report> shape{parse_request, run, as_json, page};
  return carry_out(shape, arguments);
}

constexpr ManualSection manual_sections[] = {
    {"FILES",
     "/var/lib/ssh/ssh_host_TYPE_key, /var/lib/ssh/ssh_host_TYPE_key.pub:: The pair of a TYPE: root's, modes 0600 and "
     "0644, labelled as the image's SELinux policy says. The folder is made where it is missing.\n"
     "/var/lib/ssh/.ssh_host_TYPE_key.new:: A pair while it is made; what a power cut leaves there is removed by the "
     "next run.\n"
     "/var/lib/ssh/ssh_host_TYPE_key.old:: What was replaced, unless it was empty; its .pub file beside it. Where the "
     "name is taken, .old.2 and so on. The message names them; nothing uses or removes them.\n"},
    {"NOTES",
     "The private key is the identity that clients know. One that ssh-keygen -y reads without a passphrase stays, "
     "whatever its format and its type, and also where it is a symbolic link, which sshd follows; nothing is written "
     "through the link. One that would be read but for its line ends, blanks or a missing newline is written anew, "
     "the same key. One that others could read keeps being used and gets root's owner and mode; the message says so, "
     "and deleting the file makes a new one.\n"
     "\n"
     "A .pub file is left as it is where ssh-keygen reads the key of the private one in it; comments, empty lines, "
     "options and a host name do not count. Otherwise it is written from the private key.\n"
     "\n"
     "New files are synced before they are renamed into place, so that a power cut at any point leaves the older "
     "files, or a private key whose .pub file the next run writes.\n"},
    {"EXAMPLES",
     "What would be done, and why:\n\n  ssh-hostkey-gen --dry-run\n\nKeys for an image that is being built:\n\n"
     "  ssh-hostkey-gen --root /srv/image ed25519\n"},
};

}  // namespace

extern const Manual ssh_hostkey_gen_manual;
const Manual ssh_hostkey_gen_manual{manual_sections, "ssh-keygen(1), sshd_config(5), init-storage(8)", host_key_types};

extern const Applet ssh_hostkey_gen_applet;
const Applet ssh_hostkey_gen_applet{"ssh-hostkey-gen",
                                    "Make the ssh host keys that are missing or broken, and touch no good one",
                                    "[TYPE…]",
                                    description,
                                    options,
                                    ssh_hostkey_gen,
                                    "aimee_ssh_hostkey_gen_t"};

}  // namespace aimee
