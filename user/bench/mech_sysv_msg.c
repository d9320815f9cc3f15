// SPDX-License-Identifier: GPL-2.0-or-later
#include "mechanisms.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/msg.h>

#define MESSAGE_MAX	"/proc/sys/kernel/msgmax"

struct queues {
	int there;
	int back;
};

/*
 * As deep as the others; what the system gives by itself where that is refused.
 * A queue holds so many bytes of payload, and as many messages at most.
 */
static int open_queue(const struct bench_link *link, size_t *bytes)
{
	struct msqid_ds attributes;
	int queue = msgget(IPC_PRIVATE, IPC_CREAT | 0600);

	if (queue < 0)
		return -1;
	if (!msgctl(queue, IPC_STAT, &attributes)) {
		attributes.msg_qbytes = link->depth * link->size;
		msgctl(queue, IPC_SET, &attributes);
	}
	*bytes = 0;
	if (!msgctl(queue, IPC_STAT, &attributes))
		*bytes = attributes.msg_qbytes;
	return queue;
}

static enum bench_status setup(struct bench_link *link)
{
	size_t limit = bench_sysctl(MESSAGE_MAX), bytes, messages;
	struct queues *queues = malloc(sizeof(*queues));

	if (!queues)
		return bench_fail(link, "out of memory");
	*queues = (struct queues){ -1, -1 };
	link->state = queues;
	if (limit && link->size > limit)
		return bench_skip(link, "message limit %zu: " MESSAGE_MAX, limit);
	queues->there = open_queue(link, &bytes);
	if (queues->there >= 0)
		queues->back = open_queue(link, &bytes);
	if (queues->back < 0 && errno == ENOSPC)
		return bench_skip(link, "no queue left: /proc/sys/kernel/msgmni");
	if (queues->back < 0)
		return bench_fail_errno(link, "msgget", errno);
	messages = bytes / link->size;
	if (messages == 0)
		return bench_skip(link, "queue limit %zu: /proc/sys/kernel/msgmnb",
				  bytes);
	snprintf(link->depth_text, sizeof(link->depth_text), "%zu", messages);
	return BENCH_OK;
}

static void teardown(struct bench_link *link)
{
	struct queues *queues = link->state;

	if (!queues)
		return;
	if (queues->there >= 0)
		msgctl(queues->there, IPC_RMID, NULL);
	if (queues->back >= 0)
		msgctl(queues->back, IPC_RMID, NULL);
	free(queues);
	link->state = NULL;
}

/* The type stands right before the payload, in the headroom. */
static void *message_of(void *payload)
{
	return (char *)payload - sizeof(long);
}

static enum bench_status send_message(struct bench_link *link, void *payload)
{
	const struct queues *queues = link->state;
	int queue = link->side == BENCH_NEAR ? queues->there : queues->back;
	long *message = message_of(payload);
	int ret;

	*message = 1;
	do {
		ret = msgsnd(queue, message, link->size, 0);
	} while (ret && errno == EINTR);
	return ret ? bench_fail_errno(link, "msgsnd", errno) : BENCH_OK;
}

static enum bench_status receive(struct bench_link *link, const void **payload)
{
	const struct queues *queues = link->state;
	int queue = link->side == BENCH_NEAR ? queues->back : queues->there;
	void *message = message_of(link->receive_buffer);
	ssize_t length;

	do {
		length = msgrcv(queue, message, link->size, 0, 0);
	} while (length < 0 && errno == EINTR);
	if (length < 0)
		return bench_fail_errno(link, "msgrcv", errno);
	if ((size_t)length != link->size)
		return bench_fail(link, "msgrcv: a message of %zd bytes, not %zu",
				  length, link->size);
	*payload = link->receive_buffer;
	return BENCH_OK;
}

const struct bench_mechanism bench_sysv_msg = {
	.name = "sysv-msg",
	.summary = "System V message queues, one each way, msgsnd and msgrcv",
	.depth = "bytes for that many messages, up to kernel.msgmnb; size up to kernel.msgmax",
	.copies = 2,
	.setup = setup,
	.teardown = teardown,
	.send = send_message,
	.receive = receive,
};
