// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Waiting for a message and for room: whose turn it is, and what ends a wait.
 */
#include "common.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WAITERS	5

/* What a child that waits needs to know, and tells. */
struct waiter {
	int fd;
	unsigned int number;
	size_t length;
	int result;
	unsigned char byte;
};

/* Shared with the children. */
static struct waiter *waiters;

static int receive_one(void *context)
{
	struct waiter *self = context;

	self->result = queue_receive(self->fd, &self->byte, 1, 0, 0);
	return 0;
}

static int send_one(void *context)
{
	struct waiter *self = context;
	unsigned char buffer[64] = { self->number };

	self->result = queue_send(self->fd, buffer, self->length, 0, 0);
	return 0;
}

static unsigned int waiting(int fd)
{
	return queue_stat(fd).waiting_senders + queue_stat(fd).waiting_receivers;
}

/* Starts a child that waits, and returns when it does. */
static pid_t start_waiter(int fd, unsigned int number, bool sender, size_t length)
{
	unsigned int before = waiting(fd);
	struct waiter *self = &waiters[number];
	pid_t pid;

	*self = (struct waiter) {
		.fd = fd, .number = number, .length = length, .result = 1000,
	};
	pid = spawn(sender ? send_one : receive_one, self);
	eventually(waiting(fd) == before + 1);
	wait_asleep(pid);
	return pid;
}

static void receivers_are_served_in_their_order(void **state)
{
	int fd = queue_new(WAITERS, 8);
	pid_t pids[WAITERS];
	unsigned int i;

	(void)state;
	for (i = 0; i < WAITERS; i++)
		pids[i] = start_waiter(fd, i, false, 0);
	for (i = 0; i < WAITERS; i++)
		assert_ok(queue_send(fd, &(char){ 'a' + i }, 1, 0, 0));
	for (i = 0; i < WAITERS; i++) {
		assert_int_equal(reap(pids[i]), 0);
		assert_int_equal(waiters[i].result, 1);
		assert_int_equal(waiters[i].byte, 'a' + i);
	}
	close(fd);
}

static void a_message_goes_to_who_waits_and_to_nobody_else(void **state)
{
	int fd = queue_new(4, 8);
	pid_t pid = start_waiter(fd, 0, false, 0);
	char byte;

	(void)state;
	assert_ok(queue_send(fd, "m", 1, 0, 0));
	/* It was handed over: who comes now finds nothing. */
	assert_error(queue_receive(fd, &byte, 1, IPCQ_RECEIVE_F_NONBLOCK, 0),
		     EAGAIN);
	assert_int_equal(reap(pid), 0);
	assert_int_equal(waiters[0].byte, 'm');
	close(fd);
}

static void senders_are_let_in_in_their_order(void **state)
{
	int fd = queue_new(2, 8);
	pid_t pids[WAITERS];
	unsigned char byte;
	unsigned int i;

	(void)state;
	assert_ok(queue_send(fd, "x", 1, 0, 0));
	assert_ok(queue_send(fd, "y", 1, 0, 0));
	for (i = 0; i < WAITERS; i++)
		pids[i] = start_waiter(fd, i, true, 1);
	/* Not past those who wait. */
	assert_error(queue_send(fd, "z", 1, IPCQ_SEND_F_NONBLOCK, 0), EAGAIN);
	assert_int_equal(queue_receive(fd, &byte, 1, 0, 0), 1);
	assert_int_equal(queue_receive(fd, &byte, 1, 0, 0), 1);
	for (i = 0; i < WAITERS; i++) {
		assert_int_equal(queue_receive(fd, &byte, 1, 0, in(5 * SECOND)), 1);
		assert_int_equal(byte, i);
	}
	for (i = 0; i < WAITERS; i++) {
		assert_int_equal(reap(pids[i]), 0);
		assert_int_equal(waiters[i].result, 0);
	}
	close(fd);
}

/* Where one message of the longest allowed fills it. */
static int queue_of_64_bytes(void)
{
	struct ipcq_queue_open args = queue_args(NULL, RW | CREATE);

	args.max_messages = 10;
	args.max_message_size = 64;
	args.max_bytes = 64;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	return args.open.fd;
}

static void a_short_message_does_not_pass_a_long_one(void **state)
{
	int fd = queue_of_64_bytes();
	unsigned char buffer[64];
	pid_t longer, shorter;

	(void)state;
	assert_ok(queue_send(fd, buffer, 40, 0, 0));
	longer = start_waiter(fd, 0, true, 64);
	/* There is room for one byte. */
	assert_error(queue_send(fd, "x", 1, IPCQ_SEND_F_NONBLOCK, 0), EAGAIN);
	shorter = start_waiter(fd, 1, true, 1);
	assert_int_equal(queue_receive(fd, buffer, 64, 0, 0), 40);
	assert_int_equal(queue_receive(fd, buffer, 64, 0, in(5 * SECOND)), 64);
	assert_int_equal(queue_receive(fd, buffer, 64, 0, in(5 * SECOND)), 1);
	assert_int_equal(reap(longer) + reap(shorter), 0);
	close(fd);
}

