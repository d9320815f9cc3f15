// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frees memory with a held lock in it, as after a forgotten unlock.
 *
 * Kernel: debug
 * Expected: WARNING: held lock freed!
 */
#include <linux/mutex.h>

#include "bad.h"

static noinline int bad_init(void)
{
	struct mutex *lock = kmalloc(sizeof(*lock), GFP_KERNEL);

	if (!lock)
		return -ENOMEM;
	mutex_init(lock);
	mutex_lock(lock);
	kfree(lock);
	return 0;
}

BAD_MODULE(bad_init);
