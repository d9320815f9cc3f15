// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rules of a queue: see model.h.
 */
#include "model.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

/* ------------------------------------------------------------------ answers */

bool may_fail(const struct answer *answer, int error)
{
	unsigned int i;

	for (i = 0; i < answer->error_count; i++)
		if (answer->errors[i] == error)
			return true;
	return false;
}

void add_error(struct answer *answer, int error)
{
	if (may_fail(answer, error))
		return;
	if (answer->error_count == MOST_ERRORS)
		abort();
	answer->errors[answer->error_count++] = error;
}

static void fail(struct call *call, int error)
{
	add_error(&call->expected, error);
	call->expected.given = true;
}

static bool is_ioctl(const struct call *call)
{
	return call->form <= IOCTL_VECTOR;
}

/* -------------------------------------------------------------------- lines */

static void join(struct call **line, struct call *call)
{
	while (*line)
		line = &(*line)->next;
	call->next = NULL;
	*line = call;
}

static void leave(struct call **line, struct call *call)
{
	for (; *line; line = &(*line)->next) {
		if (*line == call) {
			*line = call->next;
			return;
		}
	}
}

static struct call **line_of(struct call *call)
{
	return call->sends ? &call->queue->senders : &call->queue->receivers;
}

/* -------------------------------------------------------------------- rules */

static void serve(struct queue *queue);

static bool fits(const struct queue *queue, uint64_t length)
{
	return queue->count < queue->max_messages && queue->bytes <= queue->max_bytes &&
	       length <= queue->max_bytes - queue->bytes;
}

/* Whether a message is received before another. */
static bool precedes(const struct queue *queue, const struct message *message,
		     const struct message *other)
{
	if (queue->order == IPCQ_ORDER_PRIORITY && message->priority != other->priority)
		return message->priority > other->priority;
	return message->sequence < other->sequence;
}

/* The message takes its place. */
static void put_in_order(struct queue *queue, struct message *message)
{
	struct message **place = &queue->messages;

	while (*place && precedes(queue, *place, message))
		place = &(*place)->next;
	message->next = *place;
	*place = message;
}

static void unlist(struct message **place, const struct message *message)
{
	while (*place != message)
		place = &(*place)->next;
	*place = message->next;
}

static void count_out(struct queue *queue, const struct message *message)
{
	queue->count--;
	queue->bytes -= message->length;
}

static void take_out(struct queue *queue, struct message *message)
{
	unlist(&queue->messages, message);
	count_out(queue, message);
}

/* It is in the queue from here on. */
static void enter(struct queue *queue, struct message *message)
{
	message->sequence = ++queue->sent;
	put_in_order(queue, message);
	queue->count++;
	queue->bytes += message->length;
}

struct queue *model_find(struct queue *all, uint64_t id)
{
	while (all && all->id != id)
		all = all->next;
	return all;
}

/* Whether a message is dropped before one of that priority is. */
static bool goes_for(const struct queue *queue, const struct message *message,
		     uint32_t priority)
{
	return queue->order == IPCQ_ORDER_FIFO || message->priority <= priority;
}

static void drop(struct queue *queue, struct message *message)
{
	take_out(queue, message);
	queue->dropped++;
	free(message);
}

/* The one that is dropped first: of the lowest priority the oldest. */
static struct message *least(const struct queue *queue)
{
	struct message *message, *least = queue->messages;

	if (queue->order == IPCQ_ORDER_FIFO)
		return least;
	for (message = queue->messages; message; message = message->next)
		if (message->priority < least->priority)
			least = message;
	return least;
}

/*
 * Drops what goes for a message of that priority, as much as it takes.  Returns whether
 * there is room then; nothing goes in vain.
 */
static bool drop_oldest(struct queue *queue, uint32_t priority, uint64_t length)
{
	struct queue without = *queue;
	const struct message *message;

	for (message = queue->messages; message; message = message->next)
		if (goes_for(queue, message, priority))
			count_out(&without, message);
	if (!fits(&without, length))
		return false;
	while (!fits(queue, length))
		drop(queue, least(queue));
	return true;
}

