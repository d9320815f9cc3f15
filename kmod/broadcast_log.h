/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The log of a queue that broadcasts: its messages by number, those that are wanted and
 * those that are retained; see broadcast.h.  The queue's lock is held.
 *
 * What leaves the log for good is in broadcast->gone, for who drops the lock.
 */
#ifndef IPCQ_BROADCAST_LOG_H
#define IPCQ_BROADCAST_LOG_H

#include "broadcast.h"
#include "queue.h"

static inline struct ipcq_message *ipcq_log_message(struct rb_node *node)
{
	return rb_entry_safe(node, struct ipcq_message, in_log);
}

static inline struct ipcq_message *ipcq_log_next(const struct ipcq_message *message)
{
	return ipcq_log_message(rb_next(&message->in_log));
}

static inline bool ipcq_log_has(const struct ipcq_message *message)
{
	return !RB_EMPTY_NODE(&message->in_log);
}

struct ipcq_message *ipcq_log_first(const struct ipcq_broadcast *broadcast);
struct ipcq_message *ipcq_log_above(const struct ipcq_broadcast *broadcast, u64 last);
void ipcq_log_add(struct ipcq_queue *queue, struct ipcq_message *message);
void ipcq_log_take_out(struct ipcq_queue *queue, struct ipcq_message *message);
void ipcq_log_stand(struct ipcq_broadcast *broadcast,
		    struct ipcq_message *message, int subscribers);
bool ipcq_log_settle(struct ipcq_queue *queue);
bool ipcq_log_shed(struct ipcq_queue *queue);

#endif /* IPCQ_BROADCAST_LOG_H */
