# The builder's own image for QEMU.
EXTENDS := qemu-amd64
include $(TOP)/tests/boot/images/tests.mk
