// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keeps a CPU to itself, for longer than tests/checkers/job lets anyone.
 *
 * Kernel: debug
 * Expected: BUG: soft lockup
 */
#include <linux/jiffies.h>
#include <linux/preempt.h>

#include "bad.h"

static noinline int bad_init(void)
{
	unsigned long end = jiffies + 12 * HZ;

	preempt_disable();
	while (time_before(jiffies, end))
		cpu_relax();
	preempt_enable();
	return 0;
}

BAD_MODULE(bad_init);
