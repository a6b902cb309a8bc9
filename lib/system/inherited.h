// What a process has from whoever started it: standard files, signals, umask, limits, PATH.
#pragma once

namespace aimee {

// Makes of it what everything else here counts on. Once, before anything is opened:
// - descriptors 0, 1 and 2 are open, so that no disk becomes one of them and gets what is said there. One that was
//   closed cannot be read or written, and who needs it is told so.
// - no signal is blocked; the end of a child is noticed; a reader that is gone, or a file that may not grow, is an
//   error of write(2) and no signal in the middle of the work.
// - the umask is 022, a file may become as large as it is permitted to, and PATH is there.
void settle_inherited_state();

// Whether who started this process wants it to ignore the signal: nohup(1), a shell's background job.
bool was_ignored(int signal);

}  // namespace aimee
