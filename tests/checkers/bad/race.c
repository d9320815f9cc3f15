// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two threads count in one word, without a lock.
 *
 * Kernel: kcsan
 * Expected: BUG: KCSAN: data-race in count
 */
#include "bad.h"
#include "threads.h"

static int word;

static noinline int count(void *unused)
{
	while (!kthread_should_stop()) {
		word++;
		cond_resched();
	}
	return 0;
}

static noinline int bad_init(void)
{
	return run_threads(count, count);
}

BAD_MODULE(bad_init);
