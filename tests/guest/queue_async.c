// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Signals of a queue: O_ASYNC, F_SETOWN and F_SETSIG, as a pair of sockets has them.
 */
#include "pair.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

static const enum pair_kind kinds[] = { PAIR_QUEUE, PAIR_DGRAM, PAIR_SEQPACKET };

#define KINDS	(sizeof(kinds) / sizeof(*kinds))
#define SIGNAL	(SIGRTMIN + 1)

static void block(int signal)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signal);
	assert_int_equal(sigprocmask(SIG_BLOCK, &set, NULL), 0);
}

/* The next signal of this number within @ms: its si_code, or 0 for none. */
static int next_signal(int number, unsigned int ms, siginfo_t *info)
{
	const struct timespec patience = { ms / 1000, ms % 1000 * MS };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, number);
	if (sigtimedwait(&set, info, &patience) != number)
		return 0;
	return info->si_code;
}

/* Signals of @fd to this process, the number being that of @signal. */
static void want_signals(int fd, int signal)
{
	block(signal ?: SIGIO);
	assert_int_equal(fcntl(fd, F_SETSIG, signal), 0);
	assert_int_equal(fcntl(fd, F_SETOWN, getpid()), 0);
	assert_int_equal(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC), 0);
}

/* Fails unless the next signal is one of @fd with this code and band. */
static void expect(int fd, int code, long band)
{
	siginfo_t info;

	assert_int_equal(next_signal(SIGNAL, 5000, &info), code);
	assert_int_equal(info.si_fd, fd);
	assert_int_equal(info.si_band, band);
}

static void expect_message(int fd)
{
	expect(fd, POLL_IN, POLLIN | POLLRDNORM);
}

/* As many as there are in the queue. */
static void expect_messages(int fd)
{
	uint32_t count = queue_stat(fd).messages;

	while (count--)
		expect_message(fd);
}

static void expect_nothing(unsigned int ms)
{
	siginfo_t info;

	assert_int_equal(next_signal(SIGNAL, ms, &info), 0);
}

static void each_message_sends_a_signal(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < KINDS; i++) {
		struct pair pair = pair_new(kinds[i]);

		want_signals(pair.in, SIGNAL);
		pair_send(&pair);
		expect_message(pair.in);
		/* Though the first is still there. */
		pair_send(&pair);
		pair_send(&pair);
		expect_message(pair.in);
		expect_message(pair.in);
		pair_drain(&pair);
		expect_nothing(0);

		assert_int_equal(fcntl(pair.in, F_SETFL, O_NONBLOCK), 0);
		pair_send(&pair);
		expect_nothing(0);
		pair_close(&pair);
	}
}

static void room_sends_a_signal(void **state)
{
	siginfo_t info;
	unsigned int i;

	(void)state;
	for (i = 0; i < KINDS; i++) {
		struct pair pair = pair_new(kinds[i]);

		want_signals(pair.out, SIGNAL);
		pair_fill(&pair);
		expect_nothing(0);
		pair_drain(&pair);
		expect(pair.out, POLL_OUT, POLLOUT | POLLWRNORM | POLLWRBAND);
		pair_send(&pair);
		/* Sockets may send more than one. */
		while (kinds[i] && next_signal(SIGNAL, 0, &info))
			;
		expect_nothing(0);
		pair_close(&pair);
	}
}

/* One slot of many: not at half, and yet soon. */
static void little_room_sends_a_signal_soon(void **state)
{
	struct pair pair = pair_new(PAIR_QUEUE);

	(void)state;
	want_signals(pair.out, SIGNAL);
	pair_fill(&pair);
	pair_receive(&pair);
	expect(pair.out, POLL_OUT, POLLOUT | POLLWRNORM | POLLWRBAND);
	pair_close(&pair);
}

static void without_a_number_it_is_sigio(void **state)
{
	siginfo_t info;
	unsigned int i;

	(void)state;
	for (i = 0; i < KINDS; i++) {
		struct pair pair = pair_new(kinds[i]);

		want_signals(pair.in, 0);
		pair_send(&pair);
		assert_int_equal(next_signal(SIGIO, 5000, &info), SI_KERNEL);
		assert_int_equal(next_signal(SIGIO, 0, &info), 0);
		pair_close(&pair);
	}
}

