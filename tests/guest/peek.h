/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looking at messages that stay where they are.
 */
#ifndef IPCQ_TESTS_PEEK_H
#define IPCQ_TESTS_PEEK_H

#include "copier.h"
#include "typed.h"

#define PEEK	(IPCQ_RECEIVE_F_PEEK | IPCQ_RECEIVE_F_NONBLOCK)

/* Somebody who looks at one message after the other, as @want takes them. */
struct looker {
	struct ipcq_queue_receive args;
	char bytes[64];
};

static inline struct looker looker_of(struct want want)
{
	return (struct looker) {
		.args = {
			.size = sizeof(struct ipcq_queue_receive),
			.flags = PEEK | IPCQ_RECEIVE_F_FILTER,
			.match = want.match,
			.least_priority = want.least,
			.type_first = want.first,
			.type_last = want.last,
		},
	};
}

/* Looks at the next: its number, or a negative errno. */
static inline long look(int fd, struct looker *looker)
{
	long ret;

	looker->args.payload = (uintptr_t)looker->bytes;
	looker->args.length = sizeof(looker->bytes);
	ret = call(fd, IPCQ_IOC_QUEUE_RECEIVE, &looker->args);
	return ret < 0 ? ret : (long)looker->args.sequence;
}

/* The same of who begins at the first and takes whatever there is. */
static inline long look_first(int fd)
{
	struct looker looker = looker_of(ANY);

	return look(fd, &looker);
}

/* Receives what comes first under a lease, and returns its token. */
static inline uint64_t hold_first(int fd)
{
	struct looker taker = looker_of(ANY);

	taker.args.flags = IPCQ_RECEIVE_F_NONBLOCK | IPCQ_RECEIVE_F_LEASE |
			   IPCQ_RECEIVE_F_FILTER;
	assert_ok(look(fd, &taker));
	return taker.args.token;
}

/* Ends a lease, by IPCQ_LEASE_ACKNOWLEDGE or IPCQ_LEASE_RETURN. */
static inline long end_hold(int fd, uint64_t token, uint32_t operation)
{
	struct ipcq_queue_lease args = {
		.size = sizeof(args),
		.operation = operation,
		.token = token,
	};

	return call(fd, IPCQ_IOC_QUEUE_LEASE, &args);
}

/* Begins to look at a byte of what comes first, and does not come to the end of it. */
static inline void looker_start(struct copier *copier, int fd)
{
	*copier = (struct copier) { .fd = fd, .stall = stall_new() };
	copier->args = (struct ipcq_queue_receive) {
		.size = sizeof(copier->args),
		.flags = PEEK | IPCQ_RECEIVE_F_TRUNCATE,
		.payload = (uintptr_t)copier->stall.page,
		.length = 1,
	};
	assert_int_equal(pthread_create(&copier->thread, NULL, run_copier, copier), 0);
	stall_wait(&copier->stall);
}

#endif /* IPCQ_TESTS_PEEK_H */
