/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copies of messages that are not the copier's own.
 *
 * A receiver copies a message that it has reserved, and nobody else has to do with
 * that.  But who holds a message can read it again (hold.c), and who peeks at one copies
 * it while it is in the order (peek.c).  Such a copy begins under the queue's lock, goes
 * on without it, and ends under it.  Meanwhile the message goes its way: it is received,
 * held, put back, dropped.  But its payload stays until the last copy has ended:
 *
 *   - a message that leaves the queue while it is copied still counts for the bounds
 *     (@loose), so that how much memory somebody can hold back by copying it slowly is
 *     bounded as the queue is;
 *   - who would keep it, or move it to another queue, leaves that to the last copy
 *     (@parting).
 *
 * The bit COPIED says that the members which count this are defined.  It is set under
 * the lock, in messages that are in the order or held, and stays until the message is
 * plain again.  So whoever has a message to himself, because he has reserved it or it
 * has left, can look at the bit without the lock: a copy that is still in progress began
 * before.  When the last copy ends just then, it may take the message out of a share
 * (share.h) and so change another bit; hence data_race() where this is looked at.
 *
 * All else is protected by queue->lock.  In a queue that broadcasts, subscribers' copies
 * are counted otherwise: see broadcast.h.
 */
#ifndef IPCQ_COPIES_H
#define IPCQ_COPIES_H

#include "queue.h"

/* What is to come of a message that has left, after its last copy. */
enum ipcq_parting {
	IPCQ_PARTING_NONE,		/* it has not left */
	IPCQ_PARTING_KEEP,		/* it is kept */
	IPCQ_PARTING_DEAD,		/* it dies: and the reason, IPCQ_ORIGIN_* */
};

void ipcq_copies_count_out(struct ipcq_queue *queue,
			   struct ipcq_message *message);
void ipcq_copy_begin(struct ipcq_message *message);
void ipcq_copy_end(struct ipcq_queue *queue, struct ipcq_message *message);
bool ipcq_copies_inherit(struct ipcq_queue *queue, struct ipcq_message *message,
			 u32 parting);

/* Whether a message is being copied.  The lock is held. */
static inline bool ipcq_copies_go_on(const struct ipcq_message *message)
{
	return message->special & IPCQ_SPECIAL_COPIED && message->copies;
}

#endif /* IPCQ_COPIES_H */
