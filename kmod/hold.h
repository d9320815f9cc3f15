/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Holds: messages that have been received and are still in the queue.
 *
 * A receiver that has reserved a message and copied it out may hold it, in place of
 * taking it: the message is out of the order, but counts for the bounds, and belongs to
 * an owner, a process with a handle.  It is named by a token, a number that the queue
 * gives once.  A hold ends, once, under the queue's lock, by the first of
 *
 *	the owner says so		lease.c
 *	its time ends			the queue's timers (expire.c)
 *	the owner ends			owner.h
 *	a reply, if it is a request	request.c
 *
 * and the message then leaves the queue, or goes back to its place, perhaps after a
 * while, in which it is among the timers only.  A request that is not held under a lease
 * does not go back when the owner ends, but fails.
 *
 * States of a message, by the bits that it wears: HELD, found by its token, and in its
 * owner's list; DELAYED, on its way back; neither.  The owner can have it copied once more
 * (copies.h); the hold may end meanwhile.
 *
 * An owner that ends is told to the queue after it is no longer live; a message is
 * given to an owner under the queue's lock and only while that is live.  So nothing is
 * left with an owner that has ended, and @owner of a message that is held is there.
 *
 * Everything here is protected by queue->lock; it is a leaf.
 */
#ifndef IPCQ_HOLD_H
#define IPCQ_HOLD_H

#include "queue.h"
#include "wait.h"

struct ipcq_owner;
struct ipcq_owners;

/* How a message is to be held. */
struct ipcq_hold {
	struct ipcq_owner *owner;	/* referenced by the call */
	u64 token;
	u64 lease;			/* nanoseconds from now; 0: no end */
	bool leased;			/* under a lease; else a request */
};

/* What comes of messages under one hold of the queue's lock, to see to after it. */
struct ipcq_outcome {
	struct ipcq_order done;		/* have left the queue, and are to be kept */
	struct ipcq_order expired;	/* likewise: their time to live has ended */
	struct ipcq_order redelivered;	/* likewise: they came back too often */
	bool room;			/* some have left */
	__poll_t events;
	struct ipcq_wake wake;
};

void ipcq_outcome_begin(struct ipcq_queue *queue, struct ipcq_outcome *outcome)
	__acquires(&queue->lock);
void ipcq_outcome_end(struct ipcq_queue *queue, struct ipcq_outcome *outcome)
	__releases(&queue->lock);
bool ipcq_outcome_part_with(struct ipcq_queue *queue,
			    struct ipcq_message *message, int error,
			    struct ipcq_outcome *outcome);
void ipcq_outcome_expire(struct ipcq_queue *queue, struct ipcq_message *message,
			 struct ipcq_outcome *outcome);

/* Whether another message may be put back under this hold of the lock. */
static inline bool ipcq_outcome_has_room(const struct ipcq_outcome *outcome)
{
	return outcome->wake.count < IPCQ_WAKE_BATCH;
}

struct ipcq_message *ipcq_hold_find(struct ipcq_queue *queue,
				    const struct ipcq_owner *owner, u64 token);
void ipcq_hold_end(struct ipcq_queue *queue, struct ipcq_message *message,
		   bool refused, struct ipcq_outcome *outcome);

u64 ipcq_hold_token(struct ipcq_queue *queue);
int ipcq_hold_begin(struct ipcq_queue *queue, struct ipcq_message *message,
		    const struct ipcq_hold *hold, int error);
int ipcq_hold_acknowledge(struct ipcq_queue *queue, struct ipcq_owner *owner,
			  u64 token);
int ipcq_hold_return(struct ipcq_queue *queue, struct ipcq_owner *owner,
		     u64 token, u64 delay);
int ipcq_hold_extend(struct ipcq_queue *queue, struct ipcq_owner *owner,
		     u64 token, u64 lease);
int ipcq_hold_read(struct ipcq_queue *queue, struct ipcq_owner *owner, u64 token,
		   u64 offset, const struct ipcq_buffer *to);
int ipcq_hold_hand_over(struct ipcq_queue *queue, struct ipcq_owner *owner,
			u64 token, struct ipcq_owner *to);

void ipcq_hold_due(struct ipcq_queue *queue, struct ipcq_message *message,
		   struct ipcq_outcome *outcome);
void ipcq_holds_end(struct ipcq_owners *owners, struct ipcq_owner *owner);
void ipcq_holds_fini(struct ipcq_queue *queue);

/* How often a message was received before. */
static inline u32 ipcq_message_redeliveries(const struct ipcq_message *message)
{
	return message->special & IPCQ_SPECIAL_REDELIVERED ?
		message->redeliveries : 0;
}

#endif /* IPCQ_HOLD_H */
