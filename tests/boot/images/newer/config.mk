# A later release of the amd64 image, for updates and downgrades: another host name, a subvolume more, an account more,
# and a policy that labels a path differently.
EXTENDS := qemu-amd64
POST_BUILD_FILES := $(TOP)/tests/boot/images/add-test-shell $(TOP)/tests/boot/test-shell $(TOP)/tests/boot/test-shell.service
# A small disk: each test copies it, a reset reads and erases all of it.
SLOT_SIZE := 96
DISK_SIZE := 1024
