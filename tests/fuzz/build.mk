# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fuzzing: of the device, in a guest with a debugging kernel (tests/fuzz/*.c), and of
# pure parts on the host (tests/fuzz/host/*.c).

.PHONY: check-fuzz run-check-fuzz fuzz-module

fuzz-program	:= $(BUILD)/fuzz/fuzz
fuzz-objects	:= $(call objects,tests/fuzz/*.c)
fuzz-module	:= $(BUILD)/fuzz/module/ipcq.ko
cflags-tests/fuzz := -Iuapi

$(fuzz-program): $(fuzz-objects)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(cflags) $(LDFLAGS) -o $@ $^

tests: $(fuzz-program)

# Instrumented, in a copy of its own.
fuzz-module:
	$(Q)tests/vm/build-module $(KDIR) $(dir $(fuzz-module)) KCOV_INSTRUMENT=y

# SECONDS= how long, SEED= what to begin with, REPLAY= a file of programs to repeat.
check-fuzz: ## fuzz the device and the parsers; SECONDS=, SEED=, REPLAY=FILE
	@$(install-packages) build guest
	$(Q)$(MAKE) run-check-fuzz

run-check-fuzz: fuzz-module $(fuzz-program)
	$(Q)KDIR='$(KDIR)' KERNEL_IMAGE='$(KERNEL_IMAGE)' MODULE='$(fuzz-module)' \
		PROGRAM='$(fuzz-program)' FUZZ_SECONDS='$(SECONDS)' FUZZ_SEED='$(SEED)' \
		FUZZ_REPLAY='$(REPLAY)' BUILD='$(BUILD)' tests/fuzz/check
