// Look-ups in passwd(5) and group(5); changes nothing.
#include "storage/accounts.h"

#include "base/text.h"
#include "system/fd.h"

namespace aimee {

namespace {

// Both files have the name in the first field and the number in the third.
Result<unsigned> find_number(const std::string& root, const std::string& path, const std::string& name) {
  if (const auto number = parse_number(name); number && *number < 0xffffffff) return static_cast<unsigned>(*number);
  if (name == "root") return 0U;
  const std::string content = TRY(read_all(TRY(open_in_root(root, path, O_RDONLY | O_NOCTTY)), root + path));
  for (const std::string_view line : split(content, '\n')) {
    const auto fields = split(line, ':');
    if (fields.size() < 3 || fields[0] != name) continue;
    if (const auto number = parse_number(fields[2]); number && *number < 0xffffffff)
      return static_cast<unsigned>(*number);
  }
  return failure(root + path, concat("has no ", printable(name)), 0);
}

}  // namespace

Result<std::string> passwd_text(const std::string& root) {
  auto passwd = open_in_root(root, "/etc/passwd", O_RDONLY | O_NOCTTY | O_NONBLOCK);
  if (!passwd && passwd.error().code == ENOENT) return std::string();
  return read_all(TRY(std::move(passwd)), root + "/etc/passwd");
}

Result<Owner> find_owner(const std::string& root, const std::string& user, const std::string& group) {
  return Owner{TRY(find_number(root, "/etc/passwd", user)), TRY(find_number(root, "/etc/group", group))};
}

}  // namespace aimee
