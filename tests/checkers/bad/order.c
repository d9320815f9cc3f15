// SPDX-License-Identifier: GPL-2.0-only
/*
 * A lock made by hand, whose release lets the protected store pass: a race that an
 * x86 processor would never show.
 *
 * Kernel: kcsan
 * Expected: BUG: KCSAN: data-race in count
 */
#include <linux/atomic.h>

#include "bad.h"
#include "threads.h"

static atomic_t locked;
static int word;

static noinline int count(void *unused)
{
	while (!kthread_should_stop()) {
		if (atomic_cmpxchg_acquire(&locked, 0, 1)) {
			cond_resched();
			continue;
		}
		word++;
		/* atomic_set_release() would be right. */
		atomic_set(&locked, 0);
	}
	return 0;
}

static noinline int bad_init(void)
{
	return run_threads(count, count);
}

BAD_MODULE(bad_init);
