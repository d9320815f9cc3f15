/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Short ways to a ring of io_uring(7).
 *
 * Each request has a number; what became of it is asked for by that, in any order.
 */
#ifndef IPCQ_TESTS_URING_H
#define IPCQ_TESTS_URING_H

#include "common.h"

#include <liburing.h>
#include <string.h>
#include <unistd.h>

#define REQUESTS	32
#define PATIENCE	10

struct ring {
	struct io_uring uring;
	/* Of the completions that have been taken in, by number. */
	unsigned int count[REQUESTS];
	int result[REQUESTS];		/* the last one's */
	uint32_t flags[REQUESTS];
};

static inline void ring_init(struct ring *ring)
{
	memset(ring, 0, sizeof(*ring));
	assert_int_equal(io_uring_queue_init(REQUESTS, &ring->uring, 0), 0);
}

static inline void ring_exit(struct ring *ring)
{
	io_uring_queue_exit(&ring->uring);
}

/* A new request; the caller fills it in and gives it a number. */
static inline struct io_uring_sqe *request(struct ring *ring)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring->uring);

	assert_non_null(sqe);
	return sqe;
}

static inline void submit(struct ring *ring, struct io_uring_sqe *sqe,
			  unsigned int number, unsigned int sqe_flags)
{
	sqe->user_data = number;
	sqe->flags |= sqe_flags;
	assert_int_equal(io_uring_submit(&ring->uring), 1);
}

static inline void submit_read(struct ring *ring, unsigned int number, int fd,
			       void *buffer, size_t size, unsigned int sqe_flags)
{
	struct io_uring_sqe *sqe = request(ring);

	io_uring_prep_read(sqe, fd, buffer, size, 0);
	submit(ring, sqe, number, sqe_flags);
}

static inline void submit_write(struct ring *ring, unsigned int number, int fd,
				const void *buffer, size_t size,
				unsigned int sqe_flags)
{
	struct io_uring_sqe *sqe = request(ring);

	io_uring_prep_write(sqe, fd, buffer, size, 0);
	submit(ring, sqe, number, sqe_flags);
}

/* Takes in what is there, or waits so long for something; whether there was. */
static inline bool take_in(struct ring *ring, struct __kernel_timespec *patience)
{
	struct io_uring_cqe *cqe;
	int ret = io_uring_wait_cqe_timeout(&ring->uring, &cqe, patience);

	if (ret == -ETIME || ret == -EINTR)
		return false;
	assert_int_equal(ret, 0);
	/* liburing may have used a request of its own to wait. */
	if (cqe->user_data < REQUESTS) {
		ring->count[cqe->user_data]++;
		ring->result[cqe->user_data] = cqe->res;
		ring->flags[cqe->user_data] = cqe->flags;
	}
	io_uring_cqe_seen(&ring->uring, cqe);
	return true;
}

/* How often a request has completed, having waited for it a little. */
static inline unsigned int completions(struct ring *ring, unsigned int number)
{
	struct __kernel_timespec patience = { .tv_nsec = 20 * MS };

	while (take_in(ring, &patience))
		;
	return ring->count[number];
}

/* The result of a request, once it has completed @count times. */
static inline int await(struct ring *ring, unsigned int number,
			unsigned int count)
{
	struct __kernel_timespec patience = { .tv_sec = 1 };
	uint64_t limit = in(PATIENCE * SECOND);

	while (ring->count[number] < count) {
		take_in(ring, &patience);
		assert_true(in(0) < limit);
	}
	assert_int_equal(ring->count[number], count);
	return ring->result[number];
}

#define await_once(ring, number)	await(ring, number, 1)

#endif /* IPCQ_TESTS_URING_H */
