// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lost wake-ups.  When a call has waited for long, the program's queues are looked
 * at: a receiver that waits while there is a message, and a sender that waits for
 * room in an empty queue, have been forgotten.  With a filter a receiver may wait for
 * other messages.
 */
#include <poll.h>
#include <sys/ioctl.h>
#include <time.h>

#include <linux/ipcq.h>

#include "fuzz.h"

/* A state between two steps is not seen so often in a row, with nothing done. */
#define TIMES	4

static bool get(int fd, struct ipcq_queue_stat *stat)
{
	*stat = (struct ipcq_queue_stat) { .size = sizeof(*stat) };
	return !ioctl(fd, IPCQ_IOC_QUEUE_STAT, stat);
}

static const char *forgotten(int fd, const struct ipcq_queue_stat *stat)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };

	if (stat->waiting_senders && !stat->messages)
		return "a sender waits for room in an empty queue";
	if (stat->waiting_receivers && !fuzz_runner->filtered && poll(&poller, 1, 0) == 1 &&
	    poller.revents & POLLIN)
		return "a receiver waits while there is a message";
	return NULL;
}

static void check_queue(int fd)
{
	struct timespec pause = { 0, 20000000 };
	struct ipcq_queue_stat first, now;
	const char *what = NULL;
	unsigned int i;

	if (!get(fd, &first))
		return;
	for (i = 0; i < TIMES; i++) {
		if (!get(fd, &now) || now.sent != first.sent ||
		    now.received != first.received)
			return;
		what = forgotten(fd, &now);
		if (!what)
			return;
		nanosleep(&pause, NULL);
	}
	fuzz_fail("queue %llu: %s", (unsigned long long)first.id, what);
}

void fuzz_check_waits(void)
{
	unsigned int i;

	for (i = FUZZ_QUEUES; i < FUZZ_REGIONS; i++)
		if (fuzz_fd(i) >= 0)
			check_queue(fuzz_fd(i));
}
