// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What happens to a message that finds a queue full, where nobody is made to wait.
 * Waiting senders and changes of the policy are in queue_full_wait.c.
 */
#include "common.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

static char payload[256];

static int queue_of(uint32_t full, uint32_t order, uint32_t messages, uint64_t bytes)
{
	struct ipcq_queue_open args = queue_args(NULL, RW | CREATE);

	args.max_messages = messages;
	args.max_message_size = 64;
	args.max_bytes = bytes;
	args.order = order;
	args.full = full;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	assert_int_equal(queue_stat(args.open.fd).full, full);
	return args.open.fd;
}

/* Sends @length bytes of @byte; the message's number, or a negative errno. */
static long send_as(int fd, char byte, size_t length, uint32_t priority,
		    uint32_t flags)
{
	struct ipcq_queue_send args = {
		.size = sizeof(args),
		.flags = flags,
		.payload = (uintptr_t)payload,
		.length = length,
		.priority = priority,
		.sequence = 12345,
	};
	long ret;

	memset(payload, byte, sizeof(payload));
	ret = call(fd, IPCQ_IOC_QUEUE_SEND, &args);
	return ret < 0 ? ret : (long)args.sequence;
}

static long send_one(int fd, char byte)
{
	return send_as(fd, byte, 1, 0, 0);
}

/* Receives one, which must be there, and what was lost before it. */
static char receive(int fd, uint64_t *lost)
{
	struct ipcq_queue_receive args = {
		.size = sizeof(args),
		.flags = IPCQ_RECEIVE_F_NONBLOCK,
		.payload = (uintptr_t)payload,
		.length = sizeof(payload),
		.dropped = 999,
	};

	assert_ok(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args));
	if (lost)
		*lost = args.dropped;
	else
		assert_int_equal(args.dropped, 0);
	return payload[0];
}

static void assert_empty(int fd)
{
	struct ipcq_queue_stat stat = queue_stat(fd);

	assert_error(queue_receive(fd, payload, sizeof(payload),
				   IPCQ_RECEIVE_F_NONBLOCK, 0), EAGAIN);
	assert_int_equal(stat.messages, 0);
	assert_int_equal(stat.bytes, 0);
}

static void one_that_rejects_never_waits(void **state)
{
	int fd = queue_of(IPCQ_FULL_REJECT, IPCQ_ORDER_FIFO, 2, 0);
	struct pollfd poller = { .fd = fd, .events = POLLOUT };

	(void)state;
	assert_int_equal(send_one(fd, 'a'), 1);
	assert_int_equal(poll(&poller, 1, 0), 1);
	assert_int_equal(send_one(fd, 'b'), 2);
	assert_error(send_one(fd, 'c'), ENOBUFS);
	assert_error(send_as(fd, 'c', 1, 0, IPCQ_SEND_F_NONBLOCK), ENOBUFS);
	assert_error(queue_send(fd, "c", 1, 0, in(SECOND)), ENOBUFS);
	assert_int_equal(write(fd, "c", 1), -1);
	assert_int_equal(errno, ENOBUFS);
	assert_error(send_as(fd, 'c', 65, 0, 0), EMSGSIZE);
	assert_int_equal(poll(&poller, 1, 0), 0);

	assert_int_equal(receive(fd, NULL), 'a');
	assert_int_equal(poll(&poller, 1, 5000), 1);
	assert_int_equal(send_one(fd, 'd'), 3);
	assert_int_equal(receive(fd, NULL), 'b');
	assert_int_equal(receive(fd, NULL), 'd');
	assert_empty(fd);
	assert_int_equal(queue_stat(fd).dropped, 0);
	close(fd);
}

