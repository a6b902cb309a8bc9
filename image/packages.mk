# What is rebuilt from Debian's source, into POOL: the names of every layer's build.packages with every layer's patches/NAME/,
# and the kernel where a layer has a kernel.config (the last one counts). Included by the Makefile, whose variables it uses.
#
# A step a package: a changed patch makes that package stale and what is made from packages, a name that is no longer
# listed only the latter. Where the target is not of this machine's architecture each is built for both, because what maintainer
# scripts do is done in a twin of this machine's.
#
# REBUILD=NAME (of rebuild-pkg) builds that one again in any case.
built := $(sort $(shell $(SRC)/read-list $(call list_paths,build)))
ifneq ($(.SHELLSTATUS),0)
$(error a build.packages list cannot be read (above))
endif
built_for := $(sort $(ARCH) $(NATIVE))
package_builder := $(wildcard $(addprefix $(SRC)/debian/,build-*.sh pool.sh source-patches.sh))
package_stamps := $(foreach arch,$(built_for),$(patsubst %,$(stamp)/package-%-$(arch),$(built)))
kernel_config := $(lastword $(wildcard $(call own,kernel.config)))

$(call note,builder-tools,$(SRC)/debian/builder.packages)
$(stamp)/builder-tools: $(inputs)/builder-tools $(stamp)/host-tools
	$(call step,builder-tools,Tools to build packages,$(TOP)/toolchain/install-packages $(SRC)/debian/builder.packages)
	@touch $@

# $(call package_rule,NAME,ARCH)
define package_rule
$(call note,package-$1-$2,$(SRC)/debian/build-package $(package_builder) $(addsuffix /$1,$(call own,patches)))
$(stamp)/package-$1-$2: $(inputs)/package-$1-$2 $(stamp)/builder-tools $(if $(filter $1,$(REBUILD)),always)
	$$(call step,package-$1-$2,Package $1 from source ($2),$(SRC)/debian/build-package --source $1 --arch $2 --pool $(POOL) --work $(O)/rebuild --patches $(call own,patches) $(if $(filter $1,$(REBUILD)),--again))
	@touch $$@
endef
$(foreach arch,$(built_for),$(foreach name,$(built),$(eval $(call package_rule,$(name),$(arch)))))

.PHONY: always
ifneq ($(REBUILD),)
$(if $(filter $(REBUILD),$(built)),,$(error $(REBUILD) is in no build.packages of $(LAYERS)))
endif

ifneq ($(kernel_config),)
kernel_flavour := $(patsubst linux-image-%,%,$(KERNEL_PACKAGE))
override KERNEL_PACKAGE := linux-image-aimee
package_stamps += $(stamp)/package-linux-$(ARCH)
$(call note,package-linux-$(ARCH),--text '$(kernel_flavour)' $(kernel_config) $(SRC)/debian/build-kernel $(SRC)/debian/kernel.config $(package_builder) \
    $(addsuffix /linux,$(call own,patches)))
$(stamp)/package-linux-$(ARCH): $(inputs)/package-linux-$(ARCH) $(stamp)/builder-tools
	$(call step,package-linux-$(ARCH),Kernel from source ($(ARCH), $(kernel_flavour)),$(SRC)/debian/build-kernel --arch $(ARCH) --flavour $(kernel_flavour) --config $(kernel_config) --pool $(POOL) --work $(O)/rebuild --patches $(call own,patches))
	@touch $@
endif

$(call note,pool,--text '$(built) $(kernel_config)' $(SRC)/debian/index-pool)
$(stamp)/pool: $(inputs)/pool $(package_stamps)
	@mkdir -p $(POOL); $(foreach arch,$(built_for),$(SRC)/debian/index-pool --pool $(POOL) --arch $(arch) $(built) $(if $(and $(kernel_config),$(filter $(ARCH),$(arch))),linux);) touch $@

# Of this the tool root knows nothing: it stays as it is when a package of ours changes.
$(call note,own-index,$(SRC)/debian/update-own-index)
$(stamp)/own-index: $(inputs)/own-index $(stamp)/pool $(stamp)/indices
	$(call step,own-index,Index of our own packages,$(SRC)/debian/update-own-index)
	@touch $@
$(stamp)/base $(stamp)/kernel $(stamp)/unpacked: $(stamp)/own-index

# What rebuild-pkg builds with, when it is told nothing else than O.
$(shell mkdir -p $(O) && printf '%s\n' 'CONFIGDIR=$(own_config)' 'IMAGESDIR=$(IMAGESDIR)' 'AIMEE_BUILD=$(AIMEE_BUILD)' >$(O)/built-with)
