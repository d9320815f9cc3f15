// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frees memory with a timer in it that is armed.
 *
 * Kernel: debug
 * Expected: ODEBUG: free active
 */
#include <linux/timer.h>

#include "bad.h"

static void never(struct timer_list *timer)
{
}

static noinline int bad_init(void)
{
	struct timer_list *timer = kmalloc(sizeof(*timer), GFP_KERNEL);

	if (!timer)
		return -ENOMEM;
	timer_setup(timer, never, 0);
	mod_timer(timer, jiffies + 1000 * HZ);
	kfree(timer);
	return 0;
}

BAD_MODULE(bad_init);
