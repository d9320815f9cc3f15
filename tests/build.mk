# SPDX-License-Identifier: GPL-2.0-or-later
#
# The tests and everything that boots a guest.
#
# tests/host/*.c	cmocka programs for the host, built with the sanitizers.  Each
#			is linked with the library, and with what tests/host/sources.mk
#			names for it: host-NAME-sources := kmod/order.c ...
# tests/guest/*.c	cmocka programs for the real device, run in a guest
#
# In both, common.c is no program but linked with each.
#
# The guest runs Debian's kernel that fits the headers in KDIR=, or, when
# KERNEL_IMAGE= is given too, that one; the module is then built in a copy of its
# own, so that the normal build stays as it is.

.PHONY: check check-all soak check-host check-guest check-install check-gdb check-red demo shell gdb style
.PHONY: bench-cost check-cost cost-update run-bench-cost run-check-cost run-cost-update
.PHONY: run-check run-check-guest run-check-install run-check-gdb run-demo run-shell run-gdb
.PHONY: run-style abi-update tests guest-module

GUEST_LIMIT	?= 60
GUEST_TIMEOUT	?= 540
GUEST_MEMORY	?= 512M
GUEST_LABEL	?= guest
export RUN GDB_ARGS

-include tests/host/sources.mk

cflags-kmod		:= -Itests/host/include -Ikmod -Iuapi
cflags-tests/host	:= -Itests/host/include -Ikmod -Iuapi -Iuser/lib -Iuser/ipcq -Iuser/bench
cflags-tests/guest	:= -Iuapi -Iuser/lib
sanitize		:= -fsanitize=address,undefined -fno-sanitize-recover=undefined \
			   -fno-omit-frame-pointer

