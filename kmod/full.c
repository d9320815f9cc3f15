// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens to a message that finds a queue full, where nobody is made to wait for
 * room; and how many messages were lost.
 *
 * A queue that drops its oldest takes messages out of its order until the new one fits:
 * those of the lowest priority first, and of one priority the oldest.  The new one
 * counts among them as the newest of its priority: if all that could go are of a higher
 * one, it is the one that is dropped.  A message that a receiver has reserved cannot be
 * dropped, and one that somebody copies would make no room (copies.h); where nothing else
 * is left that could make room, the sender waits for that one, as in a queue that blocks.
 * Nothing is dropped in vain: first it is seen how many
 * must go.  But under one hold of the lock it is not for more than IPCQ_DROP_BATCH; where
 * that is not enough, these go, and then it is looked again.
 *
 * With several users (share.h) a sender who would exceed the share in a queue that is
 * nearly full makes room among its own messages, by the same rules.  Else those of users
 * who exceed theirs go first, until none does, whatever their priorities.
 *
 * The queue's lock is held in all of this, but where it is said that it is not.
 */
#include <linux/ipcq.h>

#include "backlog.h"
#include "broadcast.h"
#include "copies.h"
#include "queue_steps.h"
#include "share.h"

/* --------------------------------------------------------------------- dropping */

/* Takes a message out of the order, and out of the count, to be dropped. */
static void take_out(struct ipcq_queue *queue, struct ipcq_message *message,
		     struct ipcq_order *list)
{
	ipcq_backlog_remove(queue, message);
	ipcq_step_count_out(queue, message);
	queue->dropped++;
	ipcq_order_push(list, &message->order);
}

/* The message that is dropped after another, which is in the order; or NULL. */
static struct ipcq_message *next_to_go(struct ipcq_queue *queue,
				       struct ipcq_message *message)
{
	struct ipcq_order_entry *next = message->order.next;

	if (!next && queue->priorities)
		next = ipcq_priority_above(queue->priorities,
					   message->priority + 1);
	return next ? ipcq_backlog_message(next) : NULL;
}

/* In a queue without priorities a dead letter's is no rank. */
static bool ranks_above(const struct ipcq_queue *queue,
			const struct ipcq_message *old,
			const struct ipcq_message *message)
{
	return queue->priorities && old->priority > message->priority;
}

static enum ipcq_full_end drop_oldest(struct ipcq_queue *queue,
				      const struct ipcq_message *message,
				      struct ipcq_order *list)
{
	struct ipcq_message *old = ipcq_backlog_least(queue), *next;
	struct ipcq_bounds bounds = queue->bounds;
	unsigned int count = 0;

	while (count < IPCQ_DROP_BATCH &&
	       !ipcq_bounds_fit(&bounds, message->length)) {
		if (!old)
			return IPCQ_FULL_STAYS;
		if (ipcq_copies_go_on(old)) {
			old = next_to_go(queue, old);
			continue;
		}
		if (ranks_above(queue, old, message))
			return IPCQ_FULL_LOST;
		ipcq_bounds_remove(&bounds, old->length);
		old = next_to_go(queue, old);
		count++;
	}
	for (old = ipcq_backlog_least(queue); count; old = next) {
		next = next_to_go(queue, old);
		if (ipcq_copies_go_on(old))
			continue;
		take_out(queue, old, list);
		count--;
	}
	return ipcq_bounds_fit(&queue->bounds, message->length) ?
		IPCQ_FULL_FITS : IPCQ_FULL_AGAIN;
}

/* Drops a sender's own messages until its share allows for another. */
static enum ipcq_full_end drop_own(struct ipcq_queue *queue,
				   const struct ipcq_message *message,
				   const struct ipcq_share *share,
				   struct ipcq_order *list)
{
	struct ipcq_message *old;
	unsigned int count;

	for (count = 0; !ipcq_share_allows(queue, share, message->length); count++) {
		if (count == IPCQ_DROP_BATCH)
			return IPCQ_FULL_AGAIN;
		old = ipcq_share_drops(queue, share);
		if (!old)
			return IPCQ_FULL_STAYS;
		if (ranks_above(queue, old, message))
			return IPCQ_FULL_LOST;
		take_out(queue, old, list);
	}
	return IPCQ_FULL_FITS;
}

/* The same where there are several users. */
static enum ipcq_full_end drop_by_shares(struct ipcq_queue *queue,
					 const struct ipcq_message *message,
					 struct ipcq_order *list)
{
	const struct ipcq_share *share, *other;
	enum ipcq_full_end end;
	unsigned int count;

	share = message->special & IPCQ_SPECIAL_FOREIGN ? NULL :
							  message->sender->share;
	end = drop_own(queue, message, share, list);
	if (end != IPCQ_FULL_FITS)
		return end;
	/* To find out whose is the next takes a step for each user. */
	for (count = 0; !ipcq_bounds_fit(&queue->bounds, message->length);
	     count += 1 + queue->shares.users / 32) {
		if (count >= IPCQ_DROP_BATCH)
			return IPCQ_FULL_AGAIN;
		other = ipcq_share_excess(queue);
		if (!other)
			return drop_oldest(queue, message, list);
		take_out(queue, ipcq_share_drops(queue, other), list);
	}
	return IPCQ_FULL_FITS;
}

/**
 * ipcq_full_settle() - what becomes of a message that has no room
 * @queue: the queue
 * @message: what is to be sent; it would fit in an empty queue
 * @list: takes the messages that make room for it; they are to be kept, after the lock
 *
 * Return: IPCQ_FULL_FITS, there is room for it now; IPCQ_FULL_LOST, it is to be dropped,
 * and counted; IPCQ_FULL_STAYS, it has to wait, if it may; IPCQ_FULL_AGAIN, others may
 * want the lock.
 */
enum ipcq_full_end ipcq_full_settle(struct ipcq_queue *queue,
				    const struct ipcq_message *message,
				    struct ipcq_order *list)
{
	switch (queue->full) {
	case IPCQ_FULL_DROP_OLDEST:
		if (queue->broadcast)
			return ipcq_broadcast_drop_oldest(queue, message, list);
		if (queue->care & IPCQ_CARE_SHARES)
			return drop_by_shares(queue, message, list);
		return drop_oldest(queue, message, list);
	case IPCQ_FULL_DROP_NEWEST:
		return IPCQ_FULL_LOST;
	default:
		return IPCQ_FULL_STAYS;
	}
}

/* ---------------------------------------------------------- telling receivers */

/*
 * How many messages were lost since a receiver was told.  The lock is not held; what is
 * lost at this moment may as well be lost just after.
 */
u64 ipcq_full_tell(struct ipcq_queue *queue)
{
	u64 lost;

	/* The two may be of different moments; then somebody is changing them now. */
	if (likely(data_race(queue->dropped == queue->dropped_told)))
		return 0;
	spin_lock(&queue->lock);
	lost = queue->dropped - queue->dropped_told;
	queue->dropped_told = queue->dropped;
	spin_unlock(&queue->lock);
	return lost;
}

/* The receiver did not hear of it: the next one is told.  The lock is not held. */
void ipcq_full_tell_again(struct ipcq_queue *queue, u64 lost)
{
	if (!lost)
		return;
	spin_lock(&queue->lock);
	queue->dropped_told -= lost;
	spin_unlock(&queue->lock);
}
