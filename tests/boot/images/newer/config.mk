# A later release of the amd64 image, for updates and downgrades: another host name, a subvolume more, an account more,
# and a policy that labels a path differently.
EXTENDS := qemu-amd64
include $(TOP)/tests/boot/images/tests.mk
