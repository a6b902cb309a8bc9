# The builder's own image for QEMU, with a root shell for the tests on another serial port.
EXTENDS := qemu-amd64
POST_BUILD_FILES := $(TOP)/tests/boot/images/add-test-shell $(TOP)/tests/boot/test-shell $(TOP)/tests/boot/test-shell.service
# A small disk: each test copies it, a reset reads and erases all of it.
SLOT_SIZE := 96
DISK_SIZE := 1024
