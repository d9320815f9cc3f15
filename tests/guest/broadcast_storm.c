// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Subscribers that come, go and are killed at any moment, while others send: nobody
 * receives a message twice, out of order, or without one before it, and in the end
 * nothing is left.
 */
#include "subscribers.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define MESSAGES	1000		/* of each sender */
#define SENDERS		2
#define TOTAL		(MESSAGES * SENDERS)
#define LISTENERS	6
#define SHARERS		2

static struct {
	atomic_uchar shared[TOTAL + 1];	/* how often the sharers got a message */
	atomic_bool over;
	atomic_uint heard, joined, wrong;
} *world;

static int run_sender(void *context)
{
	int fd = *(int *)context, i;

	for (i = 0; i < MESSAGES; i++)
		assert_ok(queue_send(fd, &i, sizeof(i), 0, 0));
	return 0;
}

/* Receives one message; its number, or 0 when there is none for a while. */
static uint64_t receive_one(int fd, uint64_t *dropped)
{
	int payload;
	struct ipcq_queue_receive args = {
		.size = sizeof(args),
		.payload = (uintptr_t)&payload,
		.length = sizeof(payload),
		.deadline = in(20 * MS),
	};

	if (call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args) != sizeof(payload))
		return 0;
	*dropped = args.dropped;
	return args.sequence;
}

/* Subscribes, listens for a while, leaves, and again. */
static int run_listener(void *context)
{
	uint64_t last, number, dropped = 0;
	int fd, rounds;

	(void)context;
	srand((unsigned int)getpid());
	while (!world->over) {
		fd = crowd_open();
		assert_ok(subscribe(fd, rand() & IPCQ_SUBSCRIBE_F_KEPT, &last));
		world->joined++;
		for (rounds = rand() % 200; rounds; rounds--) {
			number = receive_one(fd, &dropped);
			if (!number)
				continue;
			if (number != last + 1 || dropped)
				world->wrong++;
			last = number;
			world->heard++;
		}
		close(fd);
	}
	return 0;
}

static int run_sharer(void *context)
{
	uint64_t number, dropped;

	while (!world->over) {
		number = receive_one(*(int *)context, &dropped);
		if (number)
			world->shared[number]++;
	}
	return 0;
}

/* Kills one of the children at a time, and begins it again. */
static void storm(pid_t *senders, pid_t *listeners, pid_t *sharers, int shared)
{
	unsigned int round, ended = 0;
	int victim;

	for (round = 0; ended < SENDERS && round < 20000; round++) {
		sleep_ms(2);
		victim = rand() % (LISTENERS + SHARERS);
		if (victim < LISTENERS) {
			kill(listeners[victim], SIGKILL);
			assert_int_equal(reap(listeners[victim]), 128 + SIGKILL);
			listeners[victim] = spawn(run_listener, NULL);
		} else {
			victim -= LISTENERS;
			kill(sharers[victim], SIGKILL);
			assert_int_equal(reap(sharers[victim]), 128 + SIGKILL);
			sharers[victim] = spawn(run_sharer, &shared);
		}
		if (queue_stat(shared).sent == TOTAL)
			break;
	}
	for (; ended < SENDERS; ended++)
		assert_int_equal(reap(senders[ended]), 0);
}

static void nothing_twice_and_nothing_left(void **state)
{
	uint64_t before = query().message_bytes;
	int out = crowd_new(8, 16, 4), shared = subscriber_new(0), i;
	pid_t senders[SENDERS], listeners[LISTENERS], sharers[SHARERS];

	(void)state;
	for (i = 0; i < LISTENERS; i++)
		listeners[i] = spawn(run_listener, NULL);
	for (i = 0; i < SHARERS; i++)
		sharers[i] = spawn(run_sharer, &shared);
	for (i = 0; i < SENDERS; i++)
		senders[i] = spawn(run_sender, &out);
	storm(senders, listeners, sharers, shared);
	world->over = true;
	for (i = 0; i < LISTENERS; i++)
		assert_int_equal(reap(listeners[i]), 0);
	for (i = 0; i < SHARERS; i++)
		assert_int_equal(reap(sharers[i]), 0);

	assert_int_equal(world->wrong, 0);
	assert_true(world->heard > 0);
	for (i = 1; i <= TOTAL; i++)
		assert_in_range(world->shared[i], 0, 1);
	assert_int_equal(queue_stat(out).sent, TOTAL);
	close(shared);
	assert_int_equal(queue_stat(out).subscribers, 0);
	assert_int_equal(queue_stat(out).waiting_receivers, 0);
	assert_int_equal(queue_stat(out).messages, 0);
	assert_int_equal(queue_stat(out).bytes, 0);
	assert_int_equal(queue_stat(out).retained, 4);
	close(out);
	assert_int_equal(query().message_bytes, before);
	print_message("%u messages heard, in %u subscriptions\n", world->heard,
		      world->joined);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_twice_and_nothing_left),
	};

	world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return cmocka_run_group_tests_name("broadcast_storm", tests, NULL, NULL);
}
