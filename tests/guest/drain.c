// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Draining: which messages go, what is told, and what stays.
 */
#include "peek.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct ipcq_queue_drain drain_args(struct want want)
{
	return (struct ipcq_queue_drain) {
		.size = sizeof(struct ipcq_queue_drain),
		.match = want.match,
		.least_priority = want.least,
		.type_first = want.first,
		.type_last = want.last,
	};
}

/* Removes what @want takes, @most at most; how many, or a negative errno. */
static long drain(int fd, struct want want, uint64_t most)
{
	struct ipcq_queue_drain args = drain_args(want);
	uint64_t before = queue_stat(fd).bytes;
	long ret;

	args.most = most;
	args.messages = args.bytes = 99999;
	ret = call(fd, IPCQ_IOC_QUEUE_DRAIN, &args);
	if (ret < 0)
		return ret;
	assert_int_equal(ret, 0);
	assert_int_equal(before - queue_stat(fd).bytes, args.bytes);
	return args.messages;
}

static void all_go(void **state)
{
	int fd = typed_queue(8, IPCQ_ORDER_FIFO);
	struct ipcq_queue_stat stat;
	struct ipcq_queue_drain args = drain_args(ANY);

	(void)state;
	assert_int_equal(drain(fd, ANY, 0), 0);
	assert_int_equal(typed_send(fd, 1, 0, 8), 1);
	assert_int_equal(typed_send(fd, 2, 0, 3), 2);
	assert_ok(call(fd, IPCQ_IOC_QUEUE_DRAIN, &args));
	assert_int_equal(args.messages, 2);
	assert_int_equal(args.bytes, 11);
	stat = queue_stat(fd);
	assert_int_equal(stat.messages, 0);
	assert_int_equal(stat.bytes, 0);
	assert_int_equal(stat.sent, 2);
	assert_int_equal(stat.received, 2);
	assert_int_equal(stat.dropped, 0);
	assert_error(take(fd, ANY), EAGAIN);
	assert_int_equal(typed_send(fd, 3, 0, 8), 3);
	assert_int_equal(take(fd, ANY), 3);
	close(fd);
}

static const struct want wants[] = {
	{ IPCQ_MATCH_ANY, 0, 0, 0 }, { IPCQ_MATCH_ANY, 9, 0, 0 },
	{ IPCQ_MATCH_EQUAL, 0, 2, 0 }, { IPCQ_MATCH_EQUAL, 1, 0, 0 },
	{ IPCQ_MATCH_AT_MOST, 0, 3, 0 }, { IPCQ_MATCH_AT_MOST, 18, 9, 0 },
	{ IPCQ_MATCH_RANGE, 0, 1, 3 }, { IPCQ_MATCH_EXCEPT, 0, 1, 0 },
	{ IPCQ_MATCH_EQUAL, 0, 99, 0 },
};

#define DEEP	400

/* What a drain leaves is what receiving leaves, in the order that it had. */
static void each_filter_takes_its_own(void **state)
{
	unsigned int seed = 3;
	uint32_t order;
	size_t w;
	int i;

	(void)state;
	for (order = IPCQ_ORDER_FIFO; order <= IPCQ_ORDER_PRIORITY; order++) {
		for (w = 0; w < sizeof(wants) / sizeof(*wants); w++) {
			int fd = typed_queue(DEEP, order);
			int other = typed_queue(DEEP, order);
			long count = 0;

			for (i = 1; i <= DEEP; i++) {
				uint64_t type = rand_r(&seed) % 5;
				uint32_t priority = order ? rand_r(&seed) % 4 * 9 : 0;

				assert_int_equal(typed_send(fd, type, priority, 8), i);
				assert_int_equal(typed_send(other, type, priority, 8), i);
			}
			while (take(other, wants[w]) > 0)
				count++;
			assert_int_equal(drain(fd, wants[w], 0), count);
			for (i = 0; i < DEEP - count; i++)
				assert_int_equal(take(fd, ANY), take(other, ANY));
			assert_error(take(fd, ANY), EAGAIN);
			close(fd);
			close(other);
		}
	}
}

