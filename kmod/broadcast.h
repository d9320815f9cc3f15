/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Broadcast: a queue that gives each message to every subscriber.
 *
 * The messages are in a log, each of them once, by number.  A subscriber is a handle
 * that reads, and where it stands in the log is a number too: that of the message it
 * received last.  No subscriber points to a message but for the one that it is copying,
 * so that a message can be taken out of the log without a look at those who were to
 * receive it.
 *
 * Instead each message counts the subscribers that receive it next (@readers), and
 * those that are copying it (@copies); who is past the last message is counted in
 * @at_end.  The first message with such a count is @wanted:
 *
 *	retained               | wanted, and what comes after it
 *	for who joins later    | counts for the queue's bounds
 *
 * Retained messages take no room from others: as many of the oldest as are in the way
 * leave.  A message that leaves while it is being copied is loose: it is out of the log,
 * counts for the bounds, and goes with its last copy.
 *
 * A subscriber copies one message at a time, also when several threads share its
 * handle; the others wait for their turn.  So it receives in order, and a copy that
 * fails leaves it where it was.
 *
 * So these hold whenever the lock is free:
 *
 *   - a subscriber is counted once: in @copies of what it copies, if that is in the
 *     log; else in @readers of the first message above its number; else in @at_end;
 *   - a subscriber with threads that wait is copying, or is among the idle and there is
 *     no message for it, or is among the due and somebody is about to serve it;
 *   - the first of the wanted has a count, or a subscriber that leaves is about to see
 *     to it that the next has.
 *
 * Who sends puts the idle among the due, all at once, and serves them after the lock
 * has been dropped, some under each hold of it: how many there are makes nobody else
 * wait.
 *
 * Everything here is protected by queue->lock.  Model: tests/model/broadcast.pml.
 */
#ifndef IPCQ_BROADCAST_H
#define IPCQ_BROADCAST_H

#include <linux/list.h>
#include <linux/poll.h>
#include <linux/rbtree.h>
#include <linux/types.h>

#include "order.h"

struct ipcq_message;
struct ipcq_patience;
struct ipcq_queue;
struct ipcq_queue_stat;
struct seq_file;

/* Of a queue that broadcasts. */
struct ipcq_broadcast {
	struct rb_root_cached log;	/* messages, by number */
	struct ipcq_message *wanted;	/* see above; NULL: all is retained */
	u32 subscribers;
	u32 at_end;
	u32 retain;			/* constant: most that are retained */
	u32 retained;
	u64 retained_bytes;		/* of payload */
	struct list_head idle;		/* subscribers, by @node */
	struct list_head due;		/* likewise */
	struct ipcq_order gone;		/* have left, and are to be kept */
};

/* Of a handle; nothing but @joined counts until it has subscribed. */
struct ipcq_subscriber {
	bool joined;
	bool copying;
	bool put_off;			/* a poller or a caller was, as it was copying */
	bool told;			/* @missed, by the copy in progress */
	u64 last;			/* number of the message it received last */
	u64 missed;			/* messages it did not get, and was not told */
	struct list_head waiters;	/* its threads, struct listener */
	struct list_head node;		/* in idle, in due, or in itself */
};

int ipcq_broadcast_init(struct ipcq_queue *queue, u32 retain);
void ipcq_broadcast_fini(struct ipcq_queue *queue);

u64 ipcq_broadcast_tell(struct ipcq_subscriber *subscriber,
			const struct ipcq_message *message);

/* The queue's lock is held. */
void ipcq_broadcast_stat(const struct ipcq_queue *queue,
			 struct ipcq_queue_stat *stat);
void ipcq_broadcast_push(struct ipcq_queue *queue, struct ipcq_message *message);
bool ipcq_broadcast_withdraw(struct ipcq_queue *queue,
			     struct ipcq_message *message);
struct ipcq_message *
ipcq_broadcast_reserve(struct ipcq_queue *queue,
		       struct ipcq_subscriber *subscriber, size_t *size,
		       const struct ipcq_patience *patience)
	__releases(&queue->lock);

/* It is not. */
void ipcq_broadcast_serve(struct ipcq_queue *queue);
void ipcq_broadcast_end(struct ipcq_queue *queue,
			struct ipcq_subscriber *subscriber,
			struct ipcq_message *message, int error);
int ipcq_broadcast_join(struct ipcq_queue *queue,
			struct ipcq_subscriber *subscriber, bool kept, u64 *last);
void ipcq_broadcast_leave(struct ipcq_queue *queue,
			  struct ipcq_subscriber *subscriber);
__poll_t ipcq_broadcast_readable(struct ipcq_queue *queue,
				 struct ipcq_subscriber *subscriber, bool join);
void ipcq_broadcast_show(struct ipcq_queue *queue,
			 const struct ipcq_subscriber *subscriber,
			 struct seq_file *m);
u32 ipcq_broadcast_next_length(struct ipcq_queue *queue,
			       const struct ipcq_subscriber *subscriber);

#endif /* IPCQ_BROADCAST_H */
