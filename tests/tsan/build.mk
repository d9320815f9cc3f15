# SPDX-License-Identifier: GPL-2.0-or-later
#
# The library's fast paths under the thread sanitizer, on the model of the module.

.PHONY: check-tsan run-check-tsan

tsan-sources	:= tests/tsan/hammer.c $(wildcard user/lib/*.c) $(fake-sources)
cflags-tests/tsan := -Itests/host -Iuapi -Iuser/lib

check-tsan: ## the library's fast paths under the thread sanitizer, and that it sees mistakes
	@$(install-packages) build guest
	$(Q)$(MAKE) run-check-tsan

# The runner builds the program several times, each time with another mistake.
run-check-tsan: | need-build
	$(Q)CC='$(CC)' CFLAGS='$(CFLAGS)' LIBS='$(lib-libs) -lcmocka -lpthread' \
		INCLUDES='-Iuapi -Iuser/lib -Itests/host $(call pkg-config,--cflags)' \
		WRAPS='$(fake-wraps)' SOURCES='$(tsan-sources)' tests/tsan/run
