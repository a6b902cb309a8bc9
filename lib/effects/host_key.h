// ssh host keys on disk: looking at a pair without changing it, and making one with ssh-keygen(1).
//
// Files are made under temporary names, synced and checked. What they replace gets a second name that stays; then the
// private key is renamed, and the public key last: a cut at any point leaves the old files, or a good private key whose
// public key the next run writes from it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "plan/host_key.h"
#include "selinux/labels.h"
#include "system/fd.h"

namespace aimee {

struct HostKeyFolder {
  Fd fd;
  std::string path;  // for messages
  std::string root;  // that it was found below
};

// The folder of the host keys below `root` (empty = the running system), opened without following a link; none
// where it is not there yet. Refused: the parent folder is not there; it is a link or reached through one, belongs to
// somebody else than root or can be written by others.
Result<std::optional<HostKeyFolder>> find_host_key_folder(const std::string& root);

// The same, made where it is missing: root's, 0755, with the policy's label, synced. Refused: not to be written.
Result<HostKeyFolder> make_host_key_folder(const std::string& root, const FileContexts& contexts);

// Opens nothing but regular files, and reads them without regard to their mode. A link in a key's place is followed as
// sshd follows it, to be read: below the root, or where that leads nowhere, as it is. `limit` is for ssh-keygen.
// Failed: ssh-keygen could not be run or did not end by itself, or access was denied: then the pair may well be good.
Result<HostKeyFacts> examine_host_key(const HostKeyFolder& folder, const std::string& name, std::chrono::seconds limit);

// The same for a pair that this run has made: a link in its place is somebody else's, and not followed.
Result<HostKeyFacts> examine_made_host_key(const HostKeyFolder& folder, const std::string& name,
                                           std::chrono::seconds limit);

// What a host key is made in and with.
struct HostKeyWorkshop {
  const HostKeyFolder& folder;   // the lock that it holds goes to the children
  const FileContexts& contexts;  // labels files as below host_key_folder
  std::chrono::seconds limit;    // of each run of ssh-keygen
};

// Names for what is replaced, which nothing has yet; empty where nothing is kept.
struct KeptHostKey {
  std::string private_key;
  std::string public_key;
};
Result<KeptHostKey> names_to_keep(const HostKeyFolder& folder, std::string_view type, const HostKeyFacts& facts,
                                  const HostKeyVerdict& verdict);

// Each removes what an earlier run left under the temporary names, and leaves nothing there.
Result<> make_host_key(const HostKeyWorkshop& workshop, std::string_view type, const KeptHostKey& kept);
Result<> remove_unfinished_host_key(const HostKeyFolder& folder, std::string_view type);

// The same private key in a file of its own, and the public key of it where the verdict says so.
Result<> mend_host_key(const HostKeyWorkshop& workshop, std::string_view type, const HostKeyFacts& facts,
                       const HostKeyVerdict& verdict, const KeptHostKey& kept);

// Owner and mode of the pair: root, 0600 and 0644. What a link leads to stays as it is.
Result<> protect_host_key(const HostKeyFolder& folder, std::string_view type, const HostKeyFacts& facts);

// "SHA256:..." of a key, as ssh shows it to whoever connects.
Result<std::string> host_key_fingerprint(const HostKeyFolder& folder, const HostKeyFacts& facts,
                                         std::chrono::seconds limit);

}  // namespace aimee
