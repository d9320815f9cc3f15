// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Subscribers that are in the midst of copying a message, for as long as it takes, while
 * others go on.
 */
#include "copier.h"
#include "subscribers.h"

#include <signal.h>
#include <string.h>
#include <time.h>

static void send_for(int fd, char byte, uint64_t time_to_live)
{
	struct ipcq_queue_send args = {
		.size = sizeof(args),
		.payload = (uintptr_t)&byte,
		.length = 1,
		.time_to_live = time_to_live,
	};

	assert_ok(call(fd, IPCQ_IOC_QUEUE_SEND, &args));
}

static void others_do_not_wait_for_a_copy(void **state)
{
	int out = crowd_new(4, 16, 0);
	int stuck = subscriber_new(0), other = subscriber_new(0);
	struct copier copier;

	(void)state;
	say(out, 'a');
	copier_start(&copier, stuck);
	say(out, 'b');
	hears(other, "ab");
	assert_int_equal(queue_stat(out).messages, 2);
	assert_int_equal(copier_end(&copier), 'a');
	assert_int_equal(queue_stat(out).messages, 1);
	hears(stuck, "b");
	assert_int_equal(queue_stat(out).messages, 0);
	close(stuck);
	close(other);
	close(out);
}

static void one_thread_of_a_subscriber_copies_at_a_time(void **state)
{
	int out = crowd_new(4, 16, 0), in = subscriber_new(0);
	struct copier copier;
	char byte;

	(void)state;
	say(out, 'a');
	say(out, 'b');
	copier_start(&copier, in);
	assert_error(hear(in), EAGAIN);
	assert_error(queue_receive(in, &byte, 1, 0, 1), ETIMEDOUT);
	assert_int_equal(ready(in), 0);
	assert_int_equal(copier_end(&copier), 'a');
	assert_int_equal(ready(in), POLLIN);
	hears(in, "b");
	close(in);
	close(out);
}

static void *wait_readable(void *context)
{
	struct pollfd poller = { .fd = *(int *)context, .events = POLLIN };

	return (void *)(intptr_t)poll(&poller, 1, 20000);
}

/* Who was put off during a copy is told after it. */
static void pollers_hear_of_the_end_of_a_copy(void **state)
{
	int out = crowd_new(4, 16, 0), in = subscriber_new(0);
	struct copier copier;
	pthread_t poller;
	void *result;

	(void)state;
	say(out, 'a');
	say(out, 'b');
	copier_start(&copier, in);
	assert_int_equal(pthread_create(&poller, NULL, wait_readable, &in), 0);
	sleep_ms(50);
	assert_int_equal(copier_end(&copier), 'a');
	assert_int_equal(pthread_join(poller, &result), 0);
	assert_int_equal((intptr_t)result, 1);
	hears(in, "b");
	close(in);
	close(out);
}

/* Threads that wait for a turn get the messages in order, with nobody sending. */
static void the_turn_passes_to_who_waits(void **state)
{
	int out = crowd_new(4, 16, 0), in = subscriber_new(0);
	struct copier first, second = { .fd = in };
	char byte = 0;

	(void)state;
	say(out, 'a');
	say(out, 'b');
	copier_start(&first, in);
	second.args = (struct ipcq_queue_receive) {
		.size = sizeof(second.args),
		.payload = (uintptr_t)&byte,
		.length = 1,
	};
	assert_int_equal(pthread_create(&second.thread, NULL, run_copier, &second), 0);
	eventually(queue_stat(out).waiting_receivers == 1);
	assert_int_equal(copier_end(&first), 'a');
	assert_int_equal(pthread_join(second.thread, NULL), 0);
	assert_int_equal(second.result, 1);
	assert_int_equal(byte, 'b');
	assert_int_equal(second.args.sequence, 2);
	close(in);
	close(out);
}

