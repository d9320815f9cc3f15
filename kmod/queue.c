// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues: whose turn it is, and who is told.  See queue.h.
 */
#include <linux/err.h>
#include <linux/ipcq.h>

#include "backlog.h"
#include "broadcast.h"
#include "compat.h"
#include "queue_steps.h"
#include "scan.h"
#include "wait.h"

/* ------------------------------------------- turns, with the queue's lock held */

/*
 * Reserves @message for the receiver whose turn it is, if one waits that takes it.
 * Apart, for who sends and receives without anybody waiting.
 */
noinline bool ipcq_queue_hand_over(struct ipcq_queue *queue,
				   struct ipcq_message *message,
				   struct ipcq_wake *wake)
{
	struct ipcq_waiting_receiver *receiver;

	list_for_each_entry(receiver, &queue->receivers, waiter.node) {
		if (!ipcq_filter_takes(&receiver->filter, message))
			continue;
		receiver->message = message;
		queue->waiting_receivers--;
		ipcq_waiter_complete(&receiver->waiter, wake);
		return true;
	}
	return false;
}

/* Whether a waiting sender's turn has come, and its message fits, or never will. */
static bool has_turn(struct ipcq_queue *queue)
{
	const struct ipcq_waiting_sender *sender = ipcq_share_next(queue, false);

	return sender && (ipcq_bounds_fit(&queue->bounds, sender->message->length) ||
			  ipcq_bounds_exclude(&queue->bounds,
					      sender->message->length));
}

/* Whether a waiting sender's message fits, and its user's share allows for it. */
static bool is_allowed(struct ipcq_queue *queue,
		       const struct ipcq_waiting_sender *sender)
{
	u32 length = sender->message->length;

	return ipcq_bounds_fit(&queue->bounds, length) &&
	       ipcq_share_allows(queue, sender->share, length);
}

/*
 * Ends the wait of a sender, if there is room for it, or what the queue does when it is
 * full ends it: then @list is not NULL, and takes what is dropped.
 */
static bool settle(struct ipcq_queue *queue, struct ipcq_waiting_sender *sender,
		   struct ipcq_wake *wake, struct ipcq_order *list)
{
	struct ipcq_message *message = sender->message;
	enum ipcq_full_end end = IPCQ_FULL_FITS;

	if (ipcq_bounds_exclude(&queue->bounds, message->length)) {
		sender->error = -EMSGSIZE;
		return true;
	}
	if (!is_allowed(queue, sender))
		end = list ? ipcq_full_settle(queue, message, list) :
			     IPCQ_FULL_STAYS;
	if (end == IPCQ_FULL_FITS) {
		sender->sequence = ipcq_step_deliver(queue, message, wake);
	} else if (end == IPCQ_FULL_LOST) {
		queue->dropped++;
		sender->lost = true;
	} else {
		if (!list || end == IPCQ_FULL_AGAIN ||
		    queue->full != IPCQ_FULL_REJECT)
			return false;
		sender->error = -ENOBUFS;
	}
	return true;
}

/*
 * Lets in the waiting senders that fit, as their turns come, as many as can be woken in
 * one go; sends away those whose messages have become too long.  With @list the queue
 * also does what it does when it is full.  Returns the events that pollers have to hear
 * of.
 */
static __poll_t admit(struct ipcq_queue *queue, struct ipcq_wake *wake,
		      struct ipcq_order *list)
{
	struct ipcq_waiting_sender *sender;
	unsigned int before = wake->count;
	struct ipcq_share *share;

	while ((sender = ipcq_share_next(queue, list))) {
		/* A delivery wakes the sender, and perhaps a receiver. */
		if (wake->count + 2 > IPCQ_WAKE_BATCH ||
		    !settle(queue, sender, wake, list))
			break;
		share = sender->share;
		ipcq_waiter_complete(&sender->waiter, wake);
		ipcq_share_waited(queue, share);
	}
	return wake->count == before ? 0 : ipcq_step_readable(queue);
}

/* Sees to it that who waits for room is looked at soon.  The lock is held. */
void ipcq_queue_arm_admit(struct ipcq_queue *queue)
{
	if (queue->admit_armed)
		return;
	queue->admit_armed = true;
	queue_delayed_work(ipcq_queue_works, &queue->admit_work,
			   msecs_to_jiffies(IPCQ_ADMIT_DELAY_MS));
}

/* Whether any send of the user of @share succeeds at once: what POLLOUT says. */
static bool has_room_for_any(struct ipcq_queue *queue,
			     const struct ipcq_share *share)
{
	return ipcq_full_drops(queue) ||
	       ipcq_step_has_room(queue, share, queue->bounds.max_message_size);
}

/*
 * Lets in whoever was told that there is no room.  Returns the events that pollers
 * have to hear of.
 */
