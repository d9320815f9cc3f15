// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Queues.
 */
#include "internal.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

_Static_assert((int)IPCQ_DONTWAIT == (int)IPCQ_SEND_F_NONBLOCK, "send");
_Static_assert((int)IPCQ_DONTWAIT == (int)IPCQ_RECEIVE_F_NONBLOCK, "receive");
_Static_assert((int)IPCQ_KEPT == (int)IPCQ_SUBSCRIBE_F_KEPT, "subscribe");

int ipcq_queue_open(struct ipcq *ipcq, const char *name, unsigned int flags,
		    const struct ipcq_queue_options *options,
		    struct ipcq_queue **out)
{
	static const struct ipcq_queue_options defaults;
	struct ipcq_queue_open arg = { 0 };
	struct ipcq_queue *queue;
	int error;

	if (!options)
		options = &defaults;
	error = ipcq_open_fill(&arg.open, sizeof(arg), name, flags,
			       options->mode, options->owner);
	if (error)
		return error;
	arg.max_messages = options->max_messages;
	arg.max_message_size = options->max_message_size;
	arg.max_bytes = options->max_bytes;
	arg.order = options->order;
	arg.delivery = options->delivery;
	arg.retain = options->retain;
	if (options->time_to_live != IPCQ_FOREVER)
		arg.time_to_live = options->time_to_live;
	if (options->dead_letter != IPCQ_NO_DEAD_LETTER)
		arg.dead_letter = options->dead_letter;
	if (options->redelivery_limit != IPCQ_ANY_NUMBER)
		arg.redelivery_limit = options->redelivery_limit;
	if (options->full)
		arg.full = options->full - IPCQ_BLOCK;

	/* All that can fail here comes before the kernel creates the queue. */
	queue = malloc(sizeof(*queue));
	if (!queue)
		return -ENOMEM;
	error = ipcq_ioctl(ipcq->fd, IPCQ_IOC_QUEUE_OPEN, &arg);
	if (error < 0) {
		free(queue);
		return error;
	}
	queue->fd = arg.open.fd;
	*out = queue;
	return arg.open.created;
}

static int queue_stat(int fd, struct ipcq_queue_stat *stat)
{
	*stat = (struct ipcq_queue_stat) { .size = sizeof(*stat) };
	return ipcq_ioctl(fd, IPCQ_IOC_QUEUE_STAT, stat);
}

int ipcq_queue_from_fd(int fd, struct ipcq_queue **out)
{
	struct ipcq_queue_stat stat;
	struct ipcq_queue *queue;
	int error = queue_stat(fd, &stat);

	/* Some files answer a call they do not know with EINVAL. */
	if (error == -EINVAL)
		return -ENOTTY;
	if (error < 0)
		return error;
	queue = malloc(sizeof(*queue));
	if (!queue)
		return -ENOMEM;
	queue->fd = fd;
	*out = queue;
	return 0;
}

void ipcq_queue_close(struct ipcq_queue *queue)
{
	if (!queue)
		return;
	close(queue->fd);
	free(queue);
}

int ipcq_queue_fd(const struct ipcq_queue *queue)
{
	return queue->fd;
}

int ipcq_queue_set(struct ipcq_queue *queue,
		   const struct ipcq_queue_options *options)
{
	struct ipcq_queue_set arg = {
		.size = sizeof(arg),
		.max_messages = options->max_messages,
		.max_message_size = options->max_message_size,
		.max_bytes = options->max_bytes,
	};

	if (options->time_to_live) {
		arg.flags |= IPCQ_SET_F_TIME_TO_LIVE;
		if (options->time_to_live != IPCQ_FOREVER)
			arg.time_to_live = options->time_to_live;
	}
	if (options->dead_letter) {
		arg.flags |= IPCQ_SET_F_DEAD_LETTER;
		if (options->dead_letter != IPCQ_NO_DEAD_LETTER)
			arg.dead_letter = options->dead_letter;
	}
	if (options->redelivery_limit) {
		arg.flags |= IPCQ_SET_F_REDELIVERY_LIMIT;
		if (options->redelivery_limit != IPCQ_ANY_NUMBER)
			arg.redelivery_limit = options->redelivery_limit;
	}
	if (options->full) {
		arg.flags |= IPCQ_SET_F_FULL;
		arg.full = options->full - IPCQ_BLOCK;
	}
	if (options->mode || options->order || options->owner ||
	    options->delivery || options->retain)
		return -EINVAL;
	return ipcq_ioctl(queue->fd, IPCQ_IOC_QUEUE_SET, &arg);
}

