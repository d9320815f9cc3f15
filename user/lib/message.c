// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Messages in pieces, and with all that they can carry.
 */
#include "internal.h"

#include <stdlib.h>

_Static_assert((int)IPCQ_TRUNCATE == (int)IPCQ_RECEIVE_F_TRUNCATE, "truncate");
_Static_assert(IPCQ_MOST_FDS == IPCQ_FDS_MAX, "descriptors");
_Static_assert(sizeof(int) == sizeof(__s32), "descriptors");
_Static_assert((int)IPCQ_EXPIRED == IPCQ_ORIGIN_EXPIRED, "origin");
_Static_assert((int)IPCQ_REDELIVERED == IPCQ_ORIGIN_REDELIVERED, "origin");
_Static_assert(IPCQ_DROP_NEWEST - IPCQ_BLOCK == IPCQ_FULL_DROP_NEWEST, "full");
_Static_assert(IPCQ_TYPE_EXCEPT == IPCQ_MATCH_EXCEPT, "match");

#define FAST_PIECES	16

/* The pieces of a payload, as the kernel takes them. */
struct pieces {
	struct ipcq_vector fast[FAST_PIECES];
	struct ipcq_vector *allocated;
	uint64_t payload;
	uint64_t length;
	uint32_t flag;			/* 0, or that there are several */
};

static int pieces_init(struct pieces *pieces, const struct iovec *vector,
		       size_t count, uint32_t flag)
{
	struct ipcq_vector *list = pieces->fast;
	size_t i;

	pieces->allocated = NULL;
	pieces->flag = 0;
	if (count == 1) {
		pieces->payload = (uintptr_t)vector->iov_base;
		pieces->length = vector->iov_len;
		return 0;
	}
	if (count > IPCQ_VECTOR_MAX)
		return -EINVAL;
	if (count > FAST_PIECES) {
		list = calloc(count, sizeof(*list));
		if (!list)
			return -ENOMEM;
		pieces->allocated = list;
	}
	for (i = 0; i < count; i++)
		list[i] = (struct ipcq_vector) {
			.address = (uintptr_t)vector[i].iov_base,
			.length = vector[i].iov_len,
		};
	pieces->payload = (uintptr_t)list;
	pieces->length = count;
	pieces->flag = flag;
	return 0;
}

int ipcq_queue_sendv(struct ipcq_queue *queue, const struct iovec *vector,
		     size_t count, const struct ipcq_send_options *options,
		     unsigned int flags, uint64_t deadline, uint64_t *sequence)
{
	struct ipcq_queue_send arg = { .size = sizeof(arg) };
	struct pieces pieces;
	int error;

	if (flags & ~IPCQ_DONTWAIT ||
	    (options && options->fd_count > IPCQ_MOST_FDS))
		return -EINVAL;
	error = pieces_init(&pieces, vector, count, IPCQ_SEND_F_VECTOR);
	if (error)
		return error;
	arg.flags = flags | pieces.flag;
	arg.payload = pieces.payload;
	arg.length = pieces.length;
	arg.deadline = deadline;
	if (options) {
		arg.priority = options->priority;
		arg.type = options->type;
		arg.time_to_live = options->time_to_live;
		arg.fds = (uintptr_t)options->fds;
		arg.fd_count = (uint32_t)options->fd_count;
	}
	error = ipcq_ioctl(queue->fd, IPCQ_IOC_QUEUE_SEND, &arg);
	free(pieces.allocated);
	if (!error && sequence)
		*sequence = arg.sequence;
	return error;
}

void ipcq_message_info_fill(struct ipcq_message_info *info,
			    const struct ipcq_queue_receive *arg)
{
	*info = (struct ipcq_message_info) {
		.sequence = arg->sequence,
		.priority = arg->priority,
		.type = arg->type,
		.dropped = arg->dropped,
		.time = arg->time,
		.pid = arg->pid,
		.start_time = arg->start_time,
		.uid = arg->uid,
		.gid = arg->gid,
		.origin_id = arg->origin_id,
		.origin_sequence = arg->origin_sequence,
		.origin_reason = (enum ipcq_origin)arg->origin_reason,
		.redeliveries = arg->redeliveries,
		.token = arg->token,
		.fd_count = arg->fd_count,
	};
}

