/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Short ways to send one message to several queues.
 */
#ifndef IPCQ_TESTS_SEND_ALL_H
#define IPCQ_TESTS_SEND_ALL_H

#include "common.h"

#include <unistd.h>

/* What came of it. */
struct sent {
	long result;
	uint32_t refused;		/* UINT32_MAX: not told */
	uint64_t sequences[IPCQ_SEND_ALL_MAX];
};

static inline struct ipcq_queue_send_all send_all_args(const int *fds, uint32_t count,
						       struct sent *sent)
{
	return (struct ipcq_queue_send_all) {
		.size = sizeof(struct ipcq_queue_send_all),
		.payload = (uintptr_t)"m",
		.length = 1,
		.queues = (uintptr_t)(fds + 1),
		.count = count - 1,
		.refused = UINT32_MAX,
		.sequences = (uintptr_t)sent->sequences,
	};
}

/* Sends one byte to @count queues. */
static inline struct sent send_all(const int *fds, uint32_t count)
{
	struct sent sent = { 0 };
	struct ipcq_queue_send_all args = send_all_args(fds, count, &sent);

	sent.result = call(fds[0], IPCQ_IOC_QUEUE_SEND_ALL, &args);
	sent.refused = args.refused;
	return sent;
}

static inline int queue_full_new(uint32_t messages, uint32_t full)
{
	struct ipcq_queue_open args = queue_args(NULL, RW | CREATE);

	args.max_messages = messages;
	args.max_message_size = 16;
	args.full = full;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	return args.open.fd;
}

#endif /* IPCQ_TESTS_SEND_ALL_H */
