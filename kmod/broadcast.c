// SPDX-License-Identifier: GPL-2.0-only
/*
 * Broadcast: the subscribers, see broadcast.h.
 */
#include <linux/err.h>
#include <linux/ipcq.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "backlog.h"
#include "broadcast_log.h"
#include "compat.h"
#include "limits.h"
#include "queue_steps.h"
#include "wait.h"

/* A thread that waits for a message; in subscriber->waiters. */
struct listener {
	struct ipcq_waiter waiter;
	struct ipcq_message *message;	/* once completed: the one to copy */
};

/* ------------------------------------------------------------- subscribers */

/* A subscriber begins to copy the message that it stands before. */
static struct ipcq_message *begin_copy(struct ipcq_subscriber *subscriber,
				       struct ipcq_message *message)
{
	message->readers--;
	message->copies++;
	subscriber->copying = true;
	return message;
}

/* The message that a subscriber can begin to copy, or NULL. */
static struct ipcq_message *available(struct ipcq_queue *queue,
				      struct ipcq_subscriber *subscriber)
{
	if (!subscriber->copying && list_empty(&subscriber->waiters))
		return ipcq_log_above(queue->broadcast, subscriber->last);
	/* There may be one when the turn has passed. */
	subscriber->put_off = true;
	return NULL;
}

/* Gives a subscriber's next message to the first of its waiting threads. */
static void serve(struct ipcq_queue *queue, struct ipcq_subscriber *subscriber,
		  struct ipcq_wake *wake)
{
	struct ipcq_broadcast *broadcast = queue->broadcast;
	struct ipcq_message *message = ipcq_log_above(broadcast, subscriber->last);
	struct listener *listener;

	if (!message) {
		/* It has left again. */
		list_move_tail(&subscriber->node, &broadcast->idle);
		return;
	}
	list_del_init(&subscriber->node);
	listener = list_first_entry(&subscriber->waiters, struct listener,
				    waiter.node);
	listener->message = begin_copy(subscriber, message);
	queue->waiting_receivers--;
	ipcq_waiter_complete(&listener->waiter, wake);
}

/*
 * A subscriber's turn has passed to the next of its threads, or to nobody.  Returns the
 * events that pollers have to hear of.
 */
static __poll_t pass_turn(struct ipcq_queue *queue,
			  struct ipcq_subscriber *subscriber)
{
	struct ipcq_broadcast *broadcast = queue->broadcast;
	bool there = ipcq_log_above(broadcast, subscriber->last);
	bool put_off = subscriber->put_off;

	if (!list_empty(&subscriber->waiters)) {
		list_move_tail(&subscriber->node,
			       there ? &broadcast->due : &broadcast->idle);
		return 0;
	}
	subscriber->put_off = false;
	return there && put_off ? EPOLLIN | EPOLLRDNORM : 0;
}

/* ------------------------------------------------------- after a change */

/*
 * Serves those who are due, and parts with what has left; no lock is held.
 *
 * Who serves takes over all that are due now and is done with them in a bounded time,
 * whatever others send meanwhile.  A subscriber that leaves this list because nobody
 * waits there any more does so under the lock.
 */
void ipcq_broadcast_serve(struct ipcq_queue *queue)
{
	struct ipcq_broadcast *broadcast = queue->broadcast;
	struct ipcq_wake wake __uninitialized;
	struct ipcq_order gone;
	LIST_HEAD(due);
	bool more;

	spin_lock(&queue->lock);
	list_splice_init(&broadcast->due, &due);
	for (;;) {
		ipcq_wake_init(&wake);
		while (!list_empty(&due) && wake.count < IPCQ_WAKE_BATCH)
			serve(queue, list_first_entry(&due,
						      struct ipcq_subscriber,
						      node), &wake);
		more = ipcq_log_shed(queue) || !list_empty(&due);
		gone = broadcast->gone;
		ipcq_order_init(&broadcast->gone);
		spin_unlock(&queue->lock);

		ipcq_wake_up(&wake);
		ipcq_queue_keep_all(queue, &gone);
		if (!more)
			return;
		cond_resched();
		spin_lock(&queue->lock);
	}
}

