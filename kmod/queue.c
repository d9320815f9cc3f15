// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues: see queue.h.
 */
#include <linux/err.h>
#include <linux/ipcq.h>
#include <linux/sched/signal.h>
#include <linux/timekeeping.h>

#include "backlog.h"
#include "broadcast.h"
#include "compat.h"
#include "queue.h"
#include "hold.h"
#include "queue_steps.h"
#include "request.h"
#include "scan.h"
#include "wait.h"

/* Waits for room, with its message; in queue->senders. */
struct sender {
	struct ipcq_waiter waiter;
	struct ipcq_message *message;
	/* Once completed: */
	u64 sequence;
	int error;			/* if not 0, the message is still its own, */
	bool lost;			/* and so if it is the one that is dropped */
};

/* Waits for a message; in queue->receivers. */
struct receiver {
	struct ipcq_waiter waiter;
	struct ipcq_filter filter;
	struct ipcq_message *message;	/* once completed: reserved for it */
};

/* ----------------------------------------- steps, with the queue's lock held */

static struct sender *first_sender(struct ipcq_queue *queue)
{
	return list_first_entry(&queue->senders, struct sender, waiter.node);
}

/*
 * Reserves @message for the receiver whose turn it is, if one waits that takes it.
 * Apart, for who sends and receives without anybody waiting.
 */
static noinline bool hand_over(struct ipcq_queue *queue,
			       struct ipcq_message *message,
			       struct ipcq_wake *wake)
{
	struct receiver *receiver;

	list_for_each_entry(receiver, &queue->receivers, waiter.node) {
		if (!ipcq_filter_takes(&receiver->filter, message))
			continue;
		receiver->message = message;
		queue->waiting_receivers--;
		ipcq_waiter_complete(&receiver->waiter, wake);
		return true;
	}
	return false;
}

/*
 * Sends @message, for which there is room: from here on it is the queue's.
 * Returns its sequence number.
 */
static u64 deliver(struct ipcq_queue *queue, struct ipcq_message *message,
		   struct ipcq_wake *wake)
{
	u64 sequence = ++queue->sent;

	message->order.sequence = sequence;
	ipcq_bounds_add(&queue->bounds, message->length);
	if (unlikely(message->special | queue->care)) {
		ipcq_expire_begin(queue, message);
		if (queue->broadcast) {
			ipcq_broadcast_push(queue, message);
			return sequence;
		}
	}
	if (list_empty(&queue->receivers) || !hand_over(queue, message, wake))
		ipcq_backlog_push(queue, message);
	return sequence;
}

/* Readiness that deliveries have brought about. */
static __poll_t readable(const struct ipcq_queue *queue)
{
	if (ipcq_backlog_empty(queue) && likely(!queue->broadcast))
		return 0;
	return EPOLLIN | EPOLLRDNORM;
}

/* Whether a waiting sender's turn has come: its message fits, or never will. */
static bool has_turn(const struct ipcq_queue *queue, const struct sender *sender)
{
	u32 length = sender->message->length;

	return ipcq_bounds_fit(&queue->bounds, length) ||
	       ipcq_bounds_exclude(&queue->bounds, length);
}

/*
 * Ends the wait of the first sender, if its turn has come, or what the queue does when
 * it is full ends it: then @list is not NULL, and takes what is dropped.
 */
static bool settle(struct ipcq_queue *queue, struct sender *sender,
		   struct ipcq_wake *wake, struct ipcq_order *list)
{
	struct ipcq_message *message = sender->message;
	enum ipcq_full_end end = IPCQ_FULL_FITS;

	if (ipcq_bounds_exclude(&queue->bounds, message->length)) {
		sender->error = -EMSGSIZE;
		return true;
	}
	if (!ipcq_bounds_fit(&queue->bounds, message->length))
		end = list ? ipcq_full_settle(queue, message, list) :
			     IPCQ_FULL_STAYS;
	if (end == IPCQ_FULL_FITS) {
		sender->sequence = deliver(queue, message, wake);
	} else if (end == IPCQ_FULL_LOST) {
		queue->dropped++;
		sender->lost = true;
	} else {
		if (!list || queue->full != IPCQ_FULL_REJECT)
			return false;
		sender->error = -ENOBUFS;
	}
	return true;
}

/*
 * Lets in the waiting senders that fit, in their order, as many as can be woken in
 * one go; sends away those whose messages have become too long.  With @list the queue
 * also does what it does when it is full.  Returns the events that pollers have to hear
 * of.
 */