static void the_newest_are_dropped(void **state)
{
	int fd = queue_of(IPCQ_FULL_DROP_NEWEST, IPCQ_ORDER_FIFO, 2, 0);
	struct pollfd poller = { .fd = fd, .events = POLLOUT };
	uint64_t lost;

	(void)state;
	assert_int_equal(send_one(fd, 'a'), 1);
	assert_int_equal(send_one(fd, 'b'), 2);
	assert_int_equal(poll(&poller, 1, 0), 1);
	assert_int_equal(send_one(fd, 'c'), 0);
	assert_int_equal(send_as(fd, 'd', 1, 0, IPCQ_SEND_F_NONBLOCK), 0);
	assert_int_equal(write(fd, "efg", 3), 3);
	/* It would not have fitted either way. */
	assert_error(send_as(fd, 'c', 65, 0, 0), EMSGSIZE);
	assert_int_equal(queue_stat(fd).dropped, 3);
	assert_int_equal(queue_stat(fd).sent, 2);

	assert_int_equal(receive(fd, &lost), 'a');
	assert_int_equal(lost, 3);
	assert_int_equal(send_one(fd, 'h'), 3);
	assert_int_equal(send_one(fd, 'i'), 0);
	assert_int_equal(receive(fd, &lost), 'b');
	assert_int_equal(lost, 1);
	assert_int_equal(receive(fd, NULL), 'h');
	assert_empty(fd);
	assert_int_equal(queue_stat(fd).dropped, 4);
	close(fd);
}

static void the_oldest_are_dropped(void **state)
{
	int fd = queue_of(IPCQ_FULL_DROP_OLDEST, IPCQ_ORDER_FIFO, 3, 0);
	struct pollfd poller = { .fd = fd, .events = POLLOUT };
	uint64_t lost;
	long i;

	(void)state;
	for (i = 0; i < 10; i++)
		assert_int_equal(send_one(fd, '0' + i), i + 1);
	assert_int_equal(poll(&poller, 1, 0), 1);
	assert_int_equal(queue_stat(fd).messages, 3);
	assert_int_equal(queue_stat(fd).dropped, 7);
	assert_int_equal(receive(fd, &lost), '7');
	assert_int_equal(lost, 7);
	assert_int_equal(receive(fd, NULL), '8');
	assert_int_equal(receive(fd, NULL), '9');
	assert_empty(fd);
	close(fd);
}

static void as_many_are_dropped_as_it_takes(void **state)
{
	int fd = queue_of(IPCQ_FULL_DROP_OLDEST, IPCQ_ORDER_FIFO, 10, 64);
	uint64_t lost;

	(void)state;
	assert_int_equal(send_as(fd, 'a', 10, 0, 0), 1);
	assert_int_equal(send_as(fd, 'b', 10, 0, 0), 2);
	assert_int_equal(send_as(fd, 'c', 40, 0, 0), 3);
	assert_int_equal(send_as(fd, 'd', 4, 0, 0), 4);
	assert_int_equal(queue_stat(fd).dropped, 0);
	assert_int_equal(send_as(fd, 'e', 15, 0, 0), 5);
	assert_int_equal(queue_stat(fd).dropped, 2);
	assert_int_equal(queue_stat(fd).bytes, 40 + 4 + 15);
	assert_int_equal(send_as(fd, 'f', 64, 0, 0), 6);
	assert_int_equal(queue_stat(fd).dropped, 5);
	assert_int_equal(receive(fd, &lost), 'f');
	assert_int_equal(lost, 5);
	assert_empty(fd);
	close(fd);
}

static void the_lowest_priority_goes_first(void **state)
{
	int fd = queue_of(IPCQ_FULL_DROP_OLDEST, IPCQ_ORDER_PRIORITY, 5, 0);
	uint64_t lost;

	(void)state;
	assert_int_equal(send_as(fd, 'a', 1, 32767, 0), 1);
	assert_int_equal(send_as(fd, 'b', 1, 7, 0), 2);
	assert_int_equal(send_as(fd, 'c', 1, 2000, 0), 3);
	assert_int_equal(send_as(fd, 'd', 1, 7, 0), 4);
	assert_int_equal(send_as(fd, 'e', 1, 40, 0), 5);
	/* b, then d; then e, which is the lowest of all. */
	assert_int_equal(send_as(fd, 'f', 1, 2000, 0), 6);
	assert_int_equal(send_as(fd, 'g', 1, 8, 0), 7);
	/* Its own is the lowest: nothing of a higher one makes room for it. */
	assert_int_equal(send_as(fd, 'h', 1, 7, 0), 0);
	/* Of one priority the oldest goes, not the new one. */
	assert_int_equal(send_as(fd, 'i', 1, 8, 0), 8);
	assert_int_equal(queue_stat(fd).dropped, 4);

	assert_int_equal(receive(fd, &lost), 'a');
	assert_int_equal(lost, 4);
	assert_int_equal(receive(fd, NULL), 'c');
	assert_int_equal(receive(fd, NULL), 'f');
	assert_int_equal(receive(fd, NULL), 'e');
	assert_int_equal(receive(fd, NULL), 'i');
	assert_empty(fd);

	/* Nothing goes in vain: two of the lower would not be enough. */
	close(fd);
	fd = queue_of(IPCQ_FULL_DROP_OLDEST, IPCQ_ORDER_PRIORITY, 5, 64);
	assert_int_equal(send_as(fd, 'a', 20, 1, 0), 1);
	assert_int_equal(send_as(fd, 'b', 20, 100, 0), 2);
	assert_int_equal(send_as(fd, 'c', 20, 9, 0), 3);
	assert_int_equal(send_as(fd, 'd', 60, 50, 0), 0);
	assert_int_equal(queue_stat(fd).messages, 3);
	assert_int_equal(send_as(fd, 'd', 60, 100, 0), 4);
	assert_int_equal(queue_stat(fd).messages, 1);
	close(fd);
}