/* There may be room, those who are due, and what has left: drops the lock. */
static void unlock_and_serve(struct ipcq_queue *queue, __poll_t events)
	__releases(&queue->lock)
{
	struct ipcq_broadcast *broadcast = queue->broadcast;
	struct ipcq_wake wake __uninitialized;
	bool needed;

	ipcq_wake_init(&wake);
	events |= ipcq_queue_made_room(queue, &wake);
	needed = ipcq_log_shed(queue) || !list_empty(&broadcast->due) ||
		 !ipcq_order_empty(&broadcast->gone);
	ipcq_queue_unlock(queue, &wake, events);
	if (needed)
		ipcq_broadcast_serve(queue);
}

/*
 * A message has been sent; the bounds count it.  Whoever drops the lock serves then,
 * because there are events to tell.
 */
void ipcq_broadcast_push(struct ipcq_queue *queue, struct ipcq_message *message)
{
	struct ipcq_broadcast *broadcast = queue->broadcast;

	ipcq_log_add(queue, message);
	list_splice_tail_init(&broadcast->idle, &broadcast->due);
	ipcq_log_settle(queue);
	ipcq_log_shed(queue);
}

/* ----------------------------------------------------------------- receive */

/* The thread has stopped waiting.  Returns the message that it was given, or NULL. */
static struct ipcq_message *stop_waiting(struct ipcq_queue *queue,
					 struct ipcq_subscriber *subscriber,
					 struct listener *listener)
{
	spin_lock(&queue->lock);
	if (listener->waiter.done) {
		spin_unlock(&queue->lock);
		return listener->message;
	}
	list_del(&listener->waiter.node);
	queue->waiting_receivers--;
	if (subscriber->copying || !list_empty(&subscriber->waiters)) {
		spin_unlock(&queue->lock);
		return NULL;
	}
	list_del_init(&subscriber->node);
	unlock_and_serve(queue, pass_turn(queue, subscriber));
	return NULL;
}

/* Waits for a message, or for the turn to receive one.  Drops the lock. */
static noinline struct ipcq_message *
wait_for_message(struct ipcq_queue *queue, struct ipcq_subscriber *subscriber,
		 size_t *size, u64 deadline)
	__releases(&queue->lock)
{
	struct ipcq_message *message;
	struct listener listener;
	int ret;

	if (!subscriber->copying && list_empty(&subscriber->waiters))
		list_add_tail(&subscriber->node, &queue->broadcast->idle);
	ipcq_waiter_init(&listener.waiter);
	ipcq_waiter_add_ranked(&listener.waiter, &subscriber->waiters);
	queue->waiting_receivers++;
	spin_unlock(&queue->lock);

	ret = ipcq_waiter_sleep(&listener.waiter, deadline);
	message = ret ? stop_waiting(queue, subscriber, &listener) :
			listener.message;
	if (!message)
		return ERR_PTR(ret);

	/* A dying thread takes nothing with it, a short buffer leaves it there. */
	if (fatal_signal_pending(current))
		ret = -ERESTARTSYS;
	else
		ret = message->length > *size ? -EMSGSIZE : 0;
	if (!ret)
		return message;
	*size = message->length;
	ipcq_broadcast_end(queue, subscriber, message, ret);
	return ERR_PTR(ret);
}

static void join(struct ipcq_queue *queue, struct ipcq_subscriber *subscriber,
		 u64 last)
{
	subscriber->joined = true;
	subscriber->last = last;
	INIT_LIST_HEAD(&subscriber->waiters);
	INIT_LIST_HEAD(&subscriber->node);
	queue->broadcast->subscribers++;
}

/* Subscribes from now on who has not subscribed. */
static void join_now(struct ipcq_queue *queue,
		     struct ipcq_subscriber *subscriber)
{
	if (likely(subscriber->joined))
		return;
	join(queue, subscriber, queue->sent);
	queue->broadcast->at_end++;
}

/**
 * ipcq_broadcast_reserve() - begin to copy a subscriber's next message
 * @queue: the queue; its lock is held, and dropped
 * @subscriber: of the handle
 * @size: as for ipcq_queue_reserve()
 * @patience: likewise
 *
 * Return: as ipcq_queue_reserve().
 */
struct ipcq_message *
ipcq_broadcast_reserve(struct ipcq_queue *queue,
		       struct ipcq_subscriber *subscriber, size_t *size,
		       const struct ipcq_patience *patience)
	__releases(&queue->lock)
{
	struct ipcq_message *message;

	join_now(queue, subscriber);
	message = available(queue, subscriber);
	if (!message) {
		if (!patience->nonblock)
			return wait_for_message(queue, subscriber, size,
						patience->deadline);
		message = ERR_PTR(-EAGAIN);
	} else if (message->length > *size) {
		*size = message->length;
		message = ERR_PTR(-EMSGSIZE);
	} else {
		begin_copy(subscriber, message);
	}
	spin_unlock(&queue->lock);
	return message;
}

