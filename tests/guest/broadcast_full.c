// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Subscribers that are too slow for a full queue which makes nobody wait.
 */
#include "copier.h"
#include "subscribers.h"

static uint64_t say_numbered(int fd, char byte)
{
	struct ipcq_queue_send args = {
		.size = sizeof(args),
		.flags = IPCQ_SEND_F_NONBLOCK,
		.payload = (uintptr_t)&byte,
		.length = 1,
	};

	assert_ok(call(fd, IPCQ_IOC_QUEUE_SEND, &args));
	return args.sequence;
}

static void senders_are_refused(void **state)
{
	int out = crowd_full(1, 16, 0, IPCQ_FULL_REJECT);
	int quick = subscriber_new(0), slow = subscriber_new(0);

	(void)state;
	say(out, 'a');
	hears(quick, "a");
	assert_error(queue_send(out, "b", 1, 0, 0), ENOBUFS);
	hears(slow, "a");
	say(out, 'c');
	hears(quick, "c");
	hears(slow, "c");
	close(quick);
	close(slow);
	close(out);
}

static void the_slow_lose_their_oldest(void **state)
{
	int out = crowd_full(2, 16, 2, IPCQ_FULL_DROP_OLDEST);
	int quick = subscriber_new(0), slow = subscriber_new(0);
	struct ipcq_queue_receive got;
	char byte;

	(void)state;
	for (byte = 'a'; byte <= 'e'; byte++) {
		say(out, byte);
		got = hear_of(quick);
		assert_int_equal(got.sequence, byte - 'a' + 1);
		assert_int_equal(got.dropped, 0);
	}
	assert_int_equal(queue_stat(out).dropped, 3);
	assert_int_equal(queue_stat(out).messages, 2);
	assert_int_equal(ready(out), POLLOUT);
	got = hear_of(slow);
	assert_int_equal(got.sequence, 4);
	assert_int_equal(got.dropped, 3);
	got = hear_of(slow);
	assert_int_equal(got.sequence, 5);
	assert_int_equal(got.dropped, 0);
	assert_int_equal(queue_stat(out).messages, 0);
	assert_int_equal(queue_stat(out).retained, 2);
	close(quick);
	close(slow);
	close(out);
}

static void nobody_has_the_newest(void **state)
{
	int out = crowd_full(1, 16, 0, IPCQ_FULL_DROP_NEWEST);
	int quick = subscriber_new(0), slow = subscriber_new(0);

	(void)state;
	assert_int_equal(say_numbered(out, 'a'), 1);
	hears(quick, "a");
	assert_int_equal(say_numbered(out, 'b'), 0);
	assert_int_equal(queue_stat(out).dropped, 1);
	hears(slow, "a");
	assert_int_equal(say_numbered(out, 'c'), 2);
	hears(quick, "c");
	hears(slow, "c");
	close(quick);
	close(slow);
	close(out);
}

/* What is being copied stays, for the others as well; the one after it goes. */
static void what_is_copied_is_not_dropped(void **state)
{
	int out = crowd_full(2, 16, 0, IPCQ_FULL_DROP_OLDEST);
	int stuck = subscriber_new(0), slow = subscriber_new(0);
	struct copier copier;

	(void)state;
	say(out, 'a');
	say(out, 'b');
	copier_start(&copier, stuck);
	say(out, 'c');
	assert_int_equal(hear(slow), 'a');
	assert_int_equal(hear_of(slow).dropped, 1);
	assert_int_equal(copier_end(&copier), 'a');
	assert_int_equal(hear_of(stuck).dropped, 1);
	assert_int_equal(queue_stat(out).messages, 0);
	close(stuck);
	close(slow);
	close(out);
}

static int run_speaker(void *context)
{
	return queue_send(*(int *)context, "z", 1, 0, 0);
}

/* Where only that is there, a sender waits until it can be dropped. */
static void a_sender_waits_for_a_copy_only(void **state)
{
	int out = crowd_full(1, 16, 0, IPCQ_FULL_DROP_OLDEST);
	int stuck = subscriber_new(0), slow = subscriber_new(0);
	struct ipcq_queue_receive got;
	struct copier copier;
	pid_t pid;

	(void)state;
	say(out, 'a');
	copier_start(&copier, stuck);
	pid = spawn(run_speaker, &out);
	eventually(queue_stat(out).waiting_senders == 1);
	assert_int_equal(copier_end(&copier), 'a');
	assert_int_equal(reap(pid), 0);
	hears(stuck, "z");
	got = hear_of(slow);
	assert_int_equal(got.sequence, 2);
	assert_int_equal(got.dropped, 1);
	close(stuck);
	close(slow);
	close(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(senders_are_refused),
		cmocka_unit_test(the_slow_lose_their_oldest),
		cmocka_unit_test(nobody_has_the_newest),
		cmocka_unit_test(what_is_copied_is_not_dropped),
		cmocka_unit_test(a_sender_waits_for_a_copy_only),
	};

	return cmocka_run_group_tests_name("broadcast_full", tests, NULL, NULL);
}
