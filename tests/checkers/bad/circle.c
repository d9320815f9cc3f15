// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes two locks in one order and then in the other.
 *
 * Kernel: debug
 * Expected: WARNING: possible circular locking dependency detected
 */
#include <linux/spinlock.h>

#include "bad.h"

static DEFINE_SPINLOCK(first);
static DEFINE_SPINLOCK(second);

static noinline int bad_init(void)
{
	spin_lock(&first);
	spin_lock(&second);
	spin_unlock(&second);
	spin_unlock(&first);

	spin_lock(&second);
	spin_lock(&first);
	spin_unlock(&first);
	spin_unlock(&second);
	return 0;
}

BAD_MODULE(bad_init);
