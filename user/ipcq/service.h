/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Serving a queue: running a command for each message.
 *
 * What becomes of a message when its command has ended:
 *
 *			status 0			another
 *	a request	replied to with the output	refused with the status
 *	another		done; the output is shown	lost, and that is said
 *	another, under	acknowledged; the output	given back, for some time
 *	a lease		is shown			later
 *
 * The process that serves holds requests and leases; the commands are its children and
 * have nothing of it.  There is one thread, which waits for the queue, the commands'
 * outputs, signals and points in time together.
 */
#ifndef IPCQ_COMMAND_SERVICE_H
#define IPCQ_COMMAND_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "job.h"
#include "receiver.h"

struct service {
	struct receiver from;
	char **command;			/* ended by NULL */
	uint32_t jobs;			/* commands at once */
	uint64_t number;		/* of messages; 0: no end */
	int64_t timeout;		/* without messages, ns; negative: none */
	uint64_t time_limit;		/* of a command, ns; 0: none */
	uint64_t lease;			/* ns; 0: none */
	uint64_t retry_after;		/* ns */

	struct job *list;		/* of @jobs */
	struct pollfd *polled;
	uint32_t running;
	int signals;			/* a signalfd */
	uint64_t taken;
	uint64_t failed;		/* commands, of these */
	uint64_t idle_at;		/* when @timeout is over */
	bool stopping;			/* no more messages are taken */
	int code;			/* to exit with */
};

/* Serve until the end that was asked for, or a signal: an exit code. */
int service_run(struct service *service);

#endif /* IPCQ_COMMAND_SERVICE_H */
