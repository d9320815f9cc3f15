// SPDX-License-Identifier: GPL-2.0-or-later
#include "mech_ipcq.h"
#include "mechanisms.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct queues {
	struct ipcq_queue *there;
	struct ipcq_queue *back;
};

static enum bench_status open_queues(struct bench_link *link, struct ipcq *ipcq,
				     const struct ipcq_limits *limits)
{
	struct ipcq_queue_options options = {
		.max_messages = link->depth,
		.max_message_size = (uint32_t)link->size,
	};
	unsigned int flags = IPCQ_CREATE | IPCQ_READ | IPCQ_WRITE;
	struct queues *queues = link->state;
	int ret;

	if (link->size > limits->max_message_size)
		return bench_skip(link, "message limit %u: see ipcq info",
				  limits->max_message_size);
	if (options.max_messages > limits->max_messages)
		options.max_messages = limits->max_messages;
	ret = ipcq_queue_open(ipcq, NULL, flags, &options, &queues->there);
	if (ret >= 0)
		ret = ipcq_queue_open(ipcq, NULL, flags, &options, &queues->back);
	if (ret < 0)
		return bench_ipcq_error(link, "cannot create a queue", ret);
	snprintf(link->depth_text, sizeof(link->depth_text), "%u",
		 options.max_messages);
	return BENCH_OK;
}

static enum bench_status setup(struct bench_link *link)
{
	struct queues *queues = calloc(1, sizeof(*queues));
	struct ipcq_limits limits;
	enum bench_status status;
	struct ipcq *ipcq;

	if (!queues)
		return bench_fail(link, "out of memory");
	link->state = queues;
	status = bench_ipcq_connect(link, &ipcq, &limits);
	if (status)
		return status;
	status = open_queues(link, ipcq, &limits);
	ipcq_disconnect(ipcq);
	return status;
}

static void teardown(struct bench_link *link)
{
	struct queues *queues = link->state;

	if (!queues)
		return;
	ipcq_queue_close(queues->there);
	ipcq_queue_close(queues->back);
	free(queues);
	link->state = NULL;
}

static enum bench_status send_message(struct bench_link *link, void *payload)
{
	const struct queues *queues = link->state;
	struct ipcq_queue *queue;
	int ret;

	queue = link->side == BENCH_NEAR ? queues->there : queues->back;
	do {
		ret = ipcq_queue_send(queue, payload, link->size);
	} while (ret == -EINTR);
	return ret ? bench_ipcq_error(link, "send", ret) : BENCH_OK;
}

static enum bench_status receive(struct bench_link *link, const void **payload)
{
	const struct queues *queues = link->state;
	struct ipcq_queue *queue;
	ssize_t length;

	queue = link->side == BENCH_NEAR ? queues->back : queues->there;
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
