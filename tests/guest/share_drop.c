// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Shares in queues that do not make their senders wait, and in those for all subscribers;
 * and whose share dead letters are.
 */
#include "users.h"

static void a_queue_that_rejects(void **state)
{
	int out = shared_new(IPCQ_FULL_REJECT), a = user_open(FIRST);
	int b = user_open(SECOND_USER), i;

	(void)state;
	for (i = 0; i < FREELY; i++)
		assert_ok(try(a, 'a'));
	assert_error(try(a, 'a'), ENOBUFS);
	assert_error(queue_send(a, "a", 1, 0, 0), ENOBUFS);
	assert_ok(try(b, 'b'));
	close(a);
	close(b);
	close(out);
}

static void a_queue_that_drops_the_newest(void **state)
{
	int out = shared_new(IPCQ_FULL_DROP_NEWEST), a = user_open(FIRST);
	int b = user_open(SECOND_USER), i;

	(void)state;
	for (i = 0; i < FREELY + 2; i++)
		assert_ok(try(a, 'a'));
	assert_int_equal(queue_stat(out).messages, FREELY);
	assert_int_equal(queue_stat(out).dropped, 2);
	assert_ok(try(b, 'b'));
	assert_int_equal(queue_stat(out).messages, FREELY + 1);
	close(a);
	close(b);
	close(out);
}

static void expect_order(int out, const char *expected)
{
	for (; *expected; expected++)
		assert_int_equal(next(out), *expected);
	assert_int_equal(queue_stat(out).messages, 0);
}

static void send_all(int fd, const char *bytes)
{
	for (; *bytes; bytes++)
		assert_ok(try(fd, *bytes));
}

/* Who floods the queue drops what is its own; who has less drops nobody's but that. */
static void a_queue_that_drops_the_oldest(void **state)
{
	int out = shared_new(IPCQ_FULL_DROP_OLDEST), a = user_open(FIRST);
	int b = user_open(SECOND_USER);

	(void)state;
	send_all(b, "12");
	send_all(a, "abcdefghij");
	assert_int_equal(queue_stat(out).dropped, 0);
	/* It is over its share, and makes room until it is not, or there is room. */
	send_all(a, "k");
	assert_int_equal(queue_stat(out).messages, FREELY);
	assert_int_equal(queue_stat(out).dropped, 1);
	send_all(b, "3456");
	assert_int_equal(queue_stat(out).messages, ROOM);
	assert_int_equal(queue_stat(out).dropped, 1);
	send_all(b, "78");
	assert_int_equal(queue_stat(out).dropped, 3);
	/* Now each has its share, and its own oldest goes. */
	send_all(b, "9");
	send_all(a, "l");
	assert_int_equal(queue_stat(out).dropped, 5);
	expect_order(out, "2efghijk3456789l");
	close(a);
	close(b);
	close(out);
}

/* Of what was there before the second user came, too. */
static void the_oldest_of_who_was_there_before(void **state)
{
	int out = shared_new(IPCQ_FULL_DROP_OLDEST), a = user_open(FIRST), b;

	(void)state;
	send_all(a, "abcdefghijklmnop");
	b = user_open(SECOND_USER);
	send_all(b, "12");
	assert_int_equal(queue_stat(out).dropped, 2);
	send_all(a, "q");
	/* Until the queue is not nearly full. */
	assert_int_equal(queue_stat(out).messages, 12);
	expect_order(out, "hijklmnop12q");
	close(a);
	close(b);
	close(out);
}

/* Who is over the share comes before the lowest priority. */
static void priorities_come_second(void **state)
{
	struct ipcq_queue_open args = shared_args();
	struct ipcq_queue_send send;
	int out, a, b, i;

	(void)state;
	args.order = IPCQ_ORDER_PRIORITY;
	args.full = IPCQ_FULL_DROP_OLDEST;
	out = shared_open(&args);
	a = user_open(FIRST);
	b = user_open(SECOND_USER);
	for (i = 0; i < FREELY; i++) {
		send = send_args(i == 3 ? "l" : "h", 1, i == 3 ? 5 : 7);
		assert_ok(call(a, IPCQ_IOC_QUEUE_SEND, &send));
	}
	send = send_args("b", 1, 0);
	for (i = 0; i < ROOM - FREELY; i++)
		assert_ok(call(b, IPCQ_IOC_QUEUE_SEND, &send));
	assert_int_equal(queue_stat(out).dropped, 0);
	/* A higher one of its own user's is not dropped for a low one. */
	send = send_args("x", 1, 4);
	assert_ok(call(a, IPCQ_IOC_QUEUE_SEND, &send));
	assert_int_equal(send.sequence, 0);
	assert_int_equal(queue_stat(out).dropped, 1);
	send = send_args("B", 1, 0);
	for (i = 0; i < 3; i++)
		assert_ok(call(b, IPCQ_IOC_QUEUE_SEND, &send));
	assert_int_equal(queue_stat(out).dropped, 4);
	for (i = 0; i < FREELY - 3; i++)
		assert_int_equal(next(out), 'h');
	for (i = 0; i < ROOM - FREELY; i++)
		assert_int_equal(next(out), 'b');
	for (i = 0; i < 3; i++)
		assert_int_equal(next(out), 'B');
	close(a);
	close(b);
	close(out);
}

