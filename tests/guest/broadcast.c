// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Delivery to all subscribers: who receives what, and what stays in the queue.
 */
#include "subscribers.h"

#include <string.h>

static void each_receives_each_once_in_order(void **state)
{
	int out = crowd_new(8, 16, 0);
	int first = subscriber_new(0), second = subscriber_new(0);
	uint64_t number;

	(void)state;
	say(out, 'a');
	say(out, 'b');
	hears(first, "ab");
	say(out, 'c');
	hears(second, "abc");
	for (number = 3; number <= 5; number++) {
		assert_int_equal(hear_of(first).sequence, number);
		say(out, 'd');
	}
	assert_int_equal(queue_stat(out).subscribers, 2);
	assert_int_equal(queue_stat(out).sent, 6);
	assert_int_equal(queue_stat(out).received, 2 + 3 + 3);
	close(first);
	close(second);
	close(out);
}

static void a_message_leaves_when_all_have_it(void **state)
{
	int out = crowd_new(2, 16, 0);
	int quick = subscriber_new(0), slow = subscriber_new(0);

	(void)state;
	say(out, 'a');
	say(out, 'b');
	hears(quick, "ab");
	assert_int_equal(queue_stat(out).messages, 2);
	assert_int_equal(queue_stat(out).bytes, 2);
	assert_error(queue_send(out, "c", 1, IPCQ_SEND_F_NONBLOCK, 0), EAGAIN);
	assert_int_equal(ready(out), 0);
	assert_int_equal(hear(slow), 'a');
	assert_int_equal(queue_stat(out).messages, 1);
	assert_int_equal(ready(out), POLLOUT);
	say(out, 'c');
	hears(slow, "bc");
	hears(quick, "c");
	assert_int_equal(queue_stat(out).messages, 0);
	assert_int_equal(queue_stat(out).bytes, 0);
	close(quick);
	close(slow);
	close(out);
}

static void what_is_for_nobody_leaves_at_once(void **state)
{
	int out = crowd_new(1, 16, 0), late;

	(void)state;
	say(out, 'a');
	say(out, 'b');
	assert_int_equal(queue_stat(out).messages, 0);
	assert_int_equal(queue_stat(out).sent, 2);
	late = subscriber_new(IPCQ_SUBSCRIBE_F_KEPT);
	hears(late, "");
	say(out, 'c');
	hears(late, "c");
	close(late);
	close(out);
}

static void who_leaves_holds_nothing_back(void **state)
{
	int out = crowd_new(200, 16, 0), i;
	int gone = subscriber_new(0), half = subscriber_new(0);

	(void)state;
	for (i = 0; i < 200; i++)
		say(out, 'm');
	for (i = 0; i < 100; i++)
		assert_int_equal(hear(half), 'm');
	assert_int_equal(queue_stat(out).messages, 200);
	close(gone);
	assert_int_equal(queue_stat(out).messages, 100);
	assert_int_equal(queue_stat(out).subscribers, 1);
	/* There is nobody else: all of it goes, in more than one step. */
	close(half);
	assert_int_equal(queue_stat(out).messages, 0);
	assert_int_equal(queue_stat(out).bytes, 0);
	assert_int_equal(queue_stat(out).subscribers, 0);
	close(out);
}

static void who_shares_a_handle_shares_a_place(void **state)
{
	int out = crowd_new(8, 16, 0);
	int one = subscriber_new(0), same = dup(one), other = subscriber_new(0);

	(void)state;
	say(out, 'a');
	say(out, 'b');
	assert_int_equal(hear(one), 'a');
	hears(same, "b");
	hears(other, "ab");
	/* It is one subscriber until the last of them is closed. */
	close(one);
	say(out, 'c');
	hears(other, "c");
	assert_int_equal(queue_stat(out).messages, 1);
	hears(same, "c");
	close(same);
	close(other);
	close(out);
}

static void who_joins_later_has_what_is_retained(void **state)
{
	int out = crowd_new(8, 16, 3), early, late, now;
	uint64_t last;

	(void)state;
	for (early = 'a'; early <= 'e'; early++)
		say(out, (char)early);
	assert_int_equal(queue_stat(out).messages, 0);
	assert_int_equal(queue_stat(out).retained, 3);
	assert_int_equal(queue_stat(out).retain, 3);
	late = crowd_open();
	assert_ok(subscribe(late, IPCQ_SUBSCRIBE_F_KEPT, &last));
	assert_int_equal(last, 2);
	assert_int_equal(queue_stat(out).messages, 3);
	assert_int_equal(queue_stat(out).bytes, 3);
	assert_int_equal(queue_stat(out).retained, 0);
	now = crowd_open();
	assert_ok(subscribe(now, 0, &last));
	assert_int_equal(last, 5);
	say(out, 'f');
	assert_int_equal(hear_of(late).sequence, 3);
	hears(late, "def");
	hears(now, "f");
	assert_int_equal(queue_stat(out).messages, 0);
	assert_int_equal(queue_stat(out).retained, 3);
	close(late);
	late = subscriber_new(IPCQ_SUBSCRIBE_F_KEPT);
	hears(late, "def");
	close(late);
	close(now);
	close(out);
}

