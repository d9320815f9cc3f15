// SPDX-License-Identifier: GPL-2.0-only
/*
 * A queue as an object: how it comes, what it tells of itself, how it goes.
 */
#include <linux/err.h>
#include <linux/ipcq.h>
#include <linux/slab.h>

#include "account.h"
#include "backlog.h"
#include "broadcast.h"
#include "hold.h"
#include "limits.h"
#include "queue.h"
#include "scan.h"

/*
 * What a queue tells of itself.  Who may sleep sees to it that what has expired is gone;
 * the registry's lock may be held.
 */
void ipcq_queue_stat(struct ipcq_queue *queue, struct ipcq_queue_stat *stat)
{
	const struct ipcq_bounds *bounds = &queue->bounds;

	stat->id = queue->object.id;
	stat->order = queue->priorities ? IPCQ_ORDER_PRIORITY : IPCQ_ORDER_FIFO;

	spin_lock(&queue->lock);
	stat->max_bytes = bounds->max_bytes;
	stat->max_messages = bounds->max_messages;
	stat->max_message_size = bounds->max_message_size;
	stat->messages = bounds->messages;
	stat->bytes = bounds->bytes;
	stat->waiting_senders = queue->waiting_senders;
	stat->waiting_receivers = queue->waiting_receivers;
	stat->memory = queue->magazine.memory;
	stat->sent = queue->sent;
	stat->received = queue->received;
	stat->expired = queue->expired;
	stat->dead_letter = queue->dead_letter;
	stat->dead_lettered = queue->dead_lettered;
	stat->dropped = queue->dropped;
	stat->full = queue->full;
	stat->redelivery_limit = queue->redelivery_limit;
	stat->time_to_live = queue->time_to_live;
	stat->held = queue->holds;
	stat->delayed = queue->delayed;
	ipcq_broadcast_stat(queue, stat);
	ipcq_shares_stat(queue, stat);
	spin_unlock(&queue->lock);
}

/* Bytes of the next message that a filter takes, 0 also when there is none. */
u32 ipcq_queue_next_length(struct ipcq_queue *queue,
			   const struct ipcq_filter *filter)
{
	struct ipcq_message *message;
	u32 length = 0;

	if (ipcq_expire_due(queue))
		ipcq_expire_reap(queue);
	spin_lock(&queue->lock);
	message = ipcq_scan(queue, filter);
	if (!IS_ERR_OR_NULL(message))
		length = message->length;
	spin_unlock(&queue->lock);
	return length;
}

/* The lock is held, or the queue is new. */
static void set_time_to_live(struct ipcq_queue *queue, u64 time_to_live)
{
	queue->time_to_live = time_to_live;
	if (time_to_live)
		queue->care |= IPCQ_CARE_TIME_TO_LIVE;
	else
		queue->care &= ~IPCQ_CARE_TIME_TO_LIVE;
}

/**
 * ipcq_queue_set() - change the attributes of a queue in use
 * @queue: the queue
 * @args: the call's arguments
 *
 * Return: 0 or an error of struct ipcq_queue_set.
 */
