// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending: an empty message is filled without the lock, and delivered under it, or
 * waits until another call delivers it.
 */
#include <linux/err.h>
#include <linux/ipcq.h>
#include <linux/ktime.h>

#include "backlog.h"
#include "compat.h"
#include "hold.h"
#include "queue_steps.h"
#include "request.h"
#include "wait.h"

/* -------------------------------------------------------------- its message */

/* A new message for a queue, with its sender. */
static struct ipcq_message *new_message(struct ipcq_queue *queue,
					const struct ipcq_send *send, u32 class)
{
	struct ipcq_message *message;
	struct ipcq_sender *sender;

	if (send->as_opener)
		return ipcq_queue_new_message(queue, send->senders->opener,
					      class);
	sender = ipcq_senders_current(send->senders);
	if (IS_ERR(sender))
		return ERR_CAST(sender);
	message = ipcq_queue_new_message(queue, sender, class);
	ipcq_sender_put(sender);
	return message;
}

/* Makes a kept message the sender's.  Returns 0 or -EDQUOT, -ENOMEM. */
static noinline int change_sender(struct ipcq_message *message,
				  const struct ipcq_send *send)
{
	struct ipcq_sender *sender;
	int ret;

	if (send->as_opener)
		return ipcq_message_transfer(message, send->senders->opener);
	sender = ipcq_senders_current(send->senders);
	if (IS_ERR(sender))
		return PTR_ERR(sender);
	ret = ipcq_message_transfer(message, sender);
	ipcq_sender_put(sender);
	return ret;
}

/* Whether a kept message was the same sender's, who pays for it already. */
static bool same_sender(const struct ipcq_message *message,
			const struct ipcq_send *send)
{
	const struct ipcq_sender *sender = message->sender;

	if (send->as_opener)
		return sender == send->senders->opener;
	/* Who has the same share has the same account. */
	return ipcq_sender_is_current(sender) &&
	       sender->share == send->senders->share;
}

/*
 * Makes a message that was kept (NULL: none was) the sender's, or gets another; without
 * the lock.  Returns ERR_PTR() of -EDQUOT or -ENOMEM.
 */
static __always_inline struct ipcq_message *
own_message(struct ipcq_queue *queue, struct ipcq_message *message,
	    const struct ipcq_send *send, u32 class)
{
	if (message) {
		if (likely(same_sender(message, send)) ||
		    !change_sender(message, send))
			return message;
		ipcq_queue_keep(queue, message);
	}
	return new_message(queue, send, class);
}

/*
 * An empty message that takes the payload, from the magazine or a new one.  Where
 * the call may not wait, there is no use in filling one that has no room.
 */
static __always_inline struct ipcq_message *
take_message(struct ipcq_queue *queue, const struct ipcq_send *send)
{
	u32 length = send->from.length;
	u32 class = ipcq_message_class(length);
	struct ipcq_message *message;
	int ret;

	spin_lock(&queue->lock);
	if (send->patience.nonblock &&
	    !ipcq_step_has_room(queue, send->senders->share, length) &&
	    !ipcq_full_drops(queue)) {
		ret = ipcq_step_refuse(queue, length);
		spin_unlock(&queue->lock);
		return ERR_PTR(ret);
	}
	message = ipcq_magazine_take(&queue->magazine, class);
	spin_unlock(&queue->lock);
	return own_message(queue, message, send, class);
}

/* The same for who sends to several queues. */
struct ipcq_message *ipcq_step_take(struct ipcq_queue *queue,
				    const struct ipcq_send *send)
{
	return take_message(queue, send);
}

/* The same of the others of a batch. */
struct ipcq_message *ipcq_step_own(struct ipcq_queue *queue,
				   struct ipcq_message *message,
				   const struct ipcq_send *send, u32 class)
{
	return own_message(queue, message, send, class);
}

/* ------------------------------------------------------- where there is no room */

/* A message that has no room does not wait for it; returns the error. */
int ipcq_step_refuse(struct ipcq_queue *queue, u32 length)
{
	if (ipcq_bounds_exclude(&queue->bounds, length))
		return -EMSGSIZE;
	queue->refused = true;
	return queue->full == IPCQ_FULL_REJECT ? -ENOBUFS : -EAGAIN;
}

/* The sender has stopped waiting.  Returns whether it was completed after all. */
static bool leave_senders(struct ipcq_queue *queue,
			  struct ipcq_waiting_sender *sender)
{
	struct ipcq_wake wake __uninitialized;
	bool done;

	ipcq_wake_init(&wake);
	spin_lock(&queue->lock);
	done = sender->waiter.done;
	if (done) {
		spin_unlock(&queue->lock);
		return true;
	}
	list_del(&sender->waiter.node);
	ipcq_share_waited(queue, sender->share);
	/* The next one may be shorter and fit. */
	ipcq_queue_unlock(queue, &wake, ipcq_queue_made_room(queue, &wake));
	return false;
}

