// SPDX-License-Identifier: GPL-2.0-only
/*
 * Draining: messages are taken out of the queue, and nobody gets them.
 *
 * The order is gone through once, a number of messages under each hold of the lock, as
 * a scan does (scan.h).  Only what was sent before the call began is taken; so it ends,
 * and those who wait for room bring theirs for others than the call.  They are let in when
 * it has ended.
 *
 * Who waits for a reply to a request among them is told that it was dropped.
 */
#include <linux/fs.h>
#include <linux/ipcq.h>
#include <linux/sched/signal.h>

#include "backlog.h"
#include "filter.h"
#include "hold.h"
#include "ioctl.h"
#include "limits.h"
#include "queue.h"
#include "queue_calls.h"
#include "scan.h"

struct drain {
	struct ipcq_scan scan;
	u64 most;			/* how many to take */
	u64 messages;			/* how many have been taken, */
	u64 bytes;			/* and their payloads */
};

/* ------------------------------------------------ with the queue's lock held */

static void take(struct ipcq_queue *queue, struct drain *drain,
		 struct ipcq_message *message, struct ipcq_outcome *outcome)
{
	drain->messages++;
	drain->bytes += message->length;
	ipcq_backlog_remove(queue, message);
	queue->received++;
	if (ipcq_outcome_part_with(queue, message, -ECANCELED, outcome))
		ipcq_order_push(&outcome->done, &message->order);
}

/* Goes on for a while.  Returns whether there may be more. */
static bool take_some(struct ipcq_queue *queue, struct drain *drain,
		      struct ipcq_outcome *outcome)
{
	struct ipcq_scan *scan = &drain->scan;
	struct ipcq_message *message;
	unsigned int count;

	for (count = 0; count < IPCQ_SCAN_STEP; count++) {
		message = scan->next;
		if (!message || drain->messages == drain->most)
			return false;
		if (!ipcq_outcome_has_room(outcome))
			return true;
		scan->next = ipcq_backlog_next(queue, message);
		if (ipcq_scan_takes(scan, message))
			take(queue, drain, message, outcome);
	}
	return true;
}

/* --------------------------------------------------------------- no lock is held */

static void drain_queue(struct ipcq_queue *queue, struct drain *drain,
			const struct ipcq_filter *filter)
{
	struct ipcq_outcome outcome __uninitialized;
	bool more;

	if (ipcq_expire_due(queue))
		ipcq_expire_reap(queue);
	ipcq_outcome_begin(queue, &outcome);
	ipcq_scan_init(&drain->scan, queue, filter);
	drain->scan.last = queue->sent;
	for (;;) {
		more = take_some(queue, drain, &outcome) &&
		       !fatal_signal_pending(current);
		outcome.room = !more;
		if (more)
			ipcq_scan_suspend(queue, &drain->scan);
		ipcq_outcome_end(queue, &outcome);
		if (!more)
			return;
		cond_resched();
		ipcq_outcome_begin(queue, &outcome);
		ipcq_scan_resume(queue, &drain->scan);
	}
}

int ipcq_queue_call_drain(struct ipcq_call *call)
{
	struct ipcq_queue_drain *args = &call->args.queue_drain;
	struct ipcq_queue *queue = ipcq_call_queue(call);
	struct drain drain = { .most = args->most ?: U64_MAX };
	struct ipcq_filter filter;
	int ret;

	if (!(call->file->f_mode & FMODE_READ))
		return -EBADF;
	if (queue->broadcast)
		return -EINVAL;
	ret = ipcq_filter_init(&filter, args->match, args->least_priority,
			       args->type_first, args->type_last);
	if (ret)
		return ret;
	/* All of these types are to go, in whatever order. */
	if (filter.match == IPCQ_MATCH_AT_MOST)
		filter.match = IPCQ_MATCH_RANGE;
	args->messages = 0;
	args->bytes = 0;
	/* What is gone is gone: find out before whether it can be told. */
	if (ipcq_call_put_from(call, queue_drain.messages, struct ipcq_queue_drain))
		return -EFAULT;
	drain_queue(queue, &drain, &filter);
	args->messages = drain.messages;
	args->bytes = drain.bytes;
	(void)ipcq_call_put_from(call, queue_drain.messages,
				 struct ipcq_queue_drain);
	return 0;
}
