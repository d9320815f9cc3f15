// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Dead letters: what becomes of messages whose time to live ends in a queue that has a
 * dead-letter queue.  Their attributes are tested in dead_letter_fields.c.
 */
#include "common.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#define TTL	(20 * MS)

static char payload[64];

/* A queue whose dead letters go to @to, a queue too. */
static int queue_with(int to, uint32_t order)
{
	struct ipcq_queue_open args = queue_args(NULL, RW | CREATE);

	args.max_messages = 8;
	args.max_message_size = 64;
	args.order = order;
	args.dead_letter = queue_stat(to).id;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	return args.open.fd;
}

static int send_mortal(int fd, const char *text, uint32_t priority, uint64_t type,
		       uint64_t time_to_live)
{
	struct ipcq_queue_send args = {
		.size = sizeof(args),
		.payload = (uintptr_t)text,
		.length = strlen(text),
		.priority = priority,
		.type = type,
		.time_to_live = time_to_live,
	};

	return call(fd, IPCQ_IOC_QUEUE_SEND, &args);
}

/* The next message, waited for. */
static struct ipcq_queue_receive receive(int fd)
{
	struct ipcq_queue_receive args = {
		.size = sizeof(args),
		.payload = (uintptr_t)payload,
		.length = sizeof(payload),
		.deadline = in(5 * SECOND),
	};

	memset(payload, 0, sizeof(payload));
	assert_ok(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args));
	return args;
}

static void assert_counts(int fd, uint64_t expired, uint64_t moved, uint64_t dropped)
{
	struct ipcq_queue_stat stat;

	eventually((stat = queue_stat(fd),
		    stat.dead_lettered == moved && stat.dropped == dropped));
	assert_int_equal(stat.expired, expired);
	assert_int_equal(stat.messages, 0);
	assert_int_equal(stat.bytes, 0);
}

static void it_arrives_as_it_was_sent(void **state)
{
	int to = queue_new(8, 64), fd = queue_with(to, IPCQ_ORDER_FIFO);
	struct ipcq_queue_receive got;
	uint64_t before = in(0), sent;

	(void)state;
	assert_ok(queue_send(fd, "stays", 5, 0, 0));
	assert_ok(send_mortal(fd, "first", 0, 77, TTL));
	assert_ok(send_mortal(fd, "second", 0, 78, 2 * TTL));
	sent = in(0);
	assert_ok(queue_send(to, "own", 3, 0, 0));

	got = receive(to);
	assert_string_equal(payload, "own");
	assert_int_equal(got.origin_id, 0);
	assert_int_equal(got.origin_sequence, 0);
	assert_int_equal(got.origin_reason, IPCQ_ORIGIN_NONE);
	/* Nobody looks at the first queue: it comes by itself. */
	got = receive(to);
	assert_string_equal(payload, "first");
	assert_true(in(0) >= before + TTL);
	assert_int_equal(got.sequence, 2);
	assert_int_equal(got.type, 77);
	assert_int_equal(got.pid, getpid());
	assert_int_equal(got.uid, 0);
	/* When it was sent, not when it moved. */
	assert_true(got.time <= sent);
	assert_int_equal(got.origin_id, queue_stat(fd).id);
	assert_int_equal(got.origin_sequence, 2);
	assert_int_equal(got.origin_reason, IPCQ_ORIGIN_EXPIRED);
	got = receive(to);
	assert_string_equal(payload, "second");
	assert_int_equal(got.sequence, 3);
	assert_int_equal(got.origin_sequence, 3);

	/* The memory is used again, and the next message is no dead letter. */
	assert_ok(queue_send(to, "own", 3, 0, 0));
	assert_int_equal(receive(to).origin_id, 0);
	receive(fd);
	assert_string_equal(payload, "stays");
	assert_counts(fd, 2, 2, 0);
	assert_counts(to, 0, 0, 0);
	close(fd);
	close(to);
}

static void what_finds_no_room_is_dropped(void **state)
{
	int to = queue_new(2, 5), fd = queue_with(to, IPCQ_ORDER_FIFO);

	(void)state;
	assert_ok(send_mortal(fd, "longer", 0, 0, TTL));
	assert_counts(fd, 1, 0, 1);
	assert_ok(send_mortal(fd, "1", 0, 0, TTL));
	assert_ok(send_mortal(fd, "2", 0, 0, TTL));
	assert_ok(send_mortal(fd, "3", 0, 0, TTL));
	assert_counts(fd, 4, 2, 2);
	assert_int_equal(queue_stat(to).sent, 2);
	receive(to);
	assert_string_equal(payload, "1");
	receive(to);
	assert_string_equal(payload, "2");
	close(fd);
	close(to);
}

static void a_queue_that_has_ended_takes_nothing(void **state)
{
	int to = queue_new(8, 64), fd = queue_with(to, IPCQ_ORDER_FIFO);
	uint64_t id = queue_stat(to).id;

	(void)state;
	close(to);
	assert_int_equal(queue_stat(fd).dead_letter, id);
	assert_ok(send_mortal(fd, "x", 0, 0, TTL));
	assert_counts(fd, 1, 0, 1);
	close(fd);
}

static void without_one_it_is_dropped(void **state)
{
	int fd = queue_new(8, 64);

	(void)state;
	assert_int_equal(queue_stat(fd).dead_letter, 0);
	assert_ok(send_mortal(fd, "x", 0, 0, TTL));
	assert_counts(fd, 1, 0, 1);
	close(fd);
}

