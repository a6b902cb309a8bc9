// writable-etc: keeps parts of a read-only /etc writable. Each is copied from the image to the store once, and the
// store's version is mounted over the image's from then on.
//
//   list, image, store → facts of each entry → plan → do it
//
// What fails midway leaves each entry absent from the store or whole in it, and the next run goes on. One entry's
// failure stops no other.
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "cli/applet.h"
#include "cli/manual.h"
#include "cli/output.h"
#include "cli/shape.h"
#include "plan/early_reader.h"
#include "store/difference.h"
#include "store/entry_state.h"
#include "store/put.h"
#include "store/reset_entry.h"
#include "store/seed.h"
#include "system/interrupt.h"

namespace aimee {

namespace {

constexpr Option options[] = {
    option_root,
    option_dry_run,
    option_json,
    {"diff", 0, "PATH", "show by diff(1) what the store's version of /etc/PATH has that the image's has not"},
    {"reset", 0, "PATH", "put the image's version of /etc/PATH back; the store's is kept as a backup"},
};

constexpr std::string_view description =
    "Reads /etc/aimee-os/writable-etc: one entry a line, f (a file) or d (a folder), a blank, and a path\n"
    "relative to /etc. What the store (/var/etc) does not have yet is copied there from the image, and the\n"
    "store's version is mounted over the image's. /etc/shadow is always among them. Runs at each boot; where\n"
    "all is done already, it does nothing.\n";

struct Request {
  std::string root;  // empty = the running system
  bool dry_run = false;
  bool json = false;
  std::string diff;
  std::string reset;
};

// What a run found and did about one entry.
struct EntryResult {
  WritableEntry entry;
  std::vector<std::string> actions;  // done, or in a dry run to be done
  std::optional<std::string> problem;
  std::optional<std::string> warning;
};

struct Report {
  std::vector<EntryResult> entries;
  std::vector<ListProblem> problems;
  std::vector<std::string> unlisted;
  std::vector<EntryReport> states;
  bool store_made = false;
  std::string host_name;  // that was applied
  std::string backup;     // that --reset made, a path in the store
  std::optional<std::string> failed_host_name;

  [[nodiscard]] bool all_well() const {
    for (const EntryResult& result : entries) {
      if (result.problem) return false;
    }
    return problems.empty() && !failed_host_name;
  }
};

std::string relative_to_etc(std::string_view path) {
  constexpr std::string_view etc = "/etc/";
  if (path.starts_with(etc)) path.remove_prefix(etc.size());
  return std::string(path);
}

Result<Request> parse_request(const Arguments& arguments) {
  Request request;
  request.dry_run = arguments.has("dry-run");
  request.json = arguments.has("json");
  request.root = root_of(arguments);
  request.diff = relative_to_etc(arguments.value("diff"));
  request.reset = relative_to_etc(arguments.value("reset"));
  const bool with_others = request.dry_run || request.json || arguments.has("reset");
  if (arguments.has("diff") && with_others)
    return std::unexpected(Error{Outcome::usage, 0, "--diff", "goes with --root only"});
  for (const auto& [name, path] : {std::pair("diff", &request.diff), std::pair("reset", &request.reset)}) {
    if (arguments.has(name) && path->empty())
      return std::unexpected(Error{Outcome::usage, 0, concat("--", name), "which path?"});
  }
  return request;
}

Result<WritableEntry> entry_named(const WritableList& list, const std::string& path) {
  for (const WritableEntry& entry : list.entries) {
    if (entry.path == path) return entry;
  }
  return refusal(path.empty() ? path : printable(path), concat("is no entry of ", writable_list_path));
}

void tell(EntryResult& result, const Error& error) {
  result.problem = error.message();
  const std::string place = place_of(result.entry);
  log_error(error.subject.empty() || error.subject == result.entry.path
                ? concat(place, ": ", Error{error.outcome, error.code, {}, error.explanation}.message())
                : concat(place, ": ", error.message()));
}

// The policy's file contexts, loaded for the first entry that has to be made: at most boots none has, and they are the
// longest part of a run.
class LazyContexts {
 public:
  explicit LazyContexts(std::string root) : root_(std::move(root)) {}

  Result<> load() {
    if (!loaded_) contexts_ = TRY(FileContexts::of_image(root_));
    loaded_ = true;
    return {};
  }

  // Without labels before load().
  [[nodiscard]] const FileContexts& get() const { return contexts_; }

