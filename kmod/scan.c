// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looking for a message: see scan.h.
 */
#include <linux/err.h>
#include <linux/ipcq.h>
#include <linux/limits.h>
#include <linux/sched/signal.h>

#include "backlog.h"
#include "filter.h"
#include "limits.h"
#include "scan.h"

/* --------------------------------------------------------- what is looked for */

/*
 * Whether a message comes before a place in the order.  A dead letter has the priority
 * that it was sent with also where that does not count for the order.
 */
static bool precedes(const struct ipcq_scan *scan,
		     const struct ipcq_message *message, u32 priority, u64 sequence)
{
	if (scan->by_priority && message->priority != priority)
		return message->priority > priority;
	return message->order.sequence < sequence;
}

/* Whether a message comes after the place where the search begins. */
static bool is_ahead(const struct ipcq_scan *scan,
		     const struct ipcq_message *message)
{
	const struct ipcq_place *after = &scan->after;
	u64 type;

	if (likely(!after->sequence))
		return true;
	if (scan->filter.match == IPCQ_MATCH_AT_MOST) {
		type = ipcq_message_type(message);
		if (type != after->type)
			return type > after->type;
	}
	if (scan->by_priority && message->priority != after->priority)
		return message->priority < after->priority;
	return message->order.sequence > after->sequence;
}

/* Whether it is such a message that the scan looks for. */
bool ipcq_scan_takes(const struct ipcq_scan *scan,
		     const struct ipcq_message *message)
{
	return message->order.sequence <= scan->last &&
	       ipcq_filter_takes(&scan->filter, message) &&
	       is_ahead(scan, message);
}

/* The lowest type first, whatever the order; else as the order says. */
static bool is_better(const struct ipcq_scan *scan,
		      const struct ipcq_message *message)
{
	const struct ipcq_message *best = scan->best;
	u64 type = ipcq_message_type(message);

	if (!best)
		return true;
	if (type != ipcq_message_type(best))
		return type < ipcq_message_type(best);
	return precedes(scan, message, best->priority, best->order.sequence);
}

/* --------------------------------------------------------------------- a scan */

