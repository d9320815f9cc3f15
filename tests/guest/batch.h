/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Short ways to the batches, for the programs that test them. */
#ifndef IPCQ_TESTS_BATCH_H
#define IPCQ_TESTS_BATCH_H

#include "common.h"

#define NONBLOCK	IPCQ_BATCH_F_NONBLOCK
#define WHOLE		IPCQ_BATCH_F_WHOLE
#define TRUNCATE	IPCQ_BATCH_F_TRUNCATE

static inline int send_many(int fd, struct ipcq_send_entry *entries,
			    uint32_t count, uint32_t flags, uint64_t deadline)
{
	struct ipcq_queue_batch args = {
		.size = sizeof(args),
		.flags = flags,
		.entries = (uintptr_t)entries,
		.count = count,
		.entry_size = sizeof(*entries),
		.deadline = deadline,
	};

	return call(fd, IPCQ_IOC_QUEUE_SEND_MANY, &args);
}

static inline int receive_many(int fd, struct ipcq_receive_entry *entries,
			       uint32_t count, uint32_t flags, uint64_t deadline)
{
	struct ipcq_queue_batch args = {
		.size = sizeof(args),
		.flags = flags,
		.entries = (uintptr_t)entries,
		.count = count,
		.entry_size = sizeof(*entries),
		.deadline = deadline,
	};

	return call(fd, IPCQ_IOC_QUEUE_RECEIVE_MANY, &args);
}

/* Entries that send the numbers from @from on, which lie in @numbers. */
static inline void number(struct ipcq_send_entry *entries, uint32_t *numbers,
			  uint32_t count, uint32_t from)
{
	for (uint32_t i = 0; i < count; i++) {
		numbers[i] = from + i;
		entries[i] = (struct ipcq_send_entry) {
			.payload = (uintptr_t)&numbers[i],
			.length = sizeof(numbers[i]),
		};
	}
}

/* Entries that receive numbers into @numbers. */
static inline void make_room(struct ipcq_receive_entry *entries,
			     uint32_t *numbers, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		entries[i] = (struct ipcq_receive_entry) {
			.payload = (uintptr_t)&numbers[i],
			.length = sizeof(numbers[i]),
		};
}

/* Sends the numbers from @from on, one by one or fails. */
static inline void fill(int fd, uint32_t from, uint32_t count)
{
	for (uint32_t i = from; i < from + count; i++)
		assert_ok(queue_send(fd, &i, sizeof(i), IPCQ_SEND_F_NONBLOCK, 0));
}

/* Receives the numbers from @from on, one by one, and no more are there. */
static inline void drained(int fd, uint32_t from, uint32_t count)
{
	uint32_t got = 0;

	for (uint32_t i = from; i < from + count; i++) {
		assert_int_equal(queue_receive(fd, &got, sizeof(got),
					       IPCQ_RECEIVE_F_NONBLOCK, 0),
				 sizeof(got));
		assert_int_equal(got, i);
	}
	assert_error(queue_receive(fd, &got, sizeof(got), IPCQ_RECEIVE_F_NONBLOCK,
				   0), EAGAIN);
}

#endif /* IPCQ_TESTS_BATCH_H */
