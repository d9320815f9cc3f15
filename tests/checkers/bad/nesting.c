// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes a lock that sleeps on PREEMPT_RT inside one that never does.
 *
 * Kernel: debug
 * Expected: BUG: Invalid wait context
 */
#include <linux/spinlock.h>

#include "bad.h"

static DEFINE_RAW_SPINLOCK(outer);
static DEFINE_SPINLOCK(inner);

static noinline int bad_init(void)
{
	raw_spin_lock(&outer);
	spin_lock(&inner);
	spin_unlock(&inner);
	raw_spin_unlock(&outer);
	return 0;
}

BAD_MODULE(bad_init);
