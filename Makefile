# SPDX-License-Identifier: GPL-2.0-or-later
#
# ipcq: the kernel module, the library, the command and their tests.
#
#   make help		lists the targets
#   user/build.mk	how the library and the programs are built
#   tests/build.mk	how the tests are built and run
#   install/install.mk	what is installed where
#   Kbuild		what the module consists of

VERSION	:= 0.1.0
BUILD	:= build

# The kernel to build for: the running one when its headers are installed, else
# the newest that has them.
ifndef KDIR
KDIR := $(patsubst %/Makefile,%,$(firstword \
	$(wildcard /lib/modules/$(shell uname -r)/build/Makefile) \
	$(shell ls -d /lib/modules/*/build/Makefile 2>/dev/null | sort -rV)))
endif

release = $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h)

CC	?= gcc
CFLAGS	?= -O2 -g
# "make WERROR=1" makes warnings errors, as "make style" does.
# Offsets are 64 bits wide in 32-bit programs too: a region's control area is at 2^43.
cflags	:= -std=gnu11 -D_GNU_SOURCE= -D_FILE_OFFSET_BITS=64 -Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes -pthread \
	   $(if $(WERROR),-Werror) $(CFLAGS)

ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-7s %s\n' $(1) $(2)
MAKEFLAGS += --no-print-directory
endif

# Objects are kept, also where a chain of rules made them.
.SECONDARY:
.PHONY: all module user clean help need-build
.DEFAULT_GOAL := all

all: module user ## build the module, the library and the programs

include install/install.mk
include user/build.mk
include tests/build.mk

# Says which packages are missing before a compiler does so less clearly.
need-build:
	@CC='$(CC)' KDIR='$(KDIR)' tests/packages build

module: | need-build ## build ipcq.ko, for the kernel in KDIR=
	$(Q)$(MAKE) -C $(KDIR) M=$(CURDIR) $(if $(WERROR),KCFLAGS=-Werror) modules

clean: ## remove everything that was built
	$(Q)rm -rf $(BUILD)
	$(Q)rm -f ipcq.ko ipcq.o ipcq.mod ipcq.mod.c ipcq.mod.o Module.symvers modules.order
	$(Q)rm -f .ipcq.*.cmd .modules.order.cmd .Module.symvers.cmd
	$(Q)find kmod \( -name '*.o' -o -name '.*.cmd' -o -name '.*.d' \) -delete

help: ## show this list
	@echo 'usage: make [TARGET] [KDIR=DIRECTORY] [V=1]'
	@echo
	@awk -F ':.*## ' '/^[a-z_-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo '  KDIR=$(KDIR)'
