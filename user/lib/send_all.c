// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * One message to several queues.  The kernel's call does not wait; who waits here polls
 * the queue that had no room, and tries again.
 */
#include "internal.h"

#include <fcntl.h>
#include <poll.h>

/* Milliseconds to the deadline, rounded up; -1: there is none, 0: it has passed. */
static int time_left(uint64_t deadline)
{
	uint64_t now, left;

	if (deadline == IPCQ_NO_DEADLINE)
		return -1;
	now = ipcq_deadline(0);
	if (now >= deadline)
		return 0;
	left = (deadline - now + 999999) / 1000000;
	return left < 3600000 ? (int)left : 3600000;
}

/* Waits until a queue has room.  Returns 0 or an error. */
static int wait_for_room(const struct ipcq_queue *queue, uint64_t deadline)
{
	struct pollfd poll_fd = { .fd = queue->fd, .events = POLLOUT };
	int timeout = time_left(deadline);

	if (!timeout)
		return -ETIMEDOUT;
	return poll(&poll_fd, 1, timeout) < 0 ? -errno : 0;
}

static bool may_wait(const struct ipcq_queue *queue, unsigned int flags)
{
	int status = fcntl(queue->fd, F_GETFL);

	return !(flags & IPCQ_DONTWAIT) && !(status >= 0 && status & O_NONBLOCK);
}

int ipcq_queue_send_all(struct ipcq_queue *const *queues, size_t count,
			const void *payload, size_t length,
			const struct ipcq_send_options *options,
			unsigned int flags, uint64_t deadline,
			uint64_t *sequences, size_t *refused)
{
	int fds[IPCQ_SEND_ALL_MAX];
	struct ipcq_queue_send_all arg = {
		.size = sizeof(arg),
		.payload = (uintptr_t)payload,
		.length = length,
		.queues = (uintptr_t)fds,
		.sequences = (uintptr_t)sequences,
	};
	size_t i;
	int error;

	if (count < 2 || count > IPCQ_SEND_ALL_MAX || flags & ~IPCQ_DONTWAIT ||
	    (options && options->fd_count))
		return -EINVAL;
	for (i = 1; i < count; i++)
		fds[i - 1] = queues[i]->fd;
	arg.count = (uint32_t)count - 1;
	if (options) {
		arg.priority = options->priority;
		arg.type = options->type;
		arg.time_to_live = options->time_to_live;
	}
	do {
		arg.refused = 0;
		error = ipcq_ioctl(queues[0]->fd, IPCQ_IOC_QUEUE_SEND_ALL, &arg);
		if (error && refused)
			*refused = arg.refused;
		if (error != -EAGAIN || !may_wait(queues[0], flags))
			return error;
		error = wait_for_room(queues[arg.refused], deadline);
	} while (!error);
	return error;
}
