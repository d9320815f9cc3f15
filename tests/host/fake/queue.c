// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The model's queues: the payloads lie one after the other in the object's data.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fake.h"

int fake_queue_open(struct fake_object *object, bool created, void *argument)
{
	const struct ipcq_queue_open *open = argument;
	struct fake_queue *queue = &object->queue;

	if (open->max_messages > FAKE_MAX_MESSAGES ||
	    open->max_message_size > FAKE_MAX_MESSAGE_SIZE)
		return -EINVAL;
	if (!created)
		return (open->max_messages &&
			open->max_messages != queue->max_messages) ||
		       (open->max_message_size &&
			open->max_message_size != queue->max_message_size) ||
		       (open->max_bytes && open->max_bytes != queue->max_bytes) ||
		       (open->order && open->order != queue->order) ||
		       (open->dead_letter &&
			open->dead_letter != queue->dead_letter) ||
		       (open->full && open->full != queue->full) ||
		       (open->redelivery_limit &&
			open->redelivery_limit != queue->redelivery_limit) ?
		       -EBADR : 0;
	queue->order = open->order;
	queue->dead_letter = open->dead_letter;
	queue->full = open->full;
	queue->redelivery_limit = open->redelivery_limit;
	queue->max_messages = open->max_messages ? open->max_messages : 64;
	queue->max_message_size = open->max_message_size ?
				  open->max_message_size :
				  FAKE_MAX_MESSAGE_SIZE;
	queue->bytes_given = open->max_bytes;
	queue->max_bytes = open->max_bytes ? open->max_bytes :
			   (uint64_t)queue->max_messages * queue->max_message_size;
	return queue->max_bytes < queue->max_message_size ? -EINVAL : 0;
}

static bool has_room(const struct fake_queue *queue, uint64_t length)
{
	return queue->count < queue->max_messages &&
	       queue->bytes + length <= queue->max_bytes &&
	       queue->bytes + length <= FAKE_DATA_SIZE;
}

#define shift(_array, _at, _count)					\
	memmove((_array) + (_at) + 1, (_array) + (_at),			\
		((_count) - (_at)) * sizeof(*(_array)))

/* Put a message behind those with its priority and higher ones. */
static void insert(struct fake_queue *queue, char *data,
		   const struct ipcq_queue_send *send, uint32_t priority)
{
	uint32_t at = 0, before = 0;

	while (at < queue->count && queue->priorities[at] >= priority)
		before += queue->lengths[at++];
	memmove(data + before + send->length, data + before,
		queue->bytes - before);
	if (send->length)
		memcpy(data + before, (const void *)(uintptr_t)send->payload,
		       send->length);
	shift(queue->lengths, at, queue->count);
	shift(queue->priorities, at, queue->count);
	shift(queue->sequences, at, queue->count);
	queue->lengths[at] = (uint32_t)send->length;
	queue->priorities[at] = priority;
	queue->sequences[at] = ++queue->sent;
	queue->count++;
	queue->bytes += send->length;
}

static int send_message(struct fake_handle *handle, struct ipcq_queue_send *send)
{
	struct fake_queue *queue = &handle->object->queue;
	uint32_t priority = send->size > IPCQ_QUEUE_SEND_MIN ? send->priority : 0;
	int error;

	if (send->size != sizeof(*send) && send->size != IPCQ_QUEUE_SEND_MIN &&
	    send->size != offsetof(struct ipcq_queue_send, type) &&
	    send->size != offsetof(struct ipcq_queue_send, sequence))
		return -EINVAL;
	if (!(handle->access & IPCQ_OPEN_F_WRITE))
		return -EBADF;
	if (send->flags & ~IPCQ_SEND_F_ALL)
		return -EOPNOTSUPP;
	if (send->length > queue->max_message_size)
		return -EMSGSIZE;
	if (priority > IPCQ_PRIORITY_MAX ||
	    (priority && queue->order != IPCQ_ORDER_PRIORITY))
		return -EINVAL;
	while (!has_room(queue, send->length)) {
		if (queue->full == IPCQ_FULL_REJECT)
			return -ENOBUFS;
		if (handle->nonblock || send->flags & IPCQ_SEND_F_NONBLOCK)
			return -EAGAIN;
		queue->waiting_senders++;
		error = fake_wait(send->deadline);
		queue->waiting_senders--;
		if (error)
			return error;
	}
	insert(queue, fake_data(handle->object), send, priority);
	if (send->size >= offsetof(struct ipcq_queue_send, type))
		send->sequence = queue->sent;
	return 0;
}

/* Shows the next after the cursor, by priority and number; filters are not modelled. */
static int peek_message(struct fake_handle *handle,
			struct ipcq_queue_receive *receive)
{
	struct fake_queue *queue = &handle->object->queue;
	const char *data = fake_data(handle->object);
	uint64_t rest, room = receive->length;
	uint32_t at;

