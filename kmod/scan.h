/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looking through a queue's order for a message that a filter takes.
 *
 * There may be many messages, and the queue's lock is not to be held for long.  So a
 * scan looks at a number of them, drops the lock, takes it again and goes on where it
 * was.  Meanwhile messages come and go, and so a scan between two steps is in a list
 * of the queue's, and whoever changes the order sees to it that it is right:
 *
 *   a message leaves	scans that would look at it next go on with the one after
 *			it; those that would have chosen it begin again
 *   a message comes	scans that are past its place, and take it, go back to it
 *
 * So this holds whenever the lock is free:
 *
 *   - every message before a scan's place is one that its filter does not take, or
 *     comes after the best one it has seen.
 *
 * A scan that ends without a message has thus seen, at its end and under the lock, that
 * there is none.  New messages that it does not take never delay it; it can be held up
 * only by others who take what it was about to choose.
 *
 * A scan can look only for what comes after a place, the message that was found last,
 * which may have left since (peek.c).  So that it need not begin at the front each time,
 * a handle has a mark: a message that comes before all that is looked for, as long as
 * it is in the order.  A message with marks has the bit MARKED; when it leaves, they are
 * wiped out, and the next scan begins at the front.
 *
 * Everything here is protected by queue->lock.  Model: tests/model/scan.pml.
 */
#ifndef IPCQ_SCAN_H
#define IPCQ_SCAN_H

#include <linux/list.h>
#include <linux/types.h>

#include "filter.h"

struct ipcq_message;
struct ipcq_queue;

/* Where a message is, or was, among those that a filter takes. */
struct ipcq_place {
	u64 sequence;			/* 0: before all */
	u64 type;			/* counts with IPCQ_MATCH_AT_MOST */
	u32 priority;			/* counts where the queue has priorities */
};

/* Of a handle. */
struct ipcq_mark {
	struct ipcq_message *message;	/* in the order; NULL: none */
	struct list_head node;		/* message->marks */
};

/* On the stack of a thread that looks for messages. */
struct ipcq_scan {
	struct list_head node;		/* queue->scans, between two steps */
	struct ipcq_filter filter;	/* constant */
	struct ipcq_place after;	/* constant: only what comes after it */
	u64 last;			/* constant: nothing sent after it */
	bool by_priority;		/* constant: the order is, too */
	struct ipcq_message *next;	/* to be looked at; NULL: all have been */
	struct ipcq_message *best;	/* of those that have been; NULL: none */
	struct ipcq_message *before;	/* the last that is not after @after, or NULL */
};

struct ipcq_message *ipcq_scan(struct ipcq_queue *queue,
			       const struct ipcq_filter *filter);
struct ipcq_message *ipcq_scan_after(struct ipcq_queue *queue,
				     const struct ipcq_filter *filter,
				     const struct ipcq_place *after,
				     struct ipcq_mark *mark);

void ipcq_scan_init(struct ipcq_scan *scan, struct ipcq_queue *queue,
		    const struct ipcq_filter *filter);
bool ipcq_scan_takes(const struct ipcq_scan *scan,
		     const struct ipcq_message *message);
void ipcq_scan_suspend(struct ipcq_queue *queue, struct ipcq_scan *scan);
void ipcq_scan_resume(struct ipcq_queue *queue, struct ipcq_scan *scan);

/* The queue's lock is not held. */
void ipcq_mark_drop(struct ipcq_queue *queue, struct ipcq_mark *mark);

void ipcq_marks_left(struct ipcq_message *message);
void ipcq_scans_entered(struct ipcq_queue *queue, struct ipcq_message *message);
void ipcq_scans_left(struct ipcq_queue *queue, struct ipcq_message *message);

#endif /* IPCQ_SCAN_H */
