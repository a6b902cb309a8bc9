// Uses every library of the sysroot once, so that toolchain/build can tell whether what it built
// links and runs. Says what it saw; exits with 1 when something answered wrongly.

#include <cstdio>
#include <expected>
#include <string>
#include <thread>
#include <vector>

#include <blkid/blkid.h>
#include <btrfsutil.h>
#include <fcntl.h>
#include <libmount/libmount.h>
#include <linux/btrfs.h>
#include <selinux/label.h>
#include <selinux/selinux.h>
#include <stdio.h>
#include <unistd.h>

namespace {

using Outcome = std::expected<std::string, std::string>;

Outcome probe_of_a_swap_signature() {
  char path[] = "/tmp/aimee-sysroot-check.XXXXXX";
  int disk = mkstemp(path);
  unlink(path);
  if (disk < 0 || ftruncate(disk, 1 << 20) != 0) return std::unexpected("no temporary file");
  const unsigned version = 1;
  const unsigned last_page = 255;
  pwrite(disk, &version, sizeof version, 1024);
  pwrite(disk, &last_page, sizeof last_page, 1028);
  pwrite(disk, "SWAPSPACE2", 10, 4086);

  blkid_probe probe = blkid_new_probe();
  const char* type = "nothing";
  blkid_probe_set_device(probe, disk, 0, 0);
  blkid_probe_enable_superblocks(probe, 1);
  if (blkid_do_safeprobe(probe) == 0) blkid_probe_lookup_value(probe, "TYPE", &type, nullptr);
  std::string seen = type;
  blkid_free_probe(probe);
  close(disk);
  if (seen != "swap") return std::unexpected("libblkid sees " + seen);
  return "libblkid sees " + seen;
}

Outcome mount_table() {
  libmnt_table* table = mnt_new_table_from_file("/proc/self/mountinfo");
  if (table == nullptr) return std::unexpected("libmount reads no /proc/self/mountinfo");
  const int mounts = mnt_table_get_nents(table);
  mnt_unref_table(table);
  return "libmount sees " + std::to_string(mounts) + " mounts";
}

Outcome label_lookup() {
  char path[] = "/tmp/aimee-sysroot-check.XXXXXX";
  const int rules = mkstemp(path);
  dprintf(rules, "/var/log(/.*)?\tsystem_u:object_r:var_log_t:s0\n");
  close(rules);
  const selinux_opt option{.type = SELABEL_OPT_PATH, .value = path};
  selabel_handle* labels = selabel_open(SELABEL_CTX_FILE, &option, 1);
  unlink(path);
  if (labels == nullptr) return std::unexpected("libselinux opens no file contexts");
  char* context = nullptr;
  const int found = selabel_lookup_raw(labels, &context, "/var/log/messages", 0100644);
  std::string label = found == 0 ? context : "none";
  freecon(context);
  selabel_close(labels);
  if (label != "system_u:object_r:var_log_t:s0") return std::unexpected("label " + label);
  return "libselinux and pcre2 give " + label + ", SELinux is " + (is_selinux_enabled() == 1 ? "on" : "off");
}

Outcome subvolume() {
  const btrfs_util_error error = btrfs_util_is_subvolume("/proc");
  if (error != BTRFS_UTIL_ERROR_NOT_BTRFS) return std::unexpected("libbtrfsutil takes /proc for btrfs");
  return std::string{"libbtrfsutil says "} + btrfs_util_strerror(error);
}

Outcome thread() {
  int answer = 0;
  std::thread{[&] { answer = 42; }}.join();
  if (answer != 42) return std::unexpected("the thread did nothing");
  return "a thread ran";
}

}  // namespace

int main() {
  const std::vector<Outcome> outcomes{probe_of_a_swap_signature(), mount_table(), label_lookup(), subvolume(),
                                      thread()};
  bool all_well = true;
  for (const Outcome& outcome : outcomes) {
    all_well = all_well && outcome.has_value();
    std::puts(outcome ? outcome->c_str() : ("WRONG: " + outcome.error()).c_str());
  }
  return all_well ? 0 : 1;
}
