// libblkid, asked so that nothing hides behind anything else.
#include "storage/signatures.h"

#include <blkid/blkid.h>

#include <memory>

#include "base/text.h"

namespace aimee {

namespace {

using Probe = std::unique_ptr<blkid_struct_probe, decltype([](blkid_probe probe) { blkid_free_probe(probe); })>;

// More magic numbers than any kind but ZFS has. Of ZFS the first ones do.
constexpr int most_magics = 64;

std::string looked_up(blkid_probe probe, const char* name) {
  const char* value = nullptr;
  if (blkid_probe_lookup_value(probe, name, &value, nullptr) != 0 || value == nullptr) return {};
  return value;
}

// Where the magic number stands, and its length.
struct Magic {
  std::optional<std::uint64_t> offset;
  std::size_t length = 0;
};

Magic magic_of(blkid_probe probe, const char* offset_name, const char* name) {
  const char* value = nullptr;
  Magic magic{.offset = parse_number(looked_up(probe, offset_name))};
  if (blkid_probe_lookup_value(probe, name, &value, &magic.length) != 0) magic.length = 0;
  return magic;
}

}  // namespace

// libblkid's own "safe" probing would stop at the second signature, and of each kind it tells only the first place. So
// each magic number is hidden when it was found, in libblkid's memory, and the kind is asked for again.
SeenSignatures read_signatures(const Fd& device, std::uint64_t begin, std::uint64_t length, bool tables) {
  SeenSignatures seen;
  const Probe probe(blkid_new_probe());
  if (!probe || blkid_probe_set_device(probe.get(), device.get(), static_cast<blkid_loff_t>(begin),
                                       static_cast<blkid_loff_t>(length)) != 0) {
    return seen;
  }
  blkid_probe_enable_superblocks(probe.get(), 1);
  blkid_probe_set_superblocks_flags(probe.get(),
                                    BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL | BLKID_SUBLKS_BADCSUM | BLKID_SUBLKS_MAGIC);
  blkid_probe_enable_partitions(probe.get(), tables ? 1 : 0);
  blkid_probe_set_partitions_flags(probe.get(), BLKID_PARTS_MAGIC);
  int status = 0;
  int hidden = 0;
  while ((status = blkid_do_probe(probe.get())) == 0) {
    std::string type = looked_up(probe.get(), "TYPE");
    const bool is_table = type.empty();
    if (is_table) type = concat(looked_up(probe.get(), "PTTYPE"), " partition table");
    const Magic magic =
        magic_of(probe.get(), is_table ? "PTMAGIC_OFFSET" : "SBMAGIC_OFFSET", is_table ? "PTMAGIC" : "SBMAGIC");
    Signature& found = seen.found.emplace_back(std::move(type), looked_up(probe.get(), "LABEL"), std::nullopt);
    if (!magic.offset) continue;
    found.offset = begin + *magic.offset;
    if (magic.length == 0 || ++hidden > most_magics) continue;
    if (blkid_probe_hide_range(probe.get(), *magic.offset, magic.length) == 0) blkid_probe_step_back(probe.get());
  }
  seen.certain = status == 1;  // 1 = nothing more; negative = an error
  return seen;
}

}  // namespace aimee
