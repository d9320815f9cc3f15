// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libipcq on a model of the module: the eventcounts of regions.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "with_region.h"

static void *wait_for_eventcount(void *context)
{
	uint32_t *seen = context;

	return ipcq_eventcount_wait(region, 1, *seen, 0, IPCQ_NO_DEADLINE) ?
	       "wait" : NULL;
}

static void eventcounts(void **state)
{
	uint32_t seen = ipcq_eventcount_read(region, 1);
	unsigned int before;
	pthread_t thread;
	void *failed;

	(void)state;
	before = calls();
	assert_int_equal(ipcq_eventcount_advance(region, 1, 1), 0);
	assert_int_not_equal(ipcq_eventcount_read(region, 1), seen);
	assert_int_equal(ipcq_eventcount_wait(region, 1, seen, 0, 0), 0);
	assert_int_equal(calls(), before);
	assert_int_equal(ipcq_eventcount_read(region, 0), 0);

	seen = ipcq_eventcount_read(region, 1);
	assert_int_equal(ipcq_eventcount_wait(region, 1, seen, IPCQ_DONTWAIT, 0),
			 -EAGAIN);
	assert_int_equal(ipcq_eventcount_wait(region, 1, seen, 0,
					      ipcq_deadline(2000000)), -ETIMEDOUT);
	assert_int_equal(pthread_create(&thread, NULL, wait_for_eventcount, &seen), 0);
	while (fake->calls[_IOC_NR(IPCQ_IOC_EVENTCOUNT_WAIT)] < 3)
		usleep(1000);
	assert_int_equal(ipcq_eventcount_read(region, 1), seen);
	/* More than the kernel takes is as many as it takes. */
	assert_int_equal(ipcq_eventcount_advance(region, 1, UINT32_MAX), 1);
	assert_int_equal(pthread_join(thread, &failed), 0);
	assert_null(failed);
}

static void wrong_eventcounts(void **state)
{
	struct ipcq_region *reader, *none;

	(void)state;
	assert_int_equal(ipcq_eventcount_read(region, 2), 0);
	assert_int_equal(ipcq_eventcount_advance(region, 2, 1), -EINVAL);
	assert_int_equal(ipcq_eventcount_wait(region, 2, 0, 0, 0), -EINVAL);
	assert_int_equal(ipcq_eventcount_wait(region, 0, 0, 2, 0), -EINVAL);
	assert_int_equal(ipcq_eventcount_advance(region, 0, 0), 0);
	assert_int_equal(ipcq_region_open(ipcq, "r", IPCQ_READ, NULL, &reader), 0);
	assert_int_equal(ipcq_eventcount_read(reader, 0), IPCQ_EVENTCOUNT_ONE);
	assert_int_equal(ipcq_eventcount_wait(reader, 0, 0, 0, 0), 0);
	ipcq_region_close(reader);
	/* A map that fails is told by the wait, not only by a 0 that reads on. */
	assert_int_equal(ipcq_region_open(ipcq, "r", RW, NULL, &none), 0);
	fake->fail_mmap = true;
	assert_int_equal(ipcq_eventcount_read(none, 0), 0);
	assert_int_equal(ipcq_eventcount_wait(none, 0, 0, 0, 0), -ENOMEM);
	assert_int_equal(ipcq_mutex_lock(none, 0), -ENOMEM);
	ipcq_region_close(none);
}

#define TEST(function)	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(eventcounts), TEST(wrong_eventcounts),
	};

	return cmocka_run_group_tests_name("eventcount", tests, NULL, NULL);
}
