// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Batches: what is done, in which order, and where a batch ends.
 */
#include "batch.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define MANY	100		/* more than two rounds of the kernel's */

static uint32_t numbers[IPCQ_BATCH_MAX];
static struct ipcq_send_entry out[IPCQ_BATCH_MAX];
static struct ipcq_receive_entry into[IPCQ_BATCH_MAX];

static void a_batch_arrives_in_order(void **state)
{
	static const uint32_t counts[] = { 1, 31, 32, 33, MANY, IPCQ_BATCH_MAX };
	uint32_t i, k, count;
	int fd = queue_new(IPCQ_BATCH_MAX, 64);

	(void)state;
	for (i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		count = counts[i];
		number(out, numbers, count, 1000);
		assert_int_equal(send_many(fd, out, count, 0, 0), count);
		assert_int_equal(queue_stat(fd).messages, count);
		memset(numbers, 0, sizeof(numbers));
		make_room(into, numbers, count);
		assert_int_equal(receive_many(fd, into, count, 0, 0), count);
		for (k = 0; k < count; k++) {
			assert_int_equal(numbers[k], 1000 + k);
			assert_int_equal(into[k].length, sizeof(*numbers));
			assert_int_equal(into[k].sequence, out[k].sequence);
			assert_int_equal(into[k].sequence, into[0].sequence + k);
		}
		assert_int_equal(queue_stat(fd).messages, 0);
	}
	close(fd);
}

/* Lengths of several classes of memory, in one batch, twice: new and used again. */
static void every_length_survives(void **state)
{
	static const size_t lengths[] = {
		0, 1, 191, 192, 193, 256, 257, 4096, 65537, 1048575, 1048576, 3,
	};
	enum { COUNT = sizeof(lengths) / sizeof(*lengths) };
	unsigned char *from[COUNT], *to[COUNT];
	int fd = queue_new(COUNT, 0), round;
	size_t i, k;

	(void)state;
	for (round = 0; round < 2; round++) {
		for (i = 0; i < COUNT; i++) {
			from[i] = malloc(lengths[i] + 1);
			to[i] = calloc(1, lengths[i] + 1);
			for (k = 0; k < lengths[i]; k++)
				from[i][k] = k * 7 + k / 251 + i + round;
			out[i] = (struct ipcq_send_entry) {
				.payload = (uintptr_t)from[i],
				.length = lengths[i],
			};
			into[i] = (struct ipcq_receive_entry) {
				.payload = (uintptr_t)to[i],
				.length = lengths[i],
			};
		}
		assert_int_equal(send_many(fd, out, COUNT, 0, 0), COUNT);
		assert_int_equal(receive_many(fd, into, COUNT, 0, 0), COUNT);
		for (i = 0; i < COUNT; i++) {
			assert_int_equal(into[i].length, lengths[i]);
			assert_memory_equal(from[i], to[i], lengths[i]);
			free(from[i]);
			free(to[i]);
		}
	}
	close(fd);
}

/* What a batch of the shortest entries does, and that nothing else is written. */
static void short_entries(void **state)
{
	struct { uint64_t payload, length; } entries[4];
	struct ipcq_queue_batch args = {
		.size = sizeof(args),
		.entries = (uintptr_t)entries,
		.count = 3,
		.entry_size = IPCQ_SEND_ENTRY_MIN,
	};
	int fd = queue_new(MANY, 64), i;

	(void)state;
	for (i = 0; i < 4; i++) {
		numbers[i] = i;
		entries[i].payload = (uintptr_t)&numbers[i];
		entries[i].length = sizeof(*numbers);
	}
	assert_int_equal(call(fd, IPCQ_IOC_QUEUE_SEND_MANY, &args), 3);
	memset(numbers, 0xff, sizeof(numbers));
	args.entry_size = IPCQ_RECEIVE_ENTRY_MIN;
	args.count = 4;
	for (i = 0; i < 4; i++)
		entries[i].length = 64;
	assert_int_equal(call(fd, IPCQ_IOC_QUEUE_RECEIVE_MANY, &args), 3);
	for (i = 0; i < 3; i++) {
		assert_int_equal(numbers[i], i);
		assert_int_equal(entries[i].length, sizeof(*numbers));
		assert_int_equal(entries[i].payload, (uintptr_t)&numbers[i]);
	}
	assert_int_equal(numbers[3], UINT32_MAX);
	assert_int_equal(entries[3].length, 64);
	close(fd);
}

