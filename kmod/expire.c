// SPDX-License-Identifier: GPL-2.0-only
/*
 * A queue's timers, and the messages that expire: those with a time to live, their own
 * or the queue's.  These become dead letters (dead_letter.c).
 *
 * The time of a message begins when it comes into the queue.  While it is in the
 * order it is also among the queue's timers; a receiver that has reserved it has it,
 * however long the copy takes.  Messages that are held under a lease, or on their way
 * back (hold.h), are among the timers for that.
 *
 * Expired messages are taken out by whoever is about to look at the queue, so that
 * nobody gets one, and at the latest by a work, so that their room is not lost.  The
 * work is armed for the first of the timers when that one is added, and left alone
 * when it is removed: coming too early it finds nothing and arms itself again.
 */
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>

#include "backlog.h"
#include "broadcast.h"
#include "hold.h"
#include "limits.h"
#include "queue.h"
#include "wait.h"

/* Has the work run when a message expires.  The lock is held. */
static void arm(struct ipcq_queue *queue, u64 expires)
{
	u64 now = ktime_get_ns();
	unsigned long delay = 0;

	if (expires > now)
		delay = nsecs_to_jiffies(min_t(u64, expires - now,
					       IPCQ_EXPIRE_LOOK_NS)) + 1;
	WRITE_ONCE(queue->timer_armed, expires);
	mod_delayed_work(ipcq_queue_works, &queue->timer_work, delay);
}

/* The time of a message begins, if it has one.  The lock is held. */
void ipcq_expire_begin(struct ipcq_queue *queue, struct ipcq_message *message)
{
	u64 now, time;

	if (!(message->special & IPCQ_SPECIAL_LIMITED)) {
		time = queue->time_to_live;
		if (message->special & IPCQ_SPECIAL_FILES)
			time = min_not_zero(time, IPCQ_FDS_TIME_MAX);
		if (!time)
			return;
		message->special |= IPCQ_SPECIAL_LIMITED;
		message->time_to_live = time;
	}
	now = ktime_get_ns();
	timerqueue_init(&message->timer);
	message->expires = now + min_t(u64, message->time_to_live,
				       KTIME_MAX - now);
}

/*
 * Something is to be done with a message at a time, this and nothing else.  The lock is
 * held, and the message's timer initialized.
 */
void ipcq_timer_set(struct ipcq_queue *queue, struct ipcq_message *message,
		    u64 expires)
{
	ipcq_timer_clear(queue, message);
	message->timer.expires = expires;
	if (timerqueue_add(&queue->timers, &message->timer) &&
	    (!queue->timer_armed || queue->timer_armed > expires))
		arm(queue, expires);
}

/* Nothing is.  The lock is held. */
void ipcq_timer_clear(struct ipcq_queue *queue, struct ipcq_message *message)
{
	if (!RB_EMPTY_NODE(&message->timer.node))
		timerqueue_del(&queue->timers, &message->timer);
}

/* A message that expires has come into the order.  The lock is held. */
void ipcq_expire_entered(struct ipcq_queue *queue, struct ipcq_message *message)
{
	ipcq_timer_set(queue, message, message->expires);
}

/* A message that expires has left the order.  The lock is held. */
void ipcq_expire_left(struct ipcq_queue *queue, struct ipcq_message *message)
{
	ipcq_timer_clear(queue, message);
}

/* The message whose time comes first, or NULL. */
static struct ipcq_message *first_timer(struct ipcq_queue *queue)
{
	struct timerqueue_node *node = timerqueue_getnext(&queue->timers);

	return node ? container_of(node, struct ipcq_message, timer) : NULL;
}

/* What becomes of it nobody but its subscribers is told: there is no dead letter. */
static void expire_logged(struct ipcq_queue *queue, struct ipcq_message *message,
			  struct ipcq_outcome *outcome)
{
	queue->expired++;
	if (!ipcq_broadcast_withdraw(queue, message))
		return;
	outcome->room = true;
	ipcq_order_push(&outcome->done, &message->order);
}

/*
 * Sees to what is due: takes out what has expired, and ends what is held.  But no more
 * than can be done under one hold of the lock.  Returns whether there may be more.
 */
static bool take_due(struct ipcq_queue *queue, u64 now,
		     struct ipcq_outcome *outcome)
{
	struct ipcq_message *message;
	unsigned int count;

	for (count = 0; count < IPCQ_EXPIRE_BATCH; count++) {
		message = first_timer(queue);
		if (!message || message->timer.expires > now)
			return false;
		if (!ipcq_outcome_has_room(outcome))
			break;
		ipcq_timer_clear(queue, message);
		if (message->special & (IPCQ_SPECIAL_HELD | IPCQ_SPECIAL_DELAYED)) {
			ipcq_hold_due(queue, message, outcome);
			continue;
		}
		if (message->special & IPCQ_SPECIAL_LOGGED) {
			expire_logged(queue, message, outcome);
			continue;
		}
		ipcq_backlog_remove(queue, message);
		ipcq_outcome_expire(queue, message, outcome);
	}
	return true;
}

/*
 * Sees to all that is due; no lock is held, and the caller may sleep.  The time that
 * the work is armed for is read without the lock: it is never after the first of the
 * timers expires, and a message that somebody adds meanwhile may as well have been added
 * just after.
 */
void ipcq_expire_reap(struct ipcq_queue *queue)
{
	struct ipcq_outcome outcome __uninitialized;
	const u64 now = ktime_get_ns();
	bool more;

	if (READ_ONCE(queue->timer_armed) > now)
		return;
	/* What is sent meanwhile expires later: others cannot keep us here. */
	do {
		ipcq_outcome_begin(queue, &outcome);
		more = take_due(queue, now, &outcome);
		ipcq_outcome_end(queue, &outcome);
		cond_resched();
	} while (more);
}

static void timer_work(struct work_struct *work)
{
	struct ipcq_queue *queue = container_of(to_delayed_work(work),
						struct ipcq_queue, timer_work);
	struct ipcq_message *first;

	ipcq_expire_reap(queue);
	spin_lock(&queue->lock);
	first = first_timer(queue);
	if (first)
		arm(queue, first->timer.expires);
	else
		WRITE_ONCE(queue->timer_armed, 0);
	spin_unlock(&queue->lock);
}

void ipcq_expire_init(struct ipcq_queue *queue)
{
	timerqueue_init_head(&queue->timers);
	INIT_DELAYED_WORK(&queue->timer_work, timer_work);
}

/* With the last reference gone. */
void ipcq_expire_fini(struct ipcq_queue *queue)
{
	cancel_delayed_work_sync(&queue->timer_work);
}
