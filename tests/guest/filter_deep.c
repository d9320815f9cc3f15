// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Filters in a queue of many messages, where a search takes several steps and the
 * queue changes in between.
 */
#include "typed.h"

#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DEPTH		2000U	/* messages that nobody takes: many steps */
#define NOBODY		99
#define TYPES		3
#define ROUNDS		400U	/* messages of each type */
#define LIMIT		(60 * SECOND)

/* A queue with @DEPTH messages of type NOBODY, all before or all after the others. */
static int deep_queue(uint32_t order, uint32_t priority)
{
	int fd = typed_queue(DEPTH + 1000, order);
	unsigned int i;

	for (i = 0; i < DEPTH; i++)
		assert_true(typed_send(fd, NOBODY, priority, 8) > 0);
	return fd;
}

static void the_last_is_found(void **state)
{
	int fd = deep_queue(IPCQ_ORDER_FIFO, 0), bytes;
	struct pollfd p = { .fd = fd, .events = POLLIN };

	(void)state;
	assert_error(take(fd, EQUAL(1)), EAGAIN);
	assert_ok(set_filter(fd, EQUAL(1)));
	assert_int_equal(poll(&p, 1, 0), 0);
	assert_int_equal(typed_send(fd, 1, 0, 7), DEPTH + 1);
	assert_int_equal(poll(&p, 1, 0), 1);
	assert_ok(call(fd, FIONREAD, &bytes));
	assert_int_equal(bytes, 7);
	assert_int_equal(typed_send(fd, 0, 0, 8), DEPTH + 2);
	assert_int_equal(take(fd, AT_MOST(5)), DEPTH + 2);
	assert_int_equal(take(fd, AT_MOST(5)), DEPTH + 1);
	assert_int_equal(take(fd, EXCEPT(1)), 1);
	assert_int_equal(queue_stat(fd).messages, DEPTH - 1);
	close(fd);
}

/* ------------------------------------------------------------- many at once */

struct reader {
	int fd;
	struct want want;
	bool fails;			/* it has no memory to receive into */
	bool in_order;			/* it is the only one that takes these */
	unsigned int received;
};

static unsigned int had[TYPES];		/* of each type, as received */
static bool taken[TYPES][ROUNDS];
static unsigned int done;		/* messages received in all */

/* One message, whose payload is its number among those of its type. */
static void took(const struct reader *reader, uint64_t type, uint64_t number)
{
	assert_true(type < TYPES && number < ROUNDS);
	assert_false(__atomic_exchange_n(&taken[type][number], true,
					 __ATOMIC_SEQ_CST));
	if (reader->in_order)
		assert_int_equal(number, had[type]);
	__atomic_add_fetch(&had[type], 1, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&done, 1, __ATOMIC_SEQ_CST);
}

static void *read_all(void *context)
{
	struct reader *reader = context;
	uint64_t number;
	struct ipcq_queue_receive args = {
		.size = sizeof(args),
		.payload = reader->fails ? 0 : (uintptr_t)&number,
		.length = sizeof(number),
		.match = reader->want.match,
		.type_first = reader->want.first,
		.type_last = reader->want.last,
	};
	uint64_t limit = in(LIMIT);
	long ret;

	while (__atomic_load_n(&done, __ATOMIC_SEQ_CST) < TYPES * ROUNDS) {
		args.flags = IPCQ_RECEIVE_F_FILTER;
		args.deadline = in(2 * MS);
		ret = call(reader->fd, IPCQ_IOC_QUEUE_RECEIVE, &args);
		if (ret == sizeof(number))
			took(reader, args.type, number);
		else
			assert_true(ret == -ETIMEDOUT ||
				    (reader->fails && ret == -EFAULT));
		assert_true(in(0) < limit);
	}
	return NULL;
}

static void *send_all(void *context)
{
	struct reader *sender = context;
	uint64_t number;

	for (number = 0; number < ROUNDS; number++) {
		struct ipcq_queue_send args = {
			.size = sizeof(args),
			.payload = (uintptr_t)&number,
			.length = sizeof(number),
			.type = sender->want.first,
		};

		assert_ok(call(sender->fd, IPCQ_IOC_QUEUE_SEND, &args));
	}
	return NULL;
}

/* A sender for each type, and @count readers; every message comes once. */
static void run(int fd, struct reader *readers, unsigned int count)
{
	struct reader senders[TYPES];
	pthread_t threads[16];
	unsigned int i, n = 0;

	memset(had, 0, sizeof(had));
	memset(taken, 0, sizeof(taken));
	done = 0;
	for (i = 0; i < count; i++) {
		readers[i].fd = fd;
		pthread_create(&threads[n++], NULL, read_all, &readers[i]);
	}
	for (i = 0; i < TYPES; i++) {
		senders[i] = (struct reader){ .fd = fd, .want = EQUAL(i) };
		pthread_create(&threads[n++], NULL, send_all, &senders[i]);
	}
	while (n)
		pthread_join(threads[--n], NULL);
	for (i = 0; i < TYPES; i++)
		assert_int_equal(had[i], ROUNDS);
	assert_int_equal(queue_stat(fd).messages, DEPTH);
	assert_int_equal(queue_stat(fd).waiting_receivers, 0);
	assert_error(take(fd, EXCEPT(NOBODY)), EAGAIN);
	close(fd);
}

static void each_type_comes_in_order(void **state)
{
	struct reader readers[] = {
		{ .want = EQUAL(0), .in_order = true },
		{ .want = RANGE(1, 1), .in_order = true },
		{ .want = EQUAL(2), .in_order = true },
	};

	(void)state;
	run(deep_queue(IPCQ_ORDER_FIFO, 0), readers, 3);
	/* What nobody takes comes first or last. */
	run(deep_queue(IPCQ_ORDER_PRIORITY, 7), readers, 3);
}

static void each_comes_once(void **state)
{
	struct reader readers[] = {
		{ .want = AT_MOST(1) }, { .want = AT_MOST(2) },
		{ .want = RANGE(0, 2) }, { .want = EXCEPT(NOBODY) },
		{ .want = EQUAL(1), .fails = true },
		{ .want = AT_MOST(2), .fails = true },
	};

	(void)state;
	run(deep_queue(IPCQ_ORDER_FIFO, 0), readers, 6);
	run(deep_queue(IPCQ_ORDER_PRIORITY, 0), readers, 6);
	run(deep_queue(IPCQ_ORDER_PRIORITY, 7), readers, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_is_found),
		cmocka_unit_test(each_type_comes_in_order),
		cmocka_unit_test(each_comes_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
