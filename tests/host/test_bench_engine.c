// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The benchmark's engine and plan, with mechanisms that do wrong what a mechanism
 * can do wrong: each must be noticed, said and cleaned up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plan.h"
#include "side.h"

#define MILLISECOND	1000000ULL

/* Count in the parent: each set-up must have its teardown. */
static int links;

/* Counts in the side that sends or receives, in its own process. */
static unsigned int sent, received;

/* What is not there any more after a run: processes, and the link. */
static void assert_clean(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	assert_int_equal(links, 0);
}

/* ----------------------------------------------------------- good mechanism */

static enum bench_status setup(struct bench_link *link)
{
	struct timeval timeout = { .tv_usec = 20000 };
	int pair[2], i;

	links++;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair))
		return bench_fail_errno(link, "socketpair", errno);
	for (i = 0; i < 2; i++) {
		link->end[i].in = pair[i];
		link->end[i].out = pair[i];
		if (link->mechanism->lossy)
			setsockopt(pair[i], SOL_SOCKET, SO_RCVTIMEO, &timeout,
				   sizeof(timeout));
	}
	strcpy(link->depth_text, "some");
	return BENCH_OK;
}

static void teardown(struct bench_link *link)
{
	links--;
	bench_fd_teardown(link);
}

#define GOOD \
	.name = "good", .summary = "", .depth = "", \
	.setup = setup, .attach = bench_fd_attach, .teardown = teardown, \
	.send = bench_socket_send, .receive = bench_socket_receive

static const struct bench_mechanism good = { GOOD };

/* The same with one operation replaced. */
#pragma GCC diagnostic ignored "-Woverride-init"

static struct bench_request request_of(const struct bench_mechanism *mechanism,
				       enum bench_mode mode, size_t size)
{
	return (struct bench_request){
		.mechanism = mechanism,
		.mode = mode,
		.size = size,
		.depth = 16,
		.verify = true,
		.warmup = MILLISECOND,
		.duration = 5 * MILLISECOND,
		.limit = 10000 * MILLISECOND,
		.cpu = { -1, -1 },
	};
}

static struct bench_result result;

static void run(const struct bench_mechanism *mechanism, enum bench_mode mode,
		size_t size)
{
	struct bench_request request = request_of(mechanism, mode, size);

	bench_run(&request, &result);
	assert_clean();
}

static void test_round_trips_are_measured(void **state)
{
	static const size_t sizes[] = { 1, 2, 7, 8, 64, 65536 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		run(&good, BENCH_ROUND_TRIP, sizes[i]);
		assert_string_equal(result.why, "");
		assert_int_equal(result.status, BENCH_OK);
		assert_string_equal(result.depth_text, "some");
		assert_true(result.sent >= 8);
		assert_int_equal(result.received, result.sent);
		assert_int_equal(result.histogram.count, result.sent);
		assert_true(result.verified >= 4);
		assert_true(result.elapsed >= 5 * MILLISECOND);
	}
}

static void test_streams_are_measured(void **state)
{
	static const size_t sizes[] = { 1, 8, 1000, 65536 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		run(&good, BENCH_STREAM, sizes[i]);
		assert_string_equal(result.why, "");
		assert_int_equal(result.status, BENCH_OK);
		assert_true(result.sent >= 8);
		assert_int_equal(result.received, result.sent);
		assert_true(result.verified >= 4);
		assert_true(result.elapsed > 0);
	}
}

static void test_touching_every_byte_works(void **state)
{
	struct bench_request request;

	(void)state;
	request = request_of(&good, BENCH_STREAM, 1001);
	request.touch = true;
	request.verify = false;
	bench_run(&request, &result);
	assert_clean();
	assert_int_equal(result.status, BENCH_OK);
	assert_int_equal(result.verified, 0);
}

/* What a side of a call has to send at its next receive; each its own. */
static void *pending;

static enum bench_status call_send(struct bench_link *link, void *payload)
{
	(void)link;
	pending = payload;
	return BENCH_OK;
}

static enum bench_status call_push(struct bench_link *link)
{
	void *payload = pending;

	pending = NULL;
	return bench_socket_send(link, payload);
}

static enum bench_status call_receive(struct bench_link *link, const void **payload)
{
	enum bench_status status = pending ? call_push(link) : BENCH_OK;

