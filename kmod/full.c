// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens to a message that finds a queue full, where nobody is made to wait for
 * room; and how many messages were lost.
 *
 * A queue that drops its oldest takes messages out of its order until the new one fits:
 * those of the lowest priority first, and of one priority the oldest.  The new one
 * counts among them as the newest of its priority: if all that could go are of a higher
 * one, it is the one that is dropped.  A message that a receiver has reserved cannot be
 * dropped; where nothing else is left that could make room, the sender waits for that
 * one, as in a queue that blocks.  Nothing is dropped in vain: first it is seen how many
 * must go.  That takes a step for each, at most IPCQ_MAX_MESSAGES for a long message
 * among empty ones.
 *
 * The queue's lock is held in all of this, but where it is said that it is not.
 */
#include <linux/ipcq.h>

#include "backlog.h"
#include "broadcast.h"
#include "queue.h"

/* ---------------------------------------- messages in the order of their dropping */

static struct ipcq_order_entry *first_to_go(struct ipcq_queue *queue)
{
	return queue->priorities ? ipcq_priority_above(queue->priorities, 0) :
				   queue->order.head;
}

static struct ipcq_order_entry *next_to_go(struct ipcq_queue *queue,
					   struct ipcq_order_entry *entry)
{
	const struct ipcq_message *message = ipcq_backlog_message(entry);

	if (entry->next || !queue->priorities)
		return entry->next;
	return ipcq_priority_above(queue->priorities, message->priority + 1);
}

/* --------------------------------------------------------------------- dropping */

/* Takes a message out of the order, and out of the count, to be dropped. */
static void take_out(struct ipcq_queue *queue, struct ipcq_message *message,
		     struct ipcq_order *list)
{
	ipcq_backlog_remove(queue, message);
	ipcq_bounds_remove(&queue->bounds, message->length);
	queue->dropped++;
	ipcq_order_push(list, &message->order);
}

static enum ipcq_full_end drop_oldest(struct ipcq_queue *queue,
				      const struct ipcq_message *message,
				      struct ipcq_order *list)
{
	struct ipcq_order_entry *entry = first_to_go(queue), *next;
	struct ipcq_bounds bounds = queue->bounds;
	unsigned int count = 0;

	while (!ipcq_bounds_fit(&bounds, message->length)) {
		if (!entry)
			return IPCQ_FULL_STAYS;
		/* In a queue without priorities a dead letter's is no rank. */
		if (queue->priorities && ipcq_backlog_message(entry)->priority >
					 message->priority)
			return IPCQ_FULL_LOST;
		ipcq_bounds_remove(&bounds, ipcq_backlog_message(entry)->length);
		entry = next_to_go(queue, entry);
		count++;
	}
	for (entry = first_to_go(queue); count; count--, entry = next) {
		next = count > 1 ? next_to_go(queue, entry) : NULL;
		take_out(queue, ipcq_backlog_message(entry), list);
	}
	return IPCQ_FULL_FITS;
}

/**
 * ipcq_full_settle() - what becomes of a message that does not fit
 * @queue: the queue
 * @message: what is to be sent; it would fit in an empty queue
 * @list: takes the messages that make room for it; they are to be kept, after the lock
 *
 * Return: IPCQ_FULL_FITS, there is room for it now; IPCQ_FULL_LOST, it is to be dropped,
 * and counted; IPCQ_FULL_STAYS, it has to wait, if it may.
 */
enum ipcq_full_end ipcq_full_settle(struct ipcq_queue *queue,
				    const struct ipcq_message *message,
				    struct ipcq_order *list)
{
	switch (queue->full) {
	case IPCQ_FULL_DROP_OLDEST:
		if (queue->broadcast)
			return ipcq_broadcast_drop_oldest(queue, message, list);
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