	if (receive->lease || receive->flags & IPCQ_RECEIVE_F_LEASE)
		return -EINVAL;
	for (at = 0; at < queue->count; data += queue->lengths[at++])
		if (!receive->cursor || queue->priorities[at] < receive->priority ||
		    (queue->priorities[at] == receive->priority &&
		     queue->sequences[at] > receive->cursor))
			break;
	if (at == queue->count)
		return -EAGAIN;
	rest = receive->offset < queue->lengths[at] ?
	       queue->lengths[at] - receive->offset : 0;
	if (rest > room && !(receive->flags & IPCQ_RECEIVE_F_TRUNCATE)) {
		receive->length = queue->lengths[at];
		return -EMSGSIZE;
	}
	if (rest && room)
		memcpy((void *)(uintptr_t)receive->payload, data + receive->offset,
		       rest < room ? rest : room);
	receive->sequence = receive->cursor = queue->sequences[at];
	receive->priority = queue->priorities[at];
	return (int)queue->lengths[at];
}

static int receive_message(struct fake_handle *handle,
			   struct ipcq_queue_receive *receive)
{
	struct fake_queue *queue = &handle->object->queue;
	char *data = fake_data(handle->object);
	uint32_t length;
	int error;

	if (receive->size != sizeof(*receive) &&
	    receive->size != IPCQ_QUEUE_RECEIVE_MIN)
		return -EINVAL;
	if (!(handle->access & IPCQ_OPEN_F_READ))
		return -EBADF;
	if (receive->flags & ~IPCQ_RECEIVE_F_ALL)
		return -EOPNOTSUPP;
	if (receive->flags & IPCQ_RECEIVE_F_PEEK)
		return peek_message(handle, receive);
	while (!queue->count) {
		if (handle->nonblock || receive->flags & IPCQ_RECEIVE_F_NONBLOCK)
			return -EAGAIN;
		queue->waiting_receivers++;
		error = fake_wait(receive->deadline);
		queue->waiting_receivers--;
		if (error)
			return error;
	}
	length = queue->lengths[0];
	if (length > receive->length) {
		receive->length = length;
		return -EMSGSIZE;
	}
	if (length)
		memcpy((void *)(uintptr_t)receive->payload, data, length);
	queue->bytes -= length;
	memmove(data, data + length, queue->bytes);
	if (receive->size == sizeof(*receive)) {
		receive->sequence = queue->sequences[0];
		receive->priority = queue->priorities[0];
	}
	queue->count--;
	memmove(queue->lengths, queue->lengths + 1,
		queue->count * sizeof(*queue->lengths));
	memmove(queue->priorities, queue->priorities + 1,
		queue->count * sizeof(*queue->priorities));
	memmove(queue->sequences, queue->sequences + 1,
		queue->count * sizeof(*queue->sequences));
	queue->received++;
	return (int)length;
}

static int drain_queue(struct fake_handle *handle, struct ipcq_queue_drain *drain)
{
	struct fake_queue *queue = &handle->object->queue;
	struct ipcq_queue_receive receive;

	if (drain->size != sizeof(*drain) || drain->flags)
		return -EINVAL;
	if (!(handle->access & IPCQ_OPEN_F_READ))
		return -EBADF;
	drain->messages = drain->bytes = 0;
	while (queue->count && (!drain->most || drain->messages < drain->most) &&
	       queue->priorities[0] >= drain->least_priority) {
		static char buffer[FAKE_MAX_MESSAGE_SIZE];
		int length;

		receive = (struct ipcq_queue_receive) {
			.size = sizeof(receive),
			.payload = (uintptr_t)buffer,
			.length = sizeof(buffer),
		};
		length = receive_message(handle, &receive);
		if (length < 0)
			return length;
		drain->messages++;
		drain->bytes += (uint64_t)length;
	}
	return 0;
}

/* The flags of the single calls that a batch is made of here. */
static uint32_t single_flags(const struct ipcq_queue_batch *batch, uint32_t done)
{
	uint32_t flags = batch->flags & IPCQ_BATCH_F_TRUNCATE ?
			 IPCQ_RECEIVE_F_TRUNCATE : 0;

	if (batch->flags & IPCQ_BATCH_F_NONBLOCK ||
	    (done && !(batch->flags & IPCQ_BATCH_F_WHOLE)))
		flags |= IPCQ_SEND_F_NONBLOCK;
	return flags;
}

static int check_batch(const struct ipcq_queue_batch *batch, uint32_t flags,
		       size_t entry_size)
{
	if (batch->size != sizeof(*batch) || !batch->count ||
	    batch->count > IPCQ_BATCH_MAX)
		return -EINVAL;
	if (batch->entry_size != entry_size &&
	    batch->entry_size != IPCQ_SEND_ENTRY_MIN)
		return -EINVAL;
	return batch->flags & ~flags ? -EOPNOTSUPP : 0;
}

