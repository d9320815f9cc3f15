# SPDX-License-Identifier: GPL-2.0-or-later
#
# The model of a queue.  tests/oracle/*.c are one program, which is run with the others of
# tests/guest for some sequences, and alone for as long as is said.

.PHONY: check-oracle run-check-oracle

cflags-tests/oracle	:= -Iuapi -Iuser/lib
oracle			:= $(BUILD)/tests/guest/oracle
oracle-objects		:= $(call objects,tests/oracle/*.c)
oracle-seconds		= $(or $(call given,SECONDS),60)
oracle-environment	= $(guest-environment) GUEST_MEMORY='$(or $(ORACLE_MEMORY),1G)' \
	ORACLE_SECONDS='$(oracle-seconds)' ORACLE_SEED='$(call given,SEED)' \
	ORACLE_SEQUENCE='$(call given,SEQUENCE)'

guest-names		+= oracle
tests run-check-guest run-check-kernels run-check-mutants: $(oracle)

$(oracle): $(oracle-objects) $(guest-common)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(cflags) $(LDFLAGS) -o $@ $^ -lcmocka

check-oracle: ## random operations against a model of a queue; SECONDS= SEED= SEQUENCE=
	@$(install-packages) build guest
	$(Q)$(MAKE) run-check-oracle

run-check-oracle: guest-module $(oracle)
	$(Q)$(oracle-environment) tests/oracle/run $(oracle)