static __poll_t admit(struct ipcq_queue *queue, struct ipcq_wake *wake,
		      struct ipcq_order *list)
{
	unsigned int before = wake->count;

	while (!list_empty(&queue->senders)) {
		struct sender *sender = first_sender(queue);

		/* A delivery wakes the sender, and perhaps a receiver. */
		if (wake->count + 2 > IPCQ_WAKE_BATCH ||
		    !settle(queue, sender, wake, list))
			break;
		queue->waiting_senders--;
		ipcq_waiter_complete(&sender->waiter, wake);
	}
	return wake->count == before ? 0 : readable(queue);
}

static void arm_admit(struct ipcq_queue *queue)
{
	if (queue->admit_armed)
		return;
	queue->admit_armed = true;
	queue_delayed_work(ipcq_queue_works, &queue->admit_work,
			   msecs_to_jiffies(IPCQ_ADMIT_DELAY_MS));
}

/* Whether any send succeeds at once: what POLLOUT says. */
static bool has_room_for_any(const struct ipcq_queue *queue)
{
	return (list_empty(&queue->senders) &&
		ipcq_bounds_fit_any(&queue->bounds)) || ipcq_full_drops(queue);
}

/*
 * Lets in whoever was told that there is no room.  Returns the events that pollers
 * have to hear of.
 */
static __poll_t let_in(struct ipcq_queue *queue, struct ipcq_wake *wake,
		       struct ipcq_order *list)
{
	__poll_t events = admit(queue, wake, list);

	if (!list_empty(&queue->senders)) {
		/* The batch is full, or the next one is too long for now. */
		if (has_turn(queue, first_sender(queue)) ||
		    (queue->full && wake->count + 2 > IPCQ_WAKE_BATCH))
			arm_admit(queue);
	}
	if (queue->refused && has_room_for_any(queue)) {
		queue->refused = false;
		events |= EPOLLOUT | EPOLLWRNORM;
	}
	return events;
}

/*
 * There is more room than before: lets senders in if the queue is low, else later.
 * Returns the events that pollers have to hear of.
 */
static __poll_t made_room(struct ipcq_queue *queue, struct ipcq_wake *wake)
{
	if (likely(list_empty(&queue->senders) && !queue->refused))
		return 0;
	if (!ipcq_bounds_low(&queue->bounds)) {
		arm_admit(queue);
		return 0;
	}
	return let_in(queue, wake, NULL);
}

/* Somebody may want to hear of @events without waiting in a call. */
static noinline void tell(struct ipcq_queue *queue, __poll_t events)
{
	wake_up_interruptible_poll(&queue->pollers, events);
	ipcq_queue_signal(queue, events);
	if (queue->broadcast)
		ipcq_broadcast_serve(queue);
}

/*
 * Drops the lock, then wakes the chosen threads and tells those that listen.  Every send
 * and receive ends with it: in line it costs less.
 */
static __always_inline void
unlock_and_wake(struct ipcq_queue *queue, struct ipcq_wake *wake, __poll_t events)
	__releases(&queue->lock)
{
	/*
	 * A poller joins @pollers before it looks at the queue under the lock:
	 * either it saw the change that is being reported, or it is seen here,
	 * while the lock is still held.  @listened is set under the lock, once
	 * the file is in its list.
	 */
	bool listened = events && (waitqueue_active(&queue->pollers) ||
				   queue->listened);

	spin_unlock(&queue->lock);
	ipcq_wake_up(wake);
	if (unlikely(listened))
		tell(queue, events);
}

/* These are for those who change the queue in files of their own. */
__poll_t ipcq_queue_made_room(struct ipcq_queue *queue, struct ipcq_wake *wake)
{
	return made_room(queue, wake);
}

void ipcq_queue_unlock(struct ipcq_queue *queue, struct ipcq_wake *wake,
		       __poll_t events)
	__releases(&queue->lock)
{
	unlock_and_wake(queue, wake, events);
}

/* -------------------------------------------------------------------- send */

static bool has_room(struct ipcq_queue *queue, u32 length)
{
	return list_empty(&queue->senders) &&
	       ipcq_bounds_fit(&queue->bounds, length);
}

/* A message that has no room does not wait for it; returns the error. */
static int refuse(struct ipcq_queue *queue, u32 length)
{
	if (ipcq_bounds_exclude(&queue->bounds, length))
		return -EMSGSIZE;
	queue->refused = true;
	return queue->full == IPCQ_FULL_REJECT ? -ENOBUFS : -EAGAIN;
}

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
	return ipcq_sender_is_current(sender) &&
	       sender->account == send->senders->account;
}

