# SPDX-License-Identifier: GPL-2.0-or-later
#
# The storms.  tests/storm/*.c are cmocka programs for the guest, but for
# those of storm-shared, which are linked with each, and those that are part of one.

.PHONY: check-storms run-check-storms

cflags-tests/storm	:= -Iuapi -Iuser/lib
storm-shared		:= common ledger left
# Those that have files of their own.
storm-of-calls		:= call_ledger call_parties call_servers
storm-of-leases		:= lease_ledger
storm-names		:= $(filter-out $(storm-shared) $(storm-of-calls) $(storm-of-leases), \
	$(call programs,storm))
storm-tests		:= $(storm-names:%=$(BUILD)/tests/storm/%)
storm-common		:= $(call objects,$(storm-shared:%=tests/storm/%.c))
# What whoever calls make says counts; other files have defaults for these, too.
given			= $(if $(filter command environment,$(firstword $(origin $(1)))),$($(1)))
storm-chosen		= $(or $(call given,TESTS),$(storm-names))
storm-seconds		= $(or $(call given,SECONDS),20)
storm-limit		= $(shell echo $$(($(storm-seconds) + 240)))
# On a machine that is busy the guest's clock falls behind.
storm-timeout		= $(shell echo $$((($(storm-seconds) + 60) * $(words $(storm-chosen)) * 4 + 600)))
storm-environment	= $(guest-environment) GUEST_LIMIT='$(storm-limit)' \
	GUEST_TIMEOUT='$(storm-timeout)' GUEST_MEMORY='$(or $(STORM_MEMORY),1G)' \
	STORM_SECONDS='$(storm-seconds)' STORM_SEED='$(call given,SEED)'

tests: $(storm-tests)

$(storm-tests): $(BUILD)/tests/storm/%: $(BUILD)/obj/tests/storm/%.o $(storm-common) \
		$(guest-common) $(BUILD)/libipcq.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(cflags) $(LDFLAGS) -o $@ $^ $(lib-libs) -lcmocka

$(BUILD)/tests/storm/calls: $(call objects,$(storm-of-calls:%=tests/storm/%.c))
$(BUILD)/tests/storm/leases: $(call objects,$(storm-of-leases:%=tests/storm/%.c))

# On the debug kernel, unless another is given.
storm-kernel		= $(if $(call given,KDIR)$(call given,KERNEL_IMAGE),,$(addsuffix \
	$(empty) debug,$(wildcard tests/vm/with-kernel)))

check-storms: ## kill and disturb at random; SECONDS= each, SEED=, TESTS="name ..."
	@$(install-packages) build guest $(if $(storm-kernel),debug)
	$(Q)CC='$(CC)' $(storm-kernel) $(MAKE) run-check-storms

run-check-storms: guest-module $(storm-tests)
	$(Q)$(storm-environment) tests/storm/run $(storm-chosen:%=$(BUILD)/tests/storm/%)
