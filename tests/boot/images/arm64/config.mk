# The builder's own image for QEMU.
EXTENDS := qemu-arm64
include $(TOP)/tests/boot/images/tests.mk
