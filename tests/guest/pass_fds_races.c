// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Descriptors are passed by many to many, of whom some are killed, some have too little
 * room, and some do not want them, while messages are dropped and expire.  In the end
 * every file is closed.
 *
 * An argument is the seed to repeat; without one it is taken from the clock.
 */
#include "passing.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define WORKERS		6
#define DURATION	(2 * SECOND)
#define PASSED		100		/* at least */

static unsigned int *passed;
static unsigned int seed;
static int queue;
static struct watched witness;

static unsigned int pick(unsigned int n)
{
	return (unsigned int)rand_r(&seed) % n;
}

static void send_some(void)
{
	int fds[IPCQ_FDS_MAX];
	uint32_t count = 1 + pick(4), i;
	long ret;

	for (i = 0; i < count; i++)
		fds[i] = witness.fd;
	ret = send_fds(queue, fds, count, pick(2) ? 0 : MS * pick(5));
	assert_true(ret == 0 || ret == -EAGAIN);
}

static void receive_some(void)
{
	struct got got = get(queue, pick(5),
			     (pick(2) ? IPCQ_RECEIVE_F_TRUNCATE : 0) |
			     (pick(4) ? 0 : IPCQ_RECEIVE_F_LEASE));
	uint32_t i;

	assert_true(got.result == 1 || got.result == -EAGAIN ||
		    got.result == -EMSGSIZE);
	for (i = 0; i < IPCQ_FDS_MAX && got.fds[i] >= 0; i++) {
		assert_true(got.result == 1);
		/* It is a pipe's, not some other file or nothing. */
		assert_int_equal(fcntl(got.fds[i], F_GETFL) & O_ACCMODE, O_WRONLY);
		close(got.fds[i]);
		__atomic_fetch_add(passed, 1, __ATOMIC_RELAXED);
	}
}

static int work(void *context)
{
	seed = *(unsigned int *)context;
	for (;;) {
		if (pick(2))
			send_some();
		else
			receive_some();
	}
	return 0;
}

static pid_t start(void)
{
	unsigned int own = pick(UINT32_MAX >> 1);

	return spawn(work, &own);
}

static void every_file_is_closed_in_the_end(void **state)
{
	struct ipcq_queue_open args = queue_args(NULL, RW | CREATE);
	const struct ipcq_query before = query();
	uint64_t end = in(DURATION);
	pid_t pids[WORKERS];
	unsigned int i;

	(void)state;
	passed = shared_memory(sizeof(*passed));
	args.max_messages = 8;
	args.max_message_size = 1;
	args.full = IPCQ_FULL_DROP_OLDEST;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	queue = args.open.fd;
	witness = watched_new();
	for (i = 0; i < WORKERS; i++)
		pids[i] = start();
	while (in(0) < end || *passed < PASSED) {
		sleep_ms(5);
		i = pick(WORKERS);
		kill(pids[i], SIGKILL);
		assert_int_equal(reap(pids[i]), 128 + SIGKILL);
		pids[i] = start();
	}
	for (i = 0; i < WORKERS; i++) {
		kill(pids[i], SIGKILL);
		assert_int_equal(reap(pids[i]), 128 + SIGKILL);
	}
	print_message("  passed %u\n", *passed);
	watched_close(&witness);
	close(queue);
	eventually(!is_open(&witness));
	eventually(query().files == before.files);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_file_is_closed_in_the_end),
	};

	seed = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 0) : (unsigned int)in(0);
	print_message("  seed %u\n", seed);
	return cmocka_run_group_tests_name("pass_fds_races", tests, NULL, NULL);
}
