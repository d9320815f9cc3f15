// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting for one's turn: see wait.h.  Model: tests/model/wait.pml.
 */
#include <linux/hrtimer.h>
#include <linux/sched/prio.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "wait.h"

void ipcq_waiter_init(struct ipcq_waiter *waiter)
{
	waiter->task = current;
	waiter->done = false;
}

/**
 * ipcq_waiter_add_ranked() - join a list, real-time threads first
 * @waiter: the calling thread's
 * @waiters: the list, whose lock is held; all in it have been added by this
 *
 * Deadline threads come before fixed priorities and these, the highest first, before
 * all others; within each the order is that of waiting.  An ordinary thread goes to
 * the end without a look at anybody.  A real-time thread passes those that come before
 * it, which are all real-time too: how many these are is not for everyone to decide.
 */
void ipcq_waiter_add_ranked(struct ipcq_waiter *waiter, struct list_head *waiters)
{
	struct ipcq_waiter *other;

	waiter->rank = min(current->normal_prio, MAX_RT_PRIO);
	if (waiter->rank < MAX_RT_PRIO) {
		list_for_each_entry(other, waiters, node) {
			if (other->rank > waiter->rank) {
				list_add_tail(&waiter->node, &other->node);
				return;
			}
		}
	}
	list_add_tail(&waiter->node, waiters);
}

/**
 * ipcq_waiter_complete() - end a wait; the list's lock is held
 * @waiter: in the list, with what its thread asked for in place
 * @wake: takes the task; not full
 *
 * The waiter must not be touched afterwards: its thread may see that it is done
 * without being woken, return, and leave the stack.  Hence the reference to the
 * task is taken before the release that ends the wait.
 */
void ipcq_waiter_complete(struct ipcq_waiter *waiter, struct ipcq_wake *wake)
{
	list_del(&waiter->node);
	get_task_struct(waiter->task);
	wake->tasks[wake->count++] = waiter->task;
	/* Pairs with the acquire in ipcq_waiter_sleep(). */
	smp_store_release(&waiter->done, true);
}

void ipcq_wake_tasks(struct ipcq_wake *wake)
{
	unsigned int i;

	for (i = 0; i < wake->count; i++) {
		wake_up_process(wake->tasks[i]);
		put_task_struct(wake->tasks[i]);
	}
	wake->count = 0;
}

/**
 * ipcq_waiter_sleep() - sleep until completed; no lock is held
 * @waiter: in a list, or completed already
 * @deadline: absolute nanoseconds of CLOCK_MONOTONIC, 0 for none
 *
 * Return: 0 when completed.  -ETIMEDOUT or -ERESTARTSYS when not, as far as could
 * be seen without the list's lock.
 */
int ipcq_waiter_sleep(struct ipcq_waiter *waiter, u64 deadline)
{
	ktime_t expires = min_t(u64, deadline, KTIME_MAX);
	int ret = 0;

	for (;;) {
		/*
		 * The state is set before @done is read, and the waker writes
		 * @done before it looks at the state: one of the two notices.
		 * set_current_state() ends in a full barrier, and
		 * wake_up_process() has one before it reads the state.
		 */
		set_current_state(TASK_INTERRUPTIBLE);
		/* Pairs with the release in ipcq_waiter_complete(). */
		if (smp_load_acquire(&waiter->done))
			break;
		if (signal_pending(current)) {
			ret = -ERESTARTSYS;
			break;
		}
		if (!deadline) {
			schedule();
		} else if (!schedule_hrtimeout(&expires, HRTIMER_MODE_ABS)) {
			ret = -ETIMEDOUT;
			break;
		}
	}
	__set_current_state(TASK_RUNNING);
	return ret;
}
