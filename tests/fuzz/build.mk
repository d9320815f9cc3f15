# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fuzzing: of the device, in a guest with a debugging kernel (tests/fuzz/*.c), and of
# pure parts on the host (tests/fuzz/host/*.c).

.PHONY: check-fuzz run-check-fuzz fuzz-host

fuzz-program	:= $(BUILD)/fuzz/fuzz
fuzz-objects	:= $(call objects,tests/fuzz/*.c)
cflags-tests/fuzz := -Iuapi

$(fuzz-program): $(fuzz-objects)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(cflags) $(LDFLAGS) -o $@ $^

tests: $(fuzz-program)

# ------------------------------------------------------------------------ the host
#
# libFuzzer comes with clang.  Each of tests/fuzz/host/*.c is a target, linked with
# what is named for it.

FUZZ_CC		?= clang
fuzz-targets	:= $(patsubst tests/fuzz/host/%.c,$(BUILD)/fuzz/host/%,$(wildcard tests/fuzz/host/*.c))
fuzz-sanitize	:= -fsanitize=fuzzer,address,undefined,float-cast-overflow \
		   -fno-sanitize-recover=undefined,float-cast-overflow -O1 -g
fuzz-cflags	:= -std=gnu11 -D_GNU_SOURCE= -Wall -Wextra $(fuzz-sanitize) -iquote kmod -Iuapi \
		   -Iuser/lib -Iuser/ipcq -Iuser/bench $(call pkg-config,--cflags,jansson)

fuzz-arguments	:= user/ipcq/arguments.c
fuzz-output	:= user/ipcq/output.c user/ipcq/base64.c
fuzz-netlink	:= $(wildcard user/lib/*.c)
fuzz-bench	:= user/bench/compare.c user/bench/parse.c
fuzz-wraps-arguments	:= -Wl,--wrap=argp_error,--wrap=getpwnam
fuzz-wraps-netlink	:= -Wl,--wrap=nl_socket_alloc,--wrap=genl_connect,--wrap=genl_ctrl_resolve

fuzz-host: $(fuzz-targets)

fuzz-headers	:= $(wildcard tests/fuzz/host/*.h kmod/*.h uapi/linux/*.h user/*/*.h)
$(foreach target,$(notdir $(fuzz-targets)),$(eval $(BUILD)/fuzz/host/$(target): $(fuzz-$(target))))

$(fuzz-targets): $(BUILD)/fuzz/host/%: tests/fuzz/host/%.c $(fuzz-headers)
	$(call say,CLANG,$@)
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(fuzz-cflags) $(fuzz-wraps-$*) -o $@ $< $(fuzz-$*) $(tool-libs) -lm

# ------------------------------------------------------------------------- running

# SECONDS= how long, SEED= what to begin with, REPLAY= a file of programs to repeat.
check-fuzz: ## fuzz the device and the parsers; SECONDS=, SEED=, REPLAY=FILE
	@$(install-packages) build guest fuzz $(if $(KERNEL_IMAGE),,debug)
	$(Q)CC='$(CC)' $(if $(KERNEL_IMAGE),,tests/vm/with-kernel debug) \
		$(MAKE) run-check-fuzz

run-check-fuzz: guest-module $(fuzz-program) fuzz-host
	$(Q)KDIR='$(KDIR)' KERNEL_IMAGE='$(KERNEL_IMAGE)' MODULE='$(guest-module-path)' \
		PROGRAM='$(fuzz-program)' FUZZ_SECONDS='$(or $(SECONDS),60)' FUZZ_SEED='$(SEED)' \
		FUZZ_REPLAY='$(REPLAY)' HOST_TARGETS='$(fuzz-targets)' BUILD='$(BUILD)' tests/fuzz/check
