# SPDX-License-Identifier: GPL-2.0-or-later
#
# What host tests are linked with besides the library.

fake-sources		:= $(wildcard tests/host/fake/*.c)
cflags-tests/host/fake	:= -Iuapi $(call pkg-config,--cflags)

# The model of the module stands in for the device and for the netlink family.
fake-wraps	:= open64 close ioctl mmap64 nl_socket_alloc genl_connect genl_ctrl_resolve
fake-ldflags	:= $(fake-wraps:%=-Wl,--wrap=%)

host-test_library-sources	:= $(fake-sources)
host-test_region-sources	:= $(fake-sources)
$(BUILD)/tests/host/test_library $(BUILD)/tests/host/test_region: LDFLAGS += $(fake-ldflags)

# The test is the program's main(), the command's is called by it.
host-test_command-sources	:= $(fake-sources) $(wildcard user/ipcq/*.c user/bench/*.c)
$(BUILD)/tests/host/test_command: LDFLAGS += $(fake-ldflags) -Wl,--wrap=main

# Its subject is the shared library itself.
$(BUILD)/tests/host/test_symbols: | $(BUILD)/libipcq.so.0
