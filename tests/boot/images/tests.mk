# What the images of these tests have in common: a root shell for the tests on another serial port (each one's post-build.sh
# adds it), and a small disk, since each test copies it, and a reset reads and erases all of it.
POST_BUILD_FILES := $(addprefix $(TOP)/tests/boot/,images/add-test-shell test-shell test-shell.service)
SLOT_SIZE := 96
DISK_SIZE := 1024