static void one_without_memory_for_it_loses_nothing(void **state)
{
	int fd = queue_of(IPCQ_FULL_DROP_OLDEST, IPCQ_ORDER_FIFO, 1, 0);
	struct ipcq_queue_send args = {
		.size = sizeof(args), .payload = 4096, .length = 1,
	};

	(void)state;
	assert_int_equal(send_one(fd, 'a'), 1);
	assert_error(call(fd, IPCQ_IOC_QUEUE_SEND, &args), EFAULT);
	assert_int_equal(queue_stat(fd).dropped, 0);
	assert_int_equal(receive(fd, NULL), 'a');
	close(fd);
}

/* The member is written with the message: who does not hear of it is told later. */
static void what_was_lost_is_told_once(void **state)
{
	int fd = queue_of(IPCQ_FULL_DROP_OLDEST, IPCQ_ORDER_FIFO, 4, 0), i;
	struct ipcq_queue_receive args = {
		.size = sizeof(args), .length = 1, .payload = 4096,
	};
	uint64_t lost;

	(void)state;
	for (i = 0; i < 6; i++)
		assert_ok(send_one(fd, 'a' + i));
	/* A copy that fails, a buffer that is too short, calls without the member. */
	assert_error(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args), EFAULT);
	args.length = 0;
	assert_error(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args), EMSGSIZE);
	assert_int_equal(read(fd, payload, 1), 1);
	args.size = offsetof(struct ipcq_queue_receive, dropped);
	args.length = 1;
	args.payload = (uintptr_t)payload;
	assert_ok(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args));
	assert_int_equal(receive(fd, &lost), 'e');
	assert_int_equal(lost, 2);
	assert_int_equal(receive(fd, NULL), 'f');
	close(fd);
}

static void what_expires_is_told_too(void **state)
{
	int fd = queue_of(IPCQ_FULL_BLOCK, IPCQ_ORDER_FIFO, 4, 0);
	struct ipcq_queue_send args = {
		.size = sizeof(args),
		.payload = (uintptr_t)payload,
		.length = 1,
		.time_to_live = 5 * MS,
	};
	uint64_t lost;

	(void)state;
	assert_ok(call(fd, IPCQ_IOC_QUEUE_SEND, &args));
	eventually(queue_stat(fd).dropped == 1);
	assert_ok(send_one(fd, 'x'));
	assert_int_equal(receive(fd, &lost), 'x');
	assert_int_equal(lost, 1);
	close(fd);
}

/* Messages with a time to live can be dropped, and their time ends with them. */
static void the_mortal_are_dropped_too(void **state)
{
	int fd = queue_of(IPCQ_FULL_DROP_OLDEST, IPCQ_ORDER_FIFO, 2, 0), i;
	struct ipcq_queue_send args = {
		.size = sizeof(args),
		.payload = (uintptr_t)payload,
		.length = 1,
		.time_to_live = 30 * MS,
	};

	(void)state;
	for (i = 0; i < 5; i++)
		assert_ok(call(fd, IPCQ_IOC_QUEUE_SEND, &args));
	eventually(queue_stat(fd).expired == 2);
	assert_int_equal(queue_stat(fd).dropped, 5);
	assert_empty(fd);
	close(fd);
}

