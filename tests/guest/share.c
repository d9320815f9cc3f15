// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Shares: how much of a queue each of its users can have.  Those who wait are tested in
 * share_wait.c, what is dropped in share_drop.c.
 */
#include "users.h"

#include <string.h>

static void one_user_has_all_of_it(void **state)
{
	int out = shared_new(0), in = user_open(FIRST), again = user_open(FIRST);

	(void)state;
	assert_int_equal(queue_stat(out).users, 1);
	assert_int_equal(queue_stat(out).share, ROOM);
	assert_int_equal(fill(in, 'a'), ROOM);
	assert_error(try(again, 'a'), EAGAIN);
	discard(out, 1);
	assert_ok(try(again, 'a'));
	close(again);
	close(in);
	close(out);
}

static void two_have_a_share_each(void **state)
{
	int out = shared_new(0), a = user_open(FIRST), b = user_open(SECOND_USER);
	int i;

	(void)state;
	assert_int_equal(queue_stat(out).users, 2);
	assert_int_equal(queue_stat(out).share, SHARE);
	assert_int_equal(fill(a, 'a'), FREELY);
	assert_false(writable(a));
	assert_true(writable(b));
	assert_int_equal(fill(b, 'b'), ROOM - FREELY);
	assert_false(writable(b));
	/* Who has more than the share does not get it back; who has less gets it. */
	discard(out, FREELY - SHARE);
	assert_false(writable(a));
	assert_error(try(a, 'a'), EAGAIN);
	assert_int_equal(fill(b, 'b'), FREELY - SHARE);
	assert_int_equal(queue_stat(out).messages, ROOM);
	discard(out, 1);
	assert_error(try(b, 'b'), EAGAIN);
	assert_int_equal(fill(a, 'a'), 1);
	/* Nobody is counted for what is gone. */
	discard(out, ROOM);
	for (i = 0; i < 3; i++) {
		assert_int_equal(fill(b, 'b'), FREELY);
		assert_int_equal(fill(a, 'a'), ROOM - FREELY);
		discard(out, ROOM);
	}
	close(a);
	close(b);
	close(out);
}

/* What was sent before there was another user is not counted, but known. */
static void who_was_there_before_is_no_exception(void **state)
{
	int out = shared_new(0), a = user_open(FIRST), b;

	(void)state;
	assert_int_equal(fill(a, 'a'), ROOM);
	b = user_open(SECOND_USER);
	assert_error(try(b, 'b'), EAGAIN);
	discard(out, 1);
	assert_error(try(a, 'a'), EAGAIN);
	assert_ok(try(b, 'b'));
	discard(out, 7);
	/* The first has 8 left of those, and the other one. */
	assert_int_equal(queue_stat(out).messages, 9);
	assert_int_equal(fill(a, 'a'), FREELY - 9);
	assert_int_equal(fill(b, 'b'), ROOM - FREELY);
	discard(out, 8);
	assert_int_equal(next(out), 'b');
	close(a);
	close(b);
	close(out);
}

static void who_leaves_makes_room(void **state)
{
	int out = shared_new(0), a = user_open(FIRST), b = user_open(SECOND_USER);

	(void)state;
	assert_ok(try(b, 'b'));
	assert_int_equal(fill(a, 'a'), FREELY - 1);
	/* Its message keeps it a user. */
	close(b);
	assert_int_equal(queue_stat(out).users, 2);
	assert_error(try(a, 'a'), EAGAIN);
	assert_int_equal(next(out), 'b');
	assert_int_equal(queue_stat(out).users, 1);
	assert_int_equal(fill(a, 'a'), ROOM - (FREELY - 1));

	/* The one who was there first can be the one who leaves. */
	close(a);
	b = user_open(SECOND_USER);
	assert_int_equal(queue_stat(out).users, 2);
	discard(out, ROOM - 1);
	assert_int_equal(fill(b, 'b'), FREELY - 1);
	assert_int_equal(next(out), 'a');
	assert_int_equal(queue_stat(out).users, 1);
	assert_int_equal(fill(b, 'b'), ROOM - (FREELY - 1));
	a = user_open(FIRST);
	discard(out, 1);
	assert_error(try(b, 'b'), EAGAIN);
	assert_ok(try(a, 'a'));
	close(a);
	close(b);
	close(out);
}

static void more_users_have_less_each(void **state)
{
	int out = shared_new(0), a = user_open(FIRST), b = user_open(SECOND_USER);
	int c = user_open(THIRD), i;

	(void)state;
	assert_int_equal(queue_stat(out).share, ROOM / 3);
	for (i = 0; i < FREELY; i++)
		assert_ok(try(a, 'a'));
	assert_error(try(a, 'a'), EAGAIN);
	assert_int_equal(fill(b, 'b'), ROOM - FREELY);
	/* There is none left, but the first gets none of what comes. */
	discard(out, 3);
	assert_error(try(a, 'a'), EAGAIN);
	assert_int_equal(fill(b, 'b'), ROOM / 3 - (ROOM - FREELY));
	assert_int_equal(fill(c, 'c'), 2);
	close(a);
	close(b);
	close(c);
	close(out);
}

