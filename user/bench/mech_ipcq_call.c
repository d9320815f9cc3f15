// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls and replies: a round trip is a call on one side, and on the other one system
 * call that replies and receives the next request.
 */
#include "mech_ipcq.h"
#include "mechanisms.h"

#include <errno.h>
#include <stdlib.h>

struct state {
	struct ipcq_queue *queue;
	/* Of one side: what goes there or back at the next receive. */
	const void *payload;
	uint64_t token;			/* of the request to reply to, 0: none */
};

static enum bench_status setup(struct bench_link *link)
{
	struct state *state = calloc(1, sizeof(*state));
	unsigned int depth;

	if (!state)
		return bench_fail(link, "out of memory");
	link->state = state;
	return bench_ipcq_queues(link, &state->queue, 1, &depth);
}

static void teardown(struct bench_link *link)
{
	struct state *state = link->state;

	if (!state)
		return;
	ipcq_queue_close(state->queue);
	free(state);
	link->state = NULL;
}

static enum bench_status send_message(struct bench_link *link, void *payload)
{
	struct state *state = link->state;

	state->payload = payload;
	return BENCH_OK;
}

/* The last reply, which no request follows. */
static enum bench_status push(struct bench_link *link)
{
	struct state *state = link->state;
	int ret = ipcq_queue_reply(state->queue, state->token, state->payload,
				   link->size);

	state->token = 0;
	return ret ? bench_ipcq_error(link, "reply", ret) : BENCH_OK;
}

/* A signal interrupts a call that somebody serves, but does not end it. */
static ssize_t call(struct bench_link *link)
{
	const struct state *state = link->state;
	struct ipcq_call_info info = { 0 };
	ssize_t length;

	do {
		length = info.token ?
			ipcq_queue_result(state->queue, info.token,
					  link->receive_buffer, link->size, 0,
					  IPCQ_NO_DEADLINE, &info) :
			ipcq_queue_call(state->queue, state->payload, link->size,
					link->receive_buffer, link->size, NULL, 0,
					IPCQ_NO_DEADLINE, &info);
	} while (length == -EINTR);
	return length;
}

static ssize_t reply_and_receive(struct bench_link *link)
{
	struct state *state = link->state;
	ssize_t length;

	do {
		length = ipcq_queue_reply_receive(state->queue, &state->token,
						  state->payload,
						  state->token ? link->size : 0,
						  link->receive_buffer, link->size,
						  0, IPCQ_NO_DEADLINE);
	} while (length == -EINTR);
	return length;
}

static enum bench_status receive(struct bench_link *link, const void **payload)
{
	bool near = link->side == BENCH_NEAR;
	ssize_t length = near ? call(link) : reply_and_receive(link);

	if (length < 0)
		return bench_ipcq_error(link, near ? "call" : "reply and receive",
					(int)length);
	if ((size_t)length != link->size)
		return bench_fail(link, "receive: a message of %zd bytes, not %zu",
				  length, link->size);
	*payload = link->receive_buffer;
	return BENCH_OK;
}

const struct bench_mechanism bench_ipcq_call = {
	.name = "ipcq-call",
	.summary = "calls through an anonymous ipcq queue, one system call a side",
	.depth = "messages, as given, up to the module's limit",
	.copies = 2,
	.calls = true,
	.setup = setup,
	.teardown = teardown,
	.push = push,
	.send = send_message,
	.receive = receive,
};
