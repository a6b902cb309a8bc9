# Home Assistant Yellow with a Compute Module 4; docs/yellow.md.
ARCH := arm64
KERNEL_PACKAGE := linux-image-arm64
# The serial port on the USB-C connector is, in the kernel's own device tree, the second UART; tty1 is HDMI's.
CMDLINE_EXTRA := console=tty1 console=ttyS1,115200
BOOT_SIZE := 256
SLOT_SIZE := 512
SQUASHFS_LEVEL := 19