/* Looks at one message.  Returns whether there is no need to look at others. */
static bool look(struct ipcq_scan *scan, struct ipcq_message *message)
{
	const struct ipcq_filter *filter = &scan->filter;

	if (!is_ahead(scan, message))
		scan->before = message;
	if (!ipcq_scan_takes(scan, message))
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
static bool step(struct ipcq_queue *queue, struct ipcq_scan *scan)
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

/* Before the lock is dropped between two steps. */
void ipcq_scan_suspend(struct ipcq_queue *queue, struct ipcq_scan *scan)
{
	list_add(&scan->node, &queue->scans);
	queue->care |= IPCQ_CARE_SCANS;
}

/* After it has been taken again. */
void ipcq_scan_resume(struct ipcq_queue *queue, struct ipcq_scan *scan)
{
	list_del(&scan->node);
	if (list_empty(&queue->scans))
		queue->care &= ~IPCQ_CARE_SCANS;
}

/* A scan of the whole order. */
void ipcq_scan_init(struct ipcq_scan *scan, struct ipcq_queue *queue,
		    const struct ipcq_filter *filter)
{
	*scan = (struct ipcq_scan) {
		.filter = *filter,
		.last = U64_MAX,
		.by_priority = queue->priorities,
	};
	if (!ipcq_backlog_empty(queue))
		scan->next = ipcq_backlog_first(queue);
}

/* Goes on until the scan has ended.  Returns as ipcq_scan(). */
static struct ipcq_message *run(struct ipcq_queue *queue, struct ipcq_scan *scan)
{
	while (!step(queue, scan)) {
		/* Lets others have the lock for a moment. */
		ipcq_scan_suspend(queue, scan);
		spin_unlock(&queue->lock);
		cond_resched();
		spin_lock(&queue->lock);
		ipcq_scan_resume(queue, scan);
		if (fatal_signal_pending(current))
			return ERR_PTR(-ERESTARTSYS);
	}
	return scan->best;
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
	struct ipcq_scan scan;

	if (ipcq_backlog_empty(queue))
		return NULL;
	if (!filter->chooses)
		return ipcq_backlog_first(queue);
	ipcq_scan_init(&scan, queue, filter);
	return run(queue, &scan);
}

/* ---------------------------------------------------------------------- marks */

/* The mark's message is none any more. */
static void wipe(struct ipcq_mark *mark)
{
	if (mark->message)
		list_del(&mark->node);
	mark->message = NULL;
}

/* Of a handle that is used no more. */
void ipcq_mark_drop(struct ipcq_queue *queue, struct ipcq_mark *mark)
{
	spin_lock(&queue->lock);
	wipe(mark);
	spin_unlock(&queue->lock);
}

/* Marks a message in the order, or none. */
static void set_mark(struct ipcq_mark *mark, struct ipcq_message *message)
{
	if (mark->message == message)
		return;
	wipe(mark);
	if (!message)
		return;
	if (!(message->special & IPCQ_SPECIAL_MARKED)) {
		message->special |= IPCQ_SPECIAL_MARKED;
		INIT_LIST_HEAD(&message->marks);
	}
	list_add(&mark->node, &message->marks);
	mark->message = message;
}

/* A message that wears MARKED has left the order. */
void ipcq_marks_left(struct ipcq_message *message)
{
	struct ipcq_mark *mark, *next;

	list_for_each_entry_safe(mark, next, &message->marks, node)
		wipe(mark);
	message->special &= ~IPCQ_SPECIAL_MARKED;
}

/* Skips what comes before the place where the search begins, as far as that is easy. */
static void skip(struct ipcq_queue *queue, struct ipcq_scan *scan,
		 const struct ipcq_mark *mark)
{
	struct ipcq_order_entry *entry;

	if (mark->message && !is_ahead(scan, mark->message)) {
		scan->next = mark->message;
	} else if (scan->by_priority) {
		entry = ipcq_priority_below(queue->priorities,
					    scan->after.priority + 1);
		scan->next = entry ? ipcq_backlog_message(entry) : NULL;
	}
}

/**
 * ipcq_scan_after() - find the message that a filter takes next after a place
 * @queue: the queue; its lock is held, and may be dropped and taken again
 * @filter: the filter
 * @after: the place
 * @mark: of a handle that may come back to this place, or a later one
 *
 * Return: as ipcq_scan().
 */
struct ipcq_message *ipcq_scan_after(struct ipcq_queue *queue,
				     const struct ipcq_filter *filter,
				     const struct ipcq_place *after,
				     struct ipcq_mark *mark)
{
	struct ipcq_message *message;
	struct ipcq_scan scan;

	if (!after->sequence)
		return ipcq_scan(queue, filter);
	ipcq_scan_init(&scan, queue, filter);
	scan.after = *after;
	/* By type the order is another one: it is gone through from the front. */
	if (filter->match == IPCQ_MATCH_AT_MOST)
		return run(queue, &scan);
	skip(queue, &scan, mark);
	message = run(queue, &scan);
	set_mark(mark, scan.before);
	return message;
}

/* ------------------------------------------------ changes between two steps */

/* A message has come into the order.  The lock is held. */
void ipcq_scans_entered(struct ipcq_queue *queue, struct ipcq_message *message)
{
	struct ipcq_scan *scan;

	list_for_each_entry(scan, &queue->scans, node) {
		if (!ipcq_scan_takes(scan, message))
			continue;
		if (scan->filter.match == IPCQ_MATCH_AT_MOST) {
			if (is_better(scan, message))
				scan->best = message;
		} else if (!scan->next ||
			   precedes(scan, message, scan->next->priority,
				    scan->next->order.sequence)) {
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
	struct ipcq_scan *scan;

	list_for_each_entry(scan, &queue->scans, node) {
		if (scan->next == message)
			scan->next = ipcq_backlog_next(queue, message);
		if (scan->before == message)
			scan->before = NULL;
		if (scan->best != message)
			continue;
		scan->best = NULL;
		scan->next = ipcq_backlog_empty(queue) ? NULL :
			     ipcq_backlog_first(queue);
	}
}