/* How many messages a subscriber has missed when it gets this one. */
static u64 missed(const struct ipcq_subscriber *subscriber,
		  const struct ipcq_message *message)
{
	return subscriber->missed +
	       (message->order.sequence - subscriber->last - 1);
}

/**
 * ipcq_broadcast_tell() - tell how many messages were missed before this one
 * @subscriber: the one that copies the message; while it does, nobody else has to do
 *	with what is read and written here, and so the lock is not needed
 * @message: the message
 *
 * Return: how many; once the copy has succeeded they will not be told again.
 */
u64 ipcq_broadcast_tell(struct ipcq_subscriber *subscriber,
			const struct ipcq_message *message)
{
	subscriber->told = true;
	return missed(subscriber, message);
}

/**
 * ipcq_broadcast_end() - end the copy of a message
 * @queue: the queue
 * @subscriber: whose copy it is
 * @message: the message
 * @error: 0 when the subscriber has it, else why not
 */
void ipcq_broadcast_end(struct ipcq_queue *queue,
			struct ipcq_subscriber *subscriber,
			struct ipcq_message *message, int error)
{
	struct ipcq_broadcast *broadcast = queue->broadcast;
	bool stuck;

	spin_lock(&queue->lock);
	subscriber->copying = false;
	message->copies--;
	if (!error) {
		queue->received++;
		subscriber->missed = subscriber->told ? 0 :
				     missed(subscriber, message);
		subscriber->last = message->order.sequence;
	}
	subscriber->told = false;
	if (ipcq_log_has(message)) {
		ipcq_log_stand(broadcast, error ? message : ipcq_log_next(message), 1);
	} else if (!message->copies) {
		/* It was loose; who copied it stands already. */
		ipcq_step_count_out(queue, message);
		ipcq_order_push(&broadcast->gone, &message->order);
	}
	ipcq_log_settle(queue);
	/* Now that it is not copied, it can be dropped for them. */
	stuck = ipcq_full_drops(queue) && queue->waiting_senders;
	unlock_and_serve(queue, pass_turn(queue, subscriber));
	if (stuck)
		ipcq_queue_admit(queue);
}

/* ---------------------------------------------------------- joining, leaving */

/* From the first message in the log on; what was retained is wanted now. */
static void join_kept(struct ipcq_queue *queue,
		      struct ipcq_subscriber *subscriber,
		      struct ipcq_message *first)
{
	struct ipcq_broadcast *broadcast = queue->broadcast;

	join(queue, subscriber, first->order.sequence - 1);
	first->readers++;
	broadcast->wanted = first;
	queue->bounds.messages += broadcast->retained;
	queue->bounds.bytes += broadcast->retained_bytes;
	queue->shares.messages += broadcast->retained;
	queue->shares.bytes += broadcast->retained_bytes;
	broadcast->retained = 0;
	broadcast->retained_bytes = 0;
}

/**
 * ipcq_broadcast_join() - subscribe
 * @queue: the queue
 * @subscriber: of the handle
 * @kept: from the oldest message that is there on, not from now
 * @last: receives the number of the last message that it is not to receive
 *
 * Return: 0 or -EALREADY.
 */
int ipcq_broadcast_join(struct ipcq_queue *queue,
			struct ipcq_subscriber *subscriber, bool kept, u64 *last)
{
	struct ipcq_message *first;
	__poll_t events = 0;

	if (ipcq_expire_due(queue))
		ipcq_expire_reap(queue);
	spin_lock(&queue->lock);
	if (subscriber->joined) {
		spin_unlock(&queue->lock);
		return -EALREADY;
	}
	first = kept ? ipcq_log_first(queue->broadcast) : NULL;
	if (first) {
		join_kept(queue, subscriber, first);
		events = EPOLLIN | EPOLLRDNORM;
	} else {
		join_now(queue, subscriber);
	}
	*last = subscriber->last;
	unlock_and_serve(queue, events);
	return 0;
}

/**
 * ipcq_broadcast_leave() - end a subscription, if there is one
 * @queue: the queue
 * @subscriber: of a handle that is used no more
 *
 * What only it was still to receive leaves, little by little.
 */
