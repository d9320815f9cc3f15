// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies of messages that are not the copier's own: see copies.h.
 */
#include "backlog.h"
#include "copies.h"
#include "hold.h"
#include "passfd.h"
#include "queue_steps.h"
#include "share.h"

/* The lock is held; the message is in the order, or held by somebody. */
void ipcq_copy_begin(struct ipcq_message *message)
{
	if (!(message->special & IPCQ_SPECIAL_COPIED)) {
		message->special |= IPCQ_SPECIAL_COPIED;
		message->copies = 0;
		message->loose = false;
		message->parting = IPCQ_PARTING_NONE;
	}
	message->copies++;
}

/*
 * A message that is not plain leaves the queue: it does not count any more, or not when its
 * last copy has ended.  The lock is held.
 */
void ipcq_copies_count_out(struct ipcq_queue *queue, struct ipcq_message *message)
{
	if (ipcq_copies_go_on(message)) {
		message->loose = true;
		return;
	}
	ipcq_bounds_remove(&queue->bounds, message->length);
	if (message->special & IPCQ_SPECIAL_COUNTED)
		ipcq_share_end(queue, message);
}

/* The last copy has ended: the message does what it would have done before. */
static void let_go(struct ipcq_queue *queue, struct ipcq_message *message,
		   struct ipcq_outcome *outcome, struct ipcq_order *dead)
{
	if (message->loose) {
		message->loose = false;
		ipcq_step_count_out(queue, message);
		outcome->room = true;
	}
	if (message->parting == IPCQ_PARTING_KEEP)
		ipcq_order_push(&outcome->done, &message->order);
	else if (message->parting >= IPCQ_PARTING_DEAD)
		ipcq_order_push(dead, &message->order);
}

/**
 * ipcq_copy_end() - end a copy
 * @queue: the queue; no lock is held
 * @message: from ipcq_copy_begin(); the caller forgets it
 */
void ipcq_copy_end(struct ipcq_queue *queue, struct ipcq_message *message)
{
	struct ipcq_outcome outcome __uninitialized;
	struct ipcq_order dead;
	u32 reason = 0;
	bool stuck = false;

	ipcq_order_init(&dead);
	ipcq_outcome_begin(queue, &outcome);
	if (!--message->copies) {
		let_go(queue, message, &outcome, &dead);
		if (!ipcq_order_empty(&dead))
			reason = message->parting - IPCQ_PARTING_DEAD;
		/* Now it can be dropped for those who wait for room. */
		stuck = ipcq_full_drops(queue) && queue->waiting_senders;
	}
	ipcq_outcome_end(queue, &outcome);
	ipcq_dead_letter(queue, &dead, reason);
	if (stuck)
		ipcq_queue_admit(queue);
}

/**
 * ipcq_copies_inherit() - leave a message to those who copy it
 * @queue: the queue; no lock is held
 * @message: has left the order and the count, and wears COPIED
 * @parting: IPCQ_PARTING_KEEP; or IPCQ_PARTING_DEAD plus a reason
 *
 * The files that it carries do not wait: nobody copies these.
 *
 * Return: whether somebody copies it: the last of them does what @parting says.
 */
bool ipcq_copies_inherit(struct ipcq_queue *queue, struct ipcq_message *message,
			 u32 parting)
{
	struct ipcq_files *files = NULL;
	struct ipcq_sender *sender = NULL;
	bool go_on;

	spin_lock(&queue->lock);
	go_on = message->copies;
	message->parting = go_on ? parting : IPCQ_PARTING_NONE;
	if (go_on && message->special & IPCQ_SPECIAL_FILES) {
		message->special &= ~IPCQ_SPECIAL_FILES;
		files = message->files;
		sender = ipcq_sender_get(message->sender);
	}
	spin_unlock(&queue->lock);
	if (files) {
		ipcq_files_put(files, sender->account);
		ipcq_sender_put(sender);
	}
	return go_on;
}
