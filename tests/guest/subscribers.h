/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A queue that delivers to all, and its subscribers.
 */
#ifndef IPCQ_TESTS_SUBSCRIBERS_H
#define IPCQ_TESTS_SUBSCRIBERS_H

#include "common.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CROWD		"test/crowd"

/* The handle that creates the queue; it only sends. */
static inline int crowd_full(uint32_t messages, uint32_t size, uint32_t retain,
			     uint32_t full)
{
	struct ipcq_queue_open args = queue_args(CROWD, IPCQ_OPEN_F_WRITE | CREATE);

	args.max_messages = messages;
	args.max_message_size = size;
	args.delivery = IPCQ_DELIVERY_ALL;
	args.retain = retain;
	args.full = full;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	return args.open.fd;
}

static inline int crowd_new(uint32_t messages, uint32_t size, uint32_t retain)
{
	return crowd_full(messages, size, retain, IPCQ_FULL_BLOCK);
}

static inline int subscribe(int fd, uint32_t flags, uint64_t *sequence)
{
	struct ipcq_queue_subscribe args = { .size = sizeof(args), .flags = flags };
	int ret = (int)call(fd, IPCQ_IOC_QUEUE_SUBSCRIBE, &args);

	if (sequence)
		*sequence = args.sequence;
	return ret;
}

/* A handle that has not subscribed. */
static inline int crowd_open(void)
{
	int fd = queue_open(CROWD, IPCQ_OPEN_F_READ);

	assert_ok(fd);
	return fd;
}

static inline int subscriber_new(uint32_t flags)
{
	int fd = crowd_open();

	assert_ok(subscribe(fd, flags, NULL));
	return fd;
}

static inline void say(int fd, char byte)
{
	assert_ok(queue_send(fd, &byte, 1, IPCQ_SEND_F_NONBLOCK, 0));
}

/* The byte that comes next, or an error. */
static inline int hear(int fd)
{
	char byte;
	int ret = queue_receive(fd, &byte, 1, IPCQ_RECEIVE_F_NONBLOCK, 0);

	return ret < 0 ? ret : byte;
}

/* What comes with the message that is next; nothing else. */
static inline struct ipcq_queue_receive hear_of(int fd)
{
	char byte;
	struct ipcq_queue_receive args = {
		.size = sizeof(args),
		.flags = IPCQ_RECEIVE_F_NONBLOCK,
		.payload = (uintptr_t)&byte,
		.length = 1,
	};

	assert_int_equal(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args), 1);
	return args;
}

static inline void hears(int fd, const char *bytes)
{
	while (*bytes)
		assert_int_equal(hear(fd), *bytes++);
	assert_error(hear(fd), EAGAIN);
}

static inline short ready(int fd)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN | POLLOUT };

	assert_return_code(poll(&poller, 1, 0), 0);
	return poller.revents;
}

static inline int bytes_ready(int fd)
{
	int bytes = -1;

	assert_int_equal(ioctl(fd, FIONREAD, &bytes), 0);
	return bytes;
}

#endif /* IPCQ_TESTS_SUBSCRIBERS_H */