int ipcq_queue_send_priority(struct ipcq_queue *queue, const void *payload,
			     size_t length, uint32_t priority,
			     unsigned int flags, uint64_t deadline,
			     uint64_t *sequence)
{
	struct ipcq_queue_send arg = {
		/* The kernel copies what is announced: the less, the faster. */
		.size = sequence ? offsetof(struct ipcq_queue_send, type) :
			priority ? offsetof(struct ipcq_queue_send, sequence) :
				   IPCQ_QUEUE_SEND_MIN,
		.flags = flags,
		.payload = (uintptr_t)payload,
		.length = length,
		.deadline = deadline,
		.priority = priority,
	};
	int error;

	if (ipcq_unlikely(flags & ~IPCQ_DONTWAIT))
		return -EINVAL;
	error = ipcq_ioctl(queue->fd, IPCQ_IOC_QUEUE_SEND, &arg);
	if (!error && sequence)
		*sequence = arg.sequence;
	return error;
}

int ipcq_queue_send_until(struct ipcq_queue *queue, const void *payload,
			  size_t length, unsigned int flags, uint64_t deadline,
			  uint64_t *sequence)
{
	return ipcq_queue_send_priority(queue, payload, length, 0, flags,
					deadline, sequence);
}

int ipcq_queue_send(struct ipcq_queue *queue, const void *payload,
		    size_t length)
{
	return ipcq_queue_send_until(queue, payload, length, 0,
				     IPCQ_NO_DEADLINE, NULL);
}

/* read(2) does the same for less, where there is nothing to heed and to tell. */
static ssize_t receive_plainly(struct ipcq_queue *queue, void *buffer, size_t size)
{
	ssize_t length = read(queue->fd, buffer, size);

	return ipcq_unlikely(length < 0) ? -errno : length;
}

ssize_t ipcq_queue_receive_until(struct ipcq_queue *queue, void *buffer,
				 size_t size, unsigned int flags,
				 uint64_t deadline,
				 struct ipcq_message_info *info)
{
	struct ipcq_queue_receive arg = {
		.size = info ? sizeof(arg) : IPCQ_QUEUE_RECEIVE_MIN,
		.flags = flags,
		.payload = (uintptr_t)buffer,
		.length = size,
		.deadline = deadline,
	};
	int length;

	if (ipcq_unlikely(flags & ~IPCQ_DONTWAIT))
		return -EINVAL;
	if (!flags && deadline == IPCQ_NO_DEADLINE && !info)
		return receive_plainly(queue, buffer, size);
	length = ipcq_ioctl(queue->fd, IPCQ_IOC_QUEUE_RECEIVE, &arg);
	if (length >= 0 && info)
		ipcq_message_info_fill(info, &arg);
	return length;
}

ssize_t ipcq_queue_receive(struct ipcq_queue *queue, void *buffer, size_t size)
{
	return receive_plainly(queue, buffer, size);
}

int ipcq_queue_subscribe(struct ipcq_queue *queue, unsigned int flags,
			 uint64_t *sequence)
{
	struct ipcq_queue_subscribe arg = { .size = sizeof(arg), .flags = flags };
	int error;

	if (flags & ~IPCQ_KEPT)
		return -EINVAL;
	error = ipcq_ioctl(queue->fd, IPCQ_IOC_QUEUE_SUBSCRIBE, &arg);
	if (!error && sequence)
		*sequence = arg.sequence;
	return error;
}

ssize_t ipcq_queue_next_size(struct ipcq_queue *queue)
{
	int size = 0;
	int error = ipcq_ioctl(queue->fd, FIONREAD, &size);

	return error < 0 ? error : size;
}

int ipcq_queue_info(struct ipcq_queue *queue, uint64_t *id,
		    struct ipcq_queue_info *out)
{
	struct ipcq_queue_stat stat;
	int error = queue_stat(queue->fd, &stat);

	if (error < 0)
		return error;
	if (id)
		*id = stat.id;
	*out = (struct ipcq_queue_info) {
		.order = (enum ipcq_order)stat.order,
		.max_messages = stat.max_messages,
		.max_message_size = stat.max_message_size,
		.max_bytes = stat.max_bytes,
		.messages = stat.messages,
		.waiting_senders = stat.waiting_senders,
		.waiting_receivers = stat.waiting_receivers,
		.bytes = stat.bytes,
		.memory = stat.memory,
		.sent = stat.sent,
		.received = stat.received,
		.expired = stat.expired,
		.time_to_live = stat.time_to_live,
		.delivery = (enum ipcq_delivery)stat.delivery,
		.subscribers = stat.subscribers,
		.retain = stat.retain,
		.retained = stat.retained,
		.dead_letter = stat.dead_letter,
		.dead_lettered = stat.dead_lettered,
		.dropped = stat.dropped,
		.held = stat.held,
		.delayed = stat.delayed,
		.full = (enum ipcq_full)(stat.full + IPCQ_BLOCK),
		.redelivery_limit = stat.redelivery_limit,
		.users = stat.users,
		.share = stat.share,
	};
	return 0;
}
