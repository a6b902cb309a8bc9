// SELinux contexts and restorecon's rule: a path, the present label, the wanted one, a line each.
#include "selinux/context.h"
#include "selinux/relabel_rule.h"

#include <algorithm>

#include "base/text.h"
#include "parts/oracle.h"

namespace aimee::fuzz {

namespace {

void check_context(std::string_view text) {
  const auto context = parse_context(text);
  if (!context) {
    HOLDS_OF(text, !parse_context(concat(text, "")).has_value());
    return;
  }
  HOLDS(concat(context->before, context->type, context->after) == text);
  HOLDS(!context->type.empty() && context->type.find(':') == std::string_view::npos);
  HOLDS(context->with(context->type) == text);
  const std::string other = context->with("other_t");
  const auto again = parse_context(other);
  HOLDS_OF(other,
           again && again->type == "other_t" && again->before == context->before && again->after == context->after);
  HOLDS(parse_context(context->with("object_r", "other_t"))->user() == context->user());
}

void check_change(const std::string& present, const std::string& wanted) {
  const std::set<std::string, std::less<>> customizable{"samba_share_t"};
  const auto has = parse_context(present);
  const auto wants = parse_context(wanted);
  const auto changed = changed_label(present, wanted, customizable);
  HOLDS(changed_label(std::nullopt, wanted, customizable) == wanted);
  if (!changed) {
    HOLDS(present == wanted || (has && wants && (has->type == wants->type || has->type == "samba_share_t")));
    return;
  }
  if (!has || !wants) {
    HOLDS(*changed == wanted);
    return;
  }
  const auto made = parse_context(*changed);
  HOLDS(made && made->type == wants->type && made->before == has->before && made->after == has->after);
  HOLDS(has->type != "samba_share_t");
  HOLDS(!changed_label(*changed, wanted, customizable));
}

// What the store keeps of a file is as secret as the file.
void check_path(std::string_view path) {
  const std::string seen = path_for_label(path);
  if (!path.starts_with("/var/etc/")) HOLDS(seen == path);
  if (path.starts_with("/etc/") || path.empty() || path.find('/') != 0) return;
  HOLDS(path_for_label(concat("/var/etc", path)) == concat("/etc", path) || path.starts_with("/.aimee"));
  HOLDS(path_for_label(concat("/var/etc/.aimee/image", path)) == concat("/etc", path));
}

}  // namespace

void try_input(std::string_view text) {
  auto lines = split(text, '\n');
  lines.resize(3);
  check_context(lines[1]);
  check_context(lines[2]);
  check_change(std::string(lines[1]), std::string(lines[2]));
  check_path(lines[0]);
  const std::string_view secret = "/var/etc/.aimee/backup/shadow.20261124-190000";
  HOLDS(path_for_label(secret) == "/etc/shadow");
}

}  // namespace aimee::fuzz