/* A full queue takes what it has room for, and a deadline does not matter then. */
static void what_has_no_room_is_not_sent(void **state)
{
	int fd = queue_new(MANY, 64);
	uint32_t used = MANY - 40;

	(void)state;
	fill(fd, 0, used);
	number(out, numbers, MANY, used);
	assert_int_equal(send_many(fd, out, MANY, 0, 1), 40);
	assert_int_equal(out[39].sequence, MANY);
	assert_error(send_many(fd, out, MANY, NONBLOCK, 0), EAGAIN);
	assert_error(send_many(fd, out, MANY, 0, in(20 * MS)), ETIMEDOUT);
	drained(fd, 0, MANY);
	close(fd);
}

static void bytes_are_bounded(void **state)
{
	struct ipcq_queue_open args = queue_args(NULL, RW | CREATE);
	static char payload[100];
	int fd, i;

	(void)state;
	args.max_messages = 10;
	args.max_message_size = 100;
	args.max_bytes = 350;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	fd = args.open.fd;
	for (i = 0; i < 5; i++)
		out[i] = (struct ipcq_send_entry) {
			.payload = (uintptr_t)payload,
			.length = 100,
		};
	assert_int_equal(send_many(fd, out, 5, NONBLOCK, 0), 3);
	assert_int_equal(queue_stat(fd).bytes, 300);
	out[0].length = 50;
	assert_int_equal(send_many(fd, out, 5, NONBLOCK, 0), 1);
	assert_int_equal(queue_stat(fd).bytes, 350);
	close(fd);
}

static void an_empty_queue_gives_nothing(void **state)
{
	int fd = queue_new(MANY, 64);

	(void)state;
	make_room(into, numbers, MANY);
	assert_error(receive_many(fd, into, MANY, NONBLOCK, 0), EAGAIN);
	assert_error(receive_many(fd, into, MANY, 0, in(20 * MS)), ETIMEDOUT);
	fill(fd, 5, 40);
	/* What is there, and no wait. */
	assert_int_equal(receive_many(fd, into, MANY, 0, 1), 40);
	assert_int_equal(numbers[39], 44);
	fill(fd, 0, 40);
	assert_int_equal(receive_many(fd, into, MANY, WHOLE, in(20 * MS)), 40);
	assert_int_equal(queue_stat(fd).received, 80);
	/* O_NONBLOCK means the same. */
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	assert_error(receive_many(fd, into, MANY, WHOLE, 0), EAGAIN);
	close(fd);
}

/* A message that is too long ends the batch before it, and stays where it is. */
static void a_message_too_long_ends_a_batch(void **state)
{
	int fd = queue_new(MANY, 64);
	char longer[65] = { 0 };

	(void)state;
	number(out, numbers, MANY, 0);
	out[40].payload = (uintptr_t)longer;
	out[40].length = sizeof(longer);
	assert_int_equal(send_many(fd, out, MANY, 0, 0), 40);
	assert_error(send_many(fd, out + 40, 1, 0, 0), EMSGSIZE);
	assert_ok(queue_send(fd, longer, 64, 0, 0));
	fill(fd, 40, 1);

	make_room(into, numbers, MANY);
	assert_int_equal(receive_many(fd, into, MANY, WHOLE, in(SECOND)), 40);
	assert_int_equal(into[40].length, sizeof(*numbers));
	assert_error(receive_many(fd, into, MANY, 0, 0), EMSGSIZE);
	assert_int_equal(into[0].length, 64);
	assert_int_equal(into[1].length, sizeof(*numbers));
	into[0].length = 63;
	assert_int_equal(receive_many(fd, into, 2, TRUNCATE, 0), 2);
	assert_int_equal(into[0].length, 64);
	assert_int_equal(numbers[1], 40);
	drained(fd, 0, 0);
	close(fd);
}