/* It has what it is copying, though nobody else will. */
static void a_message_expires_under_a_copy(void **state)
{
	int out = crowd_new(2, 16, 0);
	int stuck = subscriber_new(0), other = subscriber_new(0);
	struct copier copier;

	(void)state;
	send_for(out, 'a', SECOND);
	copier_start(&copier, stuck);
	eventually(queue_stat(out).expired == 1);
	assert_error(hear(other), EAGAIN);
	assert_int_equal(queue_stat(out).expired, 1);
	assert_int_equal(queue_stat(out).messages, 1);
	say(out, 'b');
	assert_error(queue_send(out, "c", 1, IPCQ_SEND_F_NONBLOCK, 0), EAGAIN);
	assert_int_equal(hear_of(other).dropped, 1);
	assert_int_equal(copier_end(&copier), 'a');
	assert_int_equal(queue_stat(out).messages, 1);
	assert_int_equal(hear_of(stuck).dropped, 0);
	assert_int_equal(queue_stat(out).messages, 0);
	close(stuck);
	close(other);
	close(out);
}

/* Who copies in vain what has expired meanwhile has missed it. */
static void a_copy_of_an_expired_message_fails(void **state)
{
	int out = crowd_new(2, 16, 0), in = subscriber_new(0);
	struct copier copier;
	struct ipcq_queue_receive got;

	(void)state;
	send_for(out, 'a', SECOND);
	copier_start(&copier, in);
	eventually(queue_stat(out).expired == 1);
	say(out, 'b');
	assert_int_equal(queue_stat(out).messages, 2);
	/* The page goes, and with it the chance to copy anything there. */
	stall_free(&copier.stall);
	assert_int_equal(pthread_join(copier.thread, NULL), 0);
	assert_error(copier.result, EFAULT);
	assert_int_equal(queue_stat(out).messages, 1);
	got = hear_of(in);
	assert_int_equal(got.sequence, 2);
	assert_int_equal(got.dropped, 1);
	assert_int_equal(queue_stat(out).messages, 0);
	close(in);
	close(out);
}

/* A copy that fails leaves the subscriber, and it alone, where it was. */
static void a_failed_copy_leaves_the_place(void **state)
{
	int out = crowd_new(4, 16, 0);
	int stuck = subscriber_new(0), other = subscriber_new(0);
	struct copier copier;

	(void)state;
	say(out, 'a');
	say(out, 'b');
	copier_start(&copier, stuck);
	hears(other, "ab");
	stall_free(&copier.stall);
	assert_int_equal(pthread_join(copier.thread, NULL), 0);
	assert_error(copier.result, EFAULT);
	assert_int_equal(queue_stat(out).messages, 2);
	hears(stuck, "ab");
	hears(other, "");
	assert_int_equal(queue_stat(out).messages, 0);
	close(stuck);
	close(other);
	close(out);
}

static int copy_for_ever(void *context)
{
	struct copier *copier = context;
	struct copier own;

	/* The stall is this process's own, and nobody ends it. */
	copier_start(&own, copier->fd);
	copier->result = 1;
	pause();
	return 0;
}

/* Who is killed while it copies has not received, and another who shares it does. */
static void a_killed_copier_has_nothing(void **state)
{
	int out = crowd_new(4, 16, 0), in = subscriber_new(0), round;
	struct copier *copier = mmap(NULL, sizeof(*copier), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	(void)state;
	say(out, 'a');
	for (round = 0; round < 5; round++) {
		*copier = (struct copier) { .fd = in };
		pid = spawn(copy_for_ever, copier);
		eventually(copier->result == 1);
		assert_error(hear(in), EAGAIN);
		kill(pid, SIGKILL);
		assert_int_equal(reap(pid), 128 + SIGKILL);
	}
	hears(in, "a");
	munmap(copier, sizeof(*copier));
	close(in);
	close(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(others_do_not_wait_for_a_copy),
		cmocka_unit_test(one_thread_of_a_subscriber_copies_at_a_time),
		cmocka_unit_test(pollers_hear_of_the_end_of_a_copy),
		cmocka_unit_test(the_turn_passes_to_who_waits),
		cmocka_unit_test(a_message_expires_under_a_copy),
		cmocka_unit_test(a_copy_of_an_expired_message_fails),
		cmocka_unit_test(a_failed_copy_leaves_the_place),
		cmocka_unit_test(a_killed_copier_has_nothing),
	};

	return cmocka_run_group_tests_name("broadcast_copy", tests, NULL, NULL);
}