int ipcq_queue_set(struct ipcq_queue *queue, const struct ipcq_queue_set *args)
{
	struct ipcq_bounds *bounds = &queue->bounds;
	u32 messages, size;
	u64 bytes;
	int ret;

	if (!ipcq_object_may_change(&queue->object))
		return -EPERM;
	if (args->max_messages > ipcq_limit(IPCQ_A_LIMIT_MAX_MESSAGES) ||
	    args->max_message_size > ipcq_limit(IPCQ_A_LIMIT_MAX_MESSAGE_SIZE))
		return -EINVAL;
	if (args->time_to_live && !(args->flags & IPCQ_SET_F_TIME_TO_LIVE))
		return -EINVAL;
	if (args->full > IPCQ_FULL_DROP_NEWEST)
		return -EOPNOTSUPP;
	if (args->full && !(args->flags & IPCQ_SET_F_FULL))
		return -EINVAL;
	if (args->redelivery_limit &&
	    (!(args->flags & IPCQ_SET_F_REDELIVERY_LIMIT) || queue->broadcast))
		return -EINVAL;
	if (args->dead_letter && (!(args->flags & IPCQ_SET_F_DEAD_LETTER) ||
				  args->dead_letter == queue->object.id ||
				  queue->broadcast))
		return -EINVAL;
	ret = ipcq_dead_letter_check(queue->object.registry, args->dead_letter);
	if (ret)
		return ret;

	spin_lock(&queue->lock);
	messages = args->max_messages ?: bounds->max_messages;
	size = args->max_message_size ?: bounds->max_message_size;
	bytes = args->max_bytes ?:
		queue->bytes_given ? bounds->max_bytes : (u64)messages * size;
	if (bytes < size) {
		spin_unlock(&queue->lock);
		return -EINVAL;
	}
	bounds->max_messages = messages;
	WRITE_ONCE(bounds->max_message_size, size);
	bounds->max_bytes = bytes;
	queue->bytes_given |= args->max_bytes != 0;
	if (args->flags & IPCQ_SET_F_TIME_TO_LIVE)
		set_time_to_live(queue, args->time_to_live);
	if (args->flags & IPCQ_SET_F_DEAD_LETTER)
		WRITE_ONCE(queue->dead_letter, args->dead_letter);
	if (args->flags & IPCQ_SET_F_FULL)
		queue->full = args->full;
	if (args->flags & IPCQ_SET_F_REDELIVERY_LIMIT)
		queue->redelivery_limit = args->redelivery_limit;
	spin_unlock(&queue->lock);

	ipcq_queue_admit(queue);
	/* Less may be retained now. */
	if (queue->broadcast)
		ipcq_broadcast_serve(queue);
	return 0;
}

/* --------------------------------------------------------- life of a queue */

/* Whether the other attributes go together with the delivery. */
static bool suits_delivery(const struct ipcq_queue_open *args)
{
	if (args->delivery == IPCQ_DELIVERY_ALL)
		return args->order == IPCQ_ORDER_FIFO && !args->dead_letter &&
		       !args->redelivery_limit &&
		       args->retain <= IPCQ_MAX_MESSAGES;
	return !args->retain;
}

/**
 * ipcq_queue_validate() - check the attributes of an open
 * @args: the call's arguments
 *
 * Return: 0, -EINVAL or -EOPNOTSUPP.
 */
int ipcq_queue_validate(const struct ipcq_queue_open *args)
{
	if (args->order > IPCQ_ORDER_PRIORITY ||
	    args->full > IPCQ_FULL_DROP_NEWEST || args->delivery > IPCQ_DELIVERY_ALL)
		return -EOPNOTSUPP;
	if (args->reserved2 || !suits_delivery(args))
		return -EINVAL;
	if (args->max_messages > IPCQ_MAX_MESSAGES ||
	    args->max_message_size > IPCQ_MAX_MESSAGE_SIZE)
		return -EINVAL;
	if (args->max_bytes && args->max_bytes < args->max_message_size)
		return -EINVAL;
	return 0;
}

/* Room has been there for a while without the queue getting low. */
static void admit_work(struct work_struct *work)
{
	struct ipcq_queue *queue = container_of(to_delayed_work(work),
						struct ipcq_queue, admit_work);

	spin_lock(&queue->lock);
	queue->admit_armed = false;
	spin_unlock(&queue->lock);
	ipcq_queue_admit(queue);
}

static struct ipcq_object *queue_create(struct ipcq_registry *registry,
					const void *attributes,
					struct ipcq_account *account)
{
	const struct ipcq_queue_open *open = attributes;
	struct ipcq_bounds *bounds;
	struct ipcq_queue *queue;
	int ret;

	ret = ipcq_dead_letter_check(registry, open->dead_letter);
	if (ret)
		return ERR_PTR(ret);
	queue = kzalloc(sizeof(*queue), IPCQ_GFP);
	if (!queue)
		return ERR_PTR(-ENOMEM);