/* Makes a message that was kept (NULL: none was) the sender's, or gets another. */
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
static struct ipcq_message *take_message(struct ipcq_queue *queue,
					 const struct ipcq_send *send)
{
	u32 length = send->from.length;
	u32 class = ipcq_message_class(length);
	struct ipcq_message *message;
	int ret;

	spin_lock(&queue->lock);
	if (send->patience.nonblock && !has_room(queue, length) &&
	    !ipcq_full_drops(queue)) {
		ret = refuse(queue, length);
		spin_unlock(&queue->lock);
		return ERR_PTR(ret);
	}
	message = ipcq_magazine_take(&queue->magazine, class);
	spin_unlock(&queue->lock);
	return own_message(queue, message, send, class);
}

/* The sender has stopped waiting.  Returns whether it was completed after all. */
static bool leave_senders(struct ipcq_queue *queue, struct sender *sender)
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
	queue->waiting_senders--;
	/* The next one may be shorter and fit. */
	unlock_and_wake(queue, &wake, made_room(queue, &wake));
	return false;
}

/*
 * Waits for room, with the message in hand.  Called with the lock held, which it
 * drops.  Apart, so that a send that need not wait has a small frame.
 */
static noinline int wait_for_room(struct ipcq_queue *queue,
				  struct ipcq_message *message,
				  struct ipcq_send *send)
	__releases(&queue->lock)
{
	struct sender sender = { .message = message };
	int ret;

	ipcq_waiter_init(&sender.waiter);
	list_add_tail(&sender.waiter.node, &queue->senders);
	queue->waiting_senders++;
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
 * Does with a message that has no room what the queue does when it is full.  Returns
 * whether that is the end of it, with its number, or 0 when it is dropped; then what is
 * in @list is to be dropped after the lock.
 */
static bool end_when_full(struct ipcq_queue *queue, struct ipcq_message *message,
			  struct ipcq_wake *wake, struct ipcq_order *list,
			  u64 *sequence)
{
	if (ipcq_bounds_exclude(&queue->bounds, message->length) ||
	    !list_empty(&queue->senders))
		return false;
	switch (ipcq_full_settle(queue, message, list)) {
	case IPCQ_FULL_FITS:
		*sequence = deliver(queue, message, wake);
		return true;
	case IPCQ_FULL_LOST:
		*sequence = 0;
		queue->dropped++;
		ipcq_order_push(list, &message->order);
		return true;
	default:
		return false;
	}
}

/* Whether a message that stays without room may wait for it. */
static bool may_wait(const struct ipcq_queue *queue,
		     const struct ipcq_message *message,
		     const struct ipcq_patience *patience)
{
	/* It was not too long before, but may be now. */
	return !patience->nonblock && queue->full != IPCQ_FULL_REJECT &&
	       !ipcq_bounds_exclude(&queue->bounds, message->length);
}

/* Sends a message that has no room.  Called with the lock held, which it drops. */
static noinline int send_when_full(struct ipcq_queue *queue,
				   struct ipcq_message *message,
				   struct ipcq_send *send)
	__releases(&queue->lock)
{
	struct ipcq_wake wake __uninitialized;
	struct ipcq_order list;
	int ret;

	ipcq_order_init(&list);
	ipcq_wake_init(&wake);
	if (end_when_full(queue, message, &wake, &list, &send->sequence)) {
		unlock_and_wake(queue, &wake, readable(queue));
		ipcq_full_drop(queue, &list);
		return 0;
	}
	if (may_wait(queue, message, &send->patience))
		return wait_for_room(queue, message, send);
	ret = refuse(queue, message->length);
	spin_unlock(&queue->lock);
	return ret;
}

/* Sends a message that the caller holds, or leaves it with the caller. */
static int send_message(struct ipcq_queue *queue, struct ipcq_message *message,
			struct ipcq_send *send)
{
	struct ipcq_wake wake __uninitialized;

	ipcq_wake_init(&wake);
	spin_lock(&queue->lock);
	if (unlikely(!has_room(queue, message->length)))
		return send_when_full(queue, message, send);
	send->sequence = deliver(queue, message, &wake);
	unlock_and_wake(queue, &wake, wake.count ? 0 : EPOLLIN | EPOLLRDNORM);
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
 * A kept message stays charged to whom it is.
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
		message->special = 0;
		ipcq_queue_keep(queue, message);
	}
	return ret;
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
	struct ipcq_wake wake __uninitialized;
	struct ipcq_order list;

	ipcq_order_init(&list);
	ipcq_wake_init(&wake);
	spin_lock(&queue->lock);
	if (!has_room(queue, message->length) &&
	    (!list_empty(&queue->senders) ||
	     ipcq_bounds_exclude(&queue->bounds, message->length) ||
	     ipcq_full_settle(queue, message, &list) != IPCQ_FULL_FITS)) {
		spin_unlock(&queue->lock);
		return false;
	}
	queue->magazine.memory += ipcq_message_memory(message->class);
	deliver(queue, message, &wake);
	unlock_and_wake(queue, &wake, readable(queue));
	ipcq_full_drop(queue, &list);
	return true;
}

