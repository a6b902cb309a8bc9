// The search for what is left of file systems whose beginning is gone.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "plan/remnant.h"
#include "system/fd.h"

namespace aimee {

// All that plan/remnant.h knows of, behind the head: some 300 reads of one sector and the last two MiB. Besides, what
// libblkid sees where a first partition often begins, and where a backup GPT says that one does. Failed: one of the
// places cannot be read.
Result<Remnants> find_remnants(const Fd& device, std::uint64_t size);

// The header of a backup GPT stands in the last sector, of 512 or 4096 bytes; without the protective MBR libblkid does
// not look there. Its sector's size, 0 where there is none. Source: UEFI specification, "GPT Header".
Result<std::uint64_t> backup_table_sector(const Fd& device, std::uint64_t size);

}  // namespace aimee
