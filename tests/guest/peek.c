// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Peeking: in which order messages are shown, what is told of them, and that they stay.
 */
#include "peek.h"

#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* Looks at all that @looker has yet to see, and checks the numbers; 0 is the end. */
static void shows(int fd, struct looker *looker, const unsigned int *numbers)
{
	while (*numbers)
		assert_int_equal(look(fd, looker), *numbers++);
	assert_error(look(fd, looker), EAGAIN);
}

#define SHOWS(fd, looker, ...)						\
	shows(fd, looker, (const unsigned int []){ __VA_ARGS__, 0 })

static void nothing_changes(void **state)
{
	int fd = typed_queue(8, IPCQ_ORDER_FIFO);
	struct looker looker = looker_of(ANY);
	struct ipcq_queue_stat before, after;
	uint64_t i;

	(void)state;
	for (i = 1; i <= 3; i++)
		assert_int_equal(typed_send(fd, 10 * i, 0, 8), i);
	before = queue_stat(fd);
	for (i = 1; i <= 3; i++) {
		assert_int_equal(look(fd, &looker), i);
		assert_int_equal(looker.args.cursor, i);
		assert_int_equal(looker.args.type, 10 * i);
		assert_memory_equal(looker.bytes, &looker.args.type, 8);
	}
	assert_error(look(fd, &looker), EAGAIN);
	assert_int_equal(looker.args.cursor, 3);
	after = queue_stat(fd);
	assert_memory_equal(&before, &after, sizeof(before));
	for (i = 1; i <= 3; i++)
		assert_int_equal(take(fd, ANY), i);
	assert_error(look_first(fd), EAGAIN);
	close(fd);
}

static void all_is_told(void **state)
{
	int fd = typed_queue(8, IPCQ_ORDER_PRIORITY);
	struct looker looker = looker_of(ANY);
	const struct ipcq_queue_receive *args = &looker.args;
	uint64_t now = in(0), token;

	(void)state;
	assert_int_equal(typed_send(fd, 77, 5, 4), 1);
	token = hold_first(fd);
	assert_ok(end_hold(fd, token, IPCQ_LEASE_RETURN));
	memset(&looker.args.dropped, 0xee, sizeof(looker.args.dropped));
	looker.args.pid = -1;
	assert_int_equal(look(fd, &looker), 1);
	assert_int_equal(args->priority, 5);
	assert_int_equal(args->type, 77);
	assert_int_equal(args->dropped, 0);
	assert_true(args->time > now - SECOND && args->time < now + 60 * SECOND);
	assert_int_equal(args->pid, getpid());
	assert_int_equal(args->uid, geteuid());
	assert_int_equal(args->gid, getegid());
	assert_int_equal(args->redeliveries, 1);
	assert_true(args->start_time > 0);
	assert_int_equal(args->token, 0);
	assert_int_equal(args->origin_id, 0);
	assert_int_equal(queue_stat(fd).held, 0);
	close(fd);
}

/* What was lost is told to who receives, and not to who looks. */
static void what_was_lost_is_told_later(void **state)
{
	struct ipcq_queue_open open = queue_args(NULL, RW | CREATE);
	struct looker looker = looker_of(ANY), taker = looker_of(ANY);
	int fd;

	(void)state;
	open.max_messages = 1;
	open.full = IPCQ_FULL_DROP_OLDEST;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &open));
	fd = open.open.fd;
	assert_int_equal(typed_send(fd, 1, 0, 8), 1);
	assert_int_equal(typed_send(fd, 1, 0, 8), 2);
	assert_int_equal(look(fd, &looker), 2);
	assert_int_equal(looker.args.dropped, 0);
	taker.args.flags &= ~(uint32_t)IPCQ_RECEIVE_F_PEEK;
	assert_int_equal(look(fd, &taker), 2);
	assert_int_equal(taker.args.dropped, 1);
	close(fd);
}

/* ------------------------------------------------------------------- the order */

static const struct want wants[] = {
	{ IPCQ_MATCH_ANY, 0, 0, 0 }, { IPCQ_MATCH_ANY, 2, 0, 0 },
	{ IPCQ_MATCH_EQUAL, 0, 2, 0 }, { IPCQ_MATCH_EQUAL, 1, 0, 0 },
	{ IPCQ_MATCH_AT_MOST, 0, 3, 0 }, { IPCQ_MATCH_AT_MOST, 2, 9, 0 },
	{ IPCQ_MATCH_RANGE, 0, 1, 3 }, { IPCQ_MATCH_EXCEPT, 0, 1, 0 },
	{ IPCQ_MATCH_EQUAL, 0, 99, 0 },
};

#define DEEP	400

/* More than are looked at under one hold of the lock. */
static int deep_queue(uint32_t order, unsigned int *seed)
{
	int fd = typed_queue(DEEP, order), i;

	for (i = 1; i <= DEEP; i++)
		assert_int_equal(typed_send(fd, rand_r(seed) % 5,
					    order ? rand_r(seed) % 4 * 9 : 0, 8), i);
	return fd;
}

