/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The backlog of a queue: the messages that are to be received, in the order that
 * the queue was made for.  The queue's lock is held, but for preparing.
 *
 * Nothing else changes the order; so here is where those hear of it who have to:
 * the timers of messages that expire, the scans that are in progress, and the marks of
 * handles that come back.
 */
#ifndef IPCQ_BACKLOG_H
#define IPCQ_BACKLOG_H

#include "queue.h"

int ipcq_backlog_init(struct ipcq_queue *queue, u32 order);
void ipcq_backlog_fini(struct ipcq_queue *queue);
int ipcq_backlog_prepare(struct ipcq_queue *queue, u32 priority);
int ipcq_backlog_prepare_now(struct ipcq_queue *queue, u32 priority);
void ipcq_backlog_entered(struct ipcq_queue *queue, struct ipcq_message *message);
void ipcq_backlog_left(struct ipcq_queue *queue, struct ipcq_message *message);

static inline struct ipcq_message *
ipcq_backlog_message(struct ipcq_order_entry *entry)
{
	return container_of(entry, struct ipcq_message, order);
}

static inline bool ipcq_backlog_empty(const struct ipcq_queue *queue)
{
	if (unlikely(queue->priorities))
		return ipcq_priority_empty(queue->priorities);
	return ipcq_order_empty(&queue->order);
}

/* The message that is next; there is one. */
static inline struct ipcq_message *
ipcq_backlog_first(struct ipcq_queue *queue)
{
	return ipcq_backlog_message(unlikely(queue->priorities) ?
			  ipcq_priority_first(queue->priorities) :
			  queue->order.head);
}

/* The message after one that is there, or has just left; NULL: it is the last. */
static inline struct ipcq_message *
ipcq_backlog_next(struct ipcq_queue *queue, const struct ipcq_message *message)
{
	struct ipcq_order_entry *next = message->order.next;

	if (!next && queue->priorities)
		next = ipcq_priority_below(queue->priorities, message->priority);
	return next ? ipcq_backlog_message(next) : NULL;
}

/* Of the lowest priority the oldest, or NULL where there is none. */
static inline struct ipcq_message *
ipcq_backlog_least(struct ipcq_queue *queue)
{
	struct ipcq_order_entry *entry;

	entry = queue->priorities ? ipcq_priority_above(queue->priorities, 0) :
				    queue->order.head;
	return entry ? ipcq_backlog_message(entry) : NULL;
}

static inline struct ipcq_message *
ipcq_backlog_pop(struct ipcq_queue *queue)
{
	struct ipcq_message *message =
		ipcq_backlog_message(unlikely(queue->priorities) ?
				     ipcq_priority_pop(queue->priorities) :
				     ipcq_order_pop(&queue->order));

	if (unlikely(message->special | queue->care))
		ipcq_backlog_left(queue, message);
	return message;
}

/* Takes a message that is there, wherever it is. */
static inline void ipcq_backlog_remove(struct ipcq_queue *queue,
				       struct ipcq_message *message)
{
	if (queue->priorities)
		ipcq_priority_remove(queue->priorities, message->priority,
				     &message->order);
	else
		ipcq_order_remove(&queue->order, &message->order);
	if (unlikely(message->special | queue->care))
		ipcq_backlog_left(queue, message);
}

static inline void ipcq_backlog_push(struct ipcq_queue *queue,
				     struct ipcq_message *message)
{
	if (unlikely(queue->priorities))
		ipcq_priority_push(queue->priorities, message->priority,
				   &message->order);
	else
		ipcq_order_push(&queue->order, &message->order);
	if (unlikely(message->special | queue->care))
		ipcq_backlog_entered(queue, message);
}

static inline void ipcq_backlog_restore(struct ipcq_queue *queue,
					struct ipcq_message *message)
{
	if (unlikely(queue->priorities))
		ipcq_priority_restore(queue->priorities, message->priority,
				      &message->order);
	else
		ipcq_order_restore(&queue->order, &message->order);
	if (unlikely(message->special | queue->care))
		ipcq_backlog_entered(queue, message);
}

#endif /* IPCQ_BACKLOG_H */