static void not_more_than_wanted(void **state)
{
	int fd = typed_queue(8, IPCQ_ORDER_FIFO);
	uint64_t i;

	(void)state;
	for (i = 1; i <= 8; i++)
		assert_int_equal(typed_send(fd, 9 - i, 0, 8), i);
	/* The first that there are, though not those of the lowest type. */
	assert_int_equal(drain(fd, AT_MOST(7), 2), 2);
	assert_int_equal(take(fd, ANY), 1);
	assert_int_equal(take(fd, ANY), 4);
	assert_int_equal(drain(fd, ANY, 1), 1);
	assert_int_equal(drain(fd, ANY, UINT64_MAX), 3);
	close(fd);
}

/* A handle's filter is for what it receives. */
static void the_handles_filter_does_not_count(void **state)
{
	int fd = typed_queue(8, IPCQ_ORDER_FIFO);

	(void)state;
	assert_ok(set_filter(fd, EQUAL(7)));
	assert_int_equal(typed_send(fd, 1, 0, 8), 1);
	assert_int_equal(drain(fd, ANY, 0), 1);
	close(fd);
}

static void what_others_have_stays(void **state)
{
	int fd = typed_queue(8, IPCQ_ORDER_FIFO);
	struct copier receiver, looker;
	uint64_t token;
	char byte;

	(void)state;
	assert_int_equal(typed_send(fd, 'a', 0, 1), 1);
	assert_int_equal(typed_send(fd, 'b', 0, 1), 2);
	assert_int_equal(typed_send(fd, 'c', 0, 1), 3);
	assert_int_equal(typed_send(fd, 'd', 0, 1), 4);
	copier_start(&receiver, fd);
	token = hold_first(fd);
	looker_start(&looker, fd);
	/* A message that is looked at goes, and its room with the copy. */
	assert_int_equal(queue_stat(fd).messages, 4);
	assert_ok(call(fd, IPCQ_IOC_QUEUE_DRAIN, &(struct ipcq_queue_drain) {
		.size = sizeof(struct ipcq_queue_drain) }));
	assert_error(take(fd, ANY), EAGAIN);
	assert_int_equal(queue_stat(fd).messages, 3);
	assert_int_equal(copier_end(&looker), 'c');
	assert_int_equal(queue_stat(fd).messages, 2);
	assert_int_equal(copier_end(&receiver), 'a');
	assert_ok(end_hold(fd, token, IPCQ_LEASE_RETURN));
	assert_int_equal(queue_receive(fd, &byte, 1, IPCQ_RECEIVE_F_NONBLOCK, 0), 1);
	assert_int_equal(byte, 'b');
	assert_int_equal(queue_stat(fd).received, 4);
	close(fd);
}

/* ------------------------------------------------------------- who waits */

struct sender {
	pthread_t thread;
	int fd;
	long result;
};

static void *send_one(void *context)
{
	struct sender *sender = context;

	sender->result = queue_send(sender->fd, "x", 1, 0, in(20 * SECOND));
	return NULL;
}

static void senders_come_in_afterwards(void **state)
{
	struct sender senders[3];
	int fd = typed_queue(2, IPCQ_ORDER_FIFO), i;

	(void)state;
	assert_int_equal(typed_send(fd, 1, 0, 8), 1);
	assert_int_equal(typed_send(fd, 1, 0, 8), 2);
	for (i = 0; i < 3; i++) {
		senders[i] = (struct sender) { .fd = fd };
		assert_int_equal(pthread_create(&senders[i].thread, NULL, send_one,
						&senders[i]), 0);
		eventually(queue_stat(fd).waiting_senders == (uint32_t)i + 1);
	}
	assert_ok(call(fd, IPCQ_IOC_QUEUE_DRAIN, &(struct ipcq_queue_drain) {
		.size = sizeof(struct ipcq_queue_drain) }));
	/* Theirs are not drained: two fit. */
	eventually(queue_stat(fd).messages == 2);
	assert_int_equal(queue_stat(fd).waiting_senders, 1);
	assert_int_equal(queue_stat(fd).received, 2);
	assert_int_equal(take(fd, ANY), 3);
	assert_int_equal(take(fd, ANY), 4);
	eventually(take(fd, ANY) == 5);
	for (i = 0; i < 3; i++) {
		assert_int_equal(pthread_join(senders[i].thread, NULL), 0);
		assert_int_equal(senders[i].result, 0);
	}
	close(fd);
}

