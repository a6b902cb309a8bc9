# What a config.mk may set. ARCH has no default.
#
# The kernel: a package of Debian that depends on it; with a kernel.config in CONFIGDIR, ours is built instead.
KERNEL_PACKAGE := linux-image-$(ARCH)
# After what every appliance has on its kernel command line, see CMDLINE below.
CMDLINE_EXTRA :=
# Sizes in MiB. The data partition grows to the disk at the first boot; DISK_SIZE is what the image file is extended
# to, with a hole, for those who boot the file itself; 0: not at all.
BOOT_SIZE := 64
SLOT_SIZE := 256
DATA_SIZE := 16
DISK_SIZE := 0
# zstd's, 1 to 22.
SQUASHFS_LEVEL := 15
# A finished build folder of aimee for ARCH, taken as it is; empty: aimee is built.
AIMEE_BUILD :=
# The tool root of another build by this machine, its O/tools, taken as it is; empty: one is made.
TOOL_ROOT :=

# SELinux is named because Debian's kernel would start AppArmor; gpt, because Linux reads the backup of a partition
# table whose growth was cut short only then; panic, because nobody is there to press a key.
CMDLINE = root=PARTLABEL=aimee-root-a ro security=selinux selinux=1 enforcing=1 gpt panic=30 $(CMDLINE_EXTRA)
