#!/usr/bin/env bash
# post-build.sh of the Yellow: Raspberry Pi's firmware and its config.txt into the boot partition, the device tree into
# the slot. Environment: docs/image.md. Exit: 0 done, 1 a file is not where the packages had it.
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")

firmware=$UNPACKED/raspi-firmware/usr/lib/raspi-firmware
install -m 0644 "$firmware"/{start4.elf,fixup4.dat} "$here/config.txt" "$BOOT_DIR/"
# The licence asks to go with the binaries.
install -m 0644 "$UNPACKED/raspi-firmware/usr/share/doc/raspi-firmware/copyright" "$BOOT_DIR/LICENCE.broadcom"
install -m 0644 "$KERNEL/dtbs/broadcom/bcm2711-rpi-cm4-io.dtb" "$SLOT_DIR/"
