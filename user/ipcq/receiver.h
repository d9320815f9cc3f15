/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A queue from which a command receives: how it is opened, as options, and a buffer
 * that grows to what comes.
 */
#ifndef IPCQ_COMMAND_RECEIVER_H
#define IPCQ_COMMAND_RECEIVER_H

#include <argp.h>
#include <ipcq.h>
#include <stdbool.h>

#include "choice.h"

struct receiver {
	const char *name;		/* set by the command */
	unsigned int open_flags;
	struct ipcq_queue_options open;
	bool kept;
	struct choice choice;
	/* Set by the command: */
	size_t max_size;		/* longest message to be received; 0: any */
	bool truncate;			/* cut longer ones to it */
	bool peek;			/* leave them in the queue */

	struct ipcq_queue *queue;
	char *buffer;			/* one byte longer than @size */
	size_t size;
};

/* A child parser; its input is a struct receiver. */
extern const struct argp receiver_argp;

/* Open the queue, choose messages, subscribe; an exit code.  Close it in any case. */
int receiver_open(struct receiver *receiver);
void receiver_close(struct receiver *receiver);

/**
 * receiver_receive() - receive a message into the buffer
 * @receiver: the queue
 * @lease: NULL, or how long the message may be held, see ipcq_queue_lease()
 * @flags: as of ipcq_queue_receive_until()
 * @deadline: likewise
 * @info: receives what comes with the message; to peek, what came with the one before,
 *	zeroed in the beginning
 *
 * Return: the message's length, also of one that was cut to @size; or a negative errno
 * value of the library, -EMSGSIZE for one that is longer than @max_size.
 */
ssize_t receiver_receive(struct receiver *receiver, const uint64_t *lease,
			 unsigned int flags, uint64_t deadline,
			 struct ipcq_message_info *info);

#endif /* IPCQ_COMMAND_RECEIVER_H */