/*
 * Waits for room, with the message in hand.  Called with the lock held, which it
 * drops.  Returns 0 or an error, with which the message is still the caller's.  Apart,
 * so that a send that need not wait has a small frame.
 */
noinline int ipcq_step_wait(struct ipcq_queue *queue, struct ipcq_message *message,
			    struct ipcq_send *send)
	__releases(&queue->lock)
{
	struct ipcq_waiting_sender sender = { .message = message };
	int ret;

	ipcq_waiter_init(&sender.waiter);
	ipcq_share_wait(queue, &sender);
	spin_unlock(&queue->lock);

	ret = ipcq_waiter_sleep(&sender.waiter, send->patience.deadline);
	if (ret && !leave_senders(queue, &sender))
		return ret;
	if (sender.lost)
		ipcq_queue_keep(queue, message);
	send->sequence = sender.sequence;
	return sender.error;
}

/*
 * Does with a message that has no room what the queue does when it is full.  Returns how
 * it ended, with its number where it is delivered, or 0 where it is dropped.  What is in
 * @list is to be kept, after the lock.  Wakes one thread at most.
 */
enum ipcq_full_end
ipcq_step_end_when_full(struct ipcq_queue *queue, struct ipcq_message *message,
			struct ipcq_wake *wake, struct ipcq_order *list,
			u64 *sequence)
{
	enum ipcq_full_end end = IPCQ_FULL_STAYS;

	if (!ipcq_bounds_exclude(&queue->bounds, message->length) &&
	    ipcq_share_passes(queue, message->sender->share, message->length))
		end = ipcq_full_settle(queue, message, list);
	if (end == IPCQ_FULL_FITS) {
		*sequence = ipcq_step_deliver(queue, message, wake);
	} else if (end == IPCQ_FULL_LOST) {
		*sequence = 0;
		queue->dropped++;
		ipcq_order_push(list, &message->order);
	}
	/* If more has gone than was needed, it is for those who wait. */
	if (queue->waiting_senders && !ipcq_order_empty(list))
		ipcq_queue_arm_admit(queue);
	return end;
}

/* Whether a message that stays without room may wait for it. */
bool ipcq_step_may_wait(const struct ipcq_queue *queue,
			const struct ipcq_message *message,
			const struct ipcq_patience *patience)
{
	/* It was not too long before, but may be now. */
	return !patience->nonblock && queue->full != IPCQ_FULL_REJECT &&
	       !ipcq_bounds_exclude(&queue->bounds, message->length);
}

/*
 * Sends a message that has no room.  Called with the lock held, which it drops.  Returns
 * 1 where it is to be looked at again.
 */
static noinline int send_when_full(struct ipcq_queue *queue,
				   struct ipcq_message *message,
				   struct ipcq_send *send)
	__releases(&queue->lock)
{
	struct ipcq_wake wake __uninitialized;
	enum ipcq_full_end end;
	struct ipcq_order list;
	int ret;

	ipcq_order_init(&list);
	ipcq_wake_init(&wake);
	end = ipcq_step_end_when_full(queue, message, &wake, &list,
				      &send->sequence);
	if (end != IPCQ_FULL_STAYS || !ipcq_order_empty(&list)) {
		ipcq_queue_unlock(queue, &wake, ipcq_step_readable(queue));
		ipcq_queue_keep_all(queue, &list);
		cond_resched();
		return end == IPCQ_FULL_AGAIN || end == IPCQ_FULL_STAYS;
	}
	if (ipcq_step_may_wait(queue, message, &send->patience))
		return ipcq_step_wait(queue, message, send);
	ret = ipcq_step_refuse(queue, message->length);
	spin_unlock(&queue->lock);
	return ret;
}

/* -------------------------------------------------------------------- calls */

/* Sends a message that the caller holds, or leaves it with the caller. */
static int send_message(struct ipcq_queue *queue, struct ipcq_message *message,
			struct ipcq_send *send)
{
	struct ipcq_wake wake __uninitialized;
	int ret;

	ipcq_wake_init(&wake);
	spin_lock(&queue->lock);
	while (unlikely(!ipcq_step_has_room(queue, send->senders->share,
					    message->length))) {
		ret = send_when_full(queue, message, send);
		if (ret <= 0)
			return ret;
		spin_lock(&queue->lock);
	}
	send->sequence = ipcq_step_deliver(queue, message, &wake);
	ipcq_queue_unlock(queue, &wake, wake.count ? 0 : EPOLLIN | EPOLLRDNORM);
	return 0;
}

/* Writes what stands on the envelope on a plain message. */
void ipcq_queue_dress(struct ipcq_queue *queue, struct ipcq_message *message,
		      const struct ipcq_envelope *envelope)
{
	message->priority = envelope->priority;
	if (envelope->type) {
		message->special |= IPCQ_SPECIAL_TYPE;
		message->type = envelope->type;
	}
	if (envelope->time_to_live) {
		message->special |= IPCQ_SPECIAL_LIMITED;
		message->time_to_live = envelope->time_to_live;
	}
	if (envelope->files) {
		message->special |= IPCQ_SPECIAL_FILES;
		message->files = envelope->files;
	}
	if (envelope->caller) {
		message->special |= IPCQ_SPECIAL_REQUEST;
		message->token = ipcq_hold_token(queue);
		message->caller = envelope->caller;
		message->client = NULL;
		message->in_order = false;
		message->refusal = 0;
		message->caller->message = message;
		message->caller->token = message->token;
	}
}

