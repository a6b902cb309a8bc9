// ssh host keys on disk: looking at a pair without changing it, and making one with ssh-keygen(1).
//
// A pair is made under temporary names, synced and checked, then the public key is renamed and the private key
// last: a cut at any point leaves what judge_host_key() has a new pair made of, or a good pair.
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
};

// The folder of the host keys below `root` (empty = the running system), opened without following a link; none
// where it is not there yet. Refused: the parent folder is not there; it is a link or reached through one, belongs to
// somebody else than root or can be written by others.
Result<std::optional<HostKeyFolder>> find_host_key_folder(const std::string& root);

// The same, made where it is missing: root's, 0755, with the policy's label, synced. Refused: not to be written.
Result<HostKeyFolder> make_host_key_folder(const std::string& root, const FileContexts& contexts);

// Opens nothing but regular files, and reads them without regard to their mode. `limit` is for ssh-keygen.
// Failed: ssh-keygen could not be run or did not end by itself, or access was denied: then the pair may well be good.
Result<HostKeyFacts> examine_host_key(const HostKeyFolder& folder, const std::string& name, std::chrono::seconds limit);

// What a host key is made in and with.
struct HostKeyWorkshop {
  const HostKeyFolder& folder;   // the lock that it holds goes to the children
  const FileContexts& contexts;  // labels files as below host_key_folder
  std::chrono::seconds limit;    // of each run of ssh-keygen
};

// Each removes what an earlier run left under the temporary names, and leaves nothing there.
Result<> make_host_key(const HostKeyWorkshop& workshop, std::string_view type);
Result<> publish_host_key(const HostKeyWorkshop& workshop, std::string_view type, const HostKeyFacts& facts);
Result<> remove_unfinished_host_key(const HostKeyFolder& folder, std::string_view type);

// Owner and mode of the pair: root, 0600 and 0644.
Result<> protect_host_key(const HostKeyFolder& folder, std::string_view type);

// "SHA256:..." of a key, as ssh shows it to whoever connects.
Result<std::string> host_key_fingerprint(const HostKeyFolder& folder, std::string_view type,
                                         std::chrono::seconds limit);

}  // namespace aimee