/* Whether there is room for a dead letter, or is made. */
static bool has_room_for(struct queue *queue, const struct message *message)
{
	if (queue->senders || message->length > queue->max_message_size)
		return false;
	return fits(queue, message->length) ||
	       (queue->full == IPCQ_FULL_DROP_OLDEST &&
		drop_oldest(queue, message->priority, message->length));
}

/* A message dies: it moves once, to a queue that takes it at once, or is dropped. */
static void die(struct queue *queue, struct message *message, uint32_t reason)
{
	struct queue *target = model_find(*queue->all, queue->dead_letter);

	if (!target || message->origin.reason || !has_room_for(target, message)) {
		queue->dropped++;
		free(message);
		return;
	}
	message->origin = (struct origin) { queue->id, message->sequence, reason };
	message->life = target->life;
	message->ends_after = 0;
	message->redeliveries = 0;
	queue->dead_lettered++;
	enter(target, message);
	serve(target);
}

/* Of those that live so long the one whose time ends first; NULL: none. */
static struct message *first_to_expire(const struct queue *queue, enum life life)
{
	struct message *message, *first = NULL;

	for (message = queue->messages; message; message = message->next) {
		/* Those that have just come have a time of their own. */
		if (message->life != life || (life == SOON && !message->ends_after))
			continue;
		if (!first || message->ends_after < first->ends_after ||
		    (message->ends_after == first->ends_after &&
		     message->sequence < first->sequence))
			first = message;
	}
	return first;
}

static void expire(struct queue *queue, struct message *message)
{
	take_out(queue, message);
	queue->expired++;
	die(queue, message, IPCQ_ORIGIN_EXPIRED);
}

static uint32_t priority_of(const struct call *call)
{
	return SEND_HAS(call, priority) ? call->priority : 0;
}

static struct message *message_of(const struct call *call)
{
	struct message *message = calloc(1, sizeof(*message));

	message->priority = priority_of(call);
	message->length = call->length;
	message->tag = call->tag;
	message->type = SEND_HAS(call, type) ? call->type : 0;
	message->life = SEND_HAS(call, time_to_live) ? call->life : UNLIMITED;
	if (message->life == UNLIMITED)
		message->life = call->queue->life;
	/* What is written lends nobody's name but the opener's. */
	message->sender = is_ioctl(call) ? call->caller : call->opener;
	message->sent_after = call->begun;
	return message;
}

/* The send has succeeded; 0 is the number of what is not in the queue. */
static void succeed(struct call *call, uint64_t sequence)
{
	call->expected.sequence = sequence;
	call->expected.value = is_ioctl(call) ? 0 : (long)call->length;
	call->expected.given = true;
}

/* The first of the senders is served: its message is in the queue. */
static void serve_sender(struct queue *queue)
{
	struct message *message = message_of(queue->senders);
	struct call *call = queue->senders;

	leave(&queue->senders, call);
	enter(queue, message);
	succeed(call, message->sequence);
}

/* Whether a queue that drops its oldest has nothing to drop but what is held. */
static bool is_stuck(const struct queue *queue, const struct call *call)
{
	struct queue without = *queue;
	const struct message *message;

	for (message = queue->messages; message; message = message->next) {
		if (!goes_for(queue, message, priority_of(call)))
			return false;
		count_out(&without, message);
	}
	return queue->full == IPCQ_FULL_DROP_OLDEST && !fits(&without, call->length);
}

/*
 * The first of the senders has no room, and the queue does not let it wait for it.  Makes
 * room, or sends it away.
 */
