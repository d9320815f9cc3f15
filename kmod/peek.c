// SPDX-License-Identifier: GPL-2.0-only
/*
 * Peeking: messages are copied, and stay where they are.
 *
 * The message is found under the lock, and what comes with it is told as it was then; it
 * may be received by somebody else while its payload is copied (copies.h).  Who waits
 * for a message to peek at is no receiver, to whom one could be given, but looks again
 * when pollers are told that there is something to read.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/ipcq.h>
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include <linux/wait.h>

#include "copies.h"
#include "handle.h"
#include "ioctl.h"
#include "queue.h"
#include "queue_calls.h"
#include "scan.h"
#include "wait.h"

/* ------------------------------------------------------------------- a look */

/* Whether the caller has room for a message; if not, it is told the length. */
static bool has_room(struct ipcq_queue_receive *args,
		     const struct ipcq_message *message, size_t room)
{
	u64 rest = message->length - min_t(u64, args->offset, message->length);

	if (rest <= room || args->flags & IPCQ_RECEIVE_F_TRUNCATE)
		return true;
	args->length = message->length;
	return false;
}

/*
 * Begins to copy the next message after the caller's place, and tells of it.  Returns
 * ERR_PTR() of -EAGAIN where there is none, of -EMSGSIZE or -ERESTARTSYS.
 */
static struct ipcq_message *look(struct ipcq_call *call,
				 const struct ipcq_place *after,
				 const struct ipcq_filter *filter, size_t room)
{
	struct ipcq_queue_receive *args = &call->args.queue_receive;
	struct ipcq_queue *queue = ipcq_call_queue(call);
	struct ipcq_message *message;

	if (ipcq_expire_due(queue))
		ipcq_expire_reap(queue);
	spin_lock(&queue->lock);
	message = ipcq_scan_after(queue, filter, after,
				  &ipcq_call_handle(call)->mark);
	if (!message) {
		message = ERR_PTR(-EAGAIN);
	} else if (!IS_ERR(message) && !has_room(args, message, room)) {
		message = ERR_PTR(-EMSGSIZE);
	} else if (!IS_ERR(message)) {
		ipcq_copy_begin(message);
		ipcq_receive_tell(args, message);
	}
	spin_unlock(&queue->lock);
	return message;
}

/* ------------------------------------------------------------------- waiting */

/* On the stack of a thread; among the queue's pollers. */
struct peeker {
	struct wait_queue_entry entry;
	struct ipcq_waiter waiter;	/* done: there may be something */
};

/* Pollers are told. */
static int hear(struct wait_queue_entry *entry, unsigned int mode, int flags,
		void *key)
{
	struct peeker *peeker = container_of(entry, struct peeker, entry);

	if (key && !(key_to_poll(key) & EPOLLIN))
		return 0;
	/* Pairs with the acquire in ipcq_waiter_sleep(). */
	smp_store_release(&peeker->waiter.done, true);
	return default_wake_function(entry, mode, flags, key);
}

/*
 * Waits until there is a message.  Each round forgets what was told before it looks, so
 * that what comes later is noticed, by the look or by the sleep.
 */
static struct ipcq_message *wait_for_message(struct ipcq_call *call,
					     const struct ipcq_place *after,
					     const struct ipcq_filter *filter,
					     size_t room)
{
	const u64 deadline = call->args.queue_receive.deadline;
	struct ipcq_queue *queue = ipcq_call_queue(call);
	struct ipcq_message *message;
	struct peeker peeker;
	int ret = 0;

	ipcq_waiter_init(&peeker.waiter);
	init_waitqueue_func_entry(&peeker.entry, hear);
	peeker.entry.private = current;
	add_wait_queue(&queue->pollers, &peeker.entry);
	for (;;) {
		WRITE_ONCE(peeker.waiter.done, false);
		message = look(call, after, filter, room);
		if (message != ERR_PTR(-EAGAIN))
			break;
		ret = ipcq_waiter_sleep(&peeker.waiter, deadline);
		/* Who is told again and again does not sleep. */
		if (!ret && signal_pending(current))
			ret = -ERESTARTSYS;
		if (!ret && deadline && ktime_get_ns() >= deadline)
			ret = -ETIMEDOUT;
		if (ret) {
			message = ERR_PTR(ret);
			break;
		}
	}
	remove_wait_queue(&queue->pollers, &peeker.entry);
	return message;
}

/* ---------------------------------------------------------------------- the call */

/*
 * Copies the payload, and then what has been told: where that is overwritten, the call
 * has succeeded.
 */
static int copy(struct ipcq_call *call, const struct ipcq_message *message,
		const struct ipcq_buffer *to)
{
	struct ipcq_queue_receive *args = &call->args.queue_receive;
	int ret;

	ret = ipcq_message_copy_part(message, args->offset, to);
	if (ret < 0)
		return ret;
	args->dropped = 0;
	args->token = 0;
	ipcq_receive_tell_sender(args, message->sender);
	args->cursor = args->sequence;
	return ipcq_call_put_from(call, queue_receive.sequence,
				  struct ipcq_queue_receive);
}

/**
 * ipcq_queue_call_peek() - a receive that leaves the message where it is
 * @call: the receive
 * @filter: which messages; the handle's changes under the lock only
 * @to: where to
 *
 * Return: as IPCQ_IOC_QUEUE_RECEIVE.
 */
int ipcq_queue_call_peek(struct ipcq_call *call, const struct ipcq_filter *filter,
			 const struct ipcq_buffer *to)
{
	const struct ipcq_queue_receive *args = &call->args.queue_receive;
	const struct ipcq_place after = {
		.sequence = args->cursor,
		.type = args->type,
		.priority = args->priority,
	};
	struct ipcq_queue *queue = ipcq_call_queue(call);
	struct ipcq_message *message;
	u32 length;
	int ret;

	if (args->lease || args->flags & IPCQ_RECEIVE_F_LEASE || queue->broadcast ||
	    (args->cursor && args->priority > IPCQ_PRIORITY_MAX))
		return -EINVAL;
	message = look(call, &after, filter, to->length);
	if (message == ERR_PTR(-EAGAIN) &&
	    !ipcq_call_nonblock(call, IPCQ_RECEIVE_F_NONBLOCK))
		message = wait_for_message(call, &after, filter, to->length);
	if (IS_ERR(message))
		return ipcq_queue_receive_failed(call, PTR_ERR(message),
						 args->length);
	length = message->length;
	ret = copy(call, message, to);
	ipcq_copy_end(queue, message);
	return ret ?: length;
}
