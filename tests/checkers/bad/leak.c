// SPDX-License-Identifier: GPL-2.0-only
/*
 * Forgets an allocation.
 *
 * Kernel: debug
 * Expected: unreferenced object 0x
 */
#include "bad.h"

static noinline int bad_init(void)
{
	char *buffer = kmalloc(24, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(buffer);
	return buffer ? 0 : -ENOMEM;
}

BAD_MODULE(bad_init);