	return status ? status : bench_socket_receive(link, payload);
}

/* The last reply of each phase has to be pushed; all else goes with a receive. */
static void test_calls_are_round_trips(void **state)
{
	static const struct bench_mechanism calling = {
		GOOD, .calls = true, .send = call_send, .push = call_push,
		.receive = call_receive,
	};

	(void)state;
	run(&calling, BENCH_ROUND_TRIP, 64);
	assert_string_equal(result.why, "");
	assert_int_equal(result.status, BENCH_OK);
	assert_int_equal(result.received, result.sent);
	assert_true(result.verified >= 4);
	run(&calling, BENCH_STREAM, 64);
	assert_int_equal(result.status, BENCH_SKIP);
	assert_non_null(strstr(result.why, "there and back"));
}

/* ------------------------------------------------------------ bad mechanisms */

static void assert_fails(const struct bench_mechanism *mechanism, size_t size,
			 const char *why)
{
	unsigned int mode;

	for (mode = 0; mode < BENCH_MODES; mode++) {
		run(mechanism, mode, size);
		assert_int_equal(result.status, BENCH_FAIL);
		if (!strstr(result.why, why))
			fail_msg("'%s' is not in '%s'", why, result.why);
	}
}

static enum bench_status corrupt(struct bench_link *link, void *payload)
{
	unsigned char *byte = payload;

	if (++sent == 3)
		byte[link->size - 1] ^= 1;
	return bench_socket_send(link, payload);
}

static void test_corruption_is_noticed(void **state)
{
	static const struct bench_mechanism bad = { GOOD, .send = corrupt };

	(void)state;
	assert_fails(&bad, 64, "corrupted: message 2 is wrong from byte 63 of 64");
	assert_fails(&bad, 1, "out of order");
}

static enum bench_status drop(struct bench_link *link, void *payload)
{
	return ++sent == 3 ? BENCH_OK : bench_socket_send(link, payload);
}

static void test_loss_is_noticed(void **state)
{
	static const struct bench_mechanism bad = { GOOD, .send = drop };
	struct bench_request request = request_of(&bad, BENCH_STREAM, 1);

	(void)state;
	bench_run(&request, &result);
	assert_clean();
	assert_int_equal(result.status, BENCH_FAIL);
	assert_non_null(strstr(result.why, "out of order"));
}

static enum bench_status repeat(struct bench_link *link, void *payload)
{
	enum bench_status status = bench_socket_send(link, payload);

	return status || ++sent != 3 ? status : bench_socket_send(link, payload);
}

static void test_duplication_is_noticed(void **state)
{
	static const struct bench_mechanism bad = { GOOD, .send = repeat };

	(void)state;
	assert_fails(&bad, 8, "out of order");
	assert_fails(&bad, 1, "out of order");
}

static enum bench_status shorten(struct bench_link *link, void *payload)
{
	enum bench_status status;

	if (++sent != 3)
		return bench_socket_send(link, payload);
	link->size--;
	status = bench_socket_send(link, payload);
	link->size++;
	return status;
}

static void test_short_message_is_noticed(void **state)
{
	static const struct bench_mechanism bad = { GOOD, .send = shorten };

	(void)state;
	assert_fails(&bad, 100, "a message of 99 bytes, not 100");
}

static enum bench_status give_back(struct bench_link *link, const void **payload)
{
	unsigned char *byte = link->receive_buffer;
	enum bench_status status = bench_socket_receive(link, payload);

	/* As a queue would that both directions share. */
	if (link->side == BENCH_NEAR)
		byte[0] -= 0x55;
	return status;
}

static void test_own_message_is_noticed(void **state)
{
	static const struct bench_mechanism bad = { GOOD, .receive = give_back };

	(void)state;
	run(&bad, BENCH_ROUND_TRIP, 1);
	assert_int_equal(result.status, BENCH_FAIL);
	assert_non_null(strstr(result.why, "out of order"));
}

static enum bench_status die(struct bench_link *link, const void **payload)
{
	if (++received == 5 && link->side == BENCH_FAR)
		raise(SIGKILL);
	return bench_socket_receive(link, payload);
}

static void test_death_is_noticed(void **state)
{
	static const struct bench_mechanism bad = { GOOD, .receive = die };

	(void)state;
	assert_fails(&bad, 64, "the receiver was killed by signal 9");
}

