// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How much memory a user's messages may take: the bound refuses cleanly, loses
 * nothing, and never refuses for memory that is only kept to be fast.
 */
#include "common.h"

#include <string.h>
#include <unistd.h>

/* A payload, and the buffer it takes: twice as much, so that filling goes fast. */
#define CHUNK		33000
#define BUFFER		65536
#define NONBLOCK	IPCQ_SEND_F_NONBLOCK

static char payload[CHUNK];

static int queue_of(const char *name, uint32_t messages)
{
	struct ipcq_queue_open args = queue_args(name, RW | CREATE);

	args.open.mode = 0666;
	args.open.lifetime = name ? IPCQ_LIFETIME_PERSISTENT : 0;
	args.max_messages = messages;
	args.max_message_size = CHUNK;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	return args.open.fd;
}

static int send_chunk(int fd, uint64_t number, uint64_t deadline)
{
	memcpy(payload, &number, sizeof(number));
	memcpy(payload + CHUNK - sizeof(number), &number, sizeof(number));
	return queue_send(fd, payload, CHUNK, deadline ? 0 : NONBLOCK, deadline);
}

static void receive_chunk(int fd, uint64_t number)
{
	memset(payload, 0, sizeof(number));
	assert_int_equal(queue_receive(fd, payload, CHUNK,
				       IPCQ_RECEIVE_F_NONBLOCK, 0), CHUNK);
	assert_memory_equal(payload, &number, sizeof(number));
	assert_memory_equal(payload + CHUNK - sizeof(number), &number,
			    sizeof(number));
}

/* Sends until the bound refuses; how many were sent. */
static uint64_t fill(int fd)
{
	uint64_t count = 0;
	int ret;

	while (!(ret = send_chunk(fd, count, 0)))
		count++;
	assert_error(ret, EDQUOT);
	assert_int_equal(queue_stat(fd).sent, count);
	assert_int_equal(queue_stat(fd).messages, count);
	return count;
}

static int fill_and_drain(void *context)
{
	int fd = queue_of(NULL, 65536);
	struct ipcq_query q;
	uint64_t count, i;

	(void)context;
	count = fill(fd);
	q = query();
	assert_true(q.message_bytes <= q.message_bytes_limit);
	assert_true(q.message_bytes + 2 * BUFFER > q.message_bytes_limit);
	assert_true(count > q.message_bytes_limit / BUFFER * 9 / 10);

	/* No waiting for memory: the queue has room. */
	assert_error(send_chunk(fd, count, in(SECOND)), EDQUOT);
	receive_chunk(fd, 0);
	assert_ok(send_chunk(fd, count, 0));
	assert_error(send_chunk(fd, count, 0), EDQUOT);
	for (i = 1; i <= count; i++)
		receive_chunk(fd, i);
	assert_error(queue_receive(fd, payload, CHUNK, NONBLOCK, 0), EAGAIN);
	close(fd);
	return nothing_is_charged(NULL);
}

static void message_bytes_are_bounded(void **state)
{
	(void)state;
	run_as(USER, fill_and_drain);
	run_as(USER, nothing_is_charged);
}

/*
 * As often as not a queue is full now and empty later.  Each of many queues, all
 * open, is filled and drained in turn: only one holds messages at a time, but what
 * they have held is more than the bound.
 */
static int fill_and_drain_many(void *context)
{
	const uint64_t depth = 10, limit = query().message_bytes_limit;
	uint64_t kept = 0, number;
	int fd;

	(void)context;
	while (kept < limit + limit / 4) {
		fd = queue_of(NULL, depth);
		for (number = 0; number < depth; number++)
			assert_ok(send_chunk(fd, number, 0));
		for (number = 0; number < depth; number++)
			receive_chunk(fd, number);
		kept += depth * BUFFER;
		assert_true(query().message_bytes <= limit);
	}
	return 0;
}

static void what_one_queue_keeps_is_there_for_another(void **state)
{
	(void)state;
	run_as(USER, fill_and_drain_many);
	run_as(USER, nothing_is_charged);
}

static int fill_idle(void *context)
{
	int fd = queue_of("idle", 65536);

	(void)context;
	fill(fd);
	close(fd);
	return 0;
}

static int drain_idle(void *context)
{
	int fd = queue_open("idle", RW);
	uint64_t i, count = queue_stat(fd).messages;

	(void)context;
	for (i = 0; i < count; i++)
		receive_chunk(fd, i);
	close(fd);
	return 0;
}

