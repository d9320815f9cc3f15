/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A queue to which a command sends: how it is opened and what is sent with each
 * message, as options.
 */
#ifndef IPCQ_COMMAND_SENDER_H
#define IPCQ_COMMAND_SENDER_H

#include <argp.h>
#include <ipcq.h>

struct sender {
	const char *name;		/* set by the command */
	unsigned int open_flags;
	struct ipcq_queue_options open;
	struct ipcq_send_options options;
	unsigned int flags;		/* IPCQ_DONTWAIT */

	struct ipcq_queue *queue;
	struct ipcq_queue_info info;	/* when it was opened */
};

/* A child parser; its input is a struct sender. */
extern const struct argp sender_argp;

/* Open the queue; an exit code. */
int sender_open(struct sender *sender);

/* Say why a message was not sent; the exit code for it. */
int sender_report(const struct sender *sender, int error);

/*
 * Read standard input to its end, but not more than one byte over the longest
 * message: the queue refuses that anyway.  An exit code; @out is to be freed.
 */
int sender_read_input(const struct sender *sender, char **out, size_t *length);

#endif /* IPCQ_COMMAND_SENDER_H */
