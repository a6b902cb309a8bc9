# For tests: a machine of QEMU, booted with -kernel and -initrd.
ARCH := arm64
# Without the drivers of real hardware.
KERNEL_PACKAGE := linux-image-cloud-arm64
CMDLINE_EXTRA := console=ttyAMA0
SLOT_SIZE := 192
DISK_SIZE := 2048
# Fast rather than small.
SQUASHFS_LEVEL := 3
