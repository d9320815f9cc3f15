// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looking for a message: see scan.h.
 */
#include <linux/err.h>
#include <linux/ipcq.h>
#include <linux/list.h>
#include <linux/sched/signal.h>

#include "backlog.h"
#include "filter.h"
#include "limits.h"
#include "scan.h"

/* On the stack of a thread that looks for a message; the lock protects all of it. */
struct scan {
	struct list_head node;		/* queue->scans, between two steps */
	struct ipcq_filter filter;	/* constant */
	bool by_priority;		/* constant: the order is, too */
	struct ipcq_message *next;	/* to be looked at; NULL: all have been */
	struct ipcq_message *best;	/* of those that have been; NULL: none */
};

/*
 * Whether one message comes before another in the order.  A dead letter has the
 * priority that it was sent with also where that does not count for the order.
 */
static bool precedes(const struct scan *scan, const struct ipcq_message *a,
		     const struct ipcq_message *b)
{
	if (scan->by_priority && a->priority != b->priority)
		return a->priority > b->priority;
	return a->order.sequence < b->order.sequence;
}

/* The lowest type first, whatever the order; else as the order says. */
static bool is_better(const struct scan *scan, const struct ipcq_message *message)
{
	u64 type = ipcq_message_type(message), best;

	if (!scan->best)
		return true;
	best = ipcq_message_type(scan->best);
	return type != best ? type < best : precedes(scan, message, scan->best);
}

/* Looks at one message.  Returns whether there is no need to look at others. */
static bool look(struct scan *scan, struct ipcq_message *message)
{
	const struct ipcq_filter *filter = &scan->filter;

	if (!ipcq_filter_takes(filter, message))
		/* Where they order it, the priorities only get lower from here. */
		return scan->by_priority &&
		       message->priority < filter->least_priority;
	if (filter->match != IPCQ_MATCH_AT_MOST) {
		scan->best = message;
		return true;
	}
	if (is_better(scan, message))
		scan->best = message;
	/* There is no lower type. */
	return !ipcq_message_type(scan->best);
}

/* Goes on for a while, under the lock.  Returns whether the scan has ended. */
static bool step(struct ipcq_queue *queue, struct scan *scan)
{
	unsigned int count;

	for (count = 0; scan->next; count++) {
		struct ipcq_message *message = scan->next;

		if (count == IPCQ_SCAN_STEP)
			return false;
		scan->next = ipcq_backlog_next(queue, message);
		if (look(scan, message))
			return true;
	}
	return true;
}

/* Lets others have the lock for a moment. */
static void pause(struct ipcq_queue *queue, struct scan *scan)
{
	list_add(&scan->node, &queue->scans);
	queue->care |= IPCQ_CARE_SCANS;
	spin_unlock(&queue->lock);
	cond_resched();
	spin_lock(&queue->lock);
	list_del(&scan->node);
	if (list_empty(&queue->scans))
		queue->care &= ~IPCQ_CARE_SCANS;
}

/**
 * ipcq_scan() - find the message that a filter takes first
 * @queue: the queue; its lock is held, and may be dropped and taken again
 * @filter: the filter; it is copied before the lock is dropped
 *
 * The first is the first in the order, or with IPCQ_MATCH_AT_MOST the first of the
 * lowest type.
 *
 * Return: the message, in the order now; NULL when there is none now;
 * ERR_PTR(-ERESTARTSYS) when the thread is being killed.
 */
struct ipcq_message *ipcq_scan(struct ipcq_queue *queue,
			       const struct ipcq_filter *filter)
{
	struct scan scan;

	if (ipcq_backlog_empty(queue))
		return NULL;
	scan.next = ipcq_backlog_first(queue);
	if (!filter->chooses)
		return scan.next;
	scan.filter = *filter;
	scan.by_priority = queue->priorities;
	scan.best = NULL;
	while (!step(queue, &scan)) {
		pause(queue, &scan);
		if (fatal_signal_pending(current))
			return ERR_PTR(-ERESTARTSYS);
	}
	return scan.best;
}

/* A message has come into the order.  The lock is held. */
void ipcq_scans_entered(struct ipcq_queue *queue, struct ipcq_message *message)
{
	struct scan *scan;

	list_for_each_entry(scan, &queue->scans, node) {
		if (!ipcq_filter_takes(&scan->filter, message))
			continue;
		if (scan->filter.match == IPCQ_MATCH_AT_MOST) {
			if (is_better(scan, message))
				scan->best = message;
		} else if (!scan->next || precedes(scan, message, scan->next)) {
			scan->next = message;
		}
	}
}

/*
 * A message has left the order.  The lock is held since, so that what the message says
 * of its neighbour is still so.
 */
void ipcq_scans_left(struct ipcq_queue *queue, struct ipcq_message *message)
{
	struct scan *scan;

	list_for_each_entry(scan, &queue->scans, node) {
		if (scan->next == message)
			scan->next = ipcq_backlog_next(queue, message);
		if (scan->best != message)
			continue;
		scan->best = NULL;
		scan->next = ipcq_backlog_empty(queue) ? NULL :
			     ipcq_backlog_first(queue);
	}
}
