// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rules of a queue: see model.h.
 */
#include "rules.h"

#include <errno.h>
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

void fail(struct call *call, int error)
{
	add_error(&call->expected, error);
	call->expected.given = true;
}

bool is_ioctl(const struct call *call)
{
	return call->form <= IOCTL_VECTOR;
}

/* -------------------------------------------------------------------- lines */

void join(struct call **line, struct call *call)
{
	while (*line)
		line = &(*line)->next;
	call->next = NULL;
	*line = call;
}

void leave(struct call **line, struct call *call)
{
	for (; *line; line = &(*line)->next) {
		if (*line == call) {
			*line = call->next;
			return;
		}
	}
}

struct call **line_of(struct call *call)
{
	return call->sends ? &call->queue->senders : &call->queue->receivers;
}

/* -------------------------------------------------------------------- rules */

bool fits(const struct queue *queue, uint64_t length)
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
void put_in_order(struct queue *queue, struct message *message)
{
	struct message **place = &queue->messages;

	while (*place && precedes(queue, *place, message))
		place = &(*place)->next;
	message->next = *place;
	*place = message;
}

void unlist(struct message **place, const struct message *message)
{
	while (*place != message)
		place = &(*place)->next;
	*place = message->next;
}

void count_out(struct queue *queue, const struct message *message)
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
void die(struct queue *queue, struct message *message, uint32_t reason)
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

void expire(struct queue *queue, struct message *message)
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

struct message *message_for(const struct call *call)
{
	struct filter filter = filter_of(call);

	return filter_next(call->queue, &filter);
}

/* The first of the receivers for which there is a message. */
static struct call *receiver_with_message(const struct queue *queue)
{
	struct call *call = queue->receivers;

	while (call && !message_for(call))
		call = call->next;
	return call;
}

/* A receiver is served: it gets the message, or an error and the message stays. */
static void serve_receiver(struct queue *queue, struct call *call, struct message *message)
{
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
void serve(struct queue *queue)
{
	for (;;) {
		struct message *gone = first_to_expire(queue, AT_ONCE);

		struct call *receiver = receiver_with_message(queue);

		if (receiver)
			serve_receiver(queue, receiver, message_for(receiver));
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