static void it_is_that_of_receiving(void **state)
{
	unsigned int seed = 1;
	uint32_t order;
	size_t w;

	(void)state;
	for (order = IPCQ_ORDER_FIFO; order <= IPCQ_ORDER_PRIORITY; order++) {
		for (w = 0; w < sizeof(wants) / sizeof(*wants); w++) {
			struct looker looker = looker_of(wants[w]);
			int fd = deep_queue(order, &seed), count = 0, i;
			long seen[DEEP], ret;

			while ((ret = look(fd, &looker)) > 0) {
				assert_true(count < DEEP);
				seen[count++] = ret;
			}
			assert_error(ret, EAGAIN);
			for (i = 0; i < count; i++)
				assert_int_equal(take(fd, wants[w]), seen[i]);
			assert_error(take(fd, wants[w]), EAGAIN);
			close(fd);
		}
	}
}

/* While others take messages: none that stays is left out, none is shown twice. */
static void what_goes_meanwhile_is_no_matter(void **state)
{
	unsigned int seed = 2;
	uint32_t order;

	(void)state;
	for (order = IPCQ_ORDER_FIFO; order <= IPCQ_ORDER_PRIORITY; order++) {
		int fd = deep_queue(order, &seed), i;
		bool seen[DEEP + 1] = { false }, taken[DEEP + 1] = { false };
		struct looker looker = looker_of(ANY);
		long ret;

		while ((ret = look(fd, &looker)) > 0) {
			assert_false(seen[ret] || taken[ret]);
			seen[ret] = true;
			/* From the front, and often the one that was just shown. */
			if (rand_r(&seed) % 3 == 0)
				ret = take(fd, EQUAL(rand_r(&seed) % 5));
			else if (rand_r(&seed) % 2)
				ret = take(fd, ((struct want){ IPCQ_MATCH_EQUAL,
					looker.args.priority, looker.args.type, 0 }));
			else
				continue;
			if (ret > 0)
				taken[ret] = true;
		}
		assert_error(ret, EAGAIN);
		for (i = 1; i <= DEEP; i++)
			assert_true(seen[i] || taken[i]);
		close(fd);
	}
}

static void what_comes_before_is_not_shown(void **state)
{
	int fd = typed_queue(8, IPCQ_ORDER_PRIORITY);
	struct looker looker = looker_of(ANY);

	(void)state;
	assert_int_equal(typed_send(fd, 0, 5, 8), 1);
	assert_int_equal(typed_send(fd, 0, 3, 8), 2);
	assert_int_equal(look(fd, &looker), 1);
	assert_int_equal(typed_send(fd, 0, 6, 8), 3);
	assert_int_equal(typed_send(fd, 0, 5, 8), 4);
	assert_int_equal(typed_send(fd, 0, 4, 8), 5);
	SHOWS(fd, &looker, 4, 5, 2);
	looker.args.cursor = 0;
	SHOWS(fd, &looker, 3, 1, 4, 5, 2);
	close(fd);
}

static void what_is_held_is_not_there(void **state)
{
	int fd = typed_queue(8, IPCQ_ORDER_FIFO);
	struct looker looker = looker_of(ANY), again = looker_of(ANY);
	uint64_t token;

	(void)state;
	assert_int_equal(typed_send(fd, 0, 0, 1), 1);
	assert_int_equal(typed_send(fd, 0, 0, 1), 2);
	assert_int_equal(typed_send(fd, 0, 0, 1), 3);
	token = hold_first(fd);
	SHOWS(fd, &looker, 2, 3);
	assert_ok(end_hold(fd, token, IPCQ_LEASE_RETURN));
	/* It is before what was shown. */
	assert_error(look(fd, &looker), EAGAIN);
	SHOWS(fd, &again, 1, 2, 3);
	close(fd);
}

/* The place is the caller's own; who shares a handle has another. */
static void each_has_a_place_of_its_own(void **state)
{
	int fd = typed_queue(8, IPCQ_ORDER_FIFO), shared = dup(fd);
	struct looker one = looker_of(ANY), other = looker_of(ANY);

	(void)state;
	assert_int_equal(typed_send(fd, 0, 0, 8), 1);
	assert_int_equal(typed_send(fd, 0, 0, 8), 2);
	assert_int_equal(look(fd, &one), 1);
	assert_int_equal(look(fd, &one), 2);
	assert_int_equal(look(shared, &other), 1);
	assert_error(look(shared, &one), EAGAIN);
	assert_int_equal(look(fd, &other), 2);
	close(shared);
	assert_int_equal(typed_send(fd, 0, 0, 8), 3);
	assert_int_equal(look(fd, &one), 3);
	close(fd);
}

