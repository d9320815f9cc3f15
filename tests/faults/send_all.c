// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One message to several queues, under faults: all of them have it, or none.  Each run has
 * queues of its own.
 */
#include "operations.h"
#include "../guest/send_all.h"

#include <string.h>

#define QUEUES		3
#define LENGTH		4000

static int fds[QUEUES];
static char payload[LENGTH], received[LENGTH];

static void own_queues(void)
{
	int i;

	memset(payload, 'p', sizeof(payload));
	for (i = 0; i < QUEUES; i++)
		fds[i] = queue_new(4, LENGTH);
}

static void drop_queues(void)
{
	int i;

	for (i = 0; i < QUEUES; i++)
		close(fds[i]);
}

static long send_to_all(void)
{
	struct sent sent;
	struct ipcq_queue_send_all args = send_all_args(fds, QUEUES, &sent);

	args.payload = (uintptr_t)payload;
	args.length = sizeof(payload);
	return call(fds[0], IPCQ_IOC_QUEUE_SEND_ALL, &args);
}

static void all_have_it(long result)
{
	int i;

	assert_int_equal(result, 0);
	for (i = 0; i < QUEUES; i++) {
		memset(received, 0, sizeof(received));
		assert_int_equal(queue_receive(fds[i], received, sizeof(received),
					       IPCQ_RECEIVE_F_NONBLOCK, 0), LENGTH);
		assert_memory_equal(received, payload, sizeof(payload));
	}
}

static void none_has_it(long result)
{
	int i;

	(void)result;
	for (i = 0; i < QUEUES; i++)
		assert_int_equal(queue_stat(fds[i]).sent, 0);
	all_have_it(send_to_all());
}

static const struct operation operations[] = {
	{ "SEND_ALL", .setup = own_queues, .run = send_to_all, .done = all_have_it,
	  .failed = none_has_it, .teardown = drop_queues,
	  .errors = ERRORS(ENOMEM, EFAULT), .least = LEAST(2, 6, 0),
	  /* Their own queues keep the messages that were not sent. */
	  .keeps = QUEUES * 2 * LENGTH },
};

int main(void)
{
	return RUN_OPERATIONS(operations);
}