static void treat_as_full(struct queue *queue)
{
	struct call *call = queue->senders;

	if (queue->full == IPCQ_FULL_DROP_OLDEST &&
	    drop_oldest(queue, priority_of(call), call->length))
		return;
	leave(&queue->senders, call);
	if (queue->full == IPCQ_FULL_REJECT) {
		fail(call, ENOBUFS);
		return;
	}
	queue->dropped++;
	succeed(call, 0);
}

/* What can be done for the first of the senders; false: it waits. */
static bool attend_to_sender(struct queue *queue)
{
	struct call *call = queue->senders;

	if (call->length > queue->max_message_size) {
		leave(&queue->senders, call);
		fail(call, EMSGSIZE);
	} else if (fits(queue, call->length)) {
		serve_sender(queue);
	} else if (queue->full != IPCQ_FULL_BLOCK && !is_stuck(queue, call)) {
		treat_as_full(queue);
	} else {
		return false;
	}
	return true;
}

/* So many bytes of a message come into the buffer. */
static uint64_t copied(const struct message *message, const struct call *call)
{
	return message->length < call->length ? message->length : call->length;
}

/* The first of the receivers is served: it gets the first message, or an error. */
static void serve_receiver(struct queue *queue)
{
	struct message *message = queue->messages;
	struct call *call = queue->receivers;
	struct answer *answer = &call->expected;

	leave(&queue->receivers, call);
	if (message->length > call->length && !call->truncates) {
		fail(call, EMSGSIZE);
		answer->told_length = message->length;
		/* Who cannot be told hears that instead. */
		if (call->spoilt == STRUCT_READ_ONLY)
			add_error(answer, EFAULT);
		return;
	}
	if (copied(message, call) > call->accessible ||
	    (call->spoilt == STRUCT_READ_ONLY && RECEIVE_HAS(call, sequence))) {
		fail(call, EFAULT);
		return;
	}
	answer->sequence = message->sequence;
	answer->priority = message->priority;
	answer->tag = message->tag;
	answer->type = message->type;
	answer->sender = message->sender;
	answer->sent_after = message->sent_after;
	answer->origin = message->origin;
	answer->redeliveries = message->redeliveries;
	if (RECEIVE_HAS(call, dropped)) {
		answer->dropped = queue->dropped - queue->dropped_told;
		queue->dropped_told = queue->dropped;
	}
	answer->value = message->length;
	answer->given = true;
	unlist(&queue->messages, message);
	if (call->leases) {
		answer->held = message;
		message->next = queue->held;
		queue->held = message;
	} else {
		count_out(queue, message);
		queue->received++;
		free(message);
	}
}

/* Serves who can be served: receivers in their order, and senders in theirs. */
static void serve(struct queue *queue)
{
	for (;;) {
		struct message *gone = first_to_expire(queue, AT_ONCE);

		if (queue->receivers && queue->messages)
			serve_receiver(queue);
		else if (gone)
			expire(queue, gone);
		else if (!queue->senders || !attend_to_sender(queue))
			return;
	}
}

void model_expire(struct queue *queue)
{
	struct message *message;

	while ((message = first_to_expire(queue, SOON)))
		expire(queue, message);
	/* Those that are held expire when nobody holds them any more. */
	for (message = queue->held; message; message = message->next)
		if (message->life == SOON)
			message->life = AT_ONCE;
	serve(queue);
}

/* ------------------------------------------------------------------- leases */

void model_acknowledge(struct queue *queue, struct message *message)
{
	unlist(&queue->held, message);
	count_out(queue, message);
	queue->received++;
	free(message);
	serve(queue);
}

void model_return(struct queue *queue, struct message *message)
{
	unlist(&queue->held, message);
	message->redeliveries++;
	message->holder = NULL;
	if (queue->redelivery_limit && message->redeliveries > queue->redelivery_limit) {
		count_out(queue, message);
		die(queue, message, IPCQ_ORIGIN_REDELIVERED);
		serve(queue);
		return;
	}
	put_in_order(queue, message);
	/* Its time may have ended meanwhile. */
	if (message->life == AT_ONCE)
		expire(queue, message);
	serve(queue);
}

