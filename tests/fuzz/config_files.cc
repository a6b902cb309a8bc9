// The drop-in folders of tmpfiles.d(5): a file a line, as FOLDER KIND NAME=CONTENT, the first two a letter each. Of the
// same name the first folder's counts, sorted by name; a link to /dev/null masks, and what is no file says nothing.
#include "storage/config_files.h"

#include <sys/stat.h>

#include <map>

#include "base/text.h"
#include "harness/temporary_folder.h"
#include "parts/oracle.h"

namespace aimee::fuzz {

namespace {

constexpr std::string_view folders[] = {"etc/tmpfiles.d", "run/tmpfiles.d", "usr/local/lib/tmpfiles.d",
                                        "usr/lib/tmpfiles.d"};
constexpr std::string_view elsewhere = "linked to";
constexpr std::size_t most_files = 12;

struct Entry {
  std::size_t folder = 0;
  char kind = 'f';
  std::string name;
  std::string content;
};

std::vector<Entry> entries_in(std::string_view text) {
  std::vector<Entry> entries;
  for (const std::string_view line : split(text, '\n')) {
    if (line.size() < 3 || entries.size() >= most_files) continue;
    const std::string_view rest = line.substr(2);
    const std::string_view name = rest.substr(0, rest.find('='));
    const bool is_name =
        !name.empty() && name.size() <= 255 && name.find_first_of(std::string_view("/\0", 2)) == name.npos;
    if (!is_name || name == "." || name == "..") continue;
    const auto folder = static_cast<unsigned char>(line[0]) % std::size(folders);
    entries.push_back(
        {folder, line[1], std::string(name), std::string(rest.substr(std::min(name.size() + 1, rest.size())))});
  }
  return entries;
}

// None: it says nothing.
std::optional<std::string> make(const test::TemporaryFolder& root, const std::string& path, const Entry& entry) {
  switch (entry.kind) {
    case 'd':
      root.folder(path);
      return std::nullopt;
    case 'p':
      HOLDS(mkfifo((root / path).c_str(), 0600) == 0);
      return std::nullopt;
    case 'm':
      root.link(path, "/dev/null");
      return std::nullopt;
    case 'n':
      root.link(path, "/nowhere");
      return std::nullopt;
    case 'l':  // as the image's own system sees it
      root.link(path, "/usr/share/file");
      return std::string(elsewhere);
    case 'u':  // leads no further up than to the image's root
      root.link(path, "../../../../../../../../../../../../usr/share/file");
      return std::string(elsewhere);
    default:
      root.file(path, entry.content);
      return entry.content;
  }
}

struct Expected {
  std::size_t folder = 0;
  std::optional<std::string> content;
};

}  // namespace

void try_input(std::string_view text) {
  const test::TemporaryFolder root;
  root.file("usr/share/file", elsewhere);
  std::map<std::string, Expected> expected;
  for (const std::string_view folder : folders) root.folder(folder);
  for (const Entry& entry : entries_in(text)) {
    const std::string path = concat(folders[entry.folder], "/", entry.name);
    if (test::exists(root / path)) continue;
    const auto content = make(root, path, entry);
    if (!entry.name.ends_with(".conf") || entry.name[0] == '.') continue;
    const auto [known, is_new] = expected.try_emplace(entry.name, entry.folder, content);
    if (!is_new && entry.folder < known->second.folder) known->second = {entry.folder, content};
  }
  const auto files = read_tmpfiles_configuration(root.path());
  if (!files) broken("read", __FILE__, __LINE__, files.error().message());
  auto file = files->begin();
  for (const auto& [name, wanted] : expected) {
    if (!wanted.content) continue;
    HOLDS_OF(name, file != files->end() && file->name == root / concat(folders[wanted.folder], "/", name));
    HOLDS_OF(name, file->content == *wanted.content);
    ++file;
  }
  HOLDS(file == files->end());
}

}  // namespace aimee::fuzz