programs	= $(filter-out common,$(patsubst tests/$(1)/%.c,%,$(wildcard tests/$(1)/*.c)))
host-names	:= $(call programs,host)
guest-names	:= $(call programs,guest)
host-tests	:= $(host-names:%=$(BUILD)/tests/host/%)
guest-tests	:= $(guest-names:%=$(BUILD)/tests/guest/%)
red-test	:= $(BUILD)/tests/red/fail

tests: $(host-tests) $(guest-tests) $(red-test) $(BUILD)/sanitize/ipcq ## build the tests

# ------------------------------------------------------------------ guest tests

guest-common := $(call objects,tests/guest/common.c)

# What one program needs besides.
guest-libs-queue_uring		:= -luring
guest-libs-queue_uring_end	:= -luring

$(guest-tests): $(BUILD)/tests/guest/%: $(BUILD)/obj/tests/guest/%.o $(guest-common) \
		$(BUILD)/libipcq.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(cflags) $(LDFLAGS) -o $@ $^ $(lib-libs) $(guest-libs-$(@F)) -lcmocka

$(red-test): $(BUILD)/obj/tests/vm/red/fail.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(cflags) $(LDFLAGS) -o $@ $^ -lcmocka

# ------------------------------------------------------------------- host tests

sanitized		= $(patsubst %.c,$(BUILD)/sanitize/%.o,$(wildcard $(1)))
sanitized-lib		:= $(call sanitized,user/lib/*.c)
sanitized-tool		:= $(call sanitized,user/ipcq/*.c user/bench/*.c)
sanitized-common	:= $(call sanitized,tests/host/common.c)

$(BUILD)/sanitize/%.o: %.c Makefile user/build.mk tests/build.mk | need-build
	$(call say,CC,"$< (sanitized)")
	@mkdir -p $(@D)
	$(Q)$(compile) $(sanitize)

define host-test
$(BUILD)/tests/host/$(1): $(BUILD)/sanitize/tests/host/$(1).o $(sanitized-common) \
	$(sanitized-lib) $(patsubst %.c,$(BUILD)/sanitize/%.o,$(host-$(1)-sources))
endef
$(foreach name,$(host-names),$(eval $(call host-test,$(name))))

$(host-tests):
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(cflags) $(sanitize) $(LDFLAGS) -o $@ $^ $(tool-libs) -lm -lcmocka

# Host tests find this one in the environment, as IPCQ_COMMAND.
$(BUILD)/sanitize/ipcq: $(sanitized-tool) $(sanitized-lib)
	$(call say,LD,$@)
	$(Q)$(CC) $(cflags) $(sanitize) $(LDFLAGS) -o $@ $^ $(tool-libs) -lm

-include $(shell find $(BUILD)/sanitize $(BUILD)/obj/tests -name '*.d' 2>/dev/null)

# ------------------------------------------------------------------- the kernel

ifdef KERNEL_IMAGE
guest-module-path := $(BUILD)/kernel/$(subst /,_,$(KDIR:/%=%))/ipcq.ko
guest-module:
	$(Q)tests/vm/build-module $(KDIR) $(dir $(guest-module-path))
else
guest-module-path := ipcq.ko
guest-module: module
endif

# What the scripts that boot a guest want to know.  A shell that stayed between make and the
# script would take the signal that make passes on, and leave the guest running.
guest-environment = exec env KDIR='$(KDIR)' KERNEL_IMAGE='$(KERNEL_IMAGE)' MODULE='$(guest-module-path)' \
	COMMAND='$(BUILD)/ipcq' GUEST_MEMORY='$(GUEST_MEMORY)' GUEST_LINK='$(BUILD)/guest'
test-environment = $(guest-environment) GUEST_LIMIT='$(GUEST_LIMIT)' \
	GUEST_TIMEOUT='$(GUEST_TIMEOUT)' GUEST_LABEL='$(GUEST_LABEL)' \
	RED_TEST='$(red-test)' HOST_TESTS='$(host-tests)' \
	GUEST_TESTS='$(TESTS:%=$(BUILD)/tests/guest/%)' \
	IPCQ_COMMAND='$(abspath $(BUILD)/sanitize/ipcq)' \
	BUILD='$(BUILD)' MAKE='$(MAKE)' CC='$(CC)'
install-packages = KDIR='$(KDIR)' CC='$(CC)' tests/packages --install

# ---------------------------------------------------------------------- running
#
# Each of these installs what is missing and then starts make again, because what
# it has just installed changes the variables above.

check: ## run all tests, on the host and in a guest
	@$(install-packages) build guest
	$(Q)$(MAKE) run-check

# LEVELS="name ..." chooses among those of tests/levels.
check-all: ## every level, with a table at the end; LEVELS="name ..." chooses
	$(Q)tests/all all $(LEVELS)

soak: ## the long versions of what looks for rare things; LEVELS=, SOAK_SCALE=percent
	$(Q)SOAK_SCALE='$(or $(SOAK_SCALE),100)' tests/all soak $(LEVELS)

check-guest: ## run the guest's tests only; TESTS="name ..." chooses
	@$(install-packages) build guest
	$(Q)$(MAKE) run-check-guest

check-install: ## test installing, into trees of their own, and what was installed
	@$(install-packages) build guest
	$(Q)$(MAKE) run-check-install

demo: ## compare ipcq with the native mechanisms, in a guest
	@$(install-packages) build guest
	$(Q)$(MAKE) run-demo

shell: ## a prompt in a guest, with the module loaded and this tree in /src
	@$(install-packages) build guest
	$(Q)$(MAKE) run-shell

gdb: ## a debugger on the module in a guest: of "make shell", or one of its own
	@$(install-packages) build guest gdb
	$(Q)$(MAKE) run-gdb

check-gdb: ## test that the debugger stops in the module
	@$(install-packages) build guest gdb
	$(Q)$(MAKE) run-check-gdb

style: ## warnings as errors, checkpatch, sparse, shellcheck, ABI and layers
	@$(install-packages) build guest style
	$(Q)$(MAKE) run-style

check-host: $(host-tests) $(BUILD)/sanitize/ipcq ## run the host's tests only
	$(Q)$(test-environment) tests/check host

check-red: guest-module $(red-test) ## show that the guest's runner can fail
	$(Q)$(test-environment) tests/check red

TESTS ?= $(guest-names)
run-check-guest: guest-module tools $(guest-tests)
	$(Q)$(test-environment) tests/check guest

run-check-install: guest-module user
	$(Q)$(test-environment) tests/check install

run-check: guest-module user tests
	$(Q)$(test-environment) tests/check host red guest install

run-demo: guest-module tools
	$(Q)$(guest-environment) tests/vm/demo

run-shell: guest-module user
	$(Q)$(guest-environment) tests/vm/shell

# RUN= is what a guest of its own runs, GDB_ARGS= more arguments for gdb.
run-gdb: $(if $(wildcard $(BUILD)/guest/gdb),,guest-module tools)
	$(Q)$(guest-environment) tests/vm/gdb

run-check-gdb: guest-module tools
	$(Q)$(test-environment) tests/check gdb

run-style:
	$(Q)KDIR='$(KDIR)' CC='$(CC)' MAKE='$(MAKE)' tests/style/run

abi-update: ## accept the interface as it is: writes tests/abi/layout.txt
	$(Q)CC='$(CC)' tests/abi/update

# ----------------------------------------------------------------- instructions
#
# The baseline belongs to one kernel; on another, check-cost reports only.

cost-baseline := tests/cost/baseline.json

bench-cost: ## count instructions a message; BENCH_COST_MECHANISMS=own or "a,b" (all)
	@$(install-packages) build guest
	$(Q)$(MAKE) run-bench-cost

check-cost: ## has ipcq become slower against the pipe than tests/cost says?
	@$(install-packages) build guest
	$(Q)$(MAKE) run-check-cost

cost-update: ## accept the cost as it is: writes tests/cost/baseline.json
	@$(install-packages) build guest
	$(Q)$(MAKE) run-cost-update

run-bench-cost: guest-module tools
	$(Q)$(guest-environment) tests/vm/cost $(BUILD)/bench-cost.json

run-check-cost: guest-module tools
	$(Q)$(guest-environment) BENCH_COST_MECHANISMS=own tests/vm/cost $(BUILD)/check-cost.json
	$(Q)$(BUILD)/ipcq bench --compare $(cost-baseline) $(BUILD)/check-cost.json

# Indented, so that a change of it can be read.
run-cost-update: guest-module tools
	$(Q)$(guest-environment) BENCH_COST_MECHANISMS=own tests/vm/cost $(BUILD)/check-cost.json
	$(Q)mkdir -p $(dir $(cost-baseline))
	$(Q)sed 's/{"mechanism"/\n&/g' $(BUILD)/check-cost.json >$(cost-baseline)

# ------------------------------------------------------- the levels' own files

include $(sort $(wildcard tests/*/build.mk))
