# SPDX-License-Identifier: GPL-2.0-or-later
#
# The library, the command and the examples.  A new source file is found by
# itself: user/lib/*.c is the library, user/ipcq/*.c and user/bench/*.c are the
# command, each user/examples/*.c is a program.

.PHONY: lib tools examples

pkg-config	= $(shell pkg-config $(1) libnl-genl-3.0 $(2) 2>/dev/null)
lib-libs	:= $(call pkg-config,--libs)
tool-libs	:= $(call pkg-config,--libs,jansson)

# What the sources of each directory may include; "make style" holds them to it.
cflags-user/lib		:= -Iuapi -fPIC $(call pkg-config,--cflags)
cflags-user/ipcq	:= -Iuser/lib -Iuser/ipcq $(call pkg-config,--cflags,jansson)
cflags-user/bench	:= -Iuser/lib -Iuser/ipcq -Iuser/bench
cflags-user/examples	:= -Iuser/lib
# The examples of the bare interface see nothing but the interface.
raw-examples		:= $(wildcard user/examples/raw*.c)
$(foreach source,$(raw-examples),$(eval cflags-$(source) := -Iuapi))

objects		= $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard $(1)))
lib-objects	:= $(call objects,user/lib/*.c)
tool-objects	:= $(call objects,user/ipcq/*.c user/bench/*.c)
examples	:= $(patsubst user/%.c,$(BUILD)/%,$(wildcard user/examples/*.c))

user: lib tools examples ## build the library and the programs
lib: $(BUILD)/libipcq.so.0 $(BUILD)/libipcq.so $(BUILD)/libipcq.a $(BUILD)/libipcq.pc
tools: $(BUILD)/ipcq
examples: $(examples)

compile = $(CC) $(cflags) $(or $(cflags-$<),$(cflags-$(<D))) -MMD -MP -c -o $@ $<

$(BUILD)/obj/%.o: %.c Makefile user/build.mk | need-build
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(compile)

$(BUILD)/libipcq.so.0: $(lib-objects) user/lib/libipcq.sym
	$(call say,LD,$@)
	$(Q)$(CC) -shared -Wl,-soname,libipcq.so.0 -Wl,-z,defs $(LDFLAGS) \
		-Wl,--version-script=user/lib/libipcq.sym -o $@ $(lib-objects) $(lib-libs)

$(BUILD)/libipcq.so: $(BUILD)/libipcq.so.0
	$(Q)ln -sf $(<F) $@

$(BUILD)/libipcq.a: $(lib-objects)
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

# Made each time, because PREFIX= may be another than last time.
.PHONY: $(BUILD)/libipcq.pc
$(BUILD)/libipcq.pc: user/lib/libipcq.pc.in
	@mkdir -p $(@D)
	$(Q)sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' \
		-e 's|@VERSION@|$(VERSION)|' $< >$@

# The programs hold the library, so that one file runs anywhere.
$(BUILD)/ipcq: $(tool-objects) $(BUILD)/libipcq.a
	$(call say,LD,$@)
	$(Q)$(CC) $(cflags) $(LDFLAGS) -o $@ $^ $(tool-libs) -lm

$(BUILD)/examples/%: $(BUILD)/obj/user/examples/%.o $(BUILD)/libipcq.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(cflags) $(LDFLAGS) -o $@ $^ $(lib-libs)

-include $(patsubst %.o,%.d,$(lib-objects) $(tool-objects))
-include $(patsubst user/%.c,$(BUILD)/obj/user/%.d,$(wildcard user/examples/*.c))