/**
 * ipcq_queue_fill() - a message that is going elsewhere than into the order
 * @queue: the queue, whose memory it is
 * @send: what, and by whom; not longer than the queue allows
 *
 * It is charged to the handle's account, as what is sent is: who receives may keep it.
 *
 * Return: the message, the caller's; ERR_PTR() of -EDQUOT, -ENOMEM, -EFAULT.
 */
struct ipcq_message *ipcq_queue_fill(struct ipcq_queue *queue,
				     const struct ipcq_send *send)
{
	u32 class = ipcq_message_class(send->from.length);
	struct ipcq_message *message;
	int ret;

	spin_lock(&queue->lock);
	message = ipcq_magazine_take(&queue->magazine, class);
	spin_unlock(&queue->lock);
	if (message && message->sender->account != send->senders->account &&
	    ipcq_message_transfer(message, send->senders->opener)) {
		ipcq_queue_keep(queue, message);
		message = NULL;
	}
	if (!message)
		message = new_message(queue, send, class);
	if (IS_ERR(message))
		return message;
	ret = ipcq_message_fill(message, &send->from);
	if (!ret)
		return message;
	ipcq_queue_keep(queue, message);
	return ERR_PTR(ret);
}

/**
 * ipcq_queue_send() - send one message
 * @queue: the queue
 * @send: what, by whom, and how; its @sequence receives the message's number
 *
 * Return: 0 or an error of struct ipcq_queue_send; -ERESTARTSYS for a signal.
 */
int ipcq_queue_send(struct ipcq_queue *queue, struct ipcq_send *send)
{
	const struct ipcq_envelope *envelope = send->envelope;
	u32 priority = unlikely(envelope) ? envelope->priority : 0;
	struct ipcq_message *message;
	int ret;

	/* Read without the lock, to spare the work; it is looked at again under it. */
	if (send->from.length > READ_ONCE(queue->bounds.max_message_size))
		return -EMSGSIZE;
	if (unlikely(priority || queue->priorities)) {
		ret = ipcq_backlog_prepare(queue, priority);
		if (ret)
			return ret;
	}

	message = take_message(queue, send);
	if (IS_ERR(message))
		return PTR_ERR(message);

	message->priority = 0;
	message->time = ktime_get_coarse_ns();
	if (unlikely(envelope))
		ipcq_queue_dress(queue, message, envelope);
	ret = ipcq_message_fill(message, &send->from);
	if (!ret)
		ret = send_message(queue, message, send);
	if (ret) {
		/* What it wore is still the caller's. */
		message->special = 0;
		ipcq_queue_keep(queue, message);
	}
	return ret;
}

/* Takes in a message that is nobody's here, as far as one hold of the lock goes. */
static enum ipcq_full_end accept(struct ipcq_queue *queue,
				 struct ipcq_message *message)
{
	enum ipcq_full_end end = IPCQ_FULL_STAYS;
	struct ipcq_wake wake __uninitialized;
	struct ipcq_order list;

	ipcq_order_init(&list);
	ipcq_wake_init(&wake);
	spin_lock(&queue->lock);
	if (ipcq_step_has_room(queue, NULL, message->length))
		end = IPCQ_FULL_FITS;
	else if (ipcq_share_passes(queue, NULL, message->length) &&
		 !ipcq_bounds_exclude(&queue->bounds, message->length))
		end = ipcq_full_settle(queue, message, &list);
	if (end == IPCQ_FULL_FITS) {
		queue->magazine.memory += ipcq_message_memory(message->class);
		ipcq_step_deliver(queue, message, &wake);
	}
	ipcq_queue_unlock(queue, &wake, ipcq_step_readable(queue));
	ipcq_queue_keep_all(queue, &list);
	return end;
}

/**
 * ipcq_queue_accept() - take in a message from another queue, without waiting
 * @queue: the queue; no lock is held
 * @message: filled, with its memory not counted by any queue; a queue with priorities
 *	has been prepared for its own
 *
 * Return: whether there was room, or was made; if not, the message is still the
 * caller's.
 */
bool ipcq_queue_accept(struct ipcq_queue *queue, struct ipcq_message *message)
{
	enum ipcq_full_end end;

	message->special |= IPCQ_SPECIAL_FOREIGN;
	do
		end = accept(queue, message);
	while (end == IPCQ_FULL_AGAIN);
	if (end == IPCQ_FULL_FITS)
		return true;
	message->special &= ~IPCQ_SPECIAL_FOREIGN;
	return false;
}