static enum bench_status hang(struct bench_link *link, void *payload)
{
	if (++sent == 5)
		pause();
	return bench_socket_send(link, payload);
}

static void test_hang_ends_at_the_limit(void **state)
{
	static const struct bench_mechanism bad = { GOOD, .send = hang };
	struct bench_request request = request_of(&bad, BENCH_STREAM, 64);
	uint64_t before = bench_now();

	(void)state;
	request.limit = 200 * MILLISECOND;
	bench_run(&request, &result);
	assert_clean();
	assert_int_equal(result.status, BENCH_FAIL);
	assert_non_null(strstr(result.why, "time limit"));
	assert_in_range(bench_now() - before, 200 * MILLISECOND,
			5000 * MILLISECOND);
}

static enum bench_status setup_skips(struct bench_link *link)
{
	links++;
	return bench_skip(link, "not today: %d", 7);
}

static enum bench_status attach_fails(struct bench_link *link)
{
	return bench_fail(link, "cannot attach");
}

static void test_setup_says_why(void **state)
{
	static const struct bench_mechanism skips = { GOOD, .setup = setup_skips };
	static const struct bench_mechanism fails = { GOOD, .attach = attach_fails };

	(void)state;
	run(&skips, BENCH_STREAM, 1);
	assert_int_equal(result.status, BENCH_SKIP);
	assert_string_equal(result.why, "not today: 7");
	assert_fails(&fails, 1, "cannot attach");
}

static void test_signal_interrupts(void **state)
{
	struct bench_request request = request_of(&good, BENCH_STREAM, 64);
	sigset_t set;
	int caught;

	(void)state;
	raise(SIGTERM);
	bench_run(&request, &result);
	assert_clean();
	assert_int_equal(result.status, BENCH_INTERRUPTED);
	assert_int_equal(result.signal, SIGTERM);
	/* It has been taken and is not pending any more. */
	sigpending(&set);
	caught = sigismember(&set, SIGTERM);
	assert_int_equal(caught, 0);
}

/* ------------------------------------------------------------ lossy mechanism */

static enum bench_status lose(struct bench_link *link, void *payload)
{
	/* Not in the pass that checks, which comes first. */
	return ++sent > 40 && sent % 7 == 0 ? BENCH_OK :
	       bench_socket_send(link, payload);
}

static void test_losses_are_counted(void **state)
{
	static const struct bench_mechanism lossy = {
		GOOD, .send = lose, .flush = bench_socket_flush, .lossy = true,
	};
	static const size_t sizes[] = { 1, 64 };
	unsigned int mode;
	size_t i;

	(void)state;
	for (mode = 0; mode < BENCH_MODES; mode++) {
		for (i = 0; i < 2; i++) {
			run(&lossy, mode, sizes[i]);
			assert_string_equal(result.why, "");
			assert_int_equal(result.status, BENCH_OK);
			assert_true(result.received < result.sent);
			/* A round trip is lost on either way. */
			assert_true(result.received >= result.sent / 2);
		}
	}
}

static enum bench_status lose_all(struct bench_link *link, void *payload)
{
	(void)link;
	(void)payload;
	return BENCH_OK;
}

static void test_nothing_arriving_fails(void **state)
{
	static const struct bench_mechanism lossy = {
		GOOD, .send = lose_all, .flush = bench_socket_flush, .lossy = true,
	};

	(void)state;
	assert_fails(&lossy, 64, "no message arrived");
}

/* ------------------------------------------------------------------- the plan */