static void a_handle_hears_of_what_it_may(void **state)
{
	struct pair pair = pair_new(PAIR_QUEUE);
	int both = queue_open(PAIR_NAME, RW);

	(void)state;
	assert_ok(both);
	want_signals(pair.out, SIGNAL);
	pair_send(&pair);
	expect_nothing(0);
	assert_int_equal(fcntl(pair.out, F_SETFL, O_NONBLOCK), 0);
	pair_drain(&pair);

	want_signals(pair.in, SIGNAL);
	pair_fill(&pair);
	expect_messages(pair.in);
	pair_drain(&pair);
	expect_nothing(20);
	assert_int_equal(fcntl(pair.in, F_SETFL, O_NONBLOCK), 0);

	want_signals(both, SIGNAL);
	pair_fill(&pair);
	expect_messages(both);
	pair_drain(&pair);
	expect(both, POLL_OUT, POLLOUT | POLLWRNORM | POLLWRBAND);
	expect_nothing(0);
	pair_close(&pair);
	close(both);
}

static int receive_blocking(void *context)
{
	char byte;

	return queue_receive(*(int *)context, &byte, 1, 0, in(10 * SECOND));
}

static void a_message_handed_over_signals_nobody(void **state)
{
	int fd = queue_new(4, 8);
	pid_t pid;

	(void)state;
	pid = spawn(receive_blocking, &fd);
	eventually(queue_stat(fd).waiting_receivers == 1);
	want_signals(fd, SIGNAL);
	assert_ok(queue_send(fd, "x", 1, 0, 0));
	assert_int_equal(reap(pid), 1);
	expect_nothing(0);
	close(fd);
}

/* A child has the handle, its parent gets the signals. */
static int send_from_child(void *context)
{
	struct pair *pair = context;

	pair_send(pair);
	assert_int_equal(fcntl(pair->in, F_GETFL) & O_ASYNC, O_ASYNC);
	return 0;
}

static void the_owner_is_who_was_named(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < KINDS; i++) {
		struct pair pair = pair_new(kinds[i]);
		int copy;

		want_signals(pair.in, SIGNAL);
		assert_int_equal(reap(spawn(send_from_child, &pair)), 0);
		expect_message(pair.in);
		/* The descriptor that is named goes, the handle stays. */
		copy = dup(pair.in);
		close(pair.in);
		pair_send(&pair);
		expect_message(pair.in);
		pair.in = copy;
		pair_close(&pair);
	}
}

/* Handles with O_ASYNC come and go while messages are sent. */
static int send_for_a_while(void *context)
{
	uint64_t limit = in(SECOND);
	char byte;

	while (in(0) < limit) {
		queue_send(*(int *)context, "x", 1, IPCQ_SEND_F_NONBLOCK, 0);
		queue_receive(*(int *)context, &byte, 1, IPCQ_RECEIVE_F_NONBLOCK,
			      0);
	}
	return 0;
}

static void it_may_come_and_go_at_any_time(void **state)
{
	struct pair pair = pair_new(PAIR_QUEUE);
	int fd = queue_open(PAIR_NAME, RW), status;
	unsigned int rounds = 0;
	siginfo_t info;
	pid_t pid;

	(void)state;
	assert_ok(fd);
	pid = spawn(send_for_a_while, &fd);
	do {
		int own = queue_open(PAIR_NAME, RW);

		assert_ok(own);
		want_signals(own, SIGNAL);
		if (rounds++ % 2)
			assert_int_equal(fcntl(own, F_SETFL, 0), 0);
		close(own);
		while (next_signal(SIGNAL, 0, &info))
			;
	} while (!waitpid(pid, &status, WNOHANG));
	assert_int_equal(status, 0);
	assert_true(rounds > 10);

	want_signals(pair.in, SIGNAL);
	pair_drain(&pair);
	pair_send(&pair);
	expect_message(pair.in);
	pair_close(&pair);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_message_sends_a_signal),
		cmocka_unit_test(room_sends_a_signal),
		cmocka_unit_test(little_room_sends_a_signal_soon),
		cmocka_unit_test(without_a_number_it_is_sigio),
		cmocka_unit_test(a_handle_hears_of_what_it_may),
		cmocka_unit_test(a_message_handed_over_signals_nobody),
		cmocka_unit_test(the_owner_is_who_was_named),
		cmocka_unit_test(it_may_come_and_go_at_any_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
