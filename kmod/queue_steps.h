/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The steps that sending and receiving are made of, for the calls for one message
 * (send.c, receive.c) and those for several (batch.c).  Where nothing else is said, the
 * queue's lock is held.  What every message pays for is in line.
 */
#ifndef IPCQ_QUEUE_STEPS_H
#define IPCQ_QUEUE_STEPS_H

#include <linux/err.h>

#include "backlog.h"
#include "broadcast.h"
#include "copies.h"
#include "queue.h"
#include "wait.h"

/* Waits for room, with its message; in the senders of its user's share. */
struct ipcq_waiting_sender {
	struct ipcq_waiter waiter;
	struct ipcq_message *message;
	struct ipcq_share *share;	/* the message's sender's */
	u64 turn;			/* the lower the longer it waits */
	/* Once completed: */
	u64 sequence;
	int error;			/* if not 0, the message is still its own, */
	bool lost;			/* and so if it is the one that is dropped */
};

/* Waits for a message; in queue->receivers. */
struct ipcq_waiting_receiver {
	struct ipcq_waiter waiter;
	struct ipcq_filter filter;
	struct ipcq_message *message;	/* once completed: reserved for it */
};

/* --------------------------------------------------------- turns: queue.c */

bool ipcq_queue_hand_over(struct ipcq_queue *queue, struct ipcq_message *message,
			  struct ipcq_wake *wake);
__poll_t ipcq_queue_let_in_low(struct ipcq_queue *queue, struct ipcq_wake *wake);
void ipcq_queue_tell(struct ipcq_queue *queue, __poll_t events);

/*
 * Sends @message, for which there is room: from here on it is the queue's, and may be
 * gone.  Wakes one thread at most.  Returns its sequence number.
 */
static __always_inline u64 ipcq_step_deliver(struct ipcq_queue *queue,
					     struct ipcq_message *message,
					     struct ipcq_wake *wake)
{
	u64 sequence = ++queue->sent;

	message->order.sequence = sequence;
	ipcq_bounds_add(&queue->bounds, message->length);
	if (unlikely(message->special | queue->care)) {
		ipcq_expire_begin(queue, message);
		ipcq_share_begin(queue, message);
		if (queue->broadcast) {
			ipcq_broadcast_push(queue, message);
			return sequence;
		}
	}
	if (list_empty(&queue->receivers) ||
	    !ipcq_queue_hand_over(queue, message, wake))
		ipcq_backlog_push(queue, message);
	return sequence;
}

/* Readiness that deliveries have brought about. */
static inline __poll_t ipcq_step_readable(const struct ipcq_queue *queue)
{
	if (ipcq_backlog_empty(queue) && likely(!queue->broadcast))
		return 0;
	return EPOLLIN | EPOLLRDNORM;
}

/*
 * There is more room than before: lets senders in if the queue is low, else later.
 * Returns the events that pollers have to hear of.
 */
static __always_inline __poll_t
ipcq_queue_made_room(struct ipcq_queue *queue, struct ipcq_wake *wake)
{
	if (likely(!queue->waiting_senders && !queue->refused))
		return 0;
	return ipcq_queue_let_in_low(queue, wake);
}

/* Whether somebody is to hear of @events. */
static __always_inline bool ipcq_queue_listened(struct ipcq_queue *queue,
						__poll_t events)
{
	/*
	 * A poller joins @pollers before it looks at the queue under the lock:
	 * either it saw the change that is being reported, or it is seen here,
	 * while the lock is still held.  @listened is set under the lock, once
	 * the file is in its list.
	 */
	return events && (waitqueue_active(&queue->pollers) ||
			  queue->listened);
}

/*
 * Drops the lock, then wakes the chosen threads and tells those that listen.  Every send
 * and receive ends with it: in line it costs less.
 */