static __poll_t let_in(struct ipcq_queue *queue, struct ipcq_wake *wake,
		       struct ipcq_order *list)
{
	__poll_t events = admit(queue, wake, list);

	if (queue->waiting_senders) {
		/*
		 * The batch is full, or as many have been dropped as can be; else the
		 * next one is too long for now, or nobody's turn has come: unless the
		 * queue has yet to do for it what it does when it is full.
		 */
		if (has_turn(queue) ||
		    (queue->full && (!list || wake->count + 2 > IPCQ_WAKE_BATCH)) ||
		    (list && !ipcq_order_empty(list)))
			ipcq_queue_arm_admit(queue);
	}
	/* Who has a share already may have to wait on, and is told no less. */
	if (queue->refused &&
	    (ipcq_full_drops(queue) || ipcq_shares_have_room(queue))) {
		queue->refused = false;
		events |= EPOLLOUT | EPOLLWRNORM;
	}
	return events;
}

/*
 * Somebody waits for room, of which there is more: see ipcq_queue_made_room().
 * Returns the events that pollers have to hear of.
 */
noinline __poll_t ipcq_queue_let_in_low(struct ipcq_queue *queue,
					struct ipcq_wake *wake)
{
	if (!ipcq_bounds_low(&queue->bounds)) {
		ipcq_queue_arm_admit(queue);
		return 0;
	}
	return let_in(queue, wake, NULL);
}

/*
 * Puts a message that is out of the order back in its place, or passes it to who waits.
 * The lock is held.  Returns the events that pollers have to hear of.
 */
__poll_t ipcq_queue_put_back(struct ipcq_queue *queue,
			     struct ipcq_message *message, struct ipcq_wake *wake)
{
	if (ipcq_queue_hand_over(queue, message, wake))
		return 0;
	ipcq_backlog_restore(queue, message);
	/* Now it can be dropped for them. */
	if (ipcq_full_drops(queue) && queue->waiting_senders)
		ipcq_queue_arm_admit(queue);
	return EPOLLIN | EPOLLRDNORM;
}

/* ------------------------------------------------------ waiting for room */

/* Lets in whoever fits now, or is made to fit; the lock is not held. */
void ipcq_queue_admit(struct ipcq_queue *queue)
{
	struct ipcq_wake wake __uninitialized;
	struct ipcq_order list;

	ipcq_order_init(&list);
	ipcq_wake_init(&wake);
	spin_lock(&queue->lock);
	ipcq_queue_unlock(queue, &wake, let_in(queue, &wake, &list));
	ipcq_queue_keep_all(queue, &list);
}

/* -------------------------------------------------------------- observation */

/* Somebody may want to hear of @events without waiting in a call. */
noinline void ipcq_queue_tell(struct ipcq_queue *queue, __poll_t events)
{
	wake_up_interruptible_poll(&queue->pollers, events);
	ipcq_queue_signal(queue, events);
	if (queue->broadcast)
		ipcq_broadcast_serve(queue);
}

/*
 * Changes the filter of a handle.  What was not there for it may be there now, and who
 * polls is to look again.
 */
void ipcq_queue_set_filter(struct ipcq_queue *queue, struct ipcq_filter *at,
			   const struct ipcq_filter *filter)
{
	struct ipcq_wake wake __uninitialized;

	ipcq_wake_init(&wake);
	spin_lock(&queue->lock);
	*at = *filter;
	ipcq_queue_unlock(queue, &wake, ipcq_step_readable(queue));
}

/* Whether there is a message that a filter takes.  The lock may be dropped meanwhile. */
static __poll_t readable_by(struct ipcq_queue *queue,
			    const struct ipcq_filter *filter)
{
	if (likely(!filter->chooses))
		return ipcq_step_readable(queue);
	return IS_ERR_OR_NULL(ipcq_scan(queue, filter)) ?
		0 : EPOLLIN | EPOLLRDNORM;
}

/*
 * Readiness of the queue in both directions, for who receives with a filter, and sends as
 * the user of a share (NULL: does not); the caller masks by access.
 */
__poll_t ipcq_queue_poll(struct ipcq_queue *queue,
			 const struct ipcq_filter *filter,
			 const struct ipcq_share *share, struct file *file,
			 poll_table *table)
{
	__poll_t events;

	poll_wait(file, &queue->pollers, table);

	if (unlikely(ipcq_expire_due(queue)))
		ipcq_expire_reap(queue);
	spin_lock(&queue->lock);
	events = readable_by(queue, filter);
	if (has_room_for_any(queue, share))
		events |= EPOLLOUT | EPOLLWRNORM;
	else if (poll_requested_events(table) & (EPOLLOUT | EPOLLWRNORM))
		queue->refused = true;
	spin_unlock(&queue->lock);
	return events;
}
