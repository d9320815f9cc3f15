// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a queue is created with, what of it can change, and what it tells of itself.
 */
#include "rules.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

static const uint64_t lives[] = {
	[UNLIMITED] = 0,
	[LONG] = 3600000000000,
	[SOON] = 60000000,
	[AT_ONCE] = 1,
};

uint64_t life_nanoseconds(enum life life)
{
	return lives[life];
}

enum life life_of(uint64_t nanoseconds)
{
	enum life life = UNLIMITED;

	while (lives[life] != nanoseconds)
		life++;
	return life;
}

static uint64_t bytes_of(const struct queue *queue)
{
	return queue->bytes_given ? queue->max_bytes :
	       (uint64_t)queue->max_messages * queue->max_message_size;
}

void model_set(struct queue *queue, const struct ipcq_queue_set *args,
	       const struct limits *limits, struct answer *answer)
{
	struct queue new = *queue;

	if (args->max_messages)
		new.max_messages = args->max_messages;
	if (args->max_message_size)
		new.max_message_size = args->max_message_size;
	if (args->max_bytes) {
		new.max_bytes = args->max_bytes;
		new.bytes_given = true;
	}
	new.max_bytes = bytes_of(&new);
	if (args->flags & IPCQ_SET_F_TIME_TO_LIVE)
		new.life = life_of(args->time_to_live);
	if (args->flags & IPCQ_SET_F_DEAD_LETTER)
		new.dead_letter = args->dead_letter;
	if (args->flags & IPCQ_SET_F_FULL)
		new.full = args->full;
	if (args->flags & IPCQ_SET_F_REDELIVERY_LIMIT)
		new.redelivery_limit = args->redelivery_limit;
	if (new.full > IPCQ_FULL_DROP_NEWEST)
		add_error(answer, EOPNOTSUPP);
	if (new.max_messages > limits->max_messages ||
	    new.max_message_size > limits->max_message_size ||
	    new.max_bytes < new.max_message_size || new.dead_letter == queue->id ||
	    (args->full && !(args->flags & IPCQ_SET_F_FULL)) ||
	    (args->redelivery_limit && !(args->flags & IPCQ_SET_F_REDELIVERY_LIMIT)) ||
	    (args->time_to_live && !(args->flags & IPCQ_SET_F_TIME_TO_LIVE)) ||
	    (args->dead_letter && !(args->flags & IPCQ_SET_F_DEAD_LETTER)))
		add_error(answer, EINVAL);
	if (answer->error_count)
		return;
	*queue = new;
	serve(queue);
}

void model_attributes(const struct ipcq_queue_open *args, const struct limits *limits,
		      struct answer *answer)
{
	if (args->reserved2 || args->max_messages > limits->max_messages ||
	    args->max_message_size > limits->max_message_size ||
	    (args->max_bytes && args->max_bytes < args->max_message_size))
		add_error(answer, EINVAL);
	if (args->order > IPCQ_ORDER_PRIORITY || args->full > IPCQ_FULL_DROP_NEWEST)
		add_error(answer, EOPNOTSUPP);
}

struct queue *model_new(const struct ipcq_queue_open *args, const struct limits *limits)
{
	struct queue *queue = calloc(1, sizeof(*queue));
	uint64_t longest = limits->max_message_size;

	queue->max_messages = args->max_messages ?: 64;
	if (args->max_bytes && args->max_bytes < longest)
		longest = args->max_bytes;
	queue->max_message_size = args->max_message_size ?: longest;
	queue->bytes_given = args->max_bytes;
	queue->max_bytes = args->max_bytes;
	queue->max_bytes = bytes_of(queue);
	queue->order = args->order;
	queue->life = life_of(args->time_to_live);
	queue->dead_letter = args->dead_letter;
	queue->full = args->full;
	queue->redelivery_limit = args->redelivery_limit;
	return queue;
}

bool model_has_attributes(const struct queue *queue, const struct ipcq_queue_open *args)
{
	return (!args->max_messages || args->max_messages == queue->max_messages) &&
	       (!args->max_message_size ||
		args->max_message_size == queue->max_message_size) &&
	       (!args->max_bytes || args->max_bytes == queue->max_bytes) &&
	       (!args->order || args->order == queue->order) &&
	       (!args->time_to_live || life_of(args->time_to_live) == queue->life) &&
	       (!args->full || args->full == queue->full) &&
	       (!args->redelivery_limit ||
		args->redelivery_limit == queue->redelivery_limit) &&
	       (!args->dead_letter || args->dead_letter == queue->dead_letter);
}

static void free_list(struct message *message)
{
	struct message *next;

	for (; message; message = next) {
		next = message->next;
		free(message);
	}
}

void model_free(struct queue *queue)
{
	free_list(queue->messages);
	free_list(queue->held);
	free(queue);
}

/* ------------------------------------------------------------- observations */

static uint32_t count_line(const struct call *line)
{
	uint32_t count = 0;

	for (; line; line = line->next)
		count++;
	return count;
}

static uint32_t count_held(const struct queue *queue)
{
	const struct message *message;
	uint32_t count = 0;

	for (message = queue->held; message; message = message->next)
		count++;
	return count;
}

void model_stat(const struct queue *queue, struct ipcq_queue_stat *stat)
{
	*stat = (struct ipcq_queue_stat) {
		.size = sizeof(*stat),
		.id = queue->id,
		.max_bytes = queue->max_bytes,
		.max_messages = queue->max_messages,
		.max_message_size = queue->max_message_size,
		.messages = queue->count,
		.waiting_senders = count_line(queue->senders),
		.waiting_receivers = count_line(queue->receivers),
		.order = queue->order,
		.bytes = queue->bytes,
		.sent = queue->sent,
		.received = queue->received,
		.held = count_held(queue),
		.expired = queue->expired,
		.time_to_live = life_nanoseconds(queue->life),
		.dead_letter = queue->dead_letter,
		.dead_lettered = queue->dead_lettered,
		.dropped = queue->dropped,
		.full = queue->full,
		.redelivery_limit = queue->redelivery_limit,
	};
}

uint32_t model_next_length(const struct queue *queue, const struct filter *filter)
{
	const struct message *message = filter_next(queue, filter);

	return message ? message->length : 0;
}

short model_poll(const struct queue *queue, const struct filter *filter)
{
	short events = 0;

	if (filter_next(queue, filter))
		events |= POLLIN | POLLRDNORM;
	/* Where what has no room is dropped, it can be sent all the same. */
	if (queue->full >= IPCQ_FULL_DROP_OLDEST ||
	    (!queue->senders && fits(queue, queue->max_message_size)))
		events |= POLLOUT | POLLWRNORM;
	return events;
}