	spin_lock_init(&queue->lock);
	bounds = &queue->bounds;
	bounds->max_messages = open->max_messages ?: IPCQ_DEFAULT_MESSAGES;
	bounds->max_message_size = open->max_message_size ?:
		min_not_zero(open->max_bytes, (u64)IPCQ_DEFAULT_MESSAGE_SIZE);
	bounds->max_bytes = open->max_bytes ?: (u64)bounds->max_messages *
					       bounds->max_message_size;
	queue->bytes_given = open->max_bytes;

	INIT_LIST_HEAD(&queue->receivers);
	ipcq_shares_init(queue);
	INIT_LIST_HEAD(&queue->scans);
	init_waitqueue_head(&queue->pollers);
	INIT_DELAYED_WORK(&queue->admit_work, admit_work);
	ipcq_expire_init(queue);
	set_time_to_live(queue, open->time_to_live);
	queue->dead_letter = open->dead_letter;
	queue->full = open->full;
	queue->redelivery_limit = open->redelivery_limit;
	queue->held = RB_ROOT;
	ipcq_owners_init(&queue->owners, &queue->object, true, ipcq_holds_end);

	ret = ipcq_backlog_init(queue, open->order);
	if (ret)
		goto err_free;
	if (open->delivery == IPCQ_DELIVERY_ALL) {
		ret = ipcq_broadcast_init(queue, open->retain);
		if (ret)
			goto err_backlog;
	}
	ret = ipcq_object_init(&queue->object, &ipcq_queue_kind, account);
	if (ret)
		goto err_broadcast;

	ipcq_queue_memory_init(queue);
	return &queue->object;

err_broadcast:
	ipcq_broadcast_fini(queue);
err_backlog:
	ipcq_backlog_fini(queue);
err_free:
	kfree(queue);
	return ERR_PTR(ret);
}

static bool queue_matches(const struct ipcq_object *object,
			  const void *attributes)
{
	const struct ipcq_queue_open *open = attributes;
	struct ipcq_queue *queue = to_ipcq_queue(object);
	const struct ipcq_bounds *bounds = &queue->bounds;
	bool matches;

	if (open->order != IPCQ_ORDER_FIFO && !queue->priorities)
		return false;
	if (open->delivery != IPCQ_DELIVERY_ONE && !queue->broadcast)
		return false;
	if (open->retain && open->retain != queue->broadcast->retain)
		return false;
	spin_lock(&queue->lock);
	matches = (!open->max_messages ||
		   open->max_messages == bounds->max_messages) &&
		  (!open->max_message_size ||
		   open->max_message_size == bounds->max_message_size) &&
		  (!open->max_bytes || open->max_bytes == bounds->max_bytes) &&
		  (!open->time_to_live ||
		   open->time_to_live == queue->time_to_live) &&
		  (!open->dead_letter ||
		   open->dead_letter == queue->dead_letter) &&
		  (!open->full || open->full == queue->full) &&
		  (!open->redelivery_limit ||
		   open->redelivery_limit == queue->redelivery_limit);
	spin_unlock(&queue->lock);
	return matches;
}

/* With the last reference gone nobody waits, and no call is in progress. */
static void queue_free(struct ipcq_object *object)
{
	struct ipcq_queue *queue = to_ipcq_queue(object);

	/* The first makes room, for which it may arm the second. */
	ipcq_expire_fini(queue);
	cancel_delayed_work_sync(&queue->admit_work);
	while (!ipcq_backlog_empty(queue))
		ipcq_queue_keep(queue, ipcq_backlog_pop(queue));
	ipcq_broadcast_fini(queue);
	ipcq_holds_fini(queue);
	ipcq_owners_fini(&queue->owners);
	ipcq_queue_memory_fini(queue);
	ipcq_backlog_fini(queue);
	ipcq_shares_fini(queue);

	ipcq_object_fini(object);
	kfree(queue);
}

const struct ipcq_kind ipcq_queue_kind = {
	.kind = IPCQ_KIND_QUEUE,
	.file_name = "[ipcq-queue]",
	.fops = &ipcq_queue_fops,
	/* read_iter and write_iter heed IOCB_NOWAIT. */
	.file_mode = FMODE_NOWAIT,
	.create = queue_create,
	.matches = queue_matches,
	.free = queue_free,
};
