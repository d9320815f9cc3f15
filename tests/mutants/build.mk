# SPDX-License-Identifier: GPL-2.0-or-later
#
# The module, broken on purpose.

.PHONY: check-mutants run-check-mutants

check-mutants: ## break the module on purpose: the tests must notice; MUTANTS= chooses
	@$(install-packages) build guest style debug
	$(Q)$(MAKE) run-check-mutants

# The storms' files are read after this one: what they are is known once a recipe runs.
run-check-mutants:
	$(Q)$(MAKE) -s $(guest-tests) $(faults-tests) $(storm-tests) $(fuzz-program)
	$(Q)KDIR='$(KDIR)' CC='$(CC)' TEST_PROGRAMS='$(abspath $(BUILD))' \
		tests/mutants/run $(MUTANTS)