 private:
  std::string root_;
  FileContexts contexts_;
  bool loaded_ = false;
};

void warn(EntryResult& result, const std::string& warning) {
  log_warning(warning);
  result.warning = result.warning ? concat(*result.warning, "\n", warning) : warning;
}

Result<> carry_out_plan(const Places& places, LazyContexts& contexts, bool dry_run, EntryResult& result) {
  const WritableEntry& entry = result.entry;
  if (!dry_run) TRY(clear_leftovers(places, entry.path));
  const EntryFacts facts = TRY(facts_of(places, entry));
  for (const std::string& warning : facts.warnings) warn(result, warning);
  const auto plan = plan_entry(entry, facts);
  if (!plan) return std::unexpected(Error{Outcome::failed, 0, {}, plan.error()});
  for (const EntryAction action : *plan) {
    const std::string what = describe(action, entry, facts);
    if (action != EntryAction::bind) TRY(contexts.load());
    if (!dry_run) {
      TRY(carry_out(action, places, entry, contexts.get()));
      log_info(what);
    }
    result.actions.push_back(what);
  }
  return {};
}

void see_to(const Places& places, LazyContexts& contexts, bool dry_run, EntryResult& result) {
  if (auto early = early_reader_of(result.entry.path)) {
    log_warning(concat(place_of(result.entry), ": ", *early));
    result.warning = std::move(early);
  }
  if (const auto done = carry_out_plan(places, contexts, dry_run, result); !done) tell(result, done.error());
}

void see_to_host_name(const Places& places, const WritableList& list, const Request& request, Report& report) {
  if (!request.root.empty() || request.dry_run || !entry_named(list, std::string(host_name_entry))) return;
  const auto applied = apply_host_name(places);
  if (!applied && applied.error().outcome == Outcome::refused) {
    log_warning(applied.error().message());
    return;
  }
  if (!applied) {
    report.failed_host_name = applied.error().message();
    log_error(*report.failed_host_name);
    return;
  }
  report.host_name = *applied;
  if (!report.host_name.empty()) log_notice(concat("the host name is ", report.host_name, " now"));
}

void see_to_unlisted(const Places& places, const WritableList& list, Report& report) {
  auto unlisted = unlisted_paths(places, list);
  if (!unlisted) {
    log_warning(unlisted.error().message());
    return;
  }
  report.unlisted = *std::move(unlisted);
  for (const std::string& path : report.unlisted)
    log_info(concat(store_path, "/", printable(path), ": no line of ", writable_list_path,
                    " names it any more: it is kept, and not used"));
}

// What single entries have met, each told already, as the run's own failure.
Result<> result_of(const Report& report) {
  if (report.all_well()) return {};
  Error error{.explanation = report.failed_host_name.value_or("some entries have problems")};
  error.told = true;
  return std::unexpected(error);
}

Result<> see_to_all(const Request& request, Places& places, const WritableList& list, Report& report) {
  LazyContexts contexts(request.root);
  report.store_made = !places.has_store();
  if (report.store_made) TRY(contexts.load());
  if (report.store_made && !request.dry_run) TRY(make_store(places, contexts.get()));
  Fd lock;
  if (!request.dry_run) lock = TRY(lock_store(places));
  report.problems = list.problems;
  for (const ListProblem& problem : list.problems) log_error(concat(place_of(problem), ": ", problem.what));
  for (const WritableEntry& entry : list.entries) {
    report.entries.push_back({entry, {}, {}, {}});
    see_to(places, contexts, request.dry_run, report.entries.back());
  }
  see_to_host_name(places, list, request, report);
  see_to_unlisted(places, list, report);
  // Compares whole files: not at each boot, where nobody asks.
  if (request.json) {
    for (const WritableEntry& entry : list.entries) report.states.push_back(examine_entry(places, entry));
  }
  return result_of(report);
}

Result<> reset(const Request& request, const Places& places, const WritableList& list, Report& report) {
  EntryResult result{TRY(entry_named(list, request.reset)), {}, {}, {}};
  if (!places.has_store()) TRY(open_store(request.root));
  TRY(check_can_be_reset(places, result.entry));
  result.actions.push_back(concat("put the image's version of ", printable(result.entry.path), " back"));
  if (!request.dry_run) {
    const FileContexts contexts = TRY(FileContexts::of_image(request.root));
    const Fd lock = TRY(lock_store(places));
    report.backup = TRY(reset_entry(places, result.entry, contexts));
    log_notice(
        concat("/etc/", printable(result.entry.path), ": is the image's version again",
               report.backup.empty() ? "" : concat("; the other is ", store_path, "/", printable(report.backup))));
    if (result.entry.path == host_name_entry) see_to_host_name(places, list, request, report);
  }
  report.states.push_back(examine_entry(places, result.entry));
  report.entries.push_back(std::move(result));
  return result_of(report);
}

Result<> show(const Request& request, const Places& places, const WritableList& list) {
  const WritableEntry entry = TRY(entry_named(list, request.diff));
  if (!places.has_store()) TRY(open_store(request.root));
  return show_difference(places, entry, print_output);
}

Result<> run(const Request& request, Report& report) {
  on_interrupt("writable-etc: interrupted; each entry is absent from the store or whole, and the next run goes on\n");
  Places places = TRY(open_places(request.root));
  const WritableList list = TRY(read_writable_list(places));
  if (!request.diff.empty()) return show(request, places, list);
  TRY(check_var_is_mounted(places));
  return request.reset.empty() ? see_to_all(request, places, list, report) : reset(request, places, list, report);
}

std::string as_json(const EntryResult& result, const Report& report) {
  JsonObject object;
  object.add("path", result.entry.path).add("type", result.entry.kind == EntryKind::file ? "file" : "folder");
  object.add("line", result.entry.line);
  for (const EntryReport& state : report.states) {
    if (state.entry.path == result.entry.path) object.add("state", name_of(state.state)).add("mounted", state.bound);
  }
  JsonArray actions;
  for (const std::string& action : result.actions) actions.add(action);
  object.add_raw("actions", actions.str());
  object.add_or_null("problem", result.problem.value_or("")).add_or_null("warning", result.warning.value_or(""));
  return object.str();
}

JsonObject as_json(const Report& report, const Request& request, const Result<>&) {
  JsonArray entries;
  for (const EntryResult& entry : report.entries) entries.add_raw(as_json(entry, report));
  JsonArray problems;
  for (const ListProblem& problem : report.problems) {
    JsonObject object;
    object.add("line", problem.line).add("column", problem.column).add("path", problem.path).add("what", problem.what);
    problems.add_raw(object.str());
  }
  JsonArray unlisted;
  for (const std::string& path : report.unlisted) unlisted.add(path);
  JsonObject object;
  object.add("list", writable_list_path).add("store", store_path).add("dry_run", request.dry_run);
  object.add("store_made", report.store_made).add_raw("entries", entries.str());
  object.add_raw("problems", problems.str()).add_raw("unlisted", unlisted.str());
  return object.add_or_null("host_name", report.host_name).add_or_null("backup", report.backup);
}

std::string page(const Report& report, const Request& request) {
  if (!request.dry_run) return {};
  std::string text;
  if (report.store_made) text += concat("make the subvolume ", store_path, "\n");
  for (const EntryResult& result : report.entries) {
    for (const std::string& action : result.actions) text += concat(action, "\n");
  }
  return text.empty() ? "nothing to do\n" : text;
}

Outcome writable_etc(const Arguments& arguments) {
  constexpr Shape<Request, Report> shape{parse_request, run, as_json, page};
  return carry_out(shape, arguments);
}

constexpr ManualSection sections[] = {
    {"FILES",
     "/etc/aimee-os/writable-etc:: The list, in the image. Empty lines and lines that start with # say nothing. A "
     "line\n"
     "that is wrong is named with line and column, and stops nothing else.\n"
     "/var/etc:: The store, a subvolume: what is mounted over /etc.\n"
     "/var/etc/.aimee/image:: The image's versions as they were when the entries were seeded.\n"
     "/var/etc/.aimee/backup:: What --reset replaced.\n"},
    {"EXAMPLES",
     "A list that keeps the host name, the network's configuration and the machine id:\n"
     "\n"
     "  # what the owner may change\n"
     "  f hostname\n"
     "  d NetworkManager/system-connections\n"
     "  f machine-id\n"
     "\n"
     "What has been changed, and back to what the image says:\n"
     "\n"
     "  writable-etc --diff hostname\n"
     "  writable-etc --reset hostname\n"},
    {"NOTES",
     "Whatever is mounted over /etc comes after /var: systemd and udev read units, rules, fstab and the like before.\n"
     "Such entries are warned of. A host name is given to the kernel; where the file says none, or a template with ? "
     "that\n"
     "only systemd fills in, the one in force stays. With \"f machine-id\" the machine id of the "
     "first\n"
     "boot is kept for all others.\n"
     "\n"
     "Where a newer image has a new version of an entry, the store's counts still. Accounts that a newer image adds "
     "are\n"
     "added to the stored shadow.\n"
     "\n"
     "The store's folders are mounted with the options of /var (nodev, nosuid, noexec).\n"},
};

}  // namespace

extern const Manual writable_etc_manual;
const Manual writable_etc_manual{sections, "aimee(8), init-storage(8), set-root-password(8), diff(1), hostname(5)"};

extern const Applet writable_etc_applet;
const Applet writable_etc_applet{
    "writable-etc",        "Keep parts of a read-only /etc writable", "", description, options, writable_etc,
    "aimee_writable_etc_t"};

}  // namespace aimee