static int add_to_idle_and_drain(void *context)
{
	int fd = queue_open("idle", RW), i;

	for (i = 0; i < 100; i++)
		assert_ok(send_chunk(fd, queue_stat(fd).sent, 0));
	close(fd);
	return drain_idle(context);
}

/* Leaves a queue that holds nothing and keeps as much as the bound allows. */
static int leave_idle_memory(void *context)
{
	return fill_idle(context) || drain_idle(context);
}

static int send_some(void *context)
{
	int fd = queue_of(NULL, 100);
	uint64_t number;

	(void)context;
	for (number = 0; number < 100; number++)
		assert_ok(send_chunk(fd, number, 0));
	for (number = 0; number < 100; number++)
		receive_chunk(fd, number);
	close(fd);
	return 0;
}

static void a_users_idle_memory_is_there_for_the_user(void **state)
{
	(void)state;
	run_as(USER, leave_idle_memory);
	run_as(USER, send_some);
	run_as(SUBORDINATE, send_some);
	assert_ok(object_unlink("idle"));
	run_as(USER, nothing_is_charged);
}

/* What a stranger's messages have left in the same queue does not hide it. */
static void a_users_idle_memory_may_lie_below_anothers(void **state)
{
	(void)state;
	run_as(USER, fill_idle);
	run_as(SUBORDINATE, add_to_idle_and_drain);
	run_as(USER, send_some);
	assert_ok(object_unlink("idle"));
	run_as(USER, nothing_is_charged);
	run_as(SUBORDINATE, nothing_is_charged);
}

/* The bound is the owner's, whoever in the namespace has left the memory. */
static void a_namespaces_idle_memory_is_there_for_its_owner(void **state)
{
	(void)state;
	run_inside(leave_idle_memory);
	run_as(USER, send_some);
	assert_ok(object_unlink("idle"));
	run_as(USER, nothing_is_charged);
}

static void the_owners_idle_memory_is_there_for_its_namespace(void **state)
{
	(void)state;
	run_as(USER, leave_idle_memory);
	run_inside(send_some);
	assert_ok(object_unlink("idle"));
	run_as(USER, nothing_is_charged);
}

/* A receiver's queue is not a way to another's memory: who sends pays. */
static int check_payer(void *context)
{
	int fd = queue_open("shared", RW);
	uint64_t before = query().message_bytes;

	(void)context;
	assert_ok(fd);
	receive_chunk(fd, 7);
	assert_int_equal(query().message_bytes, before);
	assert_ok(send_chunk(fd, 8, 0));
	assert_true(query().message_bytes >= before + BUFFER);
	close(fd);
	return 0;
}

static int send_to_shared(void *context)
{
	int fd = queue_of("shared", 10);

	(void)context;
	assert_ok(send_chunk(fd, 7, 0));
	assert_true(query().message_bytes >= BUFFER);
	close(fd);
	return 0;
}

static int unlink_shared(void *context)
{
	assert_int_equal(query().message_bytes, 0);
	assert_ok(object_unlink("shared"));
	return nothing_is_charged(context);
}

static void who_sends_pays(void **state)
{
	(void)state;
	run_as(USER, send_to_shared);
	run_as(SUBORDINATE, check_payer);
	/* The memory was used again, and its first payer is rid of it. */
	run_as(USER, unlink_shared);
	run_as(SUBORDINATE, nothing_is_charged);
}

/* So that a test which fails does not take the next one's memory. */
static int forget_queues(void **state)
{
	(void)state;
	(void)object_unlink("idle");
	(void)object_unlink("shared");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(message_bytes_are_bounded),
		cmocka_unit_test(what_one_queue_keeps_is_there_for_another),
		cmocka_unit_test_teardown(a_users_idle_memory_is_there_for_the_user,
					  forget_queues),
		cmocka_unit_test_teardown(a_users_idle_memory_may_lie_below_anothers,
					  forget_queues),
		cmocka_unit_test_teardown(a_namespaces_idle_memory_is_there_for_its_owner,
					  forget_queues),
		cmocka_unit_test_teardown(the_owners_idle_memory_is_there_for_its_namespace,
					  forget_queues),
		cmocka_unit_test_teardown(who_sends_pays,
					  forget_queues),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