/* Nobody has sent them there, and so nobody is held to account for them. */
static void dead_letters_are_nobodys(void **state)
{
	struct ipcq_queue_open args = queue_args(NULL, RW | CREATE);
	struct ipcq_queue_send send = send_args("x", 1, 0);
	int out = shared_new(0), from, a, b, i;

	(void)state;
	args.dead_letter = queue_stat(out).id;
	assert_int_equal(seteuid(FIRST), 0);
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	assert_int_equal(seteuid(0), 0);
	from = args.open.fd;
	send.time_to_live = 1;
	for (i = 0; i < SHARE; i++)
		assert_ok(call(from, IPCQ_IOC_QUEUE_SEND, &send));
	eventually(queue_stat(out).messages == SHARE);
	assert_int_equal(queue_stat(out).users, 0);
	/* Neither is the one who comes first, nor the one who sent them elsewhere. */
	b = user_open(SECOND_USER);
	a = user_open(FIRST);
	assert_int_equal(fill(b, 'b'), SHARE);
	discard(out, 4);
	assert_int_equal(fill(a, 'a'), 4);
	discard(out, ROOM);
	/* They are gone, and nobody has more for that. */
	assert_int_equal(fill(a, 'a'), FREELY);
	assert_int_equal(fill(b, 'b'), ROOM - FREELY);
	discard(out, ROOM);
	assert_int_equal(queue_stat(out).users, 2);
	close(from);
	close(a);
	close(b);
	close(out);
}

static int share_of_subscribers(uint32_t retain)
{
	struct ipcq_queue_open args = shared_args();

	args.delivery = IPCQ_DELIVERY_ALL;
	args.retain = retain;
	return shared_open(&args);
}

static long join(int fd, uint32_t flags)
{
	struct ipcq_queue_subscribe args = { .size = sizeof(args), .flags = flags };

	return call(fd, IPCQ_IOC_QUEUE_SUBSCRIBE, &args);
}

static void a_queue_for_all(void **state)
{
	int out = share_of_subscribers(0), a = user_open(FIRST);
	int b = user_open(SECOND_USER), i;

	(void)state;
	assert_ok(join(out, 0));
	for (i = 0; i < 2; i++) {
		assert_int_equal(fill(a, 'a'), FREELY);
		assert_int_equal(fill(b, 'b'), ROOM - FREELY);
		discard(out, ROOM);
	}
	close(a);
	close(b);
	close(out);
}

/* What all have received and somebody receives once more is nobody's. */
static void what_is_retained_is_nobodys(void **state)
{
	int out = share_of_subscribers(6), a = user_open(FIRST), b, late;

	(void)state;
	assert_ok(join(out, 0));
	assert_int_equal(fill(a, 'a'), ROOM);
	discard(out, ROOM);
	b = user_open(SECOND_USER);
	late = queue_open(SHARED, IPCQ_OPEN_F_READ);
	assert_ok(late);
	assert_ok(join(late, IPCQ_SUBSCRIBE_F_KEPT));
	assert_int_equal(queue_stat(out).messages, 6);
	assert_int_equal(fill(a, 'a'), SHARE);
	assert_int_equal(fill(b, 'b'), ROOM - 6 - SHARE);
	discard(late, ROOM);
	discard(out, ROOM - 6);
	assert_int_equal(queue_stat(out).messages, 0);
	assert_int_equal(fill(b, 'b'), FREELY);
	assert_int_equal(fill(a, 'a'), ROOM - FREELY);
	close(late);
	close(a);
	close(b);
	close(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_queue_that_rejects),
		cmocka_unit_test(a_queue_that_drops_the_newest),
		cmocka_unit_test(a_queue_that_drops_the_oldest),
		cmocka_unit_test(the_oldest_of_who_was_there_before),
		cmocka_unit_test(priorities_come_second),
		cmocka_unit_test(dead_letters_are_nobodys),
		cmocka_unit_test(a_queue_for_all),
		cmocka_unit_test(what_is_retained_is_nobodys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