static void a_sender_that_gives_up_makes_way(void **state)
{
	int fd = queue_of_64_bytes();
	unsigned char buffer[64];
	pid_t longer, shorter;

	(void)state;
	assert_ok(queue_send(fd, buffer, 40, 0, 0));
	longer = start_waiter(fd, 0, true, 64);
	shorter = start_waiter(fd, 1, true, 1);
	kill(longer, SIGKILL);
	assert_int_equal(reap(longer), 128 + SIGKILL);
	/* Nobody receives, and yet it gets in. */
	assert_int_equal(reap(shorter), 0);
	assert_int_equal(waiters[1].result, 0);
	assert_int_equal(queue_stat(fd).bytes, 41);
	close(fd);
}

/* A receiver that takes one message of many and then stops. */
static void a_single_free_slot_is_used_within_bounded_time(void **state)
{
	int fd = queue_new(64, 8), i;
	char byte;
	pid_t pid;

	(void)state;
	for (i = 0; i < 64; i++)
		assert_ok(queue_send(fd, "x", 1, 0, 0));
	pid = start_waiter(fd, 0, true, 1);
	assert_int_equal(queue_receive(fd, &byte, 1, 0, 0), 1);
	assert_int_equal(reap(pid), 0);
	assert_int_equal(queue_stat(fd).messages, 64);
	close(fd);
}

static void a_drained_queue_lets_in_all_who_wait(void **state)
{
	int fd = queue_new(4, 8), i;
	pid_t pids[20];
	char byte;

	(void)state;
	for (i = 0; i < 4; i++)
		assert_ok(queue_send(fd, "x", 1, 0, 0));
	for (i = 0; i < 20; i++)
		pids[i] = start_waiter(fd, i, true, 1);
	for (i = 0; i < 24; i++)
		assert_int_equal(queue_receive(fd, &byte, 1, 0, in(5 * SECOND)), 1);
	for (i = 0; i < 20; i++)
		assert_int_equal(reap(pids[i]), 0);
	close(fd);
}

/* A receiver whose buffer is too short must not swallow the turn of the next. */
static void who_cannot_take_a_message_leaves_it_to_the_next(void **state)
{
	int fd = queue_new(4, 8);
	pid_t first = start_waiter(fd, 0, false, 0);
	char buffer[8];

	(void)state;
	assert_ok(queue_send(fd, "ab", 2, 0, 0));
	assert_int_equal(reap(first), 0);
	assert_error(waiters[0].result, EMSGSIZE);
	assert_int_equal(queue_receive(fd, buffer, 8, IPCQ_RECEIVE_F_NONBLOCK, 0),
			 2);
	close(fd);
}

/* 8 threads on one handle, half of them sending: each message arrives once. */
#define THREADS		4
#define PER_THREAD	200

static unsigned char *seen;

static void *send_many(void *context)
{
	struct waiter *self = context;
	uint32_t i, number;

	for (i = 0; i < PER_THREAD && self->result >= 0; i++) {
		number = self->number * PER_THREAD + i;
		self->result = queue_send(self->fd, &number, 4, 0, in(20 * SECOND));
	}
	return NULL;
}

static void *receive_many(void *context)
{
	struct waiter *self = context;
	uint32_t i, number = 0;

	for (i = 0; i < PER_THREAD && self->result >= 0; i++) {
		self->result = queue_receive(self->fd, &number, 4, 0,
					     in(20 * SECOND));
		__atomic_fetch_add(&seen[number % (THREADS * PER_THREAD)], 1,
				   __ATOMIC_RELAXED);
	}
	return NULL;
}

static void many_threads_share_a_handle(void **state)
{
	struct waiter selves[2 * THREADS];
	pthread_t threads[2 * THREADS];
	int fd = queue_new(3, 4), i;

	(void)state;
	seen = calloc(THREADS, PER_THREAD);
	for (i = 0; i < 2 * THREADS; i++) {
		selves[i] = (struct waiter) { .fd = fd, .number = i / 2 };
		assert_int_equal(pthread_create(&threads[i], NULL, i % 2 ?
						send_many : receive_many,
						&selves[i]), 0);
	}
	for (i = 0; i < 2 * THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_ok(selves[i].result);
	}
	for (i = 0; i < THREADS * PER_THREAD; i++)
		assert_int_equal(seen[i], 1);
	free(seen);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(receivers_are_served_in_their_order),
		cmocka_unit_test(a_message_goes_to_who_waits_and_to_nobody_else),
		cmocka_unit_test(senders_are_let_in_in_their_order),
		cmocka_unit_test(a_short_message_does_not_pass_a_long_one),
		cmocka_unit_test(a_sender_that_gives_up_makes_way),
		cmocka_unit_test(a_single_free_slot_is_used_within_bounded_time),
		cmocka_unit_test(a_drained_queue_lets_in_all_who_wait),
		cmocka_unit_test(who_cannot_take_a_message_leaves_it_to_the_next),
		cmocka_unit_test(many_threads_share_a_handle),
	};

	waiters = shared_memory(32 * sizeof(*waiters));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
