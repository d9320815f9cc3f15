// SPDX-License-Identifier: GPL-2.0-or-later
#include "mechanisms.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define LIMITS		"/proc/sys/fs/mqueue/"
#define MESSAGE_MAX	LIMITS "msgsize_max"
#define MESSAGES_MAX	LIMITS "msg_max"

struct queues {
	mqd_t there;
	mqd_t back;
};

/*
 * A privileged process may go past the system's limits, when its own resource
 * limit lets it.  That limit counts at mq_open() only.
 */
static mqd_t open_queue(const struct bench_link *link, unsigned int messages)
{
	struct rlimit old, all = { RLIM_INFINITY, RLIM_INFINITY };
	struct mq_attr attributes = {
		.mq_maxmsg = (long)messages,
		.mq_msgsize = (long)link->size,
	};
	static unsigned int serial;
	char name[64];
	int raised, error;
	mqd_t queue;

	snprintf(name, sizeof(name), "/ipcq-bench-%ld-%u", (long)getpid(), serial++);
	raised = !getrlimit(RLIMIT_MSGQUEUE, &old) &&
		 !setrlimit(RLIMIT_MSGQUEUE, &all);
	queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600,
			&attributes);
	error = errno;
	if (queue != (mqd_t)-1)
		mq_unlink(name);
	if (raised)
		setrlimit(RLIMIT_MSGQUEUE, &old);
	errno = error;
	return queue;
}

static enum bench_status explain(struct bench_link *link)
{
	switch (errno) {
	case EINVAL:
		return bench_skip(link, "message limit %lu: " MESSAGE_MAX,
				  bench_sysctl(MESSAGE_MAX));
	case EMFILE:
		return bench_skip(link, "the queue is larger than RLIMIT_MSGQUEUE (ulimit -q) allows");
	case EACCES:
	case EPERM:
		return bench_skip(link, "not permitted to create a queue");
	default:
		return bench_fail_errno(link, "mq_open", errno);
	}
}

/* Less deep when deeper is refused; a message of the size must fit. */
static mqd_t open_deepest(const struct bench_link *link, unsigned int *messages)
{
	unsigned int allowed = (unsigned int)bench_sysctl(MESSAGES_MAX);
	mqd_t queue = open_queue(link, *messages);

	if (queue == (mqd_t)-1 && errno == EINVAL && allowed &&
	    allowed < *messages) {
		*messages = allowed;
		queue = open_queue(link, allowed);
	}
	while (queue == (mqd_t)-1 && errno == EMFILE && *messages > 1) {
		*messages /= 2;
		queue = open_queue(link, *messages);
	}
	return queue;
}

static enum bench_status setup(struct bench_link *link)
{
	unsigned int messages = link->depth;
	struct queues *queues = malloc(sizeof(*queues));

	if (!queues)
		return bench_fail(link, "out of memory");
	link->state = queues;
	queues->back = (mqd_t)-1;
	queues->there = open_deepest(link, &messages);
	if (queues->there == (mqd_t)-1)
		return explain(link);
	/* The second counts against the same limits; both are equally deep. */
	while (queues->back == (mqd_t)-1) {
		queues->back = open_queue(link, messages);
		if (queues->back != (mqd_t)-1)
			break;
		if (errno != EMFILE || messages < 2)
			return explain(link);
		messages /= 2;
		mq_close(queues->there);
		queues->there = open_queue(link, messages);
		if (queues->there == (mqd_t)-1)
			return explain(link);
	}
	snprintf(link->depth_text, sizeof(link->depth_text), "%u", messages);
	return BENCH_OK;
}

static void teardown(struct bench_link *link)
{
	struct queues *queues = link->state;

	if (!queues)
		return;
	if (queues->there != (mqd_t)-1)
		mq_close(queues->there);
	if (queues->back != (mqd_t)-1)
		mq_close(queues->back);
	free(queues);
	link->state = NULL;
}

static enum bench_status send_message(struct bench_link *link, void *payload)
{
	const struct queues *queues = link->state;
	mqd_t queue = link->side == BENCH_NEAR ? queues->there : queues->back;
	int ret;

	do {
		ret = mq_send(queue, payload, link->size, 0);
	} while (ret && errno == EINTR);
	return ret ? bench_fail_errno(link, "mq_send", errno) : BENCH_OK;
}

static enum bench_status receive(struct bench_link *link, const void **payload)
{
	const struct queues *queues = link->state;
	mqd_t queue = link->side == BENCH_NEAR ? queues->back : queues->there;
	ssize_t length;

	do {
		length = mq_receive(queue, link->receive_buffer, link->size, NULL);
	} while (length < 0 && errno == EINTR);
	if (length < 0)
		return bench_fail_errno(link, "mq_receive", errno);
	if ((size_t)length != link->size)
		return bench_fail(link, "mq_receive: a message of %zd bytes, not %zu",
				  length, link->size);
	*payload = link->receive_buffer;
	return BENCH_OK;
}

const struct bench_mechanism bench_posix_mq = {
	.name = "posix-mq",
	.summary = "POSIX message queues, one each way, mq_send and mq_receive",
	.depth = "messages, as given, up to fs.mqueue.msg_max and RLIMIT_MSGQUEUE",
	.copies = 2,
	.setup = setup,
	.teardown = teardown,
	.send = send_message,
	.receive = receive,
};
