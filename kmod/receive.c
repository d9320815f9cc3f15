// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receiving: a message is reserved under the lock, copied without it, and committed
 * under it, or put back.
 */
#include <linux/err.h>
#include <linux/ipcq.h>
#include <linux/sched/signal.h>

#include "backlog.h"
#include "broadcast.h"
#include "compat.h"
#include "hold.h"
#include "queue_steps.h"
#include "request.h"
#include "scan.h"
#include "wait.h"

/* ------------------------------------------------------------ reservations */

/* Puts a reserved message back, or passes it on. */
static void restore(struct ipcq_queue *queue, struct ipcq_message *message)
{
	struct ipcq_wake wake __uninitialized;

	ipcq_wake_init(&wake);
	spin_lock(&queue->lock);
	ipcq_queue_unlock(queue, &wake,
			  ipcq_queue_put_back(queue, message, &wake));
}

/*
 * The receiver has stopped waiting.  Returns the message that was reserved for it
 * meanwhile, or NULL.
 */
static struct ipcq_message *leave_receivers(struct ipcq_queue *queue,
					    struct ipcq_waiting_receiver *receiver)
{
	struct ipcq_message *message = NULL;

	spin_lock(&queue->lock);
	if (receiver->waiter.done) {
		message = receiver->message;
	} else {
		list_del(&receiver->waiter.node);
		queue->waiting_receivers--;
	}
	spin_unlock(&queue->lock);
	return message;
}

/* Waits for a message.  Called with the lock held, which it drops. */
static noinline struct ipcq_message *
wait_for_message(struct ipcq_queue *queue, struct ipcq_receive *receive,
		 const struct ipcq_filter *filter)
	__releases(&queue->lock)
{
	struct ipcq_waiting_receiver receiver = { .filter = *filter };
	struct ipcq_message *message;
	int ret;

	ipcq_waiter_init(&receiver.waiter);
	ipcq_waiter_add_ranked(&receiver.waiter, &queue->receivers);
	queue->waiting_receivers++;
	spin_unlock(&queue->lock);

	ret = ipcq_waiter_sleep(&receiver.waiter, receive->patience.deadline);
	message = ret ? leave_receivers(queue, &receiver) : receiver.message;
	if (!message)
		return ERR_PTR(ret);

	/* A dying thread takes nothing with it, a short buffer leaves it there. */
	if (fatal_signal_pending(current))
		ret = -ERESTARTSYS;
	else
		ret = message->length > receive->room ? -EMSGSIZE : 0;
	if (!ret)
		return message;
	receive->room = message->length;
	restore(queue, message);
	return ERR_PTR(ret);
}

/*
 * Takes the first message that a filter takes out of the order.  Called with the lock
 * held, which may be dropped meanwhile.  Returns NULL where there is none;
 * ERR_PTR(-EMSGSIZE) where the receive has no room for it, with its length in @room;
 * ERR_PTR() of other errors of the scan.
 */
noinline struct ipcq_message *
ipcq_step_reserve_chosen(struct ipcq_queue *queue, const struct ipcq_filter *filter,
			 struct ipcq_receive *receive)
{
	struct ipcq_message *message = ipcq_scan(queue, filter);

	if (IS_ERR_OR_NULL(message))
		return message;
	if (message->length > receive->room) {
		receive->room = message->length;
		return ERR_PTR(-EMSGSIZE);
	}
	ipcq_backlog_remove(queue, message);
	return message;
}

/*
 * Reserves the first message that the filter takes.  Called with the lock held, which
 * it drops.  The handle's filter may change as soon as it does.
 */
static noinline struct ipcq_message *
reserve_chosen(struct ipcq_queue *queue, struct ipcq_receive *receive)
	__releases(&queue->lock)
{
	const struct ipcq_filter filter = *receive->filter;
	struct ipcq_message *message;

	message = ipcq_step_reserve_chosen(queue, &filter, receive);
	if (!message && !receive->patience.nonblock)
		return wait_for_message(queue, receive, &filter);
	spin_unlock(&queue->lock);
	return message ?: ERR_PTR(-EAGAIN);
}

/**
 * ipcq_queue_reserve() - take a message out of the order
 * @queue: the queue
 * @receive: which one, and how
 *
 * The caller ends the reservation with ipcq_queue_end().
 *
 * Return: the message; ERR_PTR() of an error of struct ipcq_queue_receive, or of
 * -ERESTARTSYS for a signal.
 */
struct ipcq_message *ipcq_queue_reserve(struct ipcq_queue *queue,
					struct ipcq_receive *receive)
{
	struct ipcq_message *message;

	if (unlikely(ipcq_expire_due(queue)))
		ipcq_expire_reap(queue);
	spin_lock(&queue->lock);
	if (unlikely(receive->filter->chooses))
		return reserve_chosen(queue, receive);
	if (!ipcq_backlog_empty(queue)) {
		message = ipcq_step_reserve_first(queue, receive);
		spin_unlock(&queue->lock);
		return message;
	}
	if (unlikely(queue->broadcast))
		return ipcq_broadcast_reserve(queue, receive->subscriber,
					      &receive->room,
					      &receive->patience);
	if (receive->patience.nonblock) {
		spin_unlock(&queue->lock);
		return ERR_PTR(-EAGAIN);
	}
	return wait_for_message(queue, receive, receive->filter);
}

/* ------------------------------------------------------------------ their ends */

/*
 * A message is received that somebody copies, or a request, by who cannot reply to it.
 */
static noinline void commit_watched(struct ipcq_queue *queue,
				    struct ipcq_message *message)
{
	struct ipcq_outcome outcome __uninitialized;

	ipcq_outcome_begin(queue, &outcome);
	ipcq_step_count_out(queue, message);
	queue->received++;
	outcome.room = true;
	if (!(message->special & IPCQ_SPECIAL_REQUEST) ||
	    !ipcq_request_finish(queue, message, NULL, -ENOTCONN, &outcome.wake))
		ipcq_order_push(&outcome.done, &message->order);
	ipcq_outcome_end(queue, &outcome);
}

/* The receiver has all of a reserved message. */
static void commit(struct ipcq_queue *queue, struct ipcq_message *message)
{
	struct ipcq_wake wake __uninitialized;

	ipcq_wake_init(&wake);
	if (unlikely(message->special)) {
		if (message->special & IPCQ_SPECIAL_WATCHED) {
			commit_watched(queue, message);
			return;
		}
		ipcq_message_undress(message);
	}
	spin_lock(&queue->lock);
	ipcq_step_commit(queue, message);
	ipcq_queue_kept(queue);
	ipcq_queue_unlock(queue, &wake, ipcq_queue_made_room(queue, &wake));
}

/**
 * ipcq_queue_end() - end a reservation
 * @queue: the queue
 * @subscriber: of the handle, for a queue that broadcasts
 * @message: reserved by the caller, who forgets it
 * @error: 0 when all of it has been copied to the receiver, else why not
 *
 * A receiver that is being killed does not have it, whatever was copied.
 *
 * Return: 0, the message is received; @error or -EINTR, it is back in its place.
 */
int ipcq_queue_end(struct ipcq_queue *queue, struct ipcq_subscriber *subscriber,
		   struct ipcq_message *message, int error)
{
	if (!error && fatal_signal_pending(current))
		error = -EINTR;
	if (unlikely(message->special & IPCQ_SPECIAL_LOGGED))
		ipcq_broadcast_end(queue, subscriber, message, error);
	else if (error)
		restore(queue, message);
	else
		commit(queue, message);
	return error;
}
