# The builder's own image for QEMU, with a root shell for the tests on another serial port.
EXTENDS := qemu-amd64
POST_BUILD_FILES := $(TOP)/tests/boot/images/add-test-shell $(TOP)/tests/boot/test-shell $(TOP)/tests/boot/test-shell.service