/* Bytes are shared as messages are; but the first message may be as long as any. */
static void bytes_are_shared(void **state)
{
	struct ipcq_queue_open args = shared_args();
	struct ipcq_queue_send send;
	char text[100] = { 0 };
	int out, a, b, i;

	(void)state;
	args.max_message_size = 100;
	args.max_bytes = 160;
	out = shared_open(&args);
	a = user_open(FIRST);
	b = user_open(SECOND_USER);
	send = send_args(text, 40, 0);
	for (i = 0; i < 3; i++)
		assert_ok(call(a, IPCQ_IOC_QUEUE_SEND, &send));
	send.length = 1;
	assert_error(call(a, IPCQ_IOC_QUEUE_SEND, &send), EAGAIN);
	send.length = 0;
	assert_ok(call(a, IPCQ_IOC_QUEUE_SEND, &send));
	send.length = 41;
	assert_error(call(b, IPCQ_IOC_QUEUE_SEND, &send), EAGAIN);
	queue_receive(out, text, 100, 0, 0);
	queue_receive(out, text, 100, 0, 0);
	/* More than half of all bytes, and more than three quarters with the others. */
	send.length = 100;
	assert_ok(call(b, IPCQ_IOC_QUEUE_SEND, &send));
	send.length = 1;
	assert_error(call(b, IPCQ_IOC_QUEUE_SEND, &send), EAGAIN);
	assert_ok(call(a, IPCQ_IOC_QUEUE_SEND, &send));
	close(a);
	close(b);
	close(out);
}

/* Also in one call for several messages, and through write(2). */
static void other_ways_to_send(void **state)
{
	int out = shared_new(0), a = user_open(FIRST), b = user_open(SECOND_USER);
	uint64_t entries[ROOM][2] = { 0 };
	struct ipcq_queue_batch batch = {
		.size = sizeof(batch),
		.flags = IPCQ_BATCH_F_NONBLOCK,
		.entries = (uintptr_t)entries,
		.count = ROOM,
		.entry_size = sizeof(entries[0]),
	};

	(void)state;
	assert_int_equal(call(a, IPCQ_IOC_QUEUE_SEND_MANY, &batch), FREELY);
	memset(entries, 0, sizeof(entries));
	assert_int_equal(call(b, IPCQ_IOC_QUEUE_SEND_MANY, &batch), ROOM - FREELY);
	close(out);
	close(a);
	close(b);

	out = shared_new(0);
	a = user_open(FIRST);
	b = user_open(SECOND_USER);
	fill(a, 'a');
	while (write(b, "b", 1) == 1 && queue_stat(out).messages < ROOM)
		;
	assert_int_equal(queue_stat(out).messages, ROOM);
	close(a);
	close(b);
	close(out);
}

/* What somebody holds is still its sender's. */
static void what_is_held_counts(void **state)
{
	int out = shared_new(0), a = user_open(FIRST), b = user_open(SECOND_USER), i;
	uint64_t tokens[6];
	char byte;

	(void)state;
	assert_int_equal(fill(a, 'a'), FREELY);
	for (i = 0; i < 6; i++) {
		struct ipcq_queue_receive args = {
			.size = sizeof(args),
			.flags = IPCQ_RECEIVE_F_LEASE,
			.payload = (uintptr_t)&byte,
			.length = 1,
		};

		assert_int_equal(call(out, IPCQ_IOC_QUEUE_RECEIVE, &args), 1);
		tokens[i] = args.token;
	}
	assert_error(try(a, 'a'), EAGAIN);
	for (i = 0; i < 6; i++) {
		struct ipcq_queue_lease args = {
			.size = sizeof(args),
			.operation = i % 2 ? IPCQ_LEASE_RETURN : IPCQ_LEASE_ACKNOWLEDGE,
			.token = tokens[i],
		};

		assert_ok(call(out, IPCQ_IOC_QUEUE_LEASE, &args));
	}
	assert_int_equal(fill(a, 'a'), 3);
	assert_int_equal(fill(b, 'b'), ROOM - FREELY);
	discard(out, ROOM);
	close(a);
	close(b);
	close(out);
}

static void bounds_that_change_change_shares(void **state)
{
	int out = shared_new(0), a = user_open(FIRST), b = user_open(SECOND_USER);
	struct ipcq_queue_set args = { .size = sizeof(args), .max_messages = 32 };

	(void)state;
	assert_int_equal(fill(a, 'a'), FREELY);
	assert_ok(call(out, IPCQ_IOC_QUEUE_SET, &args));
	assert_int_equal(queue_stat(out).share, 16);
	assert_int_equal(fill(a, 'a'), 24 - FREELY);
	args.max_messages = 1;
	assert_ok(call(out, IPCQ_IOC_QUEUE_SET, &args));
	assert_int_equal(queue_stat(out).share, 1);
	discard(out, 24);
	assert_ok(try(a, 'a'));
	assert_error(try(b, 'b'), EAGAIN);
	close(a);
	close(b);
	close(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_user_has_all_of_it),
		cmocka_unit_test(two_have_a_share_each),
		cmocka_unit_test(who_was_there_before_is_no_exception),
		cmocka_unit_test(who_leaves_makes_room),
		cmocka_unit_test(more_users_have_less_each),
		cmocka_unit_test(bytes_are_shared),
		cmocka_unit_test(other_ways_to_send),
		cmocka_unit_test(what_is_held_counts),
		cmocka_unit_test(bounds_that_change_change_shares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
