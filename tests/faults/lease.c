// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Leases under faults.  Each run has a queue of its own, with two messages in it, of
 * which an operation may hold the first.
 */
#include "operations.h"

#include <string.h>
#include <unistd.h>

static char received[16];
static uint64_t token;

static void two_messages(void)
{
	token = 0;
	memset(received, 0, sizeof(received));
	scene.own = queue_new(4, 16);
	assert_ok(queue_send(scene.own, "first", 5, 0, 0));
	assert_ok(queue_send(scene.own, "second", 6, 0, 0));
}

static long receive(uint32_t flags)
{
	struct ipcq_queue_receive args = {
		.size = sizeof(args),
		.flags = flags | IPCQ_RECEIVE_F_NONBLOCK,
		.payload = (uintptr_t)received,
		.length = sizeof(received),
		.lease = flags & IPCQ_RECEIVE_F_LEASE ? 3600 * SECOND : 0,
	};
	long ret = call(scene.own, IPCQ_IOC_QUEUE_RECEIVE, &args);

	/* Told before the copy that may fail, too; then it is nobody's. */
	token = ret < 0 ? 0 : args.token;
	return ret;
}

static long deal(uint32_t operation)
{
	struct ipcq_queue_lease args = {
		.size = IPCQ_QUEUE_LEASE_MIN,
		.operation = operation,
		.token = token,
	};

	return call(scene.own, IPCQ_IOC_QUEUE_LEASE, &args);
}

static long attach(void)
{
	return deal(IPCQ_LEASE_ATTACH);
}

static void two_and_attached(void)
{
	two_messages();
	assert_ok(attach());
}

static void first_is_held(void)
{
	two_messages();
	assert_int_equal(receive(IPCQ_RECEIVE_F_LEASE), 5);
}

static void drop_queue(void)
{
	close(scene.own);
	scene.own = 0;
}

static long lease(void)
{
	return receive(IPCQ_RECEIVE_F_LEASE);
}

static long read_part(void)
{
	struct ipcq_queue_lease args = {
		.size = sizeof(args),
		.operation = IPCQ_LEASE_READ,
		.token = token,
		.payload = (uintptr_t)received,
		.length = sizeof(received),
		.offset = 1,
	};

	return call(scene.own, IPCQ_IOC_QUEUE_LEASE, &args);
}

static void has_both(long result)
{
	(void)result;
	assert_int_equal(queue_stat(scene.own).held, 0);
	assert_int_equal(receive(0), 5);
	assert_memory_equal(received, "first", 5);
	assert_int_equal(receive(0), 6);
}

static void was_leased(long result)
{
	assert_int_equal(result, 5);
	assert_memory_equal(received, "first", 5);
	assert_int_equal(queue_stat(scene.own).held, 1);
	assert_ok(deal(IPCQ_LEASE_ACKNOWLEDGE));
	assert_int_equal(receive(0), 6);
}

static void is_still_held(long result)
{
	(void)result;
	was_leased(5);
}

static void was_read(long result)
{
	assert_int_equal(result, 4);
	assert_memory_equal(received, "irst", 4);
	assert_ok(deal(IPCQ_LEASE_RETURN));
	has_both(0);
}

static const struct operation operations[] = {
	{ "LEASE, attach", .setup = two_messages, .run = attach, .done = has_both,
	  .failed = has_both, .teardown = drop_queue,
	  .errors = ERRORS(ENOMEM, EFAULT), .least = LEAST(0, 1, 0) },
	{ "RECEIVE, lease", .setup = two_and_attached, .run = lease,
	  .done = was_leased, .failed = has_both, .teardown = drop_queue,
	  .errors = ERRORS(EFAULT), .least = LEAST(2, 0, 0), .single = true },
	{ "LEASE, read", .setup = first_is_held, .run = read_part,
	  .done = was_read, .failed = is_still_held, .teardown = drop_queue,
	  .errors = ERRORS(EFAULT), .least = LEAST(2, 0, 0), .single = true },
};

int main(void)
{
	return RUN_OPERATIONS(operations);
}
