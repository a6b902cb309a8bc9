// libmount's tables and iterators, which free themselves.
#pragma once

#include <libmount/libmount.h>

#include <memory>

namespace aimee {

struct FreeOfLibmount {
  void operator()(libmnt_table* table) const { mnt_unref_table(table); }
  void operator()(libmnt_iter* iterator) const { mnt_free_iter(iterator); }
};

using Table = std::unique_ptr<libmnt_table, FreeOfLibmount>;
using Iterator = std::unique_ptr<libmnt_iter, FreeOfLibmount>;

}  // namespace aimee
