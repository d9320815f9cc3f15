# SPDX-License-Identifier: GPL-2.0-or-later
#
# What host tests are linked with besides the library.

fake-sources	:= $(filter-out %/run.c,$(wildcard tests/host/fake/*.c))
run-sources	:= tests/host/fake/run.c $(wildcard user/ipcq/*.c user/bench/*.c)
cflags-tests/host/fake	:= -Iuapi $(call pkg-config,--cflags,jansson)

# The model of the module stands in for the device and for the netlink family.
fake-tests	:= test_library test_region test_eventcount test_management
# Where the command runs on it, the test is the program's main(), not the command.
run-tests	:= test_command test_messages

fake-wraps	:= open open64 close read ioctl mmap mmap64 nl_socket_alloc genl_connect \
		   genl_ctrl_resolve
$(foreach test,$(fake-tests) $(run-tests),$(eval host-$(test)-sources := $(fake-sources)))
$(foreach test,$(run-tests),$(eval host-$(test)-sources += $(run-sources)))
$(addprefix $(BUILD)/tests/host/,$(fake-tests) $(run-tests)): \
	LDFLAGS += $(fake-wraps:%=-Wl,--wrap=%)
$(addprefix $(BUILD)/tests/host/,$(run-tests)): LDFLAGS += -Wl,--wrap=main

# The subject of this one is the shared library itself.
$(BUILD)/tests/host/test_symbols: | $(BUILD)/libipcq.so.0

# The examples run on the model as they are.
example-tests	:= $(patsubst user/%.c,$(BUILD)/tests/host/%,$(wildcard user/examples/*.c))
$(BUILD)/tests/host/test_examples: | $(example-tests)
$(example-tests): LDFLAGS += $(fake-wraps:%=-Wl,--wrap=%)
$(example-tests): $(BUILD)/tests/host/examples/%: $(BUILD)/sanitize/user/examples/%.o \
		$(patsubst %.c,$(BUILD)/sanitize/%.o,$(fake-sources) $(wildcard user/lib/*.c))
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(cflags) $(sanitize) $(LDFLAGS) -o $@ $^ $(lib-libs)

bench-engine	:= $(addprefix user/bench/,engine.c side.c plan.c mechanism.c fd.c histogram.c \
		   parse.c payload.c place.c stats.c)
host-test_bench_engine-sources	:= $(bench-engine)
host-test_bench_pure-sources	:= $(bench-engine) user/bench/environment.c
host-test_bench_passes-sources	:= $(bench-engine) $(addprefix user/bench/,mech_pipe.c \
				   mech_posix_shm.c slots.c)
