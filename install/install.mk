# SPDX-License-Identifier: GPL-2.0-or-later
#
# Installing and uninstalling; the work is done by install/run.
#
#   PREFIX=	where everything but the module goes (/usr/local)
#   LIBDIR=	where libraries go, when it is not PREFIX's lib
#   DESTDIR=	stands before every path: a tree to make a package of.  The system
#		that make runs on is then left alone: no depmod, no ldconfig.

.PHONY: install install-user install-module uninstall uninstall-user uninstall-module

PREFIX	?= /usr/local
LIBDIR	?= $(PREFIX)/lib
DESTDIR	?=
# Where the module was built, when that is not here.
MODULE_DIR ?= $(CURDIR)

installer = DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' LIBDIR='$(LIBDIR)' BUILD='$(BUILD)' \
	VERSION='$(VERSION)' KDIR='$(KDIR)' RELEASE='$(release)' MODULE_DIR='$(MODULE_DIR)' \
	MAKE='$(MAKE)' install/run

install: install-user install-module ## install all of it, to PREFIX= (and DESTDIR=)

uninstall: ## remove what was installed, with the same PREFIX= and DESTDIR=
	$(Q)$(installer) remove-all

install-user: user ## install the command, the library and the documentation only
	$(Q)$(installer) user

# One after the other, because both write to one record.
install-module: module | $(if $(filter install,$(MAKECMDGOALS)),install-user) ## install the module only
	$(Q)+$(installer) module

uninstall-user: ## remove what "make install-user" installed
	$(Q)$(installer) remove-user

uninstall-module: ## remove the module, of all kernels it was installed for
	$(Q)$(installer) remove-module
