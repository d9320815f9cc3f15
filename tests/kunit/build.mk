# SPDX-License-Identifier: GPL-2.0-or-later
#
# The KUnit suites, tests/kunit/*.c, which are one module for a guest whose kernel
# has CONFIG_KUNIT=y: the one in KDIR= and KERNEL_IMAGE=, or the debug kernel.

.PHONY: check-kunit run-check-kunit

kunit-kernel	= $(if $(KERNEL_IMAGE),echo '$(KDIR) $(KERNEL_IMAGE)',CC='$(CC)' tests/vm/debug-kernel debug)
kunit-packages	= $(if $(KERNEL_IMAGE),,$(if $(wildcard tests/vm/debug-kernel),debug))

check-kunit: ## run the KUnit suites in a guest; SUITES="name ..." chooses
	@$(install-packages) build guest $(kunit-packages)
	$(Q)$(MAKE) run-check-kunit

run-check-kunit:
	$(Q)kernel=$$($(kunit-kernel)) && tests/kunit/run --build $(BUILD)/kunit $$kernel $(SUITES)