/* -------------------------------------------------------------------- calls */

/* What is wrong with a struct whatever the queue holds; true: nothing else counts. */
static bool judge_struct(struct call *call)
{
	switch (call->spoilt) {
	case SIZE_SPOILT:
		add_error(&call->expected, EINVAL);
		return true;
	case TAIL_SPOILT:
		add_error(&call->expected, E2BIG);
		return true;
	case FLAG_SPOILT:
		add_error(&call->expected, EOPNOTSUPP);
		return true;
	default:
		return false;
	}
}

static void judge_send(struct call *call)
{
	const struct queue *queue = call->queue;
	uint32_t most = queue->order == IPCQ_ORDER_PRIORITY ? IPCQ_PRIORITY_MAX : 0;

	if (SEND_HAS(call, priority) && call->priority > most)
		add_error(&call->expected, EINVAL);
	if (call->length > queue->max_message_size)
		add_error(&call->expected, EMSGSIZE);
	if (call->length > call->accessible)
		add_error(&call->expected, EFAULT);
	if (SEND_HAS(call, sequence) && call->spoilt == STRUCT_READ_ONLY)
		add_error(&call->expected, EFAULT);
}

/* Whether the call, if nothing is wrong with it, has to wait. */
static bool would_wait(const struct call *call)
{
	const struct queue *queue = call->queue;

	if (call->sends)
		return queue->senders || !fits(queue, call->length);
	return queue->receivers || !queue->messages;
}

static int error_of_waiting(const struct call *call)
{
	return call->patience == NEVER ? EAGAIN : ETIMEDOUT;
}

static void add_error_of_waiting(struct call *call)
{
	uint32_t full = call->sends ? call->queue->full : IPCQ_FULL_BLOCK;

	if (full == IPCQ_FULL_REJECT)
		add_error(&call->expected, ENOBUFS);
	else if (full == IPCQ_FULL_BLOCK && call->patience != FOR_EVER)
		add_error(&call->expected, error_of_waiting(call));
}

/* True when the call has its answer before the queue is looked at. */
static bool judge(struct call *call)
{
	bool judged = judge_struct(call);

	if (!judged && !call->permitted)
		add_error(&call->expected, EBADF);
	/* The system call's doing: with no bytes there is nothing to do. */
	if (!judged && call->permitted && call->form == READV_WRITEV && !call->length)
		return true;
	if (!judged && call->sends)
		judge_send(call);
	if (!call->expected.error_count)
		return false;
	/* What is wrong does not wait; which error is found first is not promised. */
	if (!judged && would_wait(call))
		add_error_of_waiting(call);
	return true;
}

void model_call(struct call *call)
{
	call->expected = (struct answer) { 0 };
	if (judge(call)) {
		call->expected.given = true;
		return;
	}
	join(line_of(call), call);
	serve(call->queue);
	if (!call->expected.given && call->patience != FOR_EVER)
		model_withdraw(call, error_of_waiting(call));
}

void model_withdraw(struct call *call, int error)
{
	if (call->expected.given)
		return;
	leave(line_of(call), call);
	fail(call, error);
	/* It may have been in somebody's way. */
	serve(call->queue);
}

void model_restart(struct call *call)
{
	model_withdraw(call, EINTR);
	model_call(call);
}

/* --------------------------------------------------------------- attributes */

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

uint32_t model_next_length(const struct queue *queue)
{
	return queue->messages ? queue->messages->length : 0;
}

short model_poll(const struct queue *queue)
{
	short events = 0;

	if (queue->messages)
		events |= POLLIN | POLLRDNORM;
	/* Where what has no room is dropped, it can be sent all the same. */
	if (queue->full >= IPCQ_FULL_DROP_OLDEST ||
	    (!queue->senders && fits(queue, queue->max_message_size)))
		events |= POLLOUT | POLLWRNORM;
	return events;
}
