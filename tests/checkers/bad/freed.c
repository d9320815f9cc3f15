// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads an allocation that has been freed.
 *
 * Kernel: debug
 * Expected: BUG: KASAN: use-after-free in bad_init
 */
#include "bad.h"

static noinline int bad_init(void)
{
	char *buffer = kzalloc(24, GFP_KERNEL);
	char *again = buffer;

	if (!buffer)
		return -ENOMEM;
	OPTIMIZER_HIDE_VAR(again);
	kfree(buffer);
	return READ_ONCE(again[8]) & 0;
}

BAD_MODULE(bad_init);
