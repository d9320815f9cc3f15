# SPDX-License-Identifier: GPL-2.0-or-later
#
# The guest's tests on kernels other than the one that is built for, and as 32-bit
# programs.

.PHONY: check-kernels run-check-kernels check-m32 run-check-m32

kernel-names	:= cloud rt backports newest
KERNELS		?= $(kernel-names) m32

check-kernels: ## run the guest's tests on other kernels; KERNELS="cloud rt ..." chooses
	@$(install-packages) build guest kernels
	$(Q)$(MAKE) run-check-kernels

check-m32: ## run the guest's tests as 32-bit programs
	@$(install-packages) build guest kernels
	$(Q)$(MAKE) run-check-m32

run-check-kernels: guest-module tools $(guest-tests)
	$(Q)$(test-environment) TESTS='$(TESTS)' tests/kernels/run $(KERNELS)

run-check-m32: guest-module
	$(Q)$(test-environment) TESTS='$(TESTS)' tests/kernels/run m32
