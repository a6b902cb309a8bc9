# What each step reads, as lists that change only when it does; note-inputs explains.
inputs := $(O)/inputs
note = $(if $(shell $(SRC)/note-inputs $(inputs) $1 $2 && mkdir -p $(O)/stamps && echo noted),,$(error the inputs of the step $1 cannot be listed))

# $(call lists,NAME): NAME.packages of every layer; $(call own,NAME): a file or folder of every layer.
lists = $(wildcard $(addsuffix /$1.packages,$(LAYERS)))
own = $(addsuffix /$1,$(LAYERS))
list_paths = $(addsuffix .packages,$(foreach name,$1,$(call own,$(name))))

debian := $(SRC)/debian/apt.sh $(SRC)/read-list
pins := $(call list_paths,backports) $(POOL)/Packages

$(call note,host-tools,$(call list_paths,host-tools))
$(call note,indices,--text $(ARCH)-$(NATIVE) $(debian) $(SRC)/debian/update-indices)
$(call note,tools,$(debian) $(SRC)/debian/make-tool-root $(SRC)/debian/bootstrap $(SRC)/debian/tools.packages $(TOP)/policy/tools.packages $(call list_paths,backports))
$(call note,base,--text $(ARCH) $(debian) $(pins) $(addprefix $(SRC)/debian/,make-base bootstrap transplant accounts.sh) \
    $(call list_paths,install installonly) $(call own,accounts))
$(call note,kernel,--text $(ARCH)-$(KERNEL_PACKAGE) $(debian) $(pins) $(SRC)/debian/take-kernel $(call own,kernel.config))
$(call note,unpacked,--text $(ARCH) $(debian) $(pins) $(SRC)/debian/unpack-packages $(call list_paths,unpack))
$(call note,aimee,--text '$(AIMEE_PRESET) $(AIMEE_BUILD) $(SOURCE_DATE_EPOCH)' $(SRC)/steps/build-aimee $(AIMEE_BUILD) \
    $(addprefix $(TOP)/,CMakeLists.txt CMakePresets.json LICENSE README.md applets cmake lib packaging tmpfiles.d toolchain units))
$(call note,policy,$(SRC)/steps/make-policy $(SRC)/debian/in-tools $(TOP)/policy)
$(call note,root,--text '$(SOURCE_DATE_EPOCH) $(CMDLINE)' $(SRC)/debian/in-tools $(SRC)/read-list \
    $(addprefix $(SRC)/steps/,copy-base add-own-trees clean-root add-overlays apply-tmpfiles run-post-build finish-root label-root) \
    $(call own,overlay) $(call own,post-build.sh) $(call own,masked.units) $(call own,busybox.applets) \
    $(call own,removed.paths) $(call list_paths,removed) $(POST_BUILD_FILES))
$(call note,squashfs,--text '$(SQUASHFS_LEVEL)' $(SRC)/steps/make-squashfs)
$(call note,initrd,--text '$(SOURCE_DATE_EPOCH)' $(SRC)/steps/make-initrd $(SRC)/initrd $(call own,initrd.modules))
$(call note,disk,--text '$(BOOT_SIZE) $(SLOT_SIZE) $(DATA_SIZE) $(DISK_SIZE) $(CMDLINE)' $(SRC)/steps/make-disk)
$(call note,sbom,$(SRC)/debian/make-sbom)
$(call note,release,--text '$(IMAGESDIR)' $(SRC)/steps/release)