/* ----------------------------------------------------------------- receive */

/*
 * Puts a message that is out of the order back in its place, or passes it to who waits.
 * The lock is held.  Returns the events that pollers have to hear of.
 */
__poll_t ipcq_queue_put_back(struct ipcq_queue *queue,
			     struct ipcq_message *message, struct ipcq_wake *wake)
{
	if (hand_over(queue, message, wake))
		return 0;
	ipcq_backlog_restore(queue, message);
	/* Now it can be dropped for them. */
	if (ipcq_full_drops(queue) && !list_empty(&queue->senders))
		arm_admit(queue);
	return EPOLLIN | EPOLLRDNORM;
}

/* The same of a message that is reserved. */
static void restore(struct ipcq_queue *queue, struct ipcq_message *message)
{
	struct ipcq_wake wake __uninitialized;

	ipcq_wake_init(&wake);
	spin_lock(&queue->lock);
	unlock_and_wake(queue, &wake,
			ipcq_queue_put_back(queue, message, &wake));
}

/*
 * The receiver has stopped waiting.  Returns the message that was reserved for it
 * meanwhile, or NULL.
 */
static struct ipcq_message *leave_receivers(struct ipcq_queue *queue,
					    struct receiver *receiver)
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
	struct receiver receiver = { .filter = *filter };
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
 * Takes the next message, which there is, out of the order, if the receive has room for
 * it; else returns ERR_PTR(-EMSGSIZE), with its length in @room.
 */
static __always_inline struct ipcq_message *
reserve_first(struct ipcq_queue *queue, struct ipcq_receive *receive)
{
	struct ipcq_message *message = ipcq_backlog_first(queue);

	if (unlikely(message->length > receive->room)) {
		receive->room = message->length;
		return ERR_PTR(-EMSGSIZE);
	}
	ipcq_backlog_pop(queue);
	return message;
}

/* Likewise the first that a filter takes, which is NULL, or an error, or in the order. */
static struct ipcq_message *reserve_found(struct ipcq_queue *queue,
					  struct ipcq_message *message,
					  struct ipcq_receive *receive)
{
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

	message = reserve_found(queue, ipcq_scan(queue, &filter), receive);
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
		message = reserve_first(queue, receive);
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

/* A request is received by who cannot reply to it. */
static noinline void commit_request(struct ipcq_queue *queue,
				    struct ipcq_message *message)
{
	struct ipcq_outcome outcome __uninitialized;

