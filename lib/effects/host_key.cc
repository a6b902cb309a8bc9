// Host keys on disk. Whatever fails before the first rename leaves the old files as they were, and at most a second
// name of them; a failure between the two renames leaves a private key whose public key the next run writes.
#include "effects/host_key.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <span>

#include "base/text.h"
#include "system/process.h"

namespace aimee {

namespace {

constexpr std::size_t largest_key = (1 << 20) - 1;  // bytes; OpenSSH's limit
constexpr unsigned most_old_keys = 1000;
constexpr mode_t private_mode = 0600;
constexpr mode_t public_mode = 0644;
constexpr mode_t private_forbidden = 077;
constexpr mode_t public_forbidden = 022;

std::string shown(const HostKeyFolder& folder, std::string_view name) { return concat(folder.path, "/", name); }

Result<Fd> open_top(const std::string& root) { return open_file(root.empty() ? "/" : root, O_PATH | O_DIRECTORY); }

std::string_view kind_of(mode_t mode) {
  if (S_ISLNK(mode)) return "a symbolic link";
  if (S_ISDIR(mode)) return "a folder";
  return "a device, pipe or socket";
}

// The child keeps the folder's lock until it is gone, however we end.
Program keygen(const HostKeyFolder& folder, std::vector<std::string> arguments, std::chrono::seconds limit) {
  Program program{.arguments = std::move(arguments), .limit = limit};
  program.arguments.insert(program.arguments.begin(), "ssh-keygen");
  program.folder = &folder.fd;
  program.inherited = {&folder.fd};
  return program;
}

// What it is to look at is `content`, its last argument; the content has to live as long.
Program keygen_on(const HostKeyFolder& folder, const Fd& content, std::vector<std::string> arguments,
                  std::chrono::seconds limit) {
  arguments.insert(arguments.end(), {"-f", path_of(content)});
  Program program = keygen(folder, std::move(arguments), limit);
  program.inherited.push_back(&content);
  return program;
}

template <class T>
Result<T> explained(Result<T> result) {
  if (!result && result.error().explanation.find("cannot be run") != std::string::npos) {
    result.error().explanation += "; install OpenSSH's (openssh-client)";
  }
  return result;
}

Result<> check_is_ours(const Fd& folder, const std::string& path) {
  const struct stat status = TRY(status_of(folder, path));
  if (status.st_uid == 0 && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0) return {};
  return refusal(path, concat("belongs to user ", status.st_uid, " with mode ", in_base(status.st_mode & 07777, 8, 4),
                              ": who can write it can change host keys; chown root and chmod 0755 it"));
}

// Nothing of the folder but the file itself: no link, and no mount of somebody's on it.
Result<Fd> open_key(const HostKeyFolder& folder, const std::string& name, int flags = O_RDONLY | O_NONBLOCK) {
  auto opened = open_inside(folder.fd, name, flags | O_NOFOLLOW);
  if (!opened && opened.error().code == EXDEV)
    return refusal(shown(folder, name), "has something mounted on it; unmount that");
  return about(shown(folder, name), std::move(opened));
}

enum class Links { refused, followed };

// The file that a link in a key's place leads to, opened with O_PATH; not open where there is none.
Result<Fd> follow(const HostKeyFolder& folder, const std::string& name) {
  auto target = open_in_root(folder.root, concat(host_key_folder, "/", name), O_PATH);
  if (!target && target.error().code == ENOENT) target = open_at(folder.fd, name, O_PATH);
  if (target) return target;
  const int code = target.error().code;
  if (code == ENOENT || code == ENOTDIR || code == ELOOP) return Fd();
  return about(shown(folder, name), std::move(target));
}

bool may_be_good(int code) { return code != EIO && code != EUCLEAN && code != EFBIG; }

HostKeyFile::Kind key_kind_of(mode_t mode) {
  if (S_ISREG(mode)) return HostKeyFile::Kind::file;
  return S_ISDIR(mode) ? HostKeyFile::Kind::folder : HostKeyFile::Kind::other;
}

// sshd looks at the mode of what belongs to root alone.
bool is_open_to_others(const struct stat& status, mode_t forbidden, HostKeyFile::Kind kind) {
  const bool mode = (status.st_mode & forbidden) != 0;
  if (kind == HostKeyFile::Kind::link) return forbidden == private_forbidden && status.st_uid == 0 && mode;
  return status.st_uid != 0 || mode;
}

// The file's content, whatever its mode; other kinds of files are not opened.
Result<HostKeyFile> read_key_file(const HostKeyFolder& folder, const std::string& name, mode_t forbidden, Links links) {
  HostKeyFile file;
  auto looked = open_key(folder, name, O_PATH);
  if (!looked && looked.error().code == ENOENT) return file;
  Fd found = TRY(std::move(looked));
  struct stat status = TRY(status_of(found, shown(folder, name)));
  file.kind = key_kind_of(status.st_mode);
  file.what = kind_of(status.st_mode);
  if (S_ISLNK(status.st_mode) && links == Links::followed) {
    Fd target = TRY(follow(folder, name));
    if (target.is_open()) status = TRY(status_of(target, shown(folder, name)));
    if (S_ISREG(status.st_mode)) file.kind = HostKeyFile::Kind::link;
    found = std::move(target);
  }
  if (!S_ISREG(status.st_mode)) return file;
  file.is_protected = !is_open_to_others(status, forbidden, file.kind);
  const Fd opened = TRY(open_again(found, O_RDONLY | O_NONBLOCK, shown(folder, name)));
  auto content = read_all(opened, shown(folder, name), largest_key);
  if (!content && may_be_good(content.error().code)) return std::unexpected(content.error());
  file.io_error = !content;
  file.content = std::move(content).value_or("");
  return file;
}

// A copy in memory that ssh-keygen accepts although the file may be open to others.
Result<Fd> copy_in_memory(std::string_view content) {
  Fd copy(memfd_create("host key", MFD_CLOEXEC));
  if (!copy.is_open()) return failure("memory file", "create");
  if (fchmod(copy.get(), private_mode) != 0) return failure("memory file", "set mode");
  TRY(write_exactly(copy, std::as_bytes(std::span(content)), 0, "memory file"));
  return copy;
}

// 'Load key "/proc/self/fd/5": invalid format' → "invalid format".
std::string objection_in(std::string_view words) {
  const std::size_t colon = words.rfind(": ");
  return std::string(colon == std::string_view::npos ? words : words.substr(colon + 2));
}

Result<> derive_from(const HostKeyFolder& folder, std::string_view private_key, HostKeyFacts& facts,
                     std::chrono::seconds limit) {
  const Fd copy = TRY(copy_in_memory(private_key));
  Ended ended = TRY(explained(end_of(keygen_on(folder, copy, {"-y", "-P", ""}, limit))));
  if (ended.status == 0) facts.derived = std::string(trimmed(ended.output));
  facts.objection = ended.status == 0 ? "ssh-keygen derives no public key" : objection_in(ended.last_words);
  return {};
}

// The public key of the private one as it is, else as it is with tidy lines.
Result<> derive(const HostKeyFolder& folder, HostKeyFacts& facts, std::chrono::seconds limit) {
  TRY(derive_from(folder, facts.private_key.content, facts, limit));
  if (!facts.derived.empty()) return {};
  std::string tidy = with_tidy_lines(facts.private_key.content);
  if (tidy.empty() || tidy == facts.private_key.content) return {};
  HostKeyFacts mended;
  TRY(derive_from(folder, tidy, mended, limit));
  if (mended.derived.empty()) return {};
  facts.derived = std::move(mended.derived);
  facts.mended = std::move(tidy);
  return {};
}

Result<HostKeyFacts> examine(const HostKeyFolder& folder, const std::string& name, std::chrono::seconds limit,
                             Links links) {
  HostKeyFacts facts;
  facts.private_key = TRY(read_key_file(folder, name, private_forbidden, links));
  facts.public_key = TRY(read_key_file(folder, public_name(name), public_forbidden, links));
  if (!facts.private_key.content.empty()) TRY(derive(folder, facts, limit));
  return facts;
}

Result<> remove_name(const HostKeyFolder& folder, const std::string& name) {
  if (unlinkat(folder.fd.get(), name.c_str(), 0) == 0 || errno == ENOENT) return {};
  if (errno == EISDIR && unlinkat(folder.fd.get(), name.c_str(), AT_REMOVEDIR) == 0) return {};
  return failure(shown(folder, name), "is in the way and cannot be removed");
}

// A rename replaces everything but a folder.
Result<> clear_way(const HostKeyFolder& folder, const std::string& name) {
  struct stat status{};
  const bool is_folder =
      fstatat(folder.fd.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
  return is_folder ? remove_name(folder, name) : Result<>{};
}

// A second name, on the disk, for what is about to be replaced.
Result<> keep(const HostKeyFolder& folder, const std::string& name, const std::string& kept) {
  if (kept.empty()) return {};
  if (linkat(folder.fd.get(), name.c_str(), folder.fd.get(), kept.c_str(), 0) == 0)
    return flush(folder.fd, folder.path);
  return failure(shown(folder, name), concat("keep it as ", kept));
}

Result<> rename_in(const HostKeyFolder& folder, const std::string& from, const std::string& to) {
  if (renameat(folder.fd.get(), from.c_str(), folder.fd.get(), to.c_str()) == 0) return {};
  return failure(shown(folder, to), "rename the new key into place");
}

Result<> set_root_and_mode(const Fd& file, mode_t mode, const std::string& path) {
  const struct stat status = TRY(status_of(file, path));
  if ((status.st_uid != 0 || status.st_gid != 0) && fchown(file.get(), 0, 0) != 0) {
    return failure(path, "set owner");
  }
  if ((status.st_mode & 07777) != mode && fchmod(file.get(), mode) != 0) return failure(path, "set mode");
  return {};
}

// Everything a new file needs before it gets its name; `name` is the one it will have.
Result<> settle(const HostKeyWorkshop& workshop, const Fd& file, mode_t mode, const std::string& name) {
  TRY(set_root_and_mode(file, mode, shown(workshop.folder, name)));
  TRY(ensure_label(file, TRY(workshop.contexts.label_of(concat(host_key_folder, "/", name), S_IFREG | mode))));
  return flush(file, shown(workshop.folder, name));
}

Result<> settle_named(const HostKeyWorkshop& workshop, const std::string& from, mode_t mode, const std::string& name) {
  return settle(workshop, TRY(open_key(workshop.folder, from)), mode, name);
}

Result<> check_made(const HostKeyWorkshop& workshop, std::string_view type) {
  const auto facts = TRY(examine(workshop.folder, new_host_key_name(type), workshop.limit, Links::refused));
  const HostKeyVerdict verdict = judge_host_key(type, facts);
  if (verdict.action == HostKeyAction::none) return {};
  return failure(shown(workshop.folder, host_key_name(type)),
                 concat("the new key that ssh-keygen made ", verdict.found), 0);
}

// A file that was made, and its name.
struct Made {
  std::string made;
  std::string name;
};

Made private_file(std::string_view type) { return {new_host_key_name(type), host_key_name(type)}; }
Made public_file(std::string_view type) {
  return {public_name(new_host_key_name(type)), public_name(host_key_name(type))};
}

// What is settled gets its names in this order: the private key first, which is a pair to be when it is alone.
Result<> rename_made(const HostKeyWorkshop& workshop, std::string_view type, const std::vector<Made>& files,
                     const KeptHostKey& kept) {
  const HostKeyFolder& folder = workshop.folder;
  for (const Made& file : files) TRY(clear_way(folder, file.name));
  TRY(keep(folder, host_key_name(type), kept.private_key));
  TRY(keep(folder, public_name(host_key_name(type)), kept.public_key));
  for (const Made& file : files) TRY(rename_in(folder, file.made, file.name));
  return flush(folder.fd, folder.path);
}

Result<> make_and_rename(const HostKeyWorkshop& workshop, std::string_view type, const KeptHostKey& kept) {
  const Made private_key = private_file(type);
  const Made public_key = public_file(type);
  TRY(explained(run_program(keygen(
      workshop.folder, {"-q", "-t", std::string(type), "-N", "", "-C", "", "-f", private_key.made}, workshop.limit))));
  TRY(settle_named(workshop, private_key.made, private_mode, private_key.name));
  TRY(settle_named(workshop, public_key.made, public_mode, public_key.name));
  TRY(check_made(workshop, type));
  return rename_made(workshop, type, {private_key, public_key}, kept);
}

Result<> write_new(const HostKeyWorkshop& workshop, const Made& file, mode_t mode, std::string_view content) {
  const std::string path = shown(workshop.folder, file.name);
  const Fd made = TRY(about(path, open_beneath(workshop.folder.fd, file.made, O_WRONLY | O_CREAT | O_EXCL, mode)));
  TRY(write_exactly(made, std::as_bytes(std::span(content)), 0, path));
  return settle(workshop, made, mode, file.name);
}

Result<> write_and_rename(const HostKeyWorkshop& workshop, std::string_view type, const HostKeyFacts& facts,
                          const HostKeyVerdict& verdict, const KeptHostKey& kept) {
  std::vector<Made> files;
  if (verdict.action == HostKeyAction::mend) {
    files.push_back(private_file(type));
    TRY(write_new(workshop, files.back(), private_mode,
                  facts.mended.empty() ? facts.private_key.content : facts.mended));
  }
  if (verdict.writes_public) {
    files.push_back(public_file(type));
    TRY(write_new(workshop, files.back(), public_mode, facts.derived + "\n"));
  }
  return rename_made(workshop, type, files, kept);
}

// Owner and mode of a file, not of what a link leads to.
Result<> protect(const HostKeyFolder& folder, const std::string& name, const HostKeyFile& found, mode_t mode) {
  if (found.kind != HostKeyFile::Kind::file) return {};
  const Fd file = TRY(open_key(folder, name));
  TRY(set_root_and_mode(file, mode, shown(folder, name)));
  return flush(file, shown(folder, name));
}

// `work` between two removals of the temporary names; its own error counts more than that of the second.
template <class Work>
Result<> between_removals(const HostKeyFolder& folder, std::string_view type, Work work) {
  TRY(remove_unfinished_host_key(folder, type));
  Result<> done = work();
  if (!done) (void)remove_unfinished_host_key(folder, type);
  return done;
}

}  // namespace

Result<std::optional<HostKeyFolder>> find_host_key_folder(const std::string& root) {
  const std::string path = concat(root, host_key_folder);
  const Fd top = TRY(open_top(root));
  auto folder = open_beneath(top, std::string(host_key_folder.substr(1)), O_RDONLY | O_DIRECTORY);
  if (folder) {
    TRY(check_is_ours(*folder, path));
    return HostKeyFolder{*std::move(folder), path, root};
  }
  const int code = folder.error().code;
  if (code == ELOOP || code == ENOTDIR) {
    return refusal(path, "is no folder, or is reached through a symbolic link; remove what is in its place");
  }
  if (code != ENOENT) return std::unexpected(about(path, std::move(folder)).error());
  const std::string parent(host_key_folder.substr(1, host_key_folder.rfind('/') - 1));
  if (open_beneath(top, parent, O_PATH | O_DIRECTORY)) return std::nullopt;
  return refusal(concat(root, "/", parent), "is not there; is /var mounted, and did init-storage.service run?");
}

Result<HostKeyFolder> make_host_key_folder(const std::string& root, const FileContexts& contexts) {
  const std::string path = concat(root, host_key_folder);
  const std::size_t slash = host_key_folder.rfind('/');
  const Fd top = TRY(open_top(root));
  const Fd parent =
      TRY(about(path, open_beneath(top, std::string(host_key_folder.substr(1, slash - 1)), O_RDONLY | O_DIRECTORY)));
  CreationLabel creation(selinux_is_enabled());
  const auto label = TRY(contexts.label_of(std::string(host_key_folder), S_IFDIR | 0755));
  TRY(creation.set(label));
  const std::string name(host_key_folder.substr(slash + 1));
  if (mkdirat(parent.get(), name.c_str(), 0755) != 0 && errno != EEXIST) {
    if (errno == EROFS) return refusal(path, "cannot be made: /var is read-only; mount it writable");
    return failure(path, "make the folder");
  }
  auto folder = TRY(find_host_key_folder(root));
  if (!folder) return failure(path, "is gone again", 0);
  TRY(ensure_label(folder->fd, label));
  TRY(set_root_and_mode(folder->fd, 0755, path));
  TRY(flush(parent, path));
  return *std::move(folder);
}

Result<HostKeyFacts> examine_host_key(const HostKeyFolder& folder, const std::string& name,
                                      std::chrono::seconds limit) {
  return examine(folder, name, limit, Links::followed);
}

Result<HostKeyFacts> examine_made_host_key(const HostKeyFolder& folder, const std::string& name,
                                           std::chrono::seconds limit) {
  return examine(folder, name, limit, Links::refused);
}

Result<KeptHostKey> names_to_keep(const HostKeyFolder& folder, std::string_view type, const HostKeyFacts& facts,
                                  const HostKeyVerdict& verdict) {
  const bool writes_private = verdict.action == HostKeyAction::mend || verdict.action == HostKeyAction::make;
  const bool keeps_private = writes_private && is_worth_keeping(facts.private_key);
  const bool keeps_public = verdict.writes_public && is_worth_keeping(facts.public_key);
  if (!keeps_private && !keeps_public) return KeptHostKey{};
  const auto is_free = [&](const std::string& name) {
    struct stat status{};
    return fstatat(folder.fd.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT;
  };
  for (unsigned number = 1; number <= most_old_keys; ++number) {
    const std::string name = old_host_key_name(type, number);
    if (!is_free(name) || !is_free(public_name(name))) continue;
    return KeptHostKey{keeps_private ? name : "", keeps_public ? public_name(name) : ""};
  }
  return failure(shown(folder, old_host_key_name(type, 1)), "too many older keys are kept; remove some", 0);
}

Result<> remove_unfinished_host_key(const HostKeyFolder& folder, std::string_view type) {
  const std::string name = new_host_key_name(type);
  TRY(remove_name(folder, name));
  return remove_name(folder, public_name(name));
}

Result<> make_host_key(const HostKeyWorkshop& workshop, std::string_view type, const KeptHostKey& kept) {
  return between_removals(workshop.folder, type, [&] { return make_and_rename(workshop, type, kept); });
}

Result<> mend_host_key(const HostKeyWorkshop& workshop, std::string_view type, const HostKeyFacts& facts,
                       const HostKeyVerdict& verdict, const KeptHostKey& kept) {
  if (verdict.action == HostKeyAction::publish)
    TRY(protect(workshop.folder, host_key_name(type), facts.private_key, private_mode));
  return between_removals(workshop.folder, type,
                          [&] { return write_and_rename(workshop, type, facts, verdict, kept); });
}

Result<> protect_host_key(const HostKeyFolder& folder, std::string_view type, const HostKeyFacts& facts) {
  const std::string name = host_key_name(type);
  TRY(protect(folder, name, facts.private_key, private_mode));
  return protect(folder, public_name(name), facts.public_key, public_mode);
}

Result<std::string> host_key_fingerprint(const HostKeyFolder& folder, const HostKeyFacts& facts,
                                         std::chrono::seconds limit) {
  const Fd copy = TRY(copy_in_memory(facts.derived));
  const std::string line = TRY(explained(output_of(keygen_on(folder, copy, {"-l"}, limit))));
  const auto parts = words(line);  // "256 SHA256:... comment (ED25519)"
  if (parts.size() < 2) return failure(folder.path, "ssh-keygen tells no fingerprint", 0);
  return std::string(parts[1]);
}

}  // namespace aimee