static int send_many(struct fake_handle *handle,
		     const struct ipcq_queue_batch *batch)
{
	char *at = (char *)(uintptr_t)batch->entries;
	uint32_t done;
	int error = check_batch(batch, IPCQ_BATCH_F_NONBLOCK | IPCQ_BATCH_F_WHOLE,
				sizeof(struct ipcq_send_entry));

	for (done = 0; !error && done < batch->count; done++) {
		struct ipcq_send_entry entry = { 0 };
		struct ipcq_queue_send send;

		memcpy(&entry, at, batch->entry_size);
		send = (struct ipcq_queue_send) {
			.size = sizeof(send),
			.flags = single_flags(batch, done),
			.payload = entry.payload,
			.length = entry.length,
			.deadline = batch->deadline,
			.priority = entry.priority,
			.type = entry.type,
			.time_to_live = entry.time_to_live,
		};
		error = send_message(handle, &send);
		if (error)
			break;
		entry.sequence = send.sequence;
		memcpy(at, &entry, batch->entry_size);
		at += batch->entry_size;
	}
	return done ? (int)done : error;
}

static int receive_many(struct fake_handle *handle,
			const struct ipcq_queue_batch *batch)
{
	char *at = (char *)(uintptr_t)batch->entries;
	uint32_t done;
	int result = check_batch(batch, IPCQ_BATCH_F_ALL,
				 sizeof(struct ipcq_receive_entry));

	for (done = 0; result >= 0 && done < batch->count; done++) {
		struct ipcq_receive_entry entry = { 0 };
		struct ipcq_queue_receive receive;

		memcpy(&entry, at, batch->entry_size);
		receive = (struct ipcq_queue_receive) {
			.size = sizeof(receive),
			.flags = single_flags(batch, done),
			.payload = entry.payload,
			.length = entry.length,
			.deadline = batch->deadline,
		};
		result = receive_message(handle, &receive);
		if (result < 0)
			break;
		entry.length = (uint64_t)result;
		entry.sequence = receive.sequence;
		entry.priority = receive.priority;
		memcpy(at, &entry, batch->entry_size);
		at += batch->entry_size;
	}
	return done ? (int)done : result;
}

static int stat_queue(struct fake_object *object, struct ipcq_queue_stat *stat)
{
	const struct fake_queue *queue = &object->queue;

	if (stat->size != sizeof(*stat) || stat->flags)
		return -EINVAL;
	*stat = (struct ipcq_queue_stat) {
		.size = sizeof(*stat),
		.id = object->id,
		.max_bytes = queue->max_bytes,
		.order = queue->order,
		.max_messages = queue->max_messages,
		.max_message_size = queue->max_message_size,
		.messages = queue->count,
		.waiting_senders = queue->waiting_senders,
		.waiting_receivers = queue->waiting_receivers,
		.bytes = queue->bytes,
		.memory = queue->bytes,
		.sent = queue->sent,
		.received = queue->received,
		.dead_letter = queue->dead_letter,
		.full = queue->full,
		.redelivery_limit = queue->redelivery_limit,
	};
	return 0;
}

static int set_queue(struct fake_object *object, const struct ipcq_queue_set *set)
{
	struct fake_queue *queue = &object->queue, new = *queue;

	if (set->size != sizeof(*set) || set->flags & ~IPCQ_SET_F_ALL)
		return -EINVAL;
	if (object->uid != getuid())
		return -EPERM;
	if (set->max_messages)
		new.max_messages = set->max_messages;
	if (set->max_message_size)
		new.max_message_size = set->max_message_size;
	if (set->max_bytes)
		new.max_bytes = set->max_bytes;
	else if (!queue->bytes_given)
		new.max_bytes = (uint64_t)new.max_messages * new.max_message_size;
	new.bytes_given |= set->max_bytes != 0;
	if (set->flags & IPCQ_SET_F_DEAD_LETTER)
		new.dead_letter = set->dead_letter;
	if (set->flags & IPCQ_SET_F_FULL)
		new.full = set->full;
	if (set->flags & IPCQ_SET_F_REDELIVERY_LIMIT)
		new.redelivery_limit = set->redelivery_limit;
	if (set->dead_letter == object->id)
		return -EINVAL;
	if (new.max_messages > FAKE_MAX_MESSAGES ||
	    new.max_message_size > FAKE_MAX_MESSAGE_SIZE ||
	    new.max_bytes < new.max_message_size)
		return -EINVAL;
	*queue = new;
	return 0;
}

int fake_queue_call(struct fake_handle *handle, unsigned long call, void *argument)
{
	struct fake_queue *queue = &handle->object->queue;

	switch (call) {
	case IPCQ_IOC_QUEUE_SEND:
		return send_message(handle, argument);
	case IPCQ_IOC_QUEUE_RECEIVE:
		return receive_message(handle, argument);
	case IPCQ_IOC_QUEUE_SEND_MANY:
		return send_many(handle, argument);
	case IPCQ_IOC_QUEUE_RECEIVE_MANY:
		return receive_many(handle, argument);
	case IPCQ_IOC_QUEUE_DRAIN:
		return drain_queue(handle, argument);
	case IPCQ_IOC_QUEUE_STAT:
		return stat_queue(handle->object, argument);
	case IPCQ_IOC_QUEUE_SET:
		return set_queue(handle->object, argument);
	case FIONREAD:
		if (!(handle->access & IPCQ_OPEN_F_READ))
			return -EBADF;
		*(int *)argument = queue->count ? (int)queue->lengths[0] : 0;
		return 0;
	default:
		return -ENOTTY;
	}
}
