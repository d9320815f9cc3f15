# SPDX-License-Identifier: GPL-2.0-or-later
#
# The guest's tests on kernels other than the one that is built for.

.PHONY: check-kernels run-check-kernels

KERNELS	?= cloud rt backports newest
check-kernels: ## run the guest's tests on other kernels; KERNELS="cloud rt ..." chooses
	@$(install-packages) build guest kernels
	$(Q)$(MAKE) run-check-kernels

run-check-kernels: tools $(guest-tests)
	$(Q)$(test-environment) COMMAND='$(BUILD)/ipcq' TESTS='$(TESTS)' \
		tests/kernels/run $(KERNELS)
