# Which appliance is built: CONFIGDIR's variables, then what follows from them. See docs/image.md for each variable.
must_be_set = $(if $($1),,$(error $1 is not set; make -C image CONFIGDIR=$(or $(CONFIGDIR),qemu-amd64) O=/path/to/build IMAGESDIR=/path/for/results))
must_be_absolute = $(if $(filter /%,$($1)),,$(error $1=$($1) is not an absolute path))
$(foreach name,CONFIGDIR O IMAGESDIR,$(call must_be_set,$(name)))
$(foreach name,O IMAGESDIR,$(call must_be_absolute,$(name)))
$(foreach name,SRC CONFIGDIR O IMAGESDIR,$(if $(word 2,$($(name))),$(error $(name)=$($(name)): make cannot work with a blank in a path)))
override O := $(abspath $(O))
override IMAGESDIR := $(abspath $(IMAGESDIR))

# A folder's name in image/, or an absolute path.
config_folder = $(or $(realpath $(if $(filter /%,$1),$1,$(SRC)/$1)),$(error CONFIGDIR=$1: no such folder, neither in image/ nor as an absolute path))
own_config := $(call config_folder,$(CONFIGDIR))
$(if $(wildcard $(own_config)/config.mk),,$(error $(own_config) has no config.mk))

include $(SRC)/defaults.mk
include $(own_config)/config.mk
# EXTENDS names another configuration, whose lists, overlays and scripts come before CONFIGDIR's own.
extended := $(if $(EXTENDS),$(call config_folder,$(EXTENDS)))
ifneq ($(extended),)
include $(extended)/config.mk $(own_config)/config.mk
endif
# In the order in which they are applied; the last one wins.
LAYERS := $(strip $(SRC) $(extended) $(own_config))

$(if $(filter $(ARCH),amd64 arm64),,$(error ARCH=$(ARCH) in $(own_config)/config.mk: neither amd64 nor arm64))
NATIVE := $(shell dpkg --print-architecture)
AIMEE_PRESET := $(if $(filter amd64,$(ARCH)),x86_64-musl,aarch64-musl)
SOURCE_DATE_EPOCH := $(or $(SOURCE_DATE_EPOCH),$(shell $(SRC)/release-time $(TOP) $(own_config)))

# Where things are below O.
TOOLS := $(O)/tools
POOL := $(O)/packages
BASE := $(O)/base
KERNEL := $(O)/kernel
UNPACKED := $(O)/unpacked
POLICY := $(O)/policy
ROOT := $(O)/root
BOOT := $(O)/boot
SLOT := $(BOOT)/slot-a

# What the steps' scripts and post-build.sh find in their environment.
export SRC TOP O IMAGESDIR LAYERS ARCH NATIVE SOURCE_DATE_EPOCH KERNEL_PACKAGE CMDLINE
export BOOT_SIZE SLOT_SIZE DATA_SIZE DISK_SIZE SQUASHFS_LEVEL AIMEE_BUILD AIMEE_PRESET TOOL_ROOT
export TOOLS POOL BASE KERNEL UNPACKED POLICY ROOT BOOT SLOT
