// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads one byte behind an allocation.
 *
 * Kernel: debug
 * Expected: BUG: KASAN: slab-out-of-bounds in bad_init
 */
#include "bad.h"

static noinline int bad_init(void)
{
	char *buffer = kmalloc(24, GFP_KERNEL);
	char byte;

	if (!buffer)
		return -ENOMEM;
	byte = READ_ONCE(buffer[hidden(24)]);
	kfree(buffer);
	return byte & 0;
}

BAD_MODULE(bad_init);
