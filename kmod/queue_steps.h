/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The steps that sending and receiving are made of (queue.c), for the calls that
 * do them for several messages.  Where nothing else is said, the queue's lock is
 * held.
 */
#ifndef IPCQ_QUEUE_STEPS_H
#define IPCQ_QUEUE_STEPS_H

#include "queue.h"
#include "wait.h"

/*
 * Makes a message that was kept the sender's, or gets a new one of that class when it
 * is NULL or cannot be; without the lock.  Returns ERR_PTR() of -EDQUOT or -ENOMEM.
 */
struct ipcq_message *ipcq_step_own(struct ipcq_queue *queue,
				   struct ipcq_message *message,
				   const struct ipcq_send *send, u32 class);

/* Whether a message of that length may be delivered now. */
bool ipcq_step_has_room(struct ipcq_queue *queue, u32 length);

/*
 * It may not: does what the queue does when it is full.  Returns whether that is the end
 * of it, with its number, or 0 when it is dropped; wakes one thread at most.  What is in
 * @list is to be dropped after the lock, by ipcq_full_drop().
 */
bool ipcq_step_end_when_full(struct ipcq_queue *queue,
			     struct ipcq_message *message, struct ipcq_wake *wake,
			     struct ipcq_order *list, u64 *sequence);

/* It is not: whether it may wait for room. */
bool ipcq_step_may_wait(const struct ipcq_queue *queue,
			const struct ipcq_message *message,
			const struct ipcq_patience *patience);

/* It does not wait; returns the error. */
int ipcq_step_refuse(struct ipcq_queue *queue, u32 length);

/*
 * Sends a message for which there is room, and returns its number; it may be gone
 * by then.  Wakes one thread at most.
 */
u64 ipcq_step_deliver(struct ipcq_queue *queue, struct ipcq_message *message,
		      struct ipcq_wake *wake);

/*
 * Waits for room, and drops the lock.  Returns 0 or an error, with which the message
 * is still the caller's.
 */
int ipcq_step_wait(struct ipcq_queue *queue, struct ipcq_message *message,
		   struct ipcq_send *send) __releases(&queue->lock);

/*
 * Takes the next message of those that the receive is for, if there is one and it has
 * room for it; or NULL.  With a filter the lock may be dropped meanwhile.
 */
struct ipcq_message *ipcq_step_reserve(struct ipcq_queue *queue,
				       struct ipcq_receive *receive);

/* A reserved message has been received; it is plain again. */
void ipcq_step_commit(struct ipcq_queue *queue, struct ipcq_message *message);

/* Drops the lock after messages have come; wakes who has one, and pollers. */
void ipcq_step_unlock_readable(struct ipcq_queue *queue, struct ipcq_wake *wake)
	__releases(&queue->lock);

#endif /* IPCQ_QUEUE_STEPS_H */