/* From what is kept is also from what others have yet to receive. */
static void who_joins_later_has_what_others_have_not_received(void **state)
{
	int out = crowd_new(8, 16, 0), slow = subscriber_new(0), late;

	(void)state;
	say(out, 'a');
	say(out, 'b');
	late = subscriber_new(IPCQ_SUBSCRIBE_F_KEPT);
	hears(slow, "ab");
	assert_int_equal(queue_stat(out).messages, 2);
	hears(late, "ab");
	assert_int_equal(queue_stat(out).messages, 0);
	close(slow);
	close(late);
	close(out);
}

/* The oldest of the retained make room, by number and by bytes. */
static void what_is_retained_is_in_nobodys_way(void **state)
{
	char payload[100] = "";
	struct ipcq_queue_stat stat;
	int out = crowd_new(4, 100, 4), slow, late, i;
	struct ipcq_queue_set set = { .size = sizeof(set), .max_bytes = 150 };

	(void)state;
	for (i = 0; i < 4; i++)
		say(out, (char)('a' + i));
	assert_int_equal(queue_stat(out).retained, 4);
	assert_int_equal(ready(out), POLLOUT);
	slow = subscriber_new(0);
	say(out, 'e');
	say(out, 'f');
	stat = queue_stat(out);
	assert_int_equal(stat.messages, 2);
	assert_int_equal(stat.retained, 2);
	assert_ok(call(out, IPCQ_IOC_QUEUE_SET, &set));
	hears(slow, "ef");
	assert_int_equal(queue_stat(out).retained, 4);
	assert_ok(queue_send(out, payload, 100, 0, 0));
	assert_int_equal(queue_stat(out).retained, 3);
	assert_ok(queue_send(out, payload, 50, 0, 0));
	assert_int_equal(queue_stat(out).retained, 0);
	assert_int_equal(queue_stat(out).bytes, 150);
	late = subscriber_new(IPCQ_SUBSCRIBE_F_KEPT);
	assert_int_equal(bytes_ready(late), 100);
	close(slow);
	close(late);
	/* Lower bounds let go of what is retained as well. */
	assert_int_equal(queue_stat(out).retained, 2);
	set.max_bytes = 100;
	assert_ok(call(out, IPCQ_IOC_QUEUE_SET, &set));
	assert_int_equal(queue_stat(out).retained, 1);
	close(out);
}

static void every_way_to_look_is_the_subscribers_own(void **state)
{
	int out = crowd_new(8, 16, 0);
	int first = subscriber_new(0), second = subscriber_new(0);
	int stranger = crowd_open();

	(void)state;
	assert_int_equal(ready(first), 0);
	say(out, 'a');
	assert_int_equal(ready(first), POLLIN);
	assert_int_equal(bytes_ready(first), 1);
	assert_int_equal(bytes_ready(stranger), 0);
	hears(first, "a");
	assert_int_equal(ready(first), 0);
	assert_int_equal(bytes_ready(first), 0);
	assert_int_equal(ready(second), POLLIN);
	assert_int_equal(bytes_ready(second), 1);
	assert_int_equal(queue_stat(out).subscribers, 2);
	/* To look for something to read is to subscribe, and so is to receive. */
	assert_int_equal(ready(stranger), 0);
	assert_int_equal(queue_stat(out).subscribers, 3);
	say(out, 'b');
	assert_int_equal(ready(stranger), POLLIN);
	hears(stranger, "b");
	close(stranger);
	stranger = crowd_open();
	assert_error(hear(stranger), EAGAIN);
	assert_int_equal(queue_stat(out).subscribers, 3);
	say(out, 'c');
	hears(stranger, "c");
	assert_error(subscribe(stranger, 0, NULL), EALREADY);
	close(stranger);
	close(first);
	close(second);
	close(out);
}

