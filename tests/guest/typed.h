/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages with types and priorities, and receiving by a filter.  A message is known
 * by its number in its queue; its payload is its type.
 */
#ifndef IPCQ_TESTS_TYPED_H
#define IPCQ_TESTS_TYPED_H

#include "common.h"

/* A filter as it stands in the structs. */
struct want {
	uint32_t match;
	uint32_t least;
	uint64_t first;
	uint64_t last;
};

static inline int typed_queue(uint32_t messages, uint32_t order)
{
	struct ipcq_queue_open args = queue_args(NULL, RW | CREATE);

	args.max_messages = messages;
	args.max_message_size = 64;
	args.order = order;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	return args.open.fd;
}

/* Sends a message of @length bytes, 8 at most; its number, or a negative errno. */
static inline long typed_send(int fd, uint64_t type, uint32_t priority,
			      size_t length)
{
	struct ipcq_queue_send args = {
		.size = sizeof(args),
		.payload = (uintptr_t)&type,
		.length = length,
		.priority = priority,
		.type = type,
	};
	long ret = call(fd, IPCQ_IOC_QUEUE_SEND, &args);

	return ret < 0 ? ret : (long)args.sequence;
}

/* Receives what @want takes, into 8 bytes; its number, or a negative errno. */
static inline long typed_receive(int fd, struct want want, uint32_t flags,
				 uint64_t deadline)
{
	uint64_t payload = 0;
	struct ipcq_queue_receive args = {
		.size = sizeof(args),
		.flags = flags | IPCQ_RECEIVE_F_FILTER,
		.payload = (uintptr_t)&payload,
		.length = sizeof(payload),
		.deadline = deadline,
		.match = want.match,
		.least_priority = want.least,
		.type_first = want.first,
		.type_last = want.last,
	};
	long ret = call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args);

	if (ret < 0)
		return ret;
	if (ret == sizeof(payload))
		assert_int_equal(payload, args.type);
	return args.sequence;
}

/* The same without waiting. */
static inline long take(int fd, struct want want)
{
	return typed_receive(fd, want, IPCQ_RECEIVE_F_NONBLOCK, 0);
}

/* Gives the handle a filter. */
static inline long set_filter(int fd, struct want want)
{
	struct ipcq_queue_filter args = {
		.size = sizeof(args),
		.match = want.match,
		.least_priority = want.least,
		.type_first = want.first,
		.type_last = want.last,
	};

	return call(fd, IPCQ_IOC_QUEUE_FILTER, &args);
}

#define ANY		((struct want){ .match = IPCQ_MATCH_ANY })
#define EQUAL(type)	((struct want){ IPCQ_MATCH_EQUAL, 0, type, 0 })
#define AT_MOST(type)	((struct want){ IPCQ_MATCH_AT_MOST, 0, type, 0 })
#define RANGE(first, last)	((struct want){ IPCQ_MATCH_RANGE, 0, first, last })
#define EXCEPT(type)	((struct want){ IPCQ_MATCH_EXCEPT, 0, type, 0 })
#define LEAST(priority)	((struct want){ IPCQ_MATCH_ANY, priority, 0, 0 })

#endif /* IPCQ_TESTS_TYPED_H */
