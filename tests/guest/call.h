/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Short ways to calls and replies.
 */
#ifndef IPCQ_TESTS_CALL_H
#define IPCQ_TESTS_CALL_H

#include <string.h>

#include "lease.h"

/* Arguments of a call that sends @text and has room for a short reply in @reply. */
static inline struct ipcq_queue_call call_args(const char *text, char *reply, size_t room)
{
	return (struct ipcq_queue_call) {
		.size = sizeof(struct ipcq_queue_call),
		.payload = (uintptr_t)text,
		.length = strlen(text),
		.reply = (uintptr_t)reply,
		.reply_length = room,
	};
}

/* Receives the next message within 20 s; its length or an error.  Tells its token. */
static inline long serve(int fd, char *buffer, size_t room, uint64_t *token)
{
	struct ipcq_queue_reply args = {
		.size = IPCQ_QUEUE_REPLY_MIN,
		.flags = IPCQ_REPLY_F_RECEIVE,
		.buffer = (uintptr_t)buffer,
		.buffer_length = room,
		.deadline = in(20 * SECOND),
	};
	long ret = call(fd, IPCQ_IOC_QUEUE_REPLY, &args);

	*token = args.token;
	return ret;
}

static inline long answer(int fd, uint64_t token, const void *text, size_t length)
{
	struct ipcq_queue_reply args = {
		.size = IPCQ_QUEUE_REPLY_MIN,
		.token = token,
		.payload = (uintptr_t)text,
		.length = length,
	};

	return call(fd, IPCQ_IOC_QUEUE_REPLY, &args);
}

static inline long refuse(int fd, uint64_t token, uint32_t error)
{
	struct ipcq_queue_reply args = {
		.size = IPCQ_QUEUE_REPLY_MIN,
		.token = token,
		.error = error,
	};

	return call(fd, IPCQ_IOC_QUEUE_REPLY, &args);
}

#endif /* IPCQ_TESTS_CALL_H */
