// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The fast paths of libipcq under the thread sanitizer, on a model of the module.
 *
 * What the locks are to protect is plain memory.  The sanitizer knows of no order but
 * that of the atomic accesses, as the C memory model has it, whatever this processor
 * does; so a fast path that is not an acquire, or not a release, is a data race.
 *
 * The model's calls are under a lock of its own, which orders the threads too: what is
 * tested is what happens between the calls, so there must be few of them.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake/fake.h"
#include "ipcq.h"

#define THREADS		4
#define TURNS		20000
#define ROUNDS		20000

/* Looks before a thread sleeps. */
#define PATIENCE	2000

enum { THERE, BACK };		/* the eventcounts */

static struct ipcq *ipcq;
static struct ipcq_region *region;
static unsigned long counter;

static const struct ipcq_region_options options = {
	.size = 4096, .mutexes = 1, .eventcounts = 2,
};

/* The region stays to the end: unmapping it would take the model's own mapping. */
static int set_up(void **state)
{
	(void)state;
	fake->one_mapping = true;
	if (ipcq_connect(&ipcq))
		return -1;
	return ipcq_region_open(ipcq, "r", IPCQ_READ | IPCQ_WRITE | IPCQ_CREATE,
				&options, &region) - 1;
}

static void *count(void *context)
{
	int i;

	(void)context;
	for (i = 0; i < TURNS; i++) {
		if (ipcq_mutex_lock(region, 0))
			return "lock";
		counter++;
		if (ipcq_mutex_unlock(region, 0))
			return "unlock";
	}
	return NULL;
}

static void mutex(void **state)
{
	pthread_t threads[THREADS];
	void *failed;
	int i;

	(void)state;
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, count, NULL), 0);
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	assert_int_equal(counter, THREADS * TURNS);
	/* Some of it without the kernel, or nothing has been tested; how much is chance. */
	assert_in_range(fake->calls[_IOC_NR(IPCQ_IOC_MUTEX_LOCK)], 0,
			THREADS * TURNS - TURNS / 20);
}

/* Waits until an eventcount has been advanced often enough; NULL, or what failed. */
static void *await(uint32_t eventcount, uint32_t target)
{
	uint32_t seen;
	int looks = 0;

	for (;;) {
		seen = ipcq_eventcount_read(region, eventcount);
		if (seen / IPCQ_EVENTCOUNT_ONE >= target)
			return NULL;
		if (++looks < PATIENCE)
			sched_yield();
		else if (ipcq_eventcount_wait(region, eventcount, seen, 0,
					      IPCQ_NO_DEADLINE))
			return "wait";
	}
}

static void *answer(void *context)
{
	uint32_t round;
	void *failed;

	(void)context;
	for (round = 1; round <= ROUNDS; round++) {
		failed = await(THERE, round);
		if (failed)
			return failed;
		if (counter++ != 2 * round - 1)
			return "counter";
		if (ipcq_eventcount_advance(region, BACK, 1) < 0)
			return "advance";
	}
	return NULL;
}

static void eventcount(void **state)
{
	pthread_t thread;
	uint32_t round;
	void *failed;

	(void)state;
	counter = 0;
	assert_int_equal(pthread_create(&thread, NULL, answer, NULL), 0);
	for (round = 1; round <= ROUNDS; round++) {
		counter++;
		assert_true(ipcq_eventcount_advance(region, THERE, 1) >= 0);
		assert_null(await(BACK, round));
	}
	assert_int_equal(pthread_join(thread, &failed), 0);
	assert_null(failed);
	assert_int_equal(counter, 2 * ROUNDS);
	assert_in_range(fake->calls[_IOC_NR(IPCQ_IOC_EVENTCOUNT_WAIT)], 0,
			ROUNDS - ROUNDS / 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mutex), cmocka_unit_test(eventcount),
	};

	return cmocka_run_group_tests_name("hammer", tests, set_up, NULL);
}