/* A dead-letter queue can be one that drops; what a full queue drops is no letter. */
static void dead_letters_and_drops(void **state)
{
	int to = queue_of(IPCQ_FULL_DROP_OLDEST, IPCQ_ORDER_FIFO, 1, 0), i;
	struct ipcq_queue_open open = queue_args(NULL, RW | CREATE);
	struct ipcq_queue_send args = {
		.size = sizeof(args),
		.payload = (uintptr_t)payload,
		.length = 1,
		.time_to_live = 5 * MS,
	};
	uint64_t lost;

	(void)state;
	open.max_messages = 3;
	open.full = IPCQ_FULL_DROP_OLDEST;
	open.dead_letter = queue_stat(to).id;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &open));
	for (i = 0; i < 5; i++)
		assert_ok(send_one(open.open.fd, 'a'));
	assert_int_equal(queue_stat(open.open.fd).dropped, 2);
	assert_int_equal(queue_stat(to).sent, 0);
	for (i = 0; i < 3; i++)
		assert_ok(call(open.open.fd, IPCQ_IOC_QUEUE_SEND, &args));
	eventually(queue_stat(open.open.fd).dead_lettered == 3);
	assert_int_equal(queue_stat(open.open.fd).dropped, 5);
	assert_int_equal(queue_stat(to).dropped, 2);
	receive(to, &lost);
	assert_int_equal(lost, 2);
	assert_empty(to);
	close(open.open.fd);
	close(to);
}

/* Each message of a batch is treated as one that is sent by itself. */
static void a_batch_is_no_exception(void **state)
{
	static const struct {
		uint32_t full;
		long done;
		uint64_t numbers[5];
		char first;
	} cases[] = {
		{ IPCQ_FULL_REJECT, 3, { 1, 2, 3 }, 'a' },
		{ IPCQ_FULL_DROP_OLDEST, 5, { 1, 2, 3, 4, 5 }, 'c' },
		{ IPCQ_FULL_DROP_NEWEST, 5, { 1, 2, 3, 0, 0 }, 'a' },
	};
	struct ipcq_send_entry entries[5];
	struct ipcq_queue_batch batch = {
		.size = sizeof(batch),
		.entries = (uintptr_t)entries,
		.count = 5,
		.entry_size = sizeof(*entries),
	};
	int fd, i, k;

	(void)state;
	for (k = 0; k < 3; k++) {
		fd = queue_of(cases[k].full, IPCQ_ORDER_FIFO, 3, 0);
		memset(entries, 0, sizeof(entries));
		for (i = 0; i < 5; i++) {
			entries[i].payload = (uintptr_t)"abcde" + i;
			entries[i].length = 1;
		}
		assert_int_equal(call(fd, IPCQ_IOC_QUEUE_SEND_MANY, &batch),
				 cases[k].done);
		for (i = 0; i < cases[k].done; i++)
			assert_int_equal(entries[i].sequence, cases[k].numbers[i]);
		assert_int_equal(queue_stat(fd).messages, 3);
		assert_int_equal(queue_stat(fd).dropped, cases[k].done - 3);
		for (i = 0; i < 3; i++)
			assert_int_equal(receive(fd, i ? NULL : &(uint64_t){ 0 }),
					 cases[k].first + i);
		close(fd);
	}
	fd = queue_of(IPCQ_FULL_REJECT, IPCQ_ORDER_FIFO, 1, 0);
	assert_ok(send_one(fd, 'x'));
	assert_error(call(fd, IPCQ_IOC_QUEUE_SEND_MANY, &batch), ENOBUFS);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_rejects_never_waits),
		cmocka_unit_test(the_newest_are_dropped),
		cmocka_unit_test(the_oldest_are_dropped),
		cmocka_unit_test(as_many_are_dropped_as_it_takes),
		cmocka_unit_test(the_lowest_priority_goes_first),
		cmocka_unit_test(one_without_memory_for_it_loses_nothing),
		cmocka_unit_test(what_was_lost_is_told_once),
		cmocka_unit_test(what_expires_is_told_too),
		cmocka_unit_test(the_mortal_are_dropped_too),
		cmocka_unit_test(dead_letters_and_drops),
		cmocka_unit_test(a_batch_is_no_exception),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
