/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IPCQ_TESTS_THREADS_H
#define IPCQ_TESTS_THREADS_H

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>

/* Runs two threads side by side for some seconds. */
static inline int run_threads(int (*first)(void *), int (*second)(void *))
{
	struct task_struct *a, *b;

	a = kthread_run(first, NULL, "bad/first");
	if (IS_ERR(a))
		return PTR_ERR(a);
	b = kthread_run(second, NULL, "bad/second");
	if (!IS_ERR(b)) {
		msleep(5000);
		kthread_stop(b);
	}
	kthread_stop(a);
	return PTR_ERR_OR_ZERO(b);
}

#endif /* IPCQ_TESTS_THREADS_H */
