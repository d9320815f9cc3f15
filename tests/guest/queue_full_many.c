// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A message that is long, and many short ones that have to go for it: more than are
 * dropped under one hold of the queue's lock.
 */
#include "common.h"

#include <pthread.h>
#include <unistd.h>

#define MANY		1000
#define LONG		(4 * MANY)

static char text[LONG];

/* A queue that MANY messages of four bytes fill. */
static int crowded(uint32_t full, uint32_t delivery, int *out)
{
	struct ipcq_queue_open args = queue_args("full/many", RW | CREATE);
	struct ipcq_queue_subscribe subscribe = { .size = sizeof(subscribe) };
	int i;

	args.max_messages = 2 * MANY;
	args.max_message_size = LONG;
	args.max_bytes = LONG;
	args.full = full;
	args.delivery = delivery;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	*out = queue_open("full/many", IPCQ_OPEN_F_READ);
	assert_ok(*out);
	if (delivery == IPCQ_DELIVERY_ALL)
		assert_ok(call(*out, IPCQ_IOC_QUEUE_SUBSCRIBE, &subscribe));
	for (i = 0; i < MANY; i++)
		assert_ok(queue_send(args.open.fd, text, 4, IPCQ_SEND_F_NONBLOCK, 0));
	return args.open.fd;
}

static void only_the_long_one_is_left(int fd, int out, uint64_t dropped)
{
	struct ipcq_queue_stat stat = queue_stat(fd);

	assert_int_equal(stat.messages, 1);
	assert_int_equal(stat.bytes, LONG);
	assert_int_equal(stat.dropped, dropped);
	assert_int_equal(stat.waiting_senders, 0);
	assert_int_equal(queue_receive(out, text, LONG, 0, 0), LONG);
	close(out);
	close(fd);
}

static void all_go_for_one(void **state)
{
	int out, fd = crowded(IPCQ_FULL_DROP_OLDEST, IPCQ_DELIVERY_ONE, &out);

	(void)state;
	assert_ok(queue_send(fd, text, LONG, IPCQ_SEND_F_NONBLOCK, 0));
	only_the_long_one_is_left(fd, out, MANY);
}

/* What the slowest subscriber was to receive. */
static void all_go_for_one_to_all(void **state)
{
	int out, fd = crowded(IPCQ_FULL_DROP_OLDEST, IPCQ_DELIVERY_ALL, &out);

	(void)state;
	assert_ok(queue_send(fd, text, LONG, IPCQ_SEND_F_NONBLOCK, 0));
	only_the_long_one_is_left(fd, out, MANY);
}

/* In a batch, behind one that fits when another has gone. */
static void all_go_for_one_of_a_batch(void **state)
{
	uint64_t entries[2][2] = {
		{ (uintptr_t)text, 4 },
		{ (uintptr_t)text, LONG },
	};
	struct ipcq_queue_batch batch = {
		.size = sizeof(batch),
		.flags = IPCQ_BATCH_F_NONBLOCK,
		.entries = (uintptr_t)entries,
		.count = 2,
		.entry_size = sizeof(entries[0]),
	};
	int out, fd = crowded(IPCQ_FULL_DROP_OLDEST, IPCQ_DELIVERY_ONE, &out);

	(void)state;
	assert_int_equal(call(fd, IPCQ_IOC_QUEUE_SEND_MANY, &batch), 2);
	only_the_long_one_is_left(fd, out, MANY + 1);
}

static void *send_long(void *context)
{
	return (void *)(long)queue_send(*(int *)context, text, LONG, 0, in(60 * SECOND));
}

/* The work that lets in senders goes on until it is done. */
static void all_go_for_one_that_waits(void **state)
{
	int out, fd = crowded(IPCQ_FULL_BLOCK, IPCQ_DELIVERY_ONE, &out);
	struct ipcq_queue_set set = {
		.size = sizeof(set),
		.flags = IPCQ_SET_F_FULL,
		.full = IPCQ_FULL_DROP_OLDEST,
	};
	pthread_t thread;
	void *result;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, send_long, &fd), 0);
	eventually(queue_stat(fd).waiting_senders == 1);
	assert_ok(call(fd, IPCQ_IOC_QUEUE_SET, &set));
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_null(result);
	only_the_long_one_is_left(fd, out, MANY);
}

static void all_go_for_a_dead_letter(void **state)
{
	int out, fd = crowded(IPCQ_FULL_DROP_OLDEST, IPCQ_DELIVERY_ONE, &out);
	struct ipcq_queue_open args = queue_args(NULL, RW | CREATE);
	struct ipcq_queue_send send = {
		.size = sizeof(send),
		.payload = (uintptr_t)text,
		.length = LONG,
		.time_to_live = 1,
	};

	(void)state;
	args.dead_letter = queue_stat(fd).id;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	assert_ok(call(args.open.fd, IPCQ_IOC_QUEUE_SEND, &send));
	eventually(queue_stat(fd).bytes == LONG && queue_stat(fd).messages == 1);
	close(args.open.fd);
	only_the_long_one_is_left(fd, out, MANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_go_for_one),
		cmocka_unit_test(all_go_for_one_to_all),
		cmocka_unit_test(all_go_for_one_of_a_batch),
		cmocka_unit_test(all_go_for_one_that_waits),
		cmocka_unit_test(all_go_for_a_dead_letter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
