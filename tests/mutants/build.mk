# SPDX-License-Identifier: GPL-2.0-or-later
#
# The module, broken on purpose.

.PHONY: check-mutants run-check-mutants

check-mutants: ## break the module on purpose: the tests must notice; MUTANTS= chooses
	@$(install-packages) build guest style debug
	$(Q)$(MAKE) run-check-mutants

run-check-mutants: $(guest-tests)
	$(Q)KDIR='$(KDIR)' CC='$(CC)' GUEST_PROGRAMS='$(abspath $(BUILD)/tests/guest)' \
		tests/mutants/run $(MUTANTS)
