# SPDX-License-Identifier: GPL-2.0-or-later
#
# The wake-up latency of a real-time receiver: reported, not judged.

.PHONY: bench-latency run-bench-latency

cflags-tests/latency	:= -Iuser/lib
latency-program		:= $(BUILD)/tests/latency/latency
latency-environment	= $(guest-environment) \
	LATENCY_SECONDS='$(if $(filter command environment,$(firstword $(origin SECONDS))),$(SECONDS))'

tests: $(latency-program)

$(latency-program): $(BUILD)/obj/tests/latency/latency.o $(BUILD)/libipcq.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(cflags) $(LDFLAGS) -o $@ $^ $(lib-libs)

# KERNEL= is one of tests/kernels that this machine's compiler builds for.
bench-latency: ## wake-up latency of a real-time receiver; KERNEL=rt, SECONDS=, CPUS=2
	@$(install-packages) build guest $(if $(KERNEL),kernels)
	$(Q)$(MAKE) run-bench-latency

run-bench-latency: $(if $(KERNEL),,guest-module) $(latency-program)
	$(Q)$(latency-environment) KERNEL='$(KERNEL)' CPUS='$(CPUS)' BUILD='$(BUILD)' \
		tests/latency/run $(latency-program)