void ipcq_broadcast_leave(struct ipcq_queue *queue,
			  struct ipcq_subscriber *subscriber)
{
	bool more;

	if (!subscriber->joined)
		return;
	spin_lock(&queue->lock);
	ipcq_log_stand(queue->broadcast,
		       ipcq_log_above(queue->broadcast, subscriber->last), -1);
	queue->broadcast->subscribers--;
	for (;;) {
		more = ipcq_log_settle(queue);
		unlock_and_serve(queue, 0);
		if (!more)
			return;
		cond_resched();
		spin_lock(&queue->lock);
	}
}

/* -------------------------------------------------------------- observation */

/**
 * ipcq_broadcast_readable() - whether a subscriber can receive
 * @queue: the queue
 * @subscriber: of the handle
 * @join: subscribe, who has not
 *
 * Return: events.
 */
__poll_t ipcq_broadcast_readable(struct ipcq_queue *queue,
				 struct ipcq_subscriber *subscriber, bool join)
{
	__poll_t events = 0;

	spin_lock(&queue->lock);
	if (join)
		join_now(queue, subscriber);
	if (subscriber->joined && available(queue, subscriber))
		events = EPOLLIN | EPOLLRDNORM;
	spin_unlock(&queue->lock);
	return events;
}

/* What is told of delivery; the lock is held. */
void ipcq_broadcast_stat(const struct ipcq_queue *queue,
			 struct ipcq_queue_stat *stat)
{
	const struct ipcq_broadcast *broadcast = queue->broadcast;

	stat->delivery = broadcast ? IPCQ_DELIVERY_ALL : IPCQ_DELIVERY_ONE;
	stat->subscribers = broadcast ? broadcast->subscribers : 0;
	stat->retain = broadcast ? broadcast->retain : 0;
	stat->retained = broadcast ? broadcast->retained : 0;
}

/* Lines of fdinfo; none for a queue that does not broadcast. */
void ipcq_broadcast_show(struct ipcq_queue *queue,
			 const struct ipcq_subscriber *subscriber,
			 struct seq_file *m)
{
	bool joined;
	u64 last;

	if (!queue->broadcast)
		return;
	spin_lock(&queue->lock);
	joined = subscriber->joined;
	last = subscriber->last;
	spin_unlock(&queue->lock);
	seq_printf(m, "subscribed:\t%s\n", joined ? "yes" : "no");
	if (joined)
		seq_printf(m, "last-received:\t%llu\n", last);
}

/* Bytes of a subscriber's next message, 0 also when there is none. */
u32 ipcq_broadcast_next_length(struct ipcq_queue *queue,
			       const struct ipcq_subscriber *subscriber)
{
	struct ipcq_message *message = NULL;
	u32 length;

	if (ipcq_expire_due(queue))
		ipcq_expire_reap(queue);
	spin_lock(&queue->lock);
	if (subscriber->joined)
		message = ipcq_log_above(queue->broadcast, subscriber->last);
	length = message ? message->length : 0;
	spin_unlock(&queue->lock);
	return length;
}

/* ---------------------------------------------------------- life of a queue */

/* Returns 0 or -ENOMEM. */
int ipcq_broadcast_init(struct ipcq_queue *queue, u32 retain)
{
	struct ipcq_broadcast *broadcast = kzalloc(sizeof(*broadcast), IPCQ_GFP);

	if (!broadcast)
		return -ENOMEM;
	broadcast->log = RB_ROOT_CACHED;
	broadcast->retain = retain;
	INIT_LIST_HEAD(&broadcast->idle);
	INIT_LIST_HEAD(&broadcast->due);
	ipcq_order_init(&broadcast->gone);
	queue->broadcast = broadcast;
	queue->care |= IPCQ_CARE_BROADCAST;
	/* There is something to be done when a message has come: to serve. */
	queue->listened = true;
	return 0;
}

/* With the last reference gone, and so without subscribers: all is retained. */
void ipcq_broadcast_fini(struct ipcq_queue *queue)
{
	struct ipcq_broadcast *broadcast = queue->broadcast;
	struct ipcq_message *message;

	if (!broadcast)
		return;
	while ((message = ipcq_log_first(broadcast))) {
		ipcq_log_take_out(queue, message);
		ipcq_queue_keep(queue, message);
	}
	kfree(broadcast);
}
