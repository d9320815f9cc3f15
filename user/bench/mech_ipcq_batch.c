// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Queues with several messages in a call: a stream is sent and received by as many as
 * a batch has, as far as they are there; a round trip is a batch of one each way.
 */
#include "mech_ipcq.h"
#include "mechanisms.h"
#include "payload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define BATCH	32

struct state {
	struct ipcq_queue *way[2];	/* by the side that sends */
	unsigned int batch;
	/* Of one side, from attach() on. */
	struct ipcq_queue *out;
	struct ipcq_queue *in;
	struct iovec sending[BATCH];
	struct iovec receiving[BATCH];
	unsigned int collected;		/* to be sent */
	unsigned int received;		/* in the last batch */
	unsigned int given;		/* of these */
};

static enum bench_status setup(struct bench_link *link)
{
	struct state *state = calloc(1, sizeof(*state));
	enum bench_status status;
	unsigned int depth;

	if (!state)
		return bench_fail(link, "out of memory");
	link->state = state;
	status = bench_ipcq_queues(link, state->way, 2, &depth);
	if (status)
		return status;
	/* Both sides are to be busy: not the whole queue in one batch. */
	state->batch = depth / 2;
	if (state->batch > BATCH)
		state->batch = BATCH;
	if (!state->batch)
		state->batch = 1;
	snprintf(link->depth_text, sizeof(link->depth_text), "%u, by %u", depth,
		 state->batch);
	return BENCH_OK;
}

static enum bench_status attach(struct bench_link *link)
{
	struct state *state = link->state;
	unsigned int i;

	state->out = state->way[link->side];
	state->in = state->way[!link->side];
	for (i = 0; i < state->batch; i++) {
		state->sending[i].iov_base = bench_payload_memory(link->size);
		state->receiving[i].iov_base = bench_payload_memory(link->size);
		if (!state->sending[i].iov_base || !state->receiving[i].iov_base)
			return bench_fail(link, "out of memory");
		state->sending[i].iov_len = link->size;
	}
	return BENCH_OK;
}

static void teardown(struct bench_link *link)
{
	struct state *state = link->state;

	if (!state)
		return;
	ipcq_queue_close(state->way[BENCH_NEAR]);
	ipcq_queue_close(state->way[BENCH_FAR]);
	free(state);
	link->state = NULL;
}

static enum bench_status reserve(struct bench_link *link, void **payload)
{
	const struct state *state = link->state;

	*payload = state->sending[state->collected].iov_base;
	return BENCH_OK;
}

static enum bench_status push(struct bench_link *link)
{
	struct state *state = link->state;
	unsigned int done = 0;
	int ret;

	while (done < state->collected) {
		ret = ipcq_queue_send_many(state->out, state->sending + done, NULL,
					   state->collected - done, IPCQ_WHOLE,
					   IPCQ_NO_DEADLINE, NULL);
		if (ret == -EINTR)
			continue;
		if (ret < 0)
			return bench_ipcq_error(link, "send", ret);
		done += (unsigned int)ret;
	}
	state->collected = 0;
	return BENCH_OK;
}

static enum bench_status send_message(struct bench_link *link, void *payload)
{
	struct state *state = link->state;

	(void)payload;
	return ++state->collected < state->batch ? BENCH_OK : push(link);
}

static enum bench_status receive_batch(struct bench_link *link)
{
	struct state *state = link->state;
	unsigned int i;
	int ret;

	for (i = 0; i < state->batch; i++)
		state->receiving[i].iov_len = link->size;
	do {
		ret = ipcq_queue_receive_many(state->in, state->receiving, NULL,
					      state->batch, 0, IPCQ_NO_DEADLINE);
	} while (ret == -EINTR);
	if (ret < 0)
		return bench_ipcq_error(link, "receive", ret);
	state->received = (unsigned int)ret;
	state->given = 0;
	return BENCH_OK;
}

static enum bench_status receive(struct bench_link *link, const void **payload)
{
	struct state *state = link->state;
	const struct iovec *message;
	enum bench_status status;

	if (state->given == state->received) {
		status = receive_batch(link);
		if (status)
			return status;
	}
	message = &state->receiving[state->given++];
	if (message->iov_len != link->size)
		return bench_fail(link, "receive: a message of %zu bytes, not %zu",
				  message->iov_len, link->size);
	*payload = message->iov_base;
	return BENCH_OK;
}

const struct bench_mechanism bench_ipcq_batch = {
	.name = "ipcq-batch",
	.summary = "anonymous ipcq queues, one each way, up to 32 messages a call",
	.depth = "messages, as given, up to the module's limit",
	.copies = 2,
	.keeps_payload = true,
	.setup = setup,
	.attach = attach,
	.teardown = teardown,
	.reserve = reserve,
	.push = push,
	.send = send_message,
	.receive = receive,
};
