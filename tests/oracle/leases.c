// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What holders do with messages.
 */
#include "../guest/common.h"
#include "operations.h"

#include <errno.h>
#include <string.h>

static struct message *draw_held(struct queue **queue)
{
	struct handle *handle = draw_handle();
	struct message *message;
	unsigned int skip;

	if (!handle)
		return NULL;
	*queue = handle->queue;
	skip = draw(3);
	for (message = (*queue)->held; message && message->next && skip; skip--)
		message = message->next;
	return message;
}

/* Made by the process that holds the message, which has nothing else to do. */
static long call_by(const struct pending *holder, int fd, const struct ipcq_queue_lease *args)
{
	unsigned int number = holder - world.pending;
	struct actor *by = actor(number);

	memcpy(by->writable, args, sizeof(*args));
	by->attempt.how = BY_IOCTL;
	by->attempt.fd = fd;
	by->attempt.command = IPCQ_IOC_QUEUE_LEASE;
	by->attempt.args = (uintptr_t)by->writable;
	by->attempt.result = -EINPROGRESS;
	if (!number) {
		actor_act();
		return by->attempt.result;
	}
	be_patient_again();
	for (actor_go(number); !actor_returned(number);)
		if (!patient())
			return -EINPROGRESS;
	actor_rest(number);
	return by->attempt.result;
}

/* What this process holds through the handle; a token is of a queue. */
static struct message *find_held(const struct pending *process, const struct handle *handle,
				 uint64_t token)
{
	struct message *message = handle->queue->held;

	while (message && (message->holder != process || message->holder_handle != handle ||
			   message->token != token))
		message = message->next;
	return message;
}

static void end_hold(struct queue *queue, struct message *message, uint32_t operation)
{
	if (operation == IPCQ_LEASE_ACKNOWLEDGE)
		model_acknowledge(queue, message);
	else if (operation == IPCQ_LEASE_RETURN)
		model_return(queue, message);
}

void do_lease(void)
{
	struct queue *queue = NULL;
	struct message *message = draw_held(&queue);
	const struct pending *holder;
	const struct handle *handle;
	struct ipcq_queue_lease args = {
		.size = percent(50) ? IPCQ_QUEUE_LEASE_MIN : sizeof(args),
		.operation = percent(50) ? IPCQ_LEASE_RETURN : draw(IPCQ_LEASE_EXTEND + 1),
	};
	struct answer answer = { 0 };

	if (!message)
		return;
	holder = message->holder;
	handle = message->holder_handle;
	args.token = message->token;
	/* By another process, through another handle, or with another token. */
	if (percent(10))
		holder = &world.pending[(holder - world.pending + 1) % ACTORS];
	if (percent(10))
		handle = draw_handle();
	if (percent(5))
		args.token += 1000;
	if (args.operation == IPCQ_LEASE_EXTEND && percent(50))
		args.time = life_nanoseconds(LONG);
	if (holder->busy || !handle->open)
		return;
	message = find_held(holder, handle, args.token);
	if (!message)
		add_error(&answer, ENOKEY);
	if (!handle->reads)
		add_error(&answer, EBADF);
	say("lease operation %u of %llu through %ld, by %ld", args.operation,
	    (unsigned long long)args.token, (long)(handle - world.handles),
	    (long)(holder - world.pending));
	if (!answer.error_count)
		end_hold(handle->queue, message, args.operation);
	compare_answer(&answer, call_by(holder, handle->fd, &args));
}

/* ------------------------------------------------------------ owners that end */

static struct message *held_by(const struct queue *queue, const struct pending *process,
			       const struct handle *handle)
{
	struct message *message = queue->held;

	while (message && (message->holder != process ||
			   (handle && message->holder_handle != handle)))
		message = message->next;
	return message;
}

void owner_ends(const struct pending *process, const struct handle *handle)
{
	struct message *message;
	struct queue *queue;

	for (queue = world.names.queues; queue; queue = queue->next)
		while ((message = held_by(queue, process, handle)))
			model_return(queue, message);
}

bool owner_can_end(const struct pending *process, const struct handle *handle)
{
	const struct message *message;
	const struct queue *queue;
	unsigned int count;

	for (queue = world.names.queues; queue; queue = queue->next) {
		count = 0;
		for (message = queue->held; message; message = message->next)
			count += message->holder == process &&
				 (!handle || message->holder_handle == handle);
		/* Others who wait to send may be let in before what it holds is back, or after. */
		if (count && !handle && process->call.sends && process->call.queue == queue)
			return false;
		/* Those who wait get the first, and its dead-letter queue may be full. */
		if (count > 1 && (queue->receivers || queue->dead_letter))
			return false;
	}
	return true;
}
