// The note of the last relabelling on a volume that somebody had in hand: what stands at each name on the way to it,
// a letter each, and what the note says. It is read as it is or not at all, written whole or not at all, and nothing is
// read or written through a link.
#include "effects/label_stamp.h"

#include <sys/stat.h>

#include <filesystem>

#include "base/text.h"
#include "harness/temporary_folder.h"
#include "parts/input.h"
#include "parts/oracle.h"

namespace aimee::fuzz {

namespace {

constexpr std::string_view secret = "1 somebody else's note\n";
constexpr std::string_view names[] = {"var/lib", "var/lib/aimee", "var/lib/aimee/labels", "var/lib/aimee/labels.new"};
// Where a link there leads to.
constexpr std::string_view targets[] = {"outside/lib", "outside/lib/aimee", "outside/lib/aimee/labels",
                                        "outside/lib/aimee/labels"};
constexpr std::size_t longest_note = 4096;

// What each of the names is: a folder, a file, a FIFO, a link out, a link that leads nowhere; else nothing is there.
void make(const test::TemporaryFolder& root, std::size_t number, char kind, std::string_view content) {
  const std::string_view name = names[number];
  const std::string path = root / name;
  if (kind == 'd') {
    root.folder(name);
  } else if (kind == 'f') {
    root.file(name, content);
  } else if (kind == 'p') {
    HOLDS(mkfifo(path.c_str(), 0600) == 0);
  } else if (kind == 'l') {
    root.link(name, root / targets[number]);
  } else if (kind == 'n') {
    root.link(name, root / "outside/made");
  }
}

class Volume {
 public:
  Volume(std::string_view kinds, std::string_view content) {
    root_.file("outside/lib/aimee/labels", secret);
    root_.folder("var");
    for (std::size_t i = 0; i < std::size(names) && i < kinds.size(); ++i) {
      if (i > 0 && i < 3 && kinds[i - 1] != 'd') break;
      if (i == 3 && kinds[1] != 'd') break;
      kinds_[i] = kinds[i];
      make(root_, i, kinds[i], content);
    }
  }
  [[nodiscard]] const std::string& path() const { return root_.path(); }
  [[nodiscard]] bool has_folders() const { return kinds_[0] == 'd' && kinds_[1] == 'd'; }
  [[nodiscard]] bool has_note() const { return has_folders() && kinds_[2] == 'f'; }
  // At the first name that is neither a folder nor a file nothing can be read.
  [[nodiscard]] bool has_obstacle() const {
    for (std::size_t i = 0; i < 2; ++i) {
      if (kinds_[i] == 'l' || kinds_[i] == 'n') return true;
      if (kinds_[i] != 'd') return false;
    }
    return kinds_[2] == 'd' || kinds_[2] == 'l' || kinds_[2] == 'n';
  }
  void check_outside() const {
    HOLDS(test::content_of(root_ / "outside/lib/aimee/labels") == secret);
    const std::filesystem::recursive_directory_iterator all(root_ / "outside");
    HOLDS(std::distance(begin(all), end(all)) == 3);
  }
  [[nodiscard]] Result<> write(const std::string& stamp) const {
    const auto volume = open_file(root_ / "var", O_RDONLY | O_DIRECTORY);
    HOLDS(volume.has_value());
    return write_label_stamp(*volume, stamp, FileContexts());
  }
  [[nodiscard]] bool has_leftover() const { return test::exists(root_ / names[3]); }

 private:
  const test::TemporaryFolder root_;
  char kinds_[4] = {};
};

void check_read(const Volume& volume, std::string_view content) {
  const auto note = read_label_stamp(volume.path());
  if (volume.has_note()) {
    HOLDS(note.has_value() == (content.size() <= longest_note));
    HOLDS(!note || *note == content);
  } else {
    HOLDS(note.has_value() == !volume.has_obstacle());
    HOLDS(!note || note->empty());
  }
  if (!note) check_message(note.error());
}

std::string told(const Result<std::string>& note) { return note ? *note : note.error().message(); }

}  // namespace

void try_input(std::string_view text) {
  const std::string_view kinds = text.substr(0, text.find('\n'));
  const std::string_view content = text.substr(std::min(kinds.size() + 1, text.size()));
  const Volume volume(kinds.substr(0, std::size(names)), content);
  check_read(volume, content);
  volume.check_outside();

  const std::string before = told(read_label_stamp(volume.path()));
  const std::string stamp = label_stamp(content.substr(0, content.find('\n')), "0123456789abcdef");
  const auto written = volume.write(stamp);
  volume.check_outside();
  if (!written) {
    check_message(written.error());
    HOLDS(told(read_label_stamp(volume.path())) == before);
    return;
  }
  HOLDS(!volume.has_leftover());
  const auto after = read_label_stamp(volume.path());
  HOLDS(after ? *after == stamp : stamp.size() > longest_note);
  HOLDS(volume.write("1 other 0\n") && told(read_label_stamp(volume.path())) == "1 other 0\n");
}

}  // namespace aimee::fuzz