static __always_inline void
ipcq_queue_unlock(struct ipcq_queue *queue, struct ipcq_wake *wake,
		  __poll_t events)
	__releases(&queue->lock)
{
	bool listened = ipcq_queue_listened(queue, events);

	spin_unlock(&queue->lock);
	ipcq_wake_up(wake);
	if (unlikely(listened))
		ipcq_queue_tell(queue, events);
}

/* A message does not count for the bounds any more. */
static __always_inline void ipcq_step_count_out(struct ipcq_queue *queue,
						struct ipcq_message *message)
{
	if (unlikely(message->special &
		     (IPCQ_SPECIAL_COUNTED | IPCQ_SPECIAL_COPIED)))
		ipcq_copies_count_out(queue, message);
	else
		ipcq_bounds_remove(&queue->bounds, message->length);
}

/* ----------------------------------------------------------- sending: send.c */

/*
 * Whether a message of that length may be delivered now, for the user of @share; NULL: for
 * nobody in particular.
 */
static inline bool ipcq_step_has_room(struct ipcq_queue *queue,
				      const struct ipcq_share *share, u32 length)
{
	if (unlikely(queue->care & IPCQ_CARE_SHARES))
		return ipcq_share_has_room(queue, share, length);
	return !queue->waiting_senders && ipcq_bounds_fit(&queue->bounds, length);
}

struct ipcq_message *ipcq_step_take(struct ipcq_queue *queue,
				    const struct ipcq_send *send);
struct ipcq_message *ipcq_step_own(struct ipcq_queue *queue,
				   struct ipcq_message *message,
				   const struct ipcq_send *send, u32 class);
enum ipcq_full_end
ipcq_step_end_when_full(struct ipcq_queue *queue, struct ipcq_message *message,
			struct ipcq_wake *wake, struct ipcq_order *list,
			u64 *sequence);
bool ipcq_step_may_wait(const struct ipcq_queue *queue,
			const struct ipcq_message *message,
			const struct ipcq_patience *patience);
int ipcq_step_refuse(struct ipcq_queue *queue, u32 length);
int ipcq_step_wait(struct ipcq_queue *queue, struct ipcq_message *message,
		   struct ipcq_send *send) __releases(&queue->lock);

/* ------------------------------------------------------- receiving: receive.c */

/*
 * Takes the next message, which there is, out of the order, if the receive has room for
 * it; else returns ERR_PTR(-EMSGSIZE), with its length in @room.
 */
static __always_inline struct ipcq_message *
ipcq_step_reserve_first(struct ipcq_queue *queue, struct ipcq_receive *receive)
{
	struct ipcq_message *message = ipcq_backlog_first(queue);

	if (unlikely(message->length > receive->room)) {
		receive->room = message->length;
		return ERR_PTR(-EMSGSIZE);
	}
	ipcq_backlog_pop(queue);
	return message;
}

struct ipcq_message *
ipcq_step_reserve_chosen(struct ipcq_queue *queue, const struct ipcq_filter *filter,
			 struct ipcq_receive *receive);

/*
 * Takes the next message of those that the receive is for, if there is one and it has
 * room for it; or NULL.  With a filter the lock may be dropped meanwhile.
 */
static __always_inline struct ipcq_message *
ipcq_step_reserve(struct ipcq_queue *queue, struct ipcq_receive *receive)
{
	struct ipcq_message *message = NULL;

	if (unlikely(receive->filter->chooses))
		message = ipcq_step_reserve_chosen(queue, receive->filter,
						   receive);
	else if (!ipcq_backlog_empty(queue))
		message = ipcq_step_reserve_first(queue, receive);
	return IS_ERR(message) ? NULL : message;
}

/* A reserved message has been received; it is plain again. */
static __always_inline void ipcq_step_commit(struct ipcq_queue *queue,
					     struct ipcq_message *message)
{
	ipcq_step_count_out(queue, message);
	queue->received++;
	ipcq_magazine_keep(&queue->magazine, message);
}

#endif /* IPCQ_QUEUE_STEPS_H */
