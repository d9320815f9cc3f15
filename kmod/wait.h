/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waiting for one's turn.
 *
 * A waiter lives on its thread's stack and stands in a list that some lock
 * protects.  Whoever has what the thread waits for takes the waiter off the list,
 * gives it the thing and completes it, all under that lock; the thread itself is
 * woken after the lock is dropped.  A waiter is completed once, and by the time it
 * is completed its thread has what it asked for: there is nothing to compete for
 * after waking up.
 *
 * Where real-time threads come first, a waiter has a rank: that of its thread's own
 * scheduling when it began to wait.  What the thread inherits from others, and what
 * it is changed to while it waits, does not move it.
 *
 * A thread that stops waiting for another reason (signal, deadline) takes the
 * list's lock and looks: either it has been completed after all, or it takes
 * itself off the list.
 */
#ifndef IPCQ_WAIT_H
#define IPCQ_WAIT_H

#include <linux/list.h>
#include <linux/sched.h>

#include "limits.h"

struct ipcq_waiter {
	struct list_head node;		/* the list's lock */
	struct task_struct *task;	/* constant */
	int rank;			/* constant once ranked; the lower the sooner */
	bool done;			/* set under the list's lock, with release */
};

/* Tasks to wake once the lock is dropped; each is referenced. */
struct ipcq_wake {
	unsigned int count;
	struct task_struct *tasks[IPCQ_WAKE_BATCH];
};

void ipcq_wake_tasks(struct ipcq_wake *wake);

static inline void ipcq_wake_init(struct ipcq_wake *wake)
{
	wake->count = 0;
}

/* Wakes what has been completed; call it without locks. */
static inline void ipcq_wake_up(struct ipcq_wake *wake)
{
	if (wake->count)
		ipcq_wake_tasks(wake);
}

void ipcq_waiter_init(struct ipcq_waiter *waiter);
void ipcq_waiter_add_ranked(struct ipcq_waiter *waiter, struct list_head *waiters);
void ipcq_waiter_complete(struct ipcq_waiter *waiter, struct ipcq_wake *wake);
int ipcq_waiter_sleep(struct ipcq_waiter *waiter, u64 deadline);

#endif /* IPCQ_WAIT_H */
