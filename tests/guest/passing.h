/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Short ways to pass descriptors, and a file that tells when it is closed for good.
 */
#ifndef IPCQ_TESTS_PASSING_H
#define IPCQ_TESTS_PASSING_H

#include "common.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

/* A pipe, of which the end that is written to is passed. */
struct watched {
	int fd;			/* to pass; -1 once it is closed here */
	int out;		/* ends when the last descriptor of @fd is closed */
};

static inline struct watched watched_new(void)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	return (struct watched) { .fd = ends[1], .out = ends[0] };
}

static inline void watched_close(struct watched *watched)
{
	close(watched->fd);
	watched->fd = -1;
}

/* Whether somebody, or a message, still has the end that was passed. */
static inline bool is_open(const struct watched *watched)
{
	struct pollfd poll_fd = { .fd = watched->out };

	assert_true(poll(&poll_fd, 1, 0) >= 0);
	return !(poll_fd.revents & POLLHUP);
}

/* Whether @fd writes to the pipe. */
static inline bool is_same(const struct watched *watched, int fd)
{
	char byte = 0;

	return write(fd, "s", 1) == 1 && read(watched->out, &byte, 1) == 1 &&
	       byte == 's';
}

/* Does not wait.  @time is its time to live. */
static inline long send_fds(int queue, const int *fds, uint32_t count,
			    uint64_t time)
{
	struct ipcq_queue_send args = {
		.size = sizeof(args),
		.flags = IPCQ_SEND_F_NONBLOCK,
		.payload = (uintptr_t)"m",
		.length = 1,
		.fds = (uintptr_t)fds,
		.fd_count = count,
		.time_to_live = time,
	};

	return call(queue, IPCQ_IOC_QUEUE_SEND, &args);
}

/* Sends a message that alone has the file. */
static inline struct watched send_watched(int queue, uint64_t time)
{
	struct watched watched = watched_new();

	assert_ok(send_fds(queue, &watched.fd, 1, time));
	watched_close(&watched);
	assert_true(is_open(&watched));
	return watched;
}

/* What came. */
struct got {
	long result;			/* its length, or an error */
	uint32_t count;			/* of descriptors, as told */
	uint64_t length;		/* as told with EMSGSIZE */
	uint64_t token;
	uint32_t origin_reason;
	int fds[IPCQ_FDS_MAX];
};

/* Does not wait; with room for so many descriptors. */
static inline struct got get(int queue, uint32_t room, uint32_t flags)
{
	struct got got = { 0 };
	char byte;
	struct ipcq_queue_receive args = {
		.size = sizeof(args),
		.flags = flags | IPCQ_RECEIVE_F_NONBLOCK,
		.payload = (uintptr_t)&byte,
		.length = 1,
		.fds = (uintptr_t)got.fds,
		.fd_count = room,
	};
	uint32_t i;

	for (i = 0; i < IPCQ_FDS_MAX; i++)
		got.fds[i] = -1;
	got.result = call(queue, IPCQ_IOC_QUEUE_RECEIVE, &args);
	got.count = args.fd_count;
	got.length = args.length;
	got.token = args.token;
	got.origin_reason = args.origin_reason;
	return got;
}

/* Receives the one descriptor of the next message, which is that file. */
static inline uint64_t take_watched(int queue, const struct watched *watched,
				    uint32_t flags)
{
	struct got got = get(queue, 1, flags);

	assert_int_equal(got.result, 1);
	assert_int_equal(got.count, 1);
	assert_true(is_same(watched, got.fds[0]));
	assert_int_equal(fcntl(got.fds[0], F_GETFD), FD_CLOEXEC);
	close(got.fds[0]);
	return got.token;
}

#endif /* IPCQ_TESTS_PASSING_H */