	ipcq_outcome_begin(queue, &outcome);
	ipcq_bounds_remove(&queue->bounds, message->length);
	queue->received++;
	outcome.room = true;
	if (!ipcq_request_finish(queue, message, NULL, -ENOTCONN, &outcome.wake))
		ipcq_order_push(&outcome.done, &message->order);
	ipcq_outcome_end(queue, &outcome);
}

/* A reserved message has been received; it is plain again.  The lock is held. */
static __always_inline void commit_locked(struct ipcq_queue *queue,
					  struct ipcq_message *message)
{
	ipcq_bounds_remove(&queue->bounds, message->length);
	queue->received++;
	ipcq_magazine_keep(&queue->magazine, message);
}

/* The receiver has all of a reserved message. */
static void commit(struct ipcq_queue *queue, struct ipcq_message *message)
{
	struct ipcq_wake wake __uninitialized;

	ipcq_wake_init(&wake);
	if (unlikely(message->special)) {
		if (message->special & IPCQ_SPECIAL_REQUEST) {
			commit_request(queue, message);
			return;
		}
		ipcq_message_undress(message);
	}
	spin_lock(&queue->lock);
	commit_locked(queue, message);
	ipcq_queue_kept(queue);
	unlock_and_wake(queue, &wake, made_room(queue, &wake));
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

/* ------------------------------------------------------ waiting for room */

/* Lets in whoever fits now, or is made to fit; the lock is not held. */
void ipcq_queue_admit(struct ipcq_queue *queue)
{
	struct ipcq_wake wake __uninitialized;
	struct ipcq_order list;

	ipcq_order_init(&list);
	ipcq_wake_init(&wake);
	spin_lock(&queue->lock);
	unlock_and_wake(queue, &wake, let_in(queue, &wake, &list));
	ipcq_full_drop(queue, &list);
}

/* --------------------------------------------- the steps, for others to use */

struct ipcq_message *ipcq_step_own(struct ipcq_queue *queue,
				   struct ipcq_message *message,
				   const struct ipcq_send *send, u32 class)
{
	return own_message(queue, message, send, class);
}

bool ipcq_step_has_room(struct ipcq_queue *queue, u32 length)
{
	return has_room(queue, length);
}

int ipcq_step_refuse(struct ipcq_queue *queue, u32 length)
{
	return refuse(queue, length);
}

bool ipcq_step_end_when_full(struct ipcq_queue *queue,
			     struct ipcq_message *message, struct ipcq_wake *wake,
			     struct ipcq_order *list, u64 *sequence)
{
	return end_when_full(queue, message, wake, list, sequence);
}

bool ipcq_step_may_wait(const struct ipcq_queue *queue,
			const struct ipcq_message *message,
			const struct ipcq_patience *patience)
{
	return may_wait(queue, message, patience);
}

u64 ipcq_step_deliver(struct ipcq_queue *queue, struct ipcq_message *message,
		      struct ipcq_wake *wake)
{
	return deliver(queue, message, wake);
}

int ipcq_step_wait(struct ipcq_queue *queue, struct ipcq_message *message,
		   struct ipcq_send *send)
	__releases(&queue->lock)
{
	return wait_for_room(queue, message, send);
}

struct ipcq_message *ipcq_step_reserve(struct ipcq_queue *queue,
				       struct ipcq_receive *receive)
{
	struct ipcq_message *message = NULL;

	if (unlikely(receive->filter->chooses))
		message = reserve_found(queue, ipcq_scan(queue, receive->filter),
					receive);
	else if (!ipcq_backlog_empty(queue))
		message = reserve_first(queue, receive);
	return IS_ERR(message) ? NULL : message;
}

void ipcq_step_commit(struct ipcq_queue *queue, struct ipcq_message *message)
{
	commit_locked(queue, message);
}

void ipcq_step_unlock_readable(struct ipcq_queue *queue, struct ipcq_wake *wake)
	__releases(&queue->lock)
{
	unlock_and_wake(queue, wake, readable(queue));
}

/* -------------------------------------------------------------- observation */

/*
 * Changes the filter of a handle.  What was not there for it may be there now, and who
 * polls is to look again.
 */
void ipcq_queue_set_filter(struct ipcq_queue *queue, struct ipcq_filter *at,
			   const struct ipcq_filter *filter)
{
	struct ipcq_wake wake __uninitialized;

	ipcq_wake_init(&wake);
	spin_lock(&queue->lock);
	*at = *filter;
	unlock_and_wake(queue, &wake, readable(queue));
}

/* Whether there is a message that a filter takes.  The lock may be dropped meanwhile. */
static __poll_t readable_by(struct ipcq_queue *queue,
			    const struct ipcq_filter *filter)
{
	if (likely(!filter->chooses))
		return readable(queue);
	return IS_ERR_OR_NULL(ipcq_scan(queue, filter)) ?
		0 : EPOLLIN | EPOLLRDNORM;
}

/*
 * Readiness of the queue in both directions, for who receives with a filter; the caller
 * masks by access.
 */
__poll_t ipcq_queue_poll(struct ipcq_queue *queue,
			 const struct ipcq_filter *filter, struct file *file,
			 poll_table *table)
{
	__poll_t events;

	poll_wait(file, &queue->pollers, table);

	if (unlikely(ipcq_expire_due(queue)))
		ipcq_expire_reap(queue);
	spin_lock(&queue->lock);
	events = readable_by(queue, filter);
	if (has_room_for_any(queue))
		events |= EPOLLOUT | EPOLLWRNORM;
	else if (poll_requested_events(table) & (EPOLLOUT | EPOLLWRNORM))
		queue->refused = true;
	spin_unlock(&queue->lock);
	return events;
}
