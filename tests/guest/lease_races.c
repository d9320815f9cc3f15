// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Leases under concurrency: each hold ends once, whoever comes first, and nobody reads
 * what is not, or no longer, there.
 */
#include "lease.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS	200
#define BIG	100000

static int fd;
static _Atomic uint64_t shown;		/* the token to read by; 0: the end */
static atomic_int torn, reads;

/* Each message is one byte over and over: who reads a part of two sees it. */
static void *read_over_and_over(void *unused)
{
	static char buffer[BIG];
	struct ipcq_queue_lease args = {
		.size = sizeof(args),
		.operation = IPCQ_LEASE_READ,
		.payload = (uintptr_t)buffer,
		.length = BIG,
	};
	long length;

	while ((args.token = shown)) {
		length = call(fd, IPCQ_IOC_QUEUE_LEASE, &args);
		if (length == -ENOKEY)
			continue;
		if (length != BIG || memcmp(buffer, buffer + 1, BIG - 1))
			torn++;
		reads++;
	}
	return unused;
}

static void send_big(int byte)
{
	static char message[BIG];

	memset(message, byte, BIG);
	assert_ok(queue_send(fd, message, BIG, IPCQ_SEND_F_NONBLOCK, 0));
}

static uint64_t lease_big(uint64_t time)
{
	static char buffer[BIG];
	struct ipcq_queue_receive args = {
		.size = sizeof(args),
		.flags = IPCQ_RECEIVE_F_LEASE | IPCQ_RECEIVE_F_NONBLOCK,
		.payload = (uintptr_t)buffer,
		.length = BIG,
		.lease = time,
	};

	assert_int_equal(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args), BIG);
	return args.token;
}

/* While one thread reads, the other ends the hold, and the memory is used again. */
static void reading_against_ending(void **state)
{
	struct timespec moment = { 0 };
	pthread_t thread;
	uint64_t token;
	int i;

	(void)state;
	fd = queue_new(2, BIG);
	send_big(0);
	shown = token = lease_big(0);
	assert_int_equal(pthread_create(&thread, NULL, read_over_and_over, NULL), 0);
	for (i = 1; i <= ROUNDS; i++) {
		moment.tv_nsec = i % 7 * 30000;
		nanosleep(&moment, NULL);
		if (i % 2) {
			assert_ok(acknowledge(fd, token));
		} else {
			/* It is received again at once, by another token. */
			assert_ok(give_back(fd, token, 0));
			eventually(queue_receive(fd, NULL, 0, IPCQ_RECEIVE_F_NONBLOCK, 0) ==
				   -EMSGSIZE);
			assert_ok(acknowledge(fd, lease_big(0)));
		}
		send_big(i);
		shown = token = lease_big(0);
	}
	shown = 0;
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(torn, 0);
	assert_true(reads > 0);
	assert_ok(acknowledge(fd, token));
	eventually(!queue_stat(fd).messages);
	close(fd);
}

static pthread_barrier_t barrier;

static void *attach_at_once(void *result)
{
	pthread_barrier_wait(&barrier);
	*(long *)result = deal(fd, IPCQ_LEASE_ATTACH, 0, 0);
	return NULL;
}

/* Threads of one process become one owner, also when they come together. */
static void attaching_at_once(void **state)
{
	long results[4];
	pthread_t threads[4];
	int i, round;

	(void)state;
	assert_int_equal(query().owners, 0);
	pthread_barrier_init(&barrier, NULL, 4);
	for (round = 0; round < 100; round++) {
		fd = queue_new(2, 8);
		for (i = 0; i < 4; i++)
			assert_int_equal(pthread_create(&threads[i], NULL, attach_at_once,
							&results[i]), 0);
		for (i = 0; i < 4; i++) {
			assert_int_equal(pthread_join(threads[i], NULL), 0);
			assert_int_equal(results[i], 0);
		}
		assert_int_equal(query().owners, 1);
		close(fd);
		assert_int_equal(query().owners, 0);
	}
}

/* ---------------------------------------------------------------- a kill storm */

#define MESSAGES	300
#define WORKERS		4

static struct ledger {
	atomic_uint received[MESSAGES];
	atomic_uint done[MESSAGES];
	atomic_uint redelivered;
} *ledger;

/* Deals with messages until there are none, if it lives that long. */
static int work(void *unused)
{
	uint32_t number;
	struct ipcq_queue_receive args = {
		.size = sizeof(args),
		.flags = IPCQ_RECEIVE_F_LEASE,
		.payload = (uintptr_t)&number,
		.length = sizeof(number),
	};

	(void)unused;
	for (;;) {
		args.deadline = in(20 * SECOND);
		if (call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args) != sizeof(number))
			return 1;
		if (number >= MESSAGES)
			return 0;
		ledger->received[number]++;
		if (args.redeliveries)
			ledger->redelivered++;
		/* Before: who is killed between the two has done it twice. */
		ledger->done[number]++;
		if (acknowledge(fd, args.token))
			return 2;
	}
}

static void workers_are_killed(void **state)
{
	unsigned int seed = time(NULL), i, kills = 0;
	uint32_t end = MESSAGES;
	pid_t pids[WORKERS];

	(void)state;
	print_message("seed %u\n", seed);
	ledger = shared_memory(sizeof(*ledger));
	fd = queue_new(MESSAGES + WORKERS, sizeof(end));
	for (i = 0; i < MESSAGES; i++)
		assert_ok(queue_send(fd, &i, sizeof(i), 0, 0));
	for (i = 0; i < WORKERS; i++)
		pids[i] = spawn(work, NULL);
	while (queue_stat(fd).received < MESSAGES && kills < 2000) {
		i = rand_r(&seed) % WORKERS;
		sleep_ms(rand_r(&seed) % 3);
		kill(pids[i], SIGKILL);
		assert_int_equal(reap(pids[i]), 128 + SIGKILL);
		pids[i] = spawn(work, NULL);
		kills++;
	}
	for (i = 0; i < WORKERS; i++)
		assert_ok(queue_send(fd, &end, sizeof(end), 0, 0));
	/* A token is given back when its worker ends, so that each gets one. */
	for (i = 0; i < WORKERS; i++)
		assert_int_equal(reap(pids[i]), 0);
	for (i = 0; i < MESSAGES; i++)
		assert_true(ledger->done[i] >= 1);
	eventually(!queue_stat(fd).held);
	assert_int_equal(queue_stat(fd).received, MESSAGES);
	assert_int_equal(queue_stat(fd).messages, WORKERS);
	print_message("%u kills, %u redeliveries\n", kills, ledger->redelivered);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading_against_ending),
		cmocka_unit_test(attaching_at_once),
		cmocka_unit_test(workers_are_killed),
	};

	return cmocka_run_group_tests_name("lease_races", tests, NULL, NULL);
}
