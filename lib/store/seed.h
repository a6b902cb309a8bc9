// The writable parts of /etc: from the image into the store, and from the store over the image.
//
// A cut anywhere leaves each entry absent or whole. An entry that the store has is never written to, but for the
// accounts that a newer image adds to shadow.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "plan/entry_plan.h"
#include "selinux/labels.h"
#include "store/places.h"

namespace aimee {

// One run at a time: the store's lock, held until the result is closed; waits for another run's end.
Result<Fd> lock_store(const Places& places);

// What plan_entry() wants to know; changes nothing.
Result<EntryFacts> facts_of(const Places& places, const WritableEntry& entry);

// One action after another; the store is there and locked.
Result<> carry_out(EntryAction action, const Places& places, const WritableEntry& entry, const FileContexts& contexts);

// What the store's version of an entry is made of, where that is not the image's file itself: shadow is padded to
// whole blocks, and a machine id is the one that the system has now.
Result<std::optional<std::string>> content_to_seed(const Places& places, const WritableEntry& entry, const Look& image);

// Makes the note of the image's version the present one.
Result<> note_image(const Places& places, const WritableEntry& entry, const FileContexts& contexts);

// Mounts the store's version over the image's.
Result<> bind_entry(const Places& places, const WritableEntry& entry);

// The text of a file that was looked at.
Result<std::string> text_of(const Look& file, std::string_view subject);

// Gives the kernel the host name that the store's hostname file says, if it has another. The new name, or empty where
// the file says none or that. Refused: what it says is no host name; the one in force stays.
Result<std::string> apply_host_name(const Places& places);

}  // namespace aimee