static void it_moves_once(void **state)
{
	int fd = queue_new(8, 64), to = queue_with(fd, IPCQ_ORDER_FIFO);
	struct ipcq_queue_set set = {
		.size = sizeof(set),
		.flags = IPCQ_SET_F_DEAD_LETTER,
		.dead_letter = queue_stat(to).id,
	};
	struct ipcq_queue_receive got;

	(void)state;
	assert_ok(call(fd, IPCQ_IOC_QUEUE_SET, &set));
	set = (struct ipcq_queue_set) {
		.size = sizeof(set),
		.flags = IPCQ_SET_F_TIME_TO_LIVE,
		.time_to_live = 50 * TTL,
	};
	assert_ok(call(to, IPCQ_IOC_QUEUE_SET, &set));

	/* In the other queue its time begins anew, and ends. */
	assert_ok(send_mortal(fd, "x", 0, 0, TTL));
	assert_counts(fd, 1, 1, 0);
	assert_int_equal(queue_stat(to).messages, 1);
	assert_counts(to, 1, 0, 1);
	/* Those that were sent to it go the other way. */
	assert_ok(send_mortal(to, "y", 0, 0, TTL));
	got = receive(fd);
	assert_string_equal(payload, "y");
	assert_int_equal(got.origin_id, queue_stat(to).id);
	assert_int_equal(got.origin_sequence, 2);
	assert_counts(to, 2, 1, 1);
	assert_counts(fd, 1, 1, 0);
	close(fd);
	close(to);
}

static void it_takes_its_place_by_priority(void **state)
{
	struct ipcq_queue_open args = queue_args(NULL, RW | CREATE);
	int fd, to;

	(void)state;
	args.order = IPCQ_ORDER_PRIORITY;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	to = args.open.fd;
	fd = queue_with(to, IPCQ_ORDER_PRIORITY);
	/* There is no list for these priorities in the other queue yet. */
	assert_ok(send_mortal(fd, "low", 3, 0, TTL));
	assert_ok(send_mortal(fd, "high", 20000, 0, 2 * TTL));
	assert_counts(fd, 2, 2, 0);
	assert_int_equal(receive(to).priority, 20000);
	assert_string_equal(payload, "high");
	assert_int_equal(receive(to).priority, 3);
	close(to);

	/* In a queue without priorities it is told, and nothing more. */
	to = queue_new(8, 64);
	close(fd);
	fd = queue_with(to, IPCQ_ORDER_PRIORITY);
	assert_ok(send_mortal(fd, "low", 3, 0, TTL));
	assert_ok(send_mortal(fd, "high", 20000, 0, 2 * TTL));
	assert_counts(fd, 2, 2, 0);
	assert_int_equal(receive(to).priority, 3);
	assert_int_equal(receive(to).priority, 20000);
	close(fd);
	close(to);
}

static void pollers_hear_of_it(void **state)
{
	int to = queue_new(8, 64), fd = queue_with(to, IPCQ_ORDER_FIFO);
	struct pollfd poller = { .fd = to, .events = POLLIN };

	(void)state;
	assert_ok(send_mortal(fd, "x", 0, 0, TTL));
	assert_int_equal(poll(&poller, 1, 0), 0);
	assert_int_equal(poll(&poller, 1, 5000), 1);
	assert_int_equal(poller.revents, POLLIN);
	close(fd);
	close(to);
}

static void its_memory_moves_with_it(void **state)
{
	uint64_t before = query().message_bytes, memory;
	int to = queue_new(8, 64), fd = queue_with(to, IPCQ_ORDER_FIFO);

	(void)state;
	assert_ok(send_mortal(fd, "x", 0, 0, TTL));
	memory = queue_stat(fd).memory;
	assert_true(memory > 0);
	assert_counts(fd, 1, 1, 0);
	assert_int_equal(queue_stat(fd).memory, 0);
	assert_int_equal(queue_stat(to).memory, memory);
	assert_int_equal(query().message_bytes, before + memory);
	/* What is dropped is kept for the next message, as what is received is. */
	close(to);
	assert_int_equal(query().message_bytes, before);
	assert_ok(send_mortal(fd, "x", 0, 0, TTL));
	assert_counts(fd, 2, 1, 1);
	assert_int_equal(queue_stat(fd).memory, memory);
	close(fd);
	assert_int_equal(query().message_bytes, before);
}

/* Where priorities are no order, one that a filter refuses is not the last of them. */
static void filters_go_by_its_priority(void **state)
{
	struct ipcq_queue_receive args = {
		.size = sizeof(args),
		.flags = IPCQ_RECEIVE_F_NONBLOCK | IPCQ_RECEIVE_F_FILTER,
		.payload = (uintptr_t)payload,
		.length = sizeof(payload),
		.least_priority = 2,
	};
	int to = queue_new(8, 64), fd = queue_with(to, IPCQ_ORDER_PRIORITY);

	(void)state;
	assert_ok(send_mortal(fd, "low", 1, 0, TTL));
	eventually(queue_stat(to).messages == 1);
	assert_ok(send_mortal(fd, "high", 3, 0, TTL));
	eventually(queue_stat(to).messages == 2);
	assert_int_equal(call(to, IPCQ_IOC_QUEUE_RECEIVE, &args), 4);
	assert_memory_equal(payload, "high", 4);
	assert_error(call(to, IPCQ_IOC_QUEUE_RECEIVE, &args), EAGAIN);
	assert_int_equal(receive(to).priority, 1);
	close(fd);
	close(to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_arrives_as_it_was_sent),
		cmocka_unit_test(what_finds_no_room_is_dropped),
		cmocka_unit_test(a_queue_that_has_ended_takes_nothing),
		cmocka_unit_test(without_one_it_is_dropped),
		cmocka_unit_test(it_moves_once),
		cmocka_unit_test(it_takes_its_place_by_priority),
		cmocka_unit_test(filters_go_by_its_priority),
		cmocka_unit_test(pollers_hear_of_it),
		cmocka_unit_test(its_memory_moves_with_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