int ipcq_queue_set_filter(struct ipcq_queue *queue,
			  const struct ipcq_filter *filter)
{
	struct ipcq_queue_filter arg = { .size = sizeof(arg) };

	if (filter) {
		arg.match = filter->match;
		arg.least_priority = filter->least_priority;
		arg.type_first = filter->type_first;
		arg.type_last = filter->type_last;
	}
	return ipcq_ioctl(queue->fd, IPCQ_IOC_QUEUE_FILTER, &arg);
}

static void options_fill(struct ipcq_queue_receive *arg,
			 const struct ipcq_receive_options *options)
{
	const struct ipcq_filter *filter = options->filter;

	arg->offset = options->offset;
	if (filter) {
		arg->flags |= IPCQ_RECEIVE_F_FILTER;
		arg->match = filter->match;
		arg->least_priority = filter->least_priority;
		arg->type_first = filter->type_first;
		arg->type_last = filter->type_last;
	}
	arg->fds = (uintptr_t)options->fds;
	arg->fd_count = (uint32_t)options->fd_room;
}

/* Receives, or peeks, as @arg says already. */
static int receive(struct ipcq_queue *queue, struct ipcq_queue_receive *arg,
		   const struct iovec *vector, size_t count,
		   const struct ipcq_receive_options *options, unsigned int flags,
		   uint64_t deadline)
{
	struct pieces pieces;
	int length;

	if (flags & ~(IPCQ_DONTWAIT | IPCQ_TRUNCATE) ||
	    (options && options->fd_room > IPCQ_MOST_FDS))
		return -EINVAL;
	length = pieces_init(&pieces, vector, count, IPCQ_RECEIVE_F_VECTOR);
	if (length)
		return length;
	arg->flags |= flags | pieces.flag;
	arg->payload = pieces.payload;
	arg->length = pieces.length;
	arg->deadline = deadline;
	if (options)
		options_fill(arg, options);
	length = ipcq_ioctl(queue->fd, IPCQ_IOC_QUEUE_RECEIVE, arg);
	free(pieces.allocated);
	return length;
}

ssize_t ipcq_queue_receivev(struct ipcq_queue *queue, const struct iovec *vector,
			    size_t count,
			    const struct ipcq_receive_options *options,
			    unsigned int flags, uint64_t deadline,
			    struct ipcq_message_info *info)
{
	struct ipcq_queue_receive arg = { .size = sizeof(arg) };
	int length;

	length = receive(queue, &arg, vector, count, options, flags, deadline);
	if (length >= 0 && info)
		ipcq_message_info_fill(info, &arg);
	return length;
}

ssize_t ipcq_queue_peek(struct ipcq_queue *queue, const struct iovec *vector,
			size_t count, const struct ipcq_receive_options *options,
			unsigned int flags, uint64_t deadline,
			struct ipcq_message_info *info)
{
	struct ipcq_queue_receive arg = {
		.size = sizeof(arg),
		.flags = IPCQ_RECEIVE_F_PEEK,
	};
	int length;

	if (info && info->sequence) {
		arg.cursor = info->sequence;
		arg.priority = info->priority;
		arg.type = info->type;
	}
	length = receive(queue, &arg, vector, count, options, flags, deadline);
	if (length >= 0 && info)
		ipcq_message_info_fill(info, &arg);
	return length;
}

int ipcq_queue_drain(struct ipcq_queue *queue, const struct ipcq_filter *filter,
		     uint64_t most, uint64_t *messages, uint64_t *bytes)
{
	struct ipcq_queue_drain arg = { .size = sizeof(arg), .most = most };
	int error;

	if (filter) {
		arg.match = filter->match;
		arg.least_priority = filter->least_priority;
		arg.type_first = filter->type_first;
		arg.type_last = filter->type_last;
	}
	error = ipcq_ioctl(queue->fd, IPCQ_IOC_QUEUE_DRAIN, &arg);
	if (!error && messages)
		*messages = arg.messages;
	if (!error && bytes)
		*bytes = arg.bytes;
	return error;
}
