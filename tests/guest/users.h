/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A queue of 16 messages that several users send to, each through a handle of its own, and
 * that the test receives from: as it has it open for reading only, it is no user itself.
 */
#ifndef IPCQ_TESTS_USERS_H
#define IPCQ_TESTS_USERS_H

#include <poll.h>
#include <unistd.h>

#include "common.h"

#define SHARED		"test/shared"
#define FIRST		1001
#define SECOND_USER	1002
#define THIRD		1003

#define ROOM		16	/* messages in all, */
#define FREELY		12	/* that one user can have while there are others, */
#define SHARE		8	/* and that each of two can have then */

static inline struct ipcq_queue_open shared_args(void)
{
	struct ipcq_queue_open args = queue_args(SHARED, IPCQ_OPEN_F_READ | CREATE);

	args.open.mode = 0666;
	args.max_messages = ROOM;
	args.max_message_size = 8;
	return args;
}

static inline int shared_open(const struct ipcq_queue_open *with)
{
	struct ipcq_queue_open args = *with;

	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	return args.open.fd;
}

static inline int shared_new(uint32_t full)
{
	struct ipcq_queue_open args = shared_args();

	args.full = full;
	return shared_open(&args);
}

/* A handle that sends as a user. */
static inline int user_open(uid_t uid)
{
	int fd;

	assert_int_equal(seteuid(uid), 0);
	fd = queue_open(SHARED, IPCQ_OPEN_F_WRITE);
	assert_int_equal(seteuid(0), 0);
	assert_ok(fd);
	return fd;
}

static inline int try(int fd, char byte)
{
	return queue_send(fd, &byte, 1, IPCQ_SEND_F_NONBLOCK, 0);
}

/* Sends until there is no room, and says how many. */
static inline int fill(int fd, char byte)
{
	int count = 0, ret;

	while (!(ret = try(fd, byte)))
		count++;
	assert_error(ret, EAGAIN);
	return count;
}

/* The next message, which must be there. */
static inline char next(int fd)
{
	char byte[8];

	assert_ok(queue_receive(fd, byte, sizeof(byte), IPCQ_RECEIVE_F_NONBLOCK, 0));
	return byte[0];
}

static inline void discard(int fd, int count)
{
	while (count--)
		next(fd);
}

static inline bool writable(int fd)
{
	struct pollfd poller = { .fd = fd, .events = POLLOUT };

	return poll(&poller, 1, 0) == 1;
}

static inline struct ipcq_queue_send send_args(const char *text, uint32_t length,
					       uint32_t priority)
{
	return (struct ipcq_queue_send) {
		.size = sizeof(struct ipcq_queue_send),
		.flags = IPCQ_SEND_F_NONBLOCK,
		.payload = (uintptr_t)text,
		.length = length,
		.priority = priority,
	};
}

#endif /* IPCQ_TESTS_USERS_H */
