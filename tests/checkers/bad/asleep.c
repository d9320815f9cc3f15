// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes an allocation that may sleep while it holds a spinlock.
 *
 * Kernel: debug
 * Expected: BUG: sleeping function called from invalid context
 */
#include <linux/spinlock.h>

#include "bad.h"

static DEFINE_SPINLOCK(lock);

static noinline int bad_init(void)
{
	spin_lock(&lock);
	kfree(kmalloc(24, GFP_KERNEL));
	spin_unlock(&lock);
	return 0;
}

BAD_MODULE(bad_init);