static void test_plan_leaves_out_what_cannot_run(void **state)
{
	static const struct bench_mechanism skips = { GOOD, .setup = setup_skips };
	static const struct bench_mechanism fails = { GOOD, .attach = attach_fails };
	static const struct bench_settings settings = {
		.mechanism = { &good, &skips, &fails },
		.mechanisms = 3,
		.size = { 8, 64 },
		.sizes = 2,
		.baseline = &good,
		.modes = (1 << BENCH_MODES) - 1,
		.repetitions = 3,
		.depth = 16,
		.duration = 5 * MILLISECOND,
		.budget = 1000 * MILLISECOND,
		.limit = 10000 * MILLISECOND,
	};
	const struct bench_cell *cell;
	struct bench_plan plan;
	size_t i;

	(void)state;
	assert_int_equal(bench_plan_make(&plan, &settings), 0);
	assert_int_equal(plan.cells, 12);
	assert_int_equal(bench_plan_run(&plan), 0);
	assert_clean();
	for (i = 0; i < plan.cells; i++) {
		cell = &plan.cell[i];
		assert_ptr_equal(bench_plan_find(&plan, cell->mode, cell->size,
						 cell->mechanism), cell);
		if (cell->mechanism == &good) {
			assert_int_equal(cell->status, BENCH_OK);
			assert_int_equal(cell->repetitions, 3);
			assert_true(cell->verified > 0);
			assert_true(bench_cell_ratio(&plan, cell) == 1);
			assert_true(bench_cell_loss(cell) == 0);
		} else {
			assert_int_equal(cell->status, cell->mechanism == &skips ?
					 BENCH_SKIP : BENCH_FAIL);
			assert_int_equal(cell->repetitions, 0);
			assert_true(bench_cell_ratio(&plan, cell) == 0);
		}
	}
	bench_plan_free(&plan);
}

static void test_plan_is_interrupted(void **state)
{
	static const struct bench_settings settings = {
		.mechanism = { &good }, .mechanisms = 1, .size = { 8 }, .sizes = 1,
		.modes = 1, .repetitions = 5, .depth = 2, .duration = MILLISECOND,
		.budget = 1000 * MILLISECOND, .limit = 10000 * MILLISECOND,
	};
	struct bench_plan plan;

	(void)state;
	assert_int_equal(bench_plan_make(&plan, &settings), 0);
	raise(SIGINT);
	assert_int_equal(bench_plan_run(&plan), SIGINT);
	assert_clean();
	bench_plan_free(&plan);
}

static void test_depths(void **state)
{
	(void)state;
	assert_int_equal(bench_depth(BENCH_ROUND_TRIP, 1, 1024), 2);
	assert_int_equal(bench_depth(BENCH_STREAM, 1, 1024), 1024);
	assert_int_equal(bench_depth(BENCH_STREAM, 1024, 1024), 1024);
	assert_int_equal(bench_depth(BENCH_STREAM, 8192, 1024), 128);
	assert_int_equal(bench_depth(BENCH_STREAM, 1 << 20, 1024), 2);
	assert_int_equal(bench_depth(BENCH_STREAM, 16 << 20, 1024), 2);
}

static void test_durations_share_the_budget(void **state)
{
	const uint64_t second = 1000 * MILLISECOND;

	(void)state;
	/* 100 ms each, of which 40 go elsewhere and a sixth is the warm-up. */
	assert_int_equal(bench_duration(second, 10, 40 * MILLISECOND, second),
			 50 * MILLISECOND);
	assert_int_equal(bench_duration(second, 1, 0, 7 * MILLISECOND),
			 7 * MILLISECOND);
	/* Never so short that only the start is measured. */
	assert_int_equal(bench_duration(0, 10, 0, second), 5 * MILLISECOND);
	assert_int_equal(bench_duration(second, 10, second, second),
			 5 * MILLISECOND);
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
		cmocka_unit_test(test_round_trips_are_measured),
		cmocka_unit_test(test_streams_are_measured),
		cmocka_unit_test(test_touching_every_byte_works),
		cmocka_unit_test(test_calls_are_round_trips),
		cmocka_unit_test(test_corruption_is_noticed),
		cmocka_unit_test(test_loss_is_noticed),
		cmocka_unit_test(test_duplication_is_noticed),
		cmocka_unit_test(test_short_message_is_noticed),
		cmocka_unit_test(test_own_message_is_noticed),
		cmocka_unit_test(test_death_is_noticed),
		cmocka_unit_test(test_hang_ends_at_the_limit),
		cmocka_unit_test(test_setup_says_why),
		cmocka_unit_test(test_signal_interrupts),
		cmocka_unit_test(test_losses_are_counted),
		cmocka_unit_test(test_nothing_arriving_fails),
		cmocka_unit_test(test_plan_leaves_out_what_cannot_run),
		cmocka_unit_test(test_plan_is_interrupted),
		cmocka_unit_test(test_depths),
		cmocka_unit_test(test_durations_share_the_budget),
	};

	return cmocka_run_group_tests(tests, hold, release);
}
