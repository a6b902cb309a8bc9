// The report as a page; pure. Problems first, then one paragraph for each part: a word, and what there is to say.
#include <algorithm>

#include "base/text.h"
#include "plan/status_report.h"

namespace aimee {

namespace {

constexpr std::size_t page_width = 80;
constexpr std::size_t column = 15;  // where the values begin

// `text` in lines that begin at `indent`, broken at blanks; a word longer than a line stays whole.
std::string wrapped(std::string_view text, std::size_t first_at, std::size_t indent) {
  std::string out;
  std::size_t at = first_at;
  bool line_start = true;
  for (const std::string_view word : words(text)) {
    if (!line_start && at + 1 + word.size() > page_width) {
      out += concat("\n", std::string(indent, ' '));
      at = indent;
      line_start = true;
    }
    if (!line_start) {
      out += ' ';
      ++at;
    }
    out += word;
    at += word.size();
    line_start = false;
  }
  return out + "\n";
}

// "Name           value …"; without a name, a further line of the last part.
std::string row(std::string_view name, std::string_view value) {
  std::string label(name);
  label.resize(column, ' ');
  return label + wrapped(value, column, column);
}

std::string padded(std::string_view text, std::size_t width) {
  std::string out(text);
  if (out.size() < width) out.resize(width, ' ');
  return out;
}

std::string_view phrase(const StatusEntry& entry) {
  if (entry.state == "same") return "as the image's";
  if (entry.state == "changed-by-owner") return "changed by the owner";
  if (entry.state == "changed-by-image") return "a newer image changed it; the stored older one counts";
  if (entry.state == "changed-by-both") return "changed by the owner, and by a newer image";
  if (entry.state == "unseeded") return "not in the store yet";
  if (entry.state == "missing-in-image") return "missing in the image";
  return "cannot be used";
}

std::string problem_rows(const std::vector<StatusProblem>& problems) {
  std::string out;
  for (const StatusProblem& problem : problems) {
    out += "! " + wrapped(problem.what, 2, 2);
    if (!problem.next.empty()) out += "  next: " + wrapped(problem.next, 8, 8);
  }
  return out.empty() ? "No problems.\n" : out;
}

std::string device_line(std::string line, std::uint64_t size, const std::string& model, const std::string& serial) {
  if (size != 0) line += concat(", ", human_size(size));
  if (!model.empty()) line += concat(", ", printable(model));
  if (!serial.empty()) line += concat(", serial ", printable(serial));
  return line;
}

std::string device_rows(const StatusVolume& volume) {
  std::string name = volume.device;
  if (volume.source != volume.device) name += concat(" (", printable(volume.source), ")");
  std::string rows = row("Data volume", device_line(std::move(name), volume.size, volume.model, volume.serial));
  for (const VolumeDevice& other : volume.others) {
    const std::string also = concat("and ", other.device);
    rows += row("", device_line(also, other.identity.size, other.model, other.identity.serial));
  }
  return rows;
}

std::string mount_line(const StatusVolume& volume) {
  std::string line;
  for (const std::string& place : volume.mounted_at)
    line += concat(line.empty() ? "mounted on " : ", ", printable(place));
  if (line.empty()) line = "not mounted";
  if (volume.space && volume.space->total != 0) {
    line += concat("; ", human_size(volume.space->used), " of ", human_size(volume.space->total), " used (",
                   volume.space->used * 100 / volume.space->total, " %)");
  }
  return line;
}

std::string volume_rows(const StatusVolume& volume) {
  if (volume.device.empty()) return row("Data volume", volume.source.empty() ? "none" : printable(volume.source));
  std::string out = device_rows(volume);
  if (volume.state) out += row("", concat(state_name(volume.state->state), ": ", volume.state->found));
  out += row("", mount_line(volume));
  if (!volume.uuid.empty()) out += row("", concat("label \"", printable(volume.label), "\", UUID ", volume.uuid));
  return out;
}

std::string subvolume_rows(const std::vector<StatusSubvolume>& subvolumes) {
  std::string line;
  for (const StatusSubvolume& subvolume : subvolumes) {
    if (!line.empty()) line += "  ";
    line += printable(subvolume.path);
    if (subvolume.presence == SubvolumePresence::folder) line += " (plain folder)";
    if (subvolume.presence == SubvolumePresence::missing) line += " (missing)";
  }
  return row("Subvolumes", line.empty() ? "none" : line);
}

std::string store_rows(const StatusStore& store) {
  std::size_t width = 0;
  for (const StatusEntry& entry : store.entries) width = std::max(width, printable(entry.path).size());
  width = std::min<std::size_t>(width, 24);
  std::string out;
  for (const StatusEntry& entry : store.entries) {
    std::string_view name = out.empty() ? "Writable /etc" : "";
    const std::string path = padded(printable(entry.path), width);
    std::string label(name);
    label.resize(column, ' ');
    out += concat(label, path, "  ", wrapped(phrase(entry), column + path.size() + 2, column + 2));
  }
  if (!store.unlisted.empty()) {
    std::string line = "no longer listed, kept in /var/etc:";
    for (const std::string& path : store.unlisted) line += concat(" ", printable(path));
    out += row(out.empty() ? "Writable /etc" : "", line);
  }
  return out;
}

std::string host_key_rows(const std::vector<StatusHostKey>& keys) {
  std::string out;
  for (const StatusHostKey& key : keys) {
    const std::string value = key.fingerprint.empty() ? key.state : key.fingerprint;
    if (key.state == "missing") continue;
    out +=
        row(out.empty() ? "Host keys" : "",
            concat(padded(key.type, 9), value, key.state != "good" && !key.fingerprint.empty() ? " " + key.state : ""));
  }
  return out.empty() ? row("Host keys", "none") : out;
}

std::string_view labels_text(LabelsState labels) {
  switch (labels) {
    case LabelsState::no_policy:
      return "no SELinux policy in the image";
    case LabelsState::current:
      return "those of the image's policy";
    case LabelsState::stale:
      return "of another policy than the image's";
  }
  return {};
}

}  // namespace

std::string status_text(const StatusReport& report) {
  std::string out = problem_rows(problems_of(report)) + "\n";
  out += volume_rows(report.volume);
  if (report.subvolumes) out += subvolume_rows(*report.subvolumes);
  if (report.store) out += store_rows(*report.store);
  if (report.root_password) out += row("Root password", name_of(*report.root_password));
  if (report.host_keys) out += host_key_rows(*report.host_keys);
  if (report.labels) out += row("Labels", labels_text(*report.labels));
  if (report.reset) out += row("Factory reset", *report.reset == ResetPending::no ? "none pending" : "PENDING");
  out += row("Version", report.version);
  for (std::size_t i = 0; i < report.unread.size(); ++i) out += row(i == 0 ? "Not read" : "", report.unread[i]);
  return out;
}

}  // namespace aimee
