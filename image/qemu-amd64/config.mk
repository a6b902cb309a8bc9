# For tests: a machine of QEMU, booted with -kernel and -initrd.
ARCH := amd64
# Without the drivers of real hardware.
KERNEL_PACKAGE := linux-image-cloud-amd64
CMDLINE_EXTRA := console=ttyS0
SLOT_SIZE := 192
DISK_SIZE := 2048
# Fast rather than small.
SQUASHFS_LEVEL := 3
