// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Holders of a mutex are killed at random, for a while.
 *
 * The mutex protects two counters that are equal whenever it is free.  Who gets it
 * from a holder that died makes them equal again; who gets it otherwise must find
 * them equal, and must be alone.
 *
 * An argument is the seed to repeat; without one it is taken from the clock.
 */
#include "common.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define WORKERS		4
#define DURATION	(2 * SECOND)
#define KILLED		20		/* at least */

/* In the region, so that it is shared as a user would share it. */
struct data {
	volatile unsigned long first, second;
	volatile uint32_t inside;	/* who is in the critical section */
	volatile unsigned int repairs;
	/* What must not happen, changed by atomics. */
	unsigned int unequal, not_alone, failed;
};

static struct data *data;
static unsigned int seed;
static int region;

static void note(unsigned int *what)
{
	__atomic_fetch_add(what, 1, __ATOMIC_RELAXED);
}

static int lock(uint32_t *word, uint32_t id, bool by_hand)
{
	uint32_t expected = 0;

	if (by_hand && __atomic_compare_exchange_n(word, &expected, id, false,
						   __ATOMIC_ACQUIRE,
						   __ATOMIC_RELAXED))
		return 0;
	return mutex_lock(region, 0, 0, 0);
}

static int unlock(uint32_t *word, uint32_t id, bool by_hand)
{
	if (by_hand && __atomic_compare_exchange_n(word, &id, 0, false,
						   __ATOMIC_RELEASE,
						   __ATOMIC_RELAXED))
		return 0;
	return mutex_unlock(region, 0);
}

/* Returns false when the mutex is to be given up as it is. */
static bool repair(void)
{
	if (data->repairs++ % 8 == 7)
		return false;
	data->second = data->first;
	if (mutex_consistent(region, 0))
		note(&data->failed);
	return true;
}

static void work(uint32_t id)
{
	volatile int pause;

	data->inside = id;
	if (data->first != data->second)
		note(&data->unequal);
	data->first++;
	for (pause = 0; pause < 50; pause++)
		;
	data->second++;
	if (data->inside != id)
		note(&data->not_alone);
}

static int run_worker(void *context)
{
	uint32_t id = region_attach(region), round;
	uint32_t *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
			      region, IPCQ_REGION_CONTROL_OFFSET);
	int ret;

	(void)context;
	if (word == MAP_FAILED)
		return 1;
	for (round = 0;; round++) {
		ret = lock(word, id, round % 4);
		if (ret && ret != -EOWNERDEAD)
			note(&data->failed);
		if (!ret || repair())
			work(id);
		if (unlock(word, id, round % 3))
			note(&data->failed);
	}
}

static void holders_may_die_at_any_point(void **state)
{
	unsigned int victim, killed = 0;
	uint64_t end = in(DURATION);
	pid_t pids[WORKERS];

	(void)state;
	region = region_new(sizeof(*data), 1, 0);
	data = mmap(NULL, sizeof(*data), PROT_READ | PROT_WRITE, MAP_SHARED,
		    region, 0);
	assert_true(data != MAP_FAILED);
	for (victim = 0; victim < WORKERS; victim++)
		pids[victim] = spawn(run_worker, NULL);
	while (in(0) < end || killed < KILLED) {
		usleep(rand_r(&seed) % 3000);
		victim = rand_r(&seed) % WORKERS;
		kill(pids[victim], SIGKILL);
		assert_int_equal(reap(pids[victim]), 128 + SIGKILL);
		pids[victim] = spawn(run_worker, NULL);
		killed++;
	}
	for (victim = 0; victim < WORKERS; victim++) {
		kill(pids[victim], SIGKILL);
		assert_int_equal(reap(pids[victim]), 128 + SIGKILL);
	}
	print_message("%lu rounds, %u killed, %llu of them holding, %u repairs\n",
		      data->first, killed,
		      (unsigned long long)mutex_stat(region, 0).deaths,
		      data->repairs);
	assert_int_equal(data->unequal, 0);
	assert_int_equal(data->not_alone, 0);
	assert_int_equal(data->failed, 0);
	assert_true(data->first > 100);
}

static void the_mutex_works_afterwards(void **state)
{
	int ret = mutex_lock(region, 0, 0, in(10 * SECOND));

	(void)state;
	assert_true(!ret || ret == -EOWNERDEAD);
	if (ret)
		assert_ok(mutex_consistent(region, 0));
	else
		assert_int_equal(data->first, data->second);
	assert_ok(mutex_unlock(region, 0));
	eventually(region_stat(region).owners == 1);
	assert_int_equal(mutex_stat(region, 0).word, 0);
	assert_int_equal(mutex_stat(region, 0).waiters, 0);
	munmap(data, sizeof(*data));
	close(region);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holders_may_die_at_any_point),
		cmocka_unit_test(the_mutex_works_afterwards),
	};

	seed = argc > 1 ? strtoul(argv[1], NULL, 0) : in(0) / MS;
	print_message("seed %u\n", seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