/* By priority, and each with its own; what an entry says is told with the message. */
static void entries_say_what_a_send_says(void **state)
{
	struct ipcq_queue_open args = queue_args(NULL, RW | CREATE);
	uint32_t i;
	int fd;

	(void)state;
	args.order = IPCQ_ORDER_PRIORITY;
	args.max_messages = MANY;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	fd = args.open.fd;
	number(out, numbers, MANY, 0);
	for (i = 0; i < MANY; i++) {
		out[i].priority = i % 50 * 600;
		out[i].type = ~(uint64_t)i;
	}
	out[7].time_to_live = 1;
	assert_int_equal(send_many(fd, out, MANY, 0, 0), MANY);
	make_room(into, numbers, MANY);
	assert_int_equal(receive_many(fd, into, MANY, 0, 0), MANY - 1);
	for (i = 0; i < MANY - 1; i++) {
		uint32_t sent = numbers[i];

		assert_int_equal(into[i].priority, sent % 50 * 600);
		assert_true(!i || into[i].priority <= into[i - 1].priority);
		assert_true(into[i].type == ~(uint64_t)sent);
		assert_int_equal(into[i].sequence, out[sent].sequence);
		assert_int_equal(into[i].pid, getpid());
		assert_int_equal(into[i].uid, geteuid());
		assert_int_equal(into[i].gid, getegid());
		assert_true(into[i].time && into[i].time <= in(0));
		assert_true(into[i].start_time);
	}
	assert_int_equal(queue_stat(fd).expired, 1);
	close(fd);
}

static int send_three(void *context)
{
	const int *fd = context;

	for (int i = 0; i < 3; i++)
		assert_ok(queue_send(*fd, "child", 5, 0, 0));
	return 0;
}

/* Memory that another process has sent with before does not say who sends now. */
static void each_message_has_its_sender(void **state)
{
	int fd = queue_new(MANY, 64), i;
	char text[3][8];
	pid_t child;

	(void)state;
	child = spawn(send_three, &fd);
	assert_int_equal(reap(child), 0);
	for (i = 0; i < 3; i++)
		into[i] = (struct ipcq_receive_entry) {
			.payload = (uintptr_t)text[i], .length = sizeof(text[i]),
		};
	assert_int_equal(receive_many(fd, into, 3, 0, 0), 3);
	for (i = 0; i < 3; i++)
		assert_int_equal(into[i].pid, child);
	number(out, numbers, 5, 0);
	assert_int_equal(send_many(fd, out, 5, 0, 0), 5);
	make_room(into, numbers, 5);
	assert_int_equal(receive_many(fd, into, 5, 0, 0), 5);
	for (i = 0; i < 5; i++)
		assert_int_equal(into[i].pid, getpid());
	close(fd);
}

static int next_event(int epoll, int timeout)
{
	struct epoll_event event = { 0 };

	return epoll_wait(epoll, &event, 1, timeout) ? (int)event.events : 0;
}

/* A batch that was cut short has heard "no room": the edge comes when there is some. */
static void pollers_hear_of_batches(void **state)
{
	struct epoll_event for_room = { .events = EPOLLOUT | EPOLLET };
	struct epoll_event for_messages = { .events = EPOLLIN | EPOLLET };
	int room = epoll_create1(EPOLL_CLOEXEC), messages = epoll_create1(0);
	int fd = queue_new(64, 64);

	(void)state;
	assert_int_equal(epoll_ctl(room, EPOLL_CTL_ADD, fd, &for_room), 0);
	assert_int_equal(epoll_ctl(messages, EPOLL_CTL_ADD, fd, &for_messages), 0);
	assert_int_equal(next_event(room, 0), EPOLLOUT);
	assert_int_equal(next_event(messages, 0), 0);
	number(out, numbers, MANY, 0);
	assert_int_equal(send_many(fd, out, MANY, NONBLOCK, 0), 64);
	assert_int_equal(next_event(messages, 0), EPOLLIN);
	make_room(into, numbers, MANY);
	assert_int_equal(receive_many(fd, into, 40, NONBLOCK, 0), 40);
	assert_int_equal(next_event(room, 5000), EPOLLOUT);
	close(room);
	close(messages);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_batch_arrives_in_order),
		cmocka_unit_test(every_length_survives),
		cmocka_unit_test(short_entries),
		cmocka_unit_test(what_has_no_room_is_not_sent),
		cmocka_unit_test(bytes_are_bounded),
		cmocka_unit_test(an_empty_queue_gives_nothing),
		cmocka_unit_test(a_message_too_long_ends_a_batch),
		cmocka_unit_test(entries_say_what_a_send_says),
		cmocka_unit_test(each_message_has_its_sender),
		cmocka_unit_test(pollers_hear_of_batches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
