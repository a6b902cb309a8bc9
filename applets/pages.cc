// aimee-pages FOLDER DATE: writes what is made from the applets' tables, in the places below a prefix where it is
// installed: the applets' links, manual pages, completions. Runs when aimee is built, for any machine; part of no
// image. FOLDER must not hold anything yet; a failure midway leaves a part of it.
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/text.h"
#include "cli/applet.h"
#include "cli/manual.h"
#include "cli/version.h"
#include "pages/completions.h"
#include "pages/manual_page.h"

namespace aimee {

namespace {

constexpr ManualSection program_sections[] = {
    {"NOTES",
     "The applets need no SELinux and work without it. Where it is on, files get the labels that the image's policy "
     "names when they are made.\n"},
    {"EXAMPLES",
     "Links named like the applets, in an image that is being built:\n"
     "\n"
     "  aimee --install /srv/image/usr/bin\n"
     "\n"
     "An applet without a link:\n"
     "\n"
     "  aimee init-storage --dry-run\n"},
};
constexpr Manual program_manual{program_sections, "writable-etc(5)"};

// Makes the folder and those above it.
Result<> make_folders(const std::string& path) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (mkdir(part.c_str(), 0755) != 0 && errno != EEXIST) return failure(part, "make folder");
    if (end == std::string::npos) return {};
  }
}

Result<> write_file(const std::string& path, const std::string& text) {
  TRY(make_folders(path.substr(0, path.rfind('/'))));
  FILE* file = std::fopen(path.c_str(), "wxe");
  if (file == nullptr) return failure(path, "create");
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const bool closed = std::fclose(file) == 0;
  if (!written || !closed) return failure(path, "write");
  return {};
}

Result<> make_link(const std::string& path, const std::string& target) {
  TRY(make_folders(path.substr(0, path.rfind('/'))));
  if (symlink(target.c_str(), path.c_str()) != 0) return failure(path, "make link");
  return {};
}

std::vector<Command> all_commands() {
  std::vector<Command> commands;
  const auto manuals = all_manuals();
  for (const Applet* applet : all_applets()) commands.push_back({applet, manuals[commands.size()]});
  return commands;
}

Result<> write_manual_pages(const std::string& folder, const PageOrigin& origin) {
  for (const Command& command : all_commands()) {
    TRY(write_file(concat(folder, "/", page_name(*command.applet), ".8"),
                   manual_page(*command.applet, *command.manual, origin)));
  }
  return write_file(concat(folder, "/aimee.8"), program_page(program_applet, program_manual, all_applets(), origin));
}

Result<> write_completions(const std::string& share) {
  const std::string bash = concat(share, "/bash-completion/completions/");
  const std::string fish = concat(share, "/fish/vendor_completions.d/");
  const std::vector<Command> commands = all_commands();
  const Command program{&program_applet, &program_manual};
  TRY(write_file(bash + "aimee", bash_completion(program, commands)));
  TRY(write_file(concat(share, "/zsh/site-functions/_aimee"), zsh_completion(program, commands)));
  TRY(write_file(fish + "aimee.fish", fish_completion(program, commands)));
  for (const Command& command : commands) {
    if (!command.applet->linked) continue;
    TRY(make_link(concat(bash, command.applet->name), "aimee"));
    TRY(write_file(concat(fish, command.applet->name, ".fish"), fish_completion(command)));
  }
  return {};
}

Result<> write_links(const std::string& folder) {
  for (const Applet* applet : all_applets()) {
    if (applet->linked) TRY(make_link(concat(folder, "/", applet->name), "aimee"));
  }
  return {};
}

Result<> write_all(const std::string& folder, std::string_view date) {
  TRY(write_links(folder + "/bin"));
  TRY(write_manual_pages(folder + "/share/man/man8", {date, version}));
  return write_completions(folder + "/share");
}

}  // namespace

}  // namespace aimee

int main(int count, char** words) {
  using namespace aimee;
  set_log_name("aimee-pages");
  if (count != 3) {
    log_error("usage: aimee-pages FOLDER DATE");
    return static_cast<int>(Outcome::usage);
  }
  const auto written = write_all(words[1], words[2]);
  if (written) return static_cast<int>(Outcome::done);
  log_error(written.error().message());
  return static_cast<int>(written.error().outcome);
}