static void a_handle_shows_what_it_receives(void **state)
{
	int fd = typed_queue(8, IPCQ_ORDER_FIFO);
	struct looker looker = looker_of(ANY);

	(void)state;
	assert_int_equal(typed_send(fd, 1, 0, 8), 1);
	assert_int_equal(typed_send(fd, 2, 0, 8), 2);
	assert_ok(set_filter(fd, EQUAL(2)));
	looker.args.flags &= ~(uint32_t)IPCQ_RECEIVE_F_FILTER;
	assert_int_equal(look(fd, &looker), 2);
	assert_error(look(fd, &looker), EAGAIN);
	close(fd);
}

/* --------------------------------------------------------------------- payloads */

static void a_payload_in_parts(void **state)
{
	int fd = queue_new(4, 64);
	struct looker looker = looker_of(ANY);
	struct ipcq_queue_receive *args = &looker.args;

	(void)state;
	assert_ok(queue_send(fd, "0123456789", 10, 0, 0));
	args->payload = (uintptr_t)looker.bytes;
	args->length = 4;
	assert_error(call(fd, IPCQ_IOC_QUEUE_RECEIVE, args), EMSGSIZE);
	assert_int_equal(args->length, 10);
	assert_int_equal(args->cursor, 0);
	assert_int_equal(args->sequence, 0);

	args->flags |= IPCQ_RECEIVE_F_TRUNCATE;
	for (args->offset = 0; args->offset < 12; args->offset += 4) {
		memset(looker.bytes, '-', sizeof(looker.bytes));
		args->cursor = 0;
		args->length = 4;
		assert_int_equal(call(fd, IPCQ_IOC_QUEUE_RECEIVE, args), 10);
		assert_memory_equal(looker.bytes,
				    args->offset == 0 ? "0123-" :
				    args->offset == 4 ? "4567-" : "89---", 5);
	}
	/* The rest fits; behind the end there is nothing. */
	args->flags &= ~(uint32_t)IPCQ_RECEIVE_F_TRUNCATE;
	args->offset = 6;
	args->cursor = 0;
	args->length = 4;
	assert_int_equal(call(fd, IPCQ_IOC_QUEUE_RECEIVE, args), 10);
	assert_memory_equal(looker.bytes, "6789", 4);
	args->offset = UINT64_MAX;
	args->cursor = 0;
	args->length = 0;
	args->payload = 0;
	assert_int_equal(call(fd, IPCQ_IOC_QUEUE_RECEIVE, args), 10);
	args->offset = 5;
	args->cursor = 0;
	assert_error(call(fd, IPCQ_IOC_QUEUE_RECEIVE, args), EMSGSIZE);
	close(fd);
}

static void a_payload_in_pieces(void **state)
{
	int fd = queue_new(4, 64);
	char first[3] = "--", second[9] = "--------";
	const struct ipcq_vector pieces[] = {
		{ (uintptr_t)first, 2 }, { 0, 0 }, { (uintptr_t)second, 8 },
	};
	struct looker looker = looker_of(ANY);

	(void)state;
	assert_ok(queue_send(fd, "0123456789", 10, 0, 0));
	looker.args.flags |= IPCQ_RECEIVE_F_VECTOR;
	looker.args.payload = (uintptr_t)pieces;
	looker.args.length = 3;
	looker.args.offset = 3;
	assert_int_equal(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &looker.args), 10);
	assert_string_equal(first, "34");
	assert_string_equal(second, "56789---");
	close(fd);
}

/* A copy that fails tells nothing, and is not a step. */
static void a_copy_that_fails(void **state)
{
	int fd = queue_new(4, 64);
	struct looker looker = looker_of(ANY);

	(void)state;
	assert_ok(queue_send(fd, "01", 2, 0, 0));
	looker.args.payload = 8;
	looker.args.length = 2;
	looker.args.pid = -5;
	assert_error(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &looker.args), EFAULT);
	assert_int_equal(looker.args.cursor, 0);
	assert_int_equal(looker.args.pid, -5);
	assert_int_equal(look(fd, &looker), 1);
	assert_error(call(fd, IPCQ_IOC_QUEUE_RECEIVE,
			  read_only_copy(&looker.args, sizeof(looker.args))), EAGAIN);
	looker.args.cursor = 0;
	assert_error(call(fd, IPCQ_IOC_QUEUE_RECEIVE,
			  read_only_copy(&looker.args, sizeof(looker.args))), EFAULT);
	assert_int_equal(queue_stat(fd).messages, 1);
	assert_int_equal(take(fd, ANY), 1);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_changes),
		cmocka_unit_test(all_is_told),
		cmocka_unit_test(what_was_lost_is_told_later),
		cmocka_unit_test(it_is_that_of_receiving),
		cmocka_unit_test(what_goes_meanwhile_is_no_matter),
		cmocka_unit_test(what_comes_before_is_not_shown),
		cmocka_unit_test(what_is_held_is_not_there),
		cmocka_unit_test(each_has_a_place_of_its_own),
		cmocka_unit_test(a_handle_shows_what_it_receives),
		cmocka_unit_test(a_payload_in_parts),
		cmocka_unit_test(a_payload_in_pieces),
		cmocka_unit_test(a_copy_that_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