#define CALLERS	20		/* more than are woken in one go */

static void *call_once(void *context)
{
	struct ipcq_queue_call args = {
		.size = sizeof(args),
		.payload = (uintptr_t)"?",
		.length = 1,
	};

	return (void *)(intptr_t)call(*(int *)context, IPCQ_IOC_QUEUE_CALL, &args);
}

static void callers_are_told(void **state)
{
	pthread_t threads[CALLERS];
	int fd = typed_queue(2 * CALLERS, IPCQ_ORDER_FIFO), i;
	void *result;

	(void)state;
	for (i = 0; i < CALLERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, call_once, &fd), 0);
	eventually(queue_stat(fd).messages == CALLERS);
	assert_int_equal(drain(fd, ANY, 0), CALLERS);
	for (i = 0; i < CALLERS; i++) {
		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_error((intptr_t)result, ECANCELED);
	}
	assert_int_equal(queue_stat(fd).messages, 0);
	close(fd);
}

/* ---------------------------------------------------------------------- storm */

#define SENT	3000

static int storm;
static volatile bool sent_all;

static void *send_storm(void *context)
{
	uint64_t i;

	(void)context;
	for (i = 0; i < SENT; i++) {
		struct ipcq_queue_send args = {
			.size = sizeof(args),
			.deadline = in(20 * SECOND),
			.priority = i % 7,
			.type = i % 3,
		};

		assert_ok(call(storm, IPCQ_IOC_QUEUE_SEND, &args));
	}
	return NULL;
}

static void *drain_storm(void *context)
{
	long count = 0, ret;

	do {
		struct ipcq_queue_drain args = drain_args(EQUAL((intptr_t)context));

		assert_ok(call(storm, IPCQ_IOC_QUEUE_DRAIN, &args));
		count += args.messages;
		ret = take(storm, EQUAL((intptr_t)context));
		if (ret > 0)
			count++;
	} while (!sent_all || ret > 0);
	return (void *)count;
}

/* Every message goes once, to one of those who drain and receive at the same time. */
static void each_goes_once(void **state)
{
	pthread_t senders[2], drainers[4];
	long count = 0;
	void *result;
	int i;

	(void)state;
	storm = typed_queue(300, IPCQ_ORDER_PRIORITY);
	for (i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&drainers[i], NULL, drain_storm,
						(void *)(intptr_t)(i % 3)), 0);
	for (i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&senders[i], NULL, send_storm, NULL), 0);
	for (i = 0; i < 2; i++)
		assert_int_equal(pthread_join(senders[i], NULL), 0);
	sent_all = true;
	for (i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(drainers[i], &result), 0);
		count += (intptr_t)result;
	}
	count += drain(storm, ANY, 0);
	assert_int_equal(count, 2 * SENT);
	assert_int_equal(queue_stat(storm).received, 2 * SENT);
	assert_int_equal(queue_stat(storm).messages, 0);
	close(storm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_go),
		cmocka_unit_test(each_filter_takes_its_own),
		cmocka_unit_test(not_more_than_wanted),
		cmocka_unit_test(the_handles_filter_does_not_count),
		cmocka_unit_test(what_others_have_stays),
		cmocka_unit_test(senders_come_in_afterwards),
		cmocka_unit_test(callers_are_told),
		cmocka_unit_test(each_goes_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
