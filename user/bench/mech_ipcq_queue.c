// SPDX-License-Identifier: GPL-2.0-or-later
#include "mech_ipcq.h"
#include "mechanisms.h"

#include <errno.h>
#include <stdlib.h>

struct queues {
	struct ipcq_queue *way[2];	/* by the side that sends */
};

static enum bench_status setup(struct bench_link *link)
{
	struct queues *queues = calloc(1, sizeof(*queues));
	unsigned int depth;

	if (!queues)
		return bench_fail(link, "out of memory");
	link->state = queues;
	return bench_ipcq_queues(link, queues->way, 2, &depth);
}

static void teardown(struct bench_link *link)
{
	struct queues *queues = link->state;

	if (!queues)
		return;
	ipcq_queue_close(queues->way[BENCH_NEAR]);
	ipcq_queue_close(queues->way[BENCH_FAR]);
	free(queues);
	link->state = NULL;
}

static enum bench_status send_message(struct bench_link *link, void *payload)
{
	const struct queues *queues = link->state;
	struct ipcq_queue *queue = queues->way[link->side];
	int ret;

	do {
		ret = ipcq_queue_send(queue, payload, link->size);
	} while (ret == -EINTR);
	return ret ? bench_ipcq_error(link, "send", ret) : BENCH_OK;
}

static enum bench_status receive(struct bench_link *link, const void **payload)
{
	const struct queues *queues = link->state;
	struct ipcq_queue *queue = queues->way[!link->side];
	ssize_t length;

	do {
		length = ipcq_queue_receive(queue, link->receive_buffer,
					    link->size);
	} while (length == -EINTR);
	if (length < 0)
		return bench_ipcq_error(link, "receive", (int)length);
	if ((size_t)length != link->size)
		return bench_fail(link, "receive: a message of %zd bytes, not %zu",
				  length, link->size);
	*payload = link->receive_buffer;
	return BENCH_OK;
}

const struct bench_mechanism bench_ipcq_queue = {
	.name = "ipcq-queue",
	.summary = "anonymous ipcq queues, one each way, one call a message",
	.depth = "messages, as given, up to the module's limit",
	.copies = 2,
	.setup = setup,
	.teardown = teardown,
	.send = send_message,
	.receive = receive,
};