static void a_short_buffer_leaves_the_message_next(void **state)
{
	int out = crowd_new(8, 16, 0), in = subscriber_new(0);
	char buffer[16];
	struct ipcq_queue_receive args = {
		.size = sizeof(args), .payload = (uintptr_t)buffer, .length = 1,
	};

	(void)state;
	assert_ok(queue_send(out, "long", 4, 0, 0));
	say(out, 'b');
	assert_error(call(in, IPCQ_IOC_QUEUE_RECEIVE, &args), EMSGSIZE);
	assert_int_equal(args.length, 4);
	assert_int_equal(read(in, buffer, sizeof(buffer)), 4);
	assert_memory_equal(buffer, "long", 4);
	hears(in, "b");
	close(in);
	close(out);
}

static void a_batch_is_in_order(void **state)
{
	char buffers[4];
	struct ipcq_receive_entry entries[4] = { 0 };
	struct ipcq_queue_batch batch = {
		.size = sizeof(batch),
		.entries = (uintptr_t)entries,
		.count = 4,
		.entry_size = sizeof(entries[0]),
	};
	int out = crowd_new(4, 16, 0), in = subscriber_new(0), i;

	(void)state;
	for (i = 0; i < 4; i++) {
		entries[i].payload = (uintptr_t)&buffers[i];
		entries[i].length = 1;
	}
	say(out, 'a');
	say(out, 'b');
	say(out, 'c');
	/* What cannot be told of has not been received. */
	entries[1].payload = 0;
	assert_int_equal(call(in, IPCQ_IOC_QUEUE_RECEIVE_MANY, &batch), 1);
	assert_int_equal(queue_stat(out).messages, 2);
	entries[1].payload = (uintptr_t)&buffers[1];
	assert_int_equal(call(in, IPCQ_IOC_QUEUE_RECEIVE_MANY, &batch), 2);
	assert_memory_equal(buffers, "bc", 2);
	assert_int_equal(entries[0].sequence, 2);
	assert_int_equal(entries[1].sequence, 3);
	assert_int_equal(queue_stat(out).messages, 0);
	close(in);
	close(out);
}

/* However many receive it, a payload is in memory once, and for the sender's account. */
static void a_payload_is_stored_once(void **state)
{
	enum { SUBSCRIBERS = 16, SIZE = 65536 };
	static char payload[SIZE];
	int out = crowd_new(8, SIZE, 0), in[SUBSCRIBERS], i;
	uint64_t before = query().message_bytes;

	(void)state;
	for (i = 0; i < SUBSCRIBERS; i++)
		in[i] = subscriber_new(0);
	for (i = 0; i < 4; i++)
		assert_ok(queue_send(out, payload, SIZE, 0, 0));
	assert_in_range(query().message_bytes - before, 4 * SIZE,
			4 * SIZE + 4 * 1024);
	for (i = 0; i < SUBSCRIBERS; i++)
		while (read(in[i], payload, SIZE) > 0 && bytes_ready(in[i]))
			;
	assert_int_equal(queue_stat(out).messages, 0);
	for (i = 0; i < SUBSCRIBERS; i++)
		close(in[i]);
	close(out);
	assert_int_equal(query().message_bytes, before);
}

static void what_is_retained_goes_with_the_queue(void **state)
{
	uint64_t before = query().message_bytes;
	int out = crowd_new(8, 16, 8), i;

	(void)state;
	for (i = 0; i < 20; i++)
		say(out, 'm');
	assert_int_equal(queue_stat(out).retained, 8);
	assert_true(query().message_bytes > before);
	close(out);
	assert_int_equal(query().message_bytes, before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_receives_each_once_in_order),
		cmocka_unit_test(a_message_leaves_when_all_have_it),
		cmocka_unit_test(what_is_for_nobody_leaves_at_once),
		cmocka_unit_test(who_leaves_holds_nothing_back),
		cmocka_unit_test(who_shares_a_handle_shares_a_place),
		cmocka_unit_test(who_joins_later_has_what_is_retained),
		cmocka_unit_test(who_joins_later_has_what_others_have_not_received),
		cmocka_unit_test(what_is_retained_is_in_nobodys_way),
		cmocka_unit_test(every_way_to_look_is_the_subscribers_own),
		cmocka_unit_test(a_short_buffer_leaves_the_message_next),
		cmocka_unit_test(a_batch_is_in_order),
		cmocka_unit_test(a_payload_is_stored_once),
		cmocka_unit_test(what_is_retained_goes_with_the_queue),
	};

	return cmocka_run_group_tests_name("broadcast", tests, NULL, NULL);
}
