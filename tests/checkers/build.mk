# SPDX-License-Identifier: GPL-2.0-or-later
#
# The guest's tests on kernels that check themselves, and the proof that these do.

.PHONY: check-debug check-kcsan check-checkers

# More memory and time than without checkers; emulated, they take much of both.
debug-options := GUEST_MEMORY=1G GUEST_LIMIT=300 GUEST_TIMEOUT=2700

# The programs in which threads and processes meet: all of them, so many times.
KCSAN_ROUNDS	?= 3
kcsan-programs	:= races queue_storm owner_storm queue_wait queue_turns queue_kill queue_poll \
		   queue_full_wait share_wait queue_expire batch_wait filter_wait dead_letter_race \
		   broadcast_copy broadcast_storm broadcast_wait \
		   lease lease_owner lease_races call call_signal pass_fds_races \
		   queue_signal queue_async queue_epoll queue_epoll_wake \
		   eventcount mutex mutex_words mutex_hostile owner owner_chain owner_ids \
		   limits_effect message_memory handles library_pass
kcsan-chosen	= $(if $(filter command environment,$(firstword $(origin TESTS))),$(TESTS),$(kcsan-programs))

check-debug: ## the guest's tests under KASAN, lockdep, ...; TESTS="name ..." chooses
	@$(install-packages) build guest debug
	$(Q)CC='$(CC)' tests/vm/with-kernel debug $(MAKE) run-check-guest $(debug-options) \
		GUEST_LABEL=debug

check-kcsan: ## what runs in parallel, KCSAN_ROUNDS= times under KCSAN; TESTS=
	@$(install-packages) build guest debug
	$(Q)CC='$(CC)' tests/vm/with-kernel kcsan $(MAKE) run-check-guest $(debug-options) \
		GUEST_TIMEOUT=$$((2400 + 300 * $(KCSAN_ROUNDS))) GUEST_LABEL=kcsan \
		TESTS="$(foreach round,$(shell seq $(KCSAN_ROUNDS)),$(kcsan-chosen))"

check-checkers: ## show that each checker of these kernels reports what it is for
	@$(install-packages) build guest debug
	$(Q)CC='$(CC)' tests/checkers/run
