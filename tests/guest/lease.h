/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Short ways to leases.
 */
#ifndef IPCQ_TESTS_LEASE_H
#define IPCQ_TESTS_LEASE_H

#include "common.h"

/* A message, of one byte, that was received. */
struct leased {
	long result;			/* its length, or an error */
	unsigned char byte;
	uint64_t token;
	uint32_t redeliveries;
};

static inline struct leased lease_until(int fd, uint64_t time, uint32_t flags,
					uint64_t deadline)
{
	struct leased leased = { 0 };
	struct ipcq_queue_receive args = {
		.size = sizeof(args),
		.flags = flags,
		.payload = (uintptr_t)&leased.byte,
		.length = sizeof(leased.byte),
		.deadline = deadline,
		.lease = time,
	};

	leased.result = call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args);
	leased.token = args.token;
	leased.redeliveries = args.redeliveries;
	return leased;
}

/* Receives what must be there, under a lease of @time nanoseconds. */
static inline struct leased lease(int fd, uint64_t time)
{
	struct leased leased = lease_until(fd, time, IPCQ_RECEIVE_F_LEASE |
					   IPCQ_RECEIVE_F_NONBLOCK, 0);

	assert_int_equal(leased.result, 1);
	assert_int_not_equal(leased.token, 0);
	return leased;
}

/* Receives @byte, which must be there and has been received so often before. */
static inline void take(int fd, unsigned char byte, uint32_t redeliveries)
{
	struct leased got = lease_until(fd, 0, IPCQ_RECEIVE_F_NONBLOCK, 0);

	assert_int_equal(got.result, 1);
	assert_int_equal(got.byte, byte);
	assert_int_equal(got.token, 0);
	assert_int_equal(got.redeliveries, redeliveries);
}

static inline long deal(int fd, uint32_t operation, uint64_t token, uint64_t time)
{
	struct ipcq_queue_lease args = {
		.size = sizeof(args),
		.operation = operation,
		.token = token,
		.time = time,
	};

	return call(fd, IPCQ_IOC_QUEUE_LEASE, &args);
}

static inline long acknowledge(int fd, uint64_t token)
{
	return deal(fd, IPCQ_LEASE_ACKNOWLEDGE, token, 0);
}

static inline long give_back(int fd, uint64_t token, uint64_t delay)
{
	return deal(fd, IPCQ_LEASE_RETURN, token, delay);
}

static inline long hand_over(int fd, uint64_t token, int32_t pid)
{
	struct ipcq_queue_lease args = {
		.size = sizeof(args),
		.operation = IPCQ_LEASE_HAND_OVER,
		.token = token,
		.pid = pid,
	};

	return call(fd, IPCQ_IOC_QUEUE_LEASE, &args);
}

static inline void send_bytes(int fd, const char *bytes)
{
	for (; *bytes; bytes++)
		assert_ok(queue_send(fd, bytes, 1, IPCQ_SEND_F_NONBLOCK, 0));
}

#endif /* IPCQ_TESTS_LEASE_H */
