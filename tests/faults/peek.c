// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Peeking and draining under faults.  Each run has a queue of its own, with two messages.
 */
#include "operations.h"

#include <string.h>
#include <unistd.h>

static char received[16];
static uint64_t drained;

static void two_messages(void)
{
	memset(received, 0, sizeof(received));
	drained = 0;
	scene.own = queue_new(4, 16);
	assert_ok(queue_send(scene.own, "first", 5, 0, 0));
	assert_ok(queue_send(scene.own, "second", 6, 0, 0));
}

static void drop_queue(void)
{
	close(scene.own);
	scene.own = 0;
}

/* The second, from its second byte on. */
static long peek(void)
{
	struct ipcq_queue_receive args = {
		.size = sizeof(args),
		.flags = IPCQ_RECEIVE_F_PEEK | IPCQ_RECEIVE_F_NONBLOCK,
		.payload = (uintptr_t)received,
		.length = sizeof(received),
		.cursor = 1,
		.offset = 1,
	};

	return call(scene.own, IPCQ_IOC_QUEUE_RECEIVE, &args);
}

static long drain(void)
{
	struct ipcq_queue_drain args = { .size = sizeof(args) };
	long ret = call(scene.own, IPCQ_IOC_QUEUE_DRAIN, &args);

	drained = args.messages;
	return ret;
}

static void has_both(long result)
{
	(void)result;
	assert_int_equal(queue_stat(scene.own).messages, 2);
	assert_int_equal(queue_receive(scene.own, received, 16, 0, 0), 5);
	assert_memory_equal(received, "first", 5);
	assert_int_equal(queue_receive(scene.own, received, 16, 0, 0), 6);
	assert_int_equal(queue_stat(scene.own).messages, 0);
}

static void was_shown(long result)
{
	assert_int_equal(result, 6);
	assert_memory_equal(received, "econd", 5);
	has_both(0);
}

/* Once all can be told it is done, whether that then is told or not. */
static void was_drained(long result)
{
	assert_int_equal(result, 0);
	assert_true(drained == 2 || !drained);
	assert_int_equal(queue_stat(scene.own).messages, 0);
	assert_int_equal(queue_stat(scene.own).received, 2);
}

static const struct operation operations[] = {
	{ "RECEIVE, peek", .setup = two_messages, .run = peek, .done = was_shown,
	  .failed = has_both, .teardown = drop_queue,
	  .errors = ERRORS(EFAULT), .least = LEAST(2, 0, 0) },
	{ "QUEUE_DRAIN", .setup = two_messages, .run = drain, .done = was_drained,
	  .failed = has_both, .teardown = drop_queue,
	  .errors = ERRORS(EFAULT), .least = LEAST(1, 0, 0) },
};

int main(void)
{
	return RUN_OPERATIONS(operations);
}
