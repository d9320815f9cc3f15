// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keeps a CPU to itself, for longer than tests/checkers/job lets anyone.
 *
 * Kernel: debug
 * Expected: BUG: soft lockup
 */
#include <linux/delay.h>
#include <linux/preempt.h>

#include "bad.h"

static noinline int bad_init(void)
{
	int second;

	preempt_disable();
	for (second = 0; second < 12; second++)
		mdelay(1000);
	preempt_enable();
	return 0;
}

BAD_MODULE(bad_init);
