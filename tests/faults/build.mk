# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fault injection.  tests/faults/*.c are cmocka programs for the guest, but for those
# of faults-shared, which are linked with each.  They need a kernel that can make its
# allocations and copies fail: the project's own debug kernel, or that of KERNEL_IMAGE=.

.PHONY: check-faults run-check-faults

cflags-tests/faults	:= -Iuapi
faults-shared		:= inject operations snapshot
faults-names		:= $(filter-out $(faults-shared),$(call programs,faults))
faults-tests		:= $(faults-names:%=$(BUILD)/tests/faults/%)
faults-common		:= $(call objects,$(faults-shared:%=tests/faults/%.c)) $(guest-common)
faults-chosen		= $(if $(filter command environment,$(firstword $(origin TESTS))),$(TESTS),$(faults-names))
faults-environment	= $(guest-environment) GUEST_LIMIT=900 GUEST_TIMEOUT=3600 \
	GUEST_MEMORY='$(or $(FAULTS_MEMORY),1G)'

tests: $(faults-tests)

$(faults-tests): $(BUILD)/tests/faults/%: $(BUILD)/obj/tests/faults/%.o $(faults-common)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(cflags) $(LDFLAGS) -o $@ $^ -lcmocka

check-faults: ## fail each allocation and copy of each call; TESTS="name ..." chooses
ifdef KERNEL_IMAGE
	@$(install-packages) build guest
	$(Q)$(MAKE) run-check-faults
else
	@$(install-packages) build guest debug
	$(Q)words=$$(CC='$(CC)' tests/vm/debug-kernel debug) && \
		$(MAKE) run-check-faults KDIR="$${words%% *}" KERNEL_IMAGE="$${words#* }"
endif

run-check-faults: guest-module $(faults-tests)
	$(Q)$(faults-environment) tests/faults/run $(faults-chosen:%=$(BUILD)/tests/faults/%)
