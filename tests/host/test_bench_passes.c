// SPDX-License-Identifier: GPL-2.0-or-later
/* Several timed passes after one warm-up, and both sides in one process. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine.h"
#include "mechanisms.h"

#define MILLISECOND	1000000ULL
#define PASSES		3

static struct bench_result result;

static void run_scheduled(const struct bench_mechanism *mechanism, enum bench_mode mode,
			  unsigned int passes, bool touch,
			  enum bench_scheduling scheduling)
{
	const struct bench_request request = {
		.mechanism = mechanism,
		.mode = mode,
		.size = 1001,
		.depth = 16,
		.verify = true,
		.touch = touch,
		.passes = passes,
		.warmup = MILLISECOND,
		.duration = 5 * MILLISECOND,
		.limit = 10000 * MILLISECOND,
		.cpu = { -1, -1 },
		.scheduling = scheduling,
	};

	bench_run(&request, &result);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void run(const struct bench_mechanism *mechanism, enum bench_mode mode,
		unsigned int passes, bool touch)
{
	run_scheduled(mechanism, mode, passes, touch, BENCH_SCHEDULE_NORMAL);
}

static void test_each_pass_is_measured(void **state)
{
	unsigned int mode, i;

	(void)state;
	for (mode = 0; mode < BENCH_MODES; mode++) {
		run(&bench_pipe, mode, PASSES, false);
		assert_string_equal(result.why, "");
		assert_int_equal(result.status, BENCH_OK);
		assert_int_equal(result.received, result.sent);
		assert_int_equal(result.histogram.count, 0);
		for (i = 0; i < PASSES; i++) {
			assert_true(result.pass[i] > 0);
			/* The sides of a stream may never wait for each other. */
			if (mode == BENCH_ROUND_TRIP)
				assert_true(result.switches[i] > 0);
		}
		assert_true(result.pass[PASSES] == 0);
		/* The last pass is the one whose counts are kept. */
		assert_true(result.pass[PASSES - 1] ==
			    (double)result.elapsed / (double)result.received);
	}
}

static void test_threads_are_measured(void **state)
{
	unsigned int mode;

	(void)state;
	for (mode = 0; mode < BENCH_MODES; mode++) {
		run(&bench_threads, mode, 0, true);
		assert_string_equal(result.why, "");
		assert_int_equal(result.status, BENCH_OK);
		assert_true(result.sent >= 8);
		assert_int_equal(result.received, result.sent);
		assert_true(result.verified >= 4);
	}
}

static enum bench_status refuse(struct bench_link *link, const void **payload)
{
	if (link->side == BENCH_FAR)
		return bench_fail(link, "not today");
	return bench_threads.receive(link, payload);
}

static enum bench_status die(struct bench_link *link, const void **payload)
{
	if (link->side == BENCH_FAR)
		raise(SIGKILL);
	return bench_threads.receive(link, payload);
}

/* The near side waits for an answer; it must not do so for ever. */
static void test_thread_that_fails_ends_both(void **state)
{
	struct bench_mechanism bad = bench_threads;

	(void)state;
	bad.receive = refuse;
	run(&bad, BENCH_ROUND_TRIP, 0, false);
	assert_int_equal(result.status, BENCH_FAIL);
	assert_non_null(strstr(result.why, "not today"));
	bad.receive = die;
	run(&bad, BENCH_ROUND_TRIP, 0, false);
	assert_int_equal(result.status, BENCH_FAIL);
	assert_non_null(strstr(result.why, "killed by signal 9"));
}

static int expected_policy;

static enum bench_status see_policy(struct bench_link *link)
{
	if (sched_getscheduler(0) != expected_policy)
		return bench_fail(link, "policy %d", sched_getscheduler(0));
	return bench_pipe.attach(link);
}

static void test_scheduling_is_as_asked_for(void **state)
{
	struct bench_mechanism watched = bench_pipe;

	(void)state;
	watched.attach = see_policy;
	expected_policy = SCHED_OTHER;
	run(&watched, BENCH_STREAM, 1, false);
	assert_string_equal(result.why, "");
	expected_policy = SCHED_BATCH;
	run_scheduled(&watched, BENCH_STREAM, 1, false, BENCH_SCHEDULE_BATCH);
	assert_string_equal(result.why, "");
	run(&watched, BENCH_STREAM, 1, false);
	assert_int_equal(result.status, BENCH_FAIL);
}

static int hold(void **state)
{
	static sigset_t old;

	*state = &old;
	return bench_signals_hold(&old);
}

static int release(void **state)
{
	bench_signals_release(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_pass_is_measured),
		cmocka_unit_test(test_threads_are_measured),
		cmocka_unit_test(test_scheduling_is_as_asked_for),
		cmocka_unit_test(test_thread_that_fails_ends_both),
	};

	return cmocka_run_group_tests(tests, hold, release);
}
