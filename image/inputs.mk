# What each step reads, as lists that change only when it does; note-inputs explains.
inputs := $(O)/inputs

# $(call lists,NAME): NAME.packages of every layer; $(call own,NAME): a file or folder of every layer.
lists = $(wildcard $(addsuffix /$1.packages,$(LAYERS)))
own = $(addsuffix /$1,$(LAYERS))
list_paths = $(addsuffix .packages,$(foreach name,$1,$(call own,$(name))))

debian := $(SRC)/debian/apt.sh $(TOP)/toolchain/mirror.sh $(SRC)/read-list
pins := $(call list_paths,backports) $(SRC)/debian/pool.preferences

define steps
--step host-tools $(call list_paths,host-tools)
--step indices --text $(ARCH)-$(NATIVE) $(debian) $(SRC)/debian/update-indices
--step tools --text '$(TOOL_ROOT)' $(debian) $(SRC)/debian/make-tool-root $(SRC)/debian/bootstrap $(SRC)/debian/settle-times $(SRC)/debian/tools.packages $(TOP)/policy/tools.packages $(call list_paths,backports)
--step base --text $(ARCH) $(debian) $(pins) $(addprefix $(SRC)/debian/,make-base bootstrap settle-times transplant accounts.sh) $(call list_paths,install installonly) $(call own,accounts)
--step kernel --text $(ARCH)-$(KERNEL_PACKAGE) $(debian) $(pins) $(SRC)/debian/take-kernel $(SRC)/debian/settle-times $(call own,kernel.config)
--step unpacked --text $(ARCH) $(debian) $(pins) $(SRC)/debian/unpack-packages $(call list_paths,unpack)
--step aimee --text '$(AIMEE_PRESET) $(AIMEE_BUILD) $(SOURCE_DATE_EPOCH)' $(SRC)/steps/build-aimee $(addprefix $(AIMEE_BUILD)/,$(if $(AIMEE_BUILD),aimee pages units)) $(addprefix $(TOP)/,CMakeLists.txt CMakePresets.json LICENSE README.md applets cmake lib packaging tmpfiles.d toolchain units)
--step policy $(SRC)/steps/make-policy $(SRC)/debian/in-tools $(TOP)/policy
--step root --text '$(SOURCE_DATE_EPOCH) $(CMDLINE)' $(SRC)/debian/in-tools $(SRC)/read-list $(addprefix $(SRC)/steps/,copy-base add-own-trees clean-root add-overlays apply-tmpfiles run-post-build check-root finish-root label-root) $(call own,overlay) $(call own,post-build.sh) $(call own,masked.units) $(call own,busybox.applets) $(call own,removed.paths) $(call list_paths,removed) $(POST_BUILD_FILES)
--step squashfs --text '$(SQUASHFS_LEVEL)' $(SRC)/steps/make-squashfs
--step initrd --text '$(SOURCE_DATE_EPOCH)' $(SRC)/steps/make-initrd $(SRC)/initrd $(call own,initrd.modules)
--step disk --text '$(BOOT_SIZE) $(SLOT_SIZE) $(DATA_SIZE) $(DISK_SIZE) $(CMDLINE)' $(SRC)/steps/make-disk $(SRC)/steps/zero-data-partition
--step sbom $(addprefix $(SRC)/debian/,make-sbom validate-sbom)
--step release --text '$(IMAGESDIR)' $(SRC)/steps/release $(SRC)/steps/zero-data-partition
endef

note_all = $(if $(shell mkdir -p $(O)/stamps && $(SRC)/note-inputs $(inputs) $1 && echo noted),,$(error what the steps read cannot be listed))
$(call note_all,$(strip $(steps)))
# $(call note,NAME,PATH...): for a step that is not in the list above.
note = $(call note_all,--step $1 $2)
