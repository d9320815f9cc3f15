/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two ends, of which one sends and the other receives: of a queue, or a pair of
 * sockets, so that a test can do the same with each and compare.
 */
#ifndef IPCQ_TESTS_PAIR_H
#define IPCQ_TESTS_PAIR_H

#include "common.h"

#include <sys/socket.h>
#include <unistd.h>

#define PAIR_NAME	"test/pair"

/* What it is: the type of the sockets, or 0 for a queue. */
enum pair_kind {
	PAIR_QUEUE = 0,
	PAIR_DGRAM = SOCK_DGRAM,
	PAIR_SEQPACKET = SOCK_SEQPACKET,
};

struct pair {
	int out;		/* to send to; writing does not block */
	int in;			/* to receive from */
};

static inline struct pair pair_new(enum pair_kind kind)
{
	struct ipcq_queue_open args = queue_args(PAIR_NAME, IPCQ_OPEN_F_WRITE |
						 CREATE | IPCQ_OPEN_F_NONBLOCK);
	struct pair pair;
	int sockets[2];

	if (kind) {
		assert_int_equal(socketpair(AF_UNIX, kind | SOCK_NONBLOCK |
					    SOCK_CLOEXEC, 0, sockets), 0);
		return (struct pair) { .out = sockets[0], .in = sockets[1] };
	}
	args.max_messages = 8;
	args.max_message_size = 8;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	pair.out = args.open.fd;
	pair.in = queue_open(PAIR_NAME, IPCQ_OPEN_F_READ | IPCQ_OPEN_F_NONBLOCK);
	assert_ok(pair.in);
	return pair;
}

static inline void pair_close(struct pair *pair)
{
	close(pair->out);
	close(pair->in);
}

static inline void pair_send(const struct pair *pair)
{
	assert_int_equal(write(pair->out, "m", 1), 1);
}

static inline void pair_receive(const struct pair *pair)
{
	char byte;

	assert_int_equal(read(pair->in, &byte, 1), 1);
}

/* Sends until there is no room. */
static inline void pair_fill(const struct pair *pair)
{
	while (write(pair->out, "m", 1) == 1)
		;
	assert_int_equal(errno, EAGAIN);
}

/* Receives all there is. */
static inline void pair_drain(const struct pair *pair)
{
	char byte;

	while (read(pair->in, &byte, 1) == 1)
		;
	assert_int_equal(errno, EAGAIN);
}

#endif /* IPCQ_TESTS_PAIR_H */
