// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sleeps where no signal reaches it, as after a lost wake-up, for longer than
 * tests/checkers/job lets a task.
 *
 * Kernel: debug
 * Expected: blocked for more than
 */
#include <linux/sched.h>

#include "bad.h"

static noinline int bad_init(void)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule_timeout(12 * HZ);
	return 0;
}

BAD_MODULE(bad_init);
