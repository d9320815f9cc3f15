// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Queues ordered by priority.
 */
#include "common.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int priority_queue(const char *name, uint32_t messages)
{
	struct ipcq_queue_open args = queue_args(name, RW | CREATE);

	args.max_messages = messages;
	args.max_message_size = 4096;
	args.order = IPCQ_ORDER_PRIORITY;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	return args.open.fd;
}

static int send_priority(int fd, uint32_t priority, char byte)
{
	struct ipcq_queue_send args = {
		.size = sizeof(args),
		.flags = IPCQ_SEND_F_NONBLOCK,
		.payload = (uintptr_t)&byte,
		.length = 1,
		.priority = priority,
	};

	return call(fd, IPCQ_IOC_QUEUE_SEND, &args);
}

/* The next message's byte; its priority in @priority. */
static int receive(int fd, uint32_t *priority)
{
	char byte;
	struct ipcq_queue_receive args = {
		.size = sizeof(args),
		.flags = IPCQ_RECEIVE_F_NONBLOCK,
		.payload = (uintptr_t)&byte,
		.length = 1,
	};
	long ret = call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args);

	*priority = args.priority;
	return ret < 0 ? ret : byte;
}

static void the_highest_comes_first(void **state)
{
	static const uint32_t priorities[] = {
		3, 0, 32767, 3, 31, 32, 1023, 1024, 3, 0,
	};
	static const char expected[] = "chgfeadibj";
	int fd = priority_queue(NULL, 16);
	uint32_t priority, i;

	(void)state;
	assert_int_equal(queue_stat(fd).order, IPCQ_ORDER_PRIORITY);
	for (i = 0; i < 10; i++)
		assert_ok(send_priority(fd, priorities[i], 'a' + i));
	for (i = 0; i < 10; i++) {
		assert_int_equal(receive(fd, &priority), expected[i]);
		assert_int_equal(priority, priorities[expected[i] - 'a']);
	}
	assert_error(receive(fd, &priority), EAGAIN);
	close(fd);
}

static void write_sends_with_the_lowest(void **state)
{
	int fd = priority_queue(NULL, 4);
	uint32_t priority;
	char byte;

	(void)state;
	assert_int_equal(write(fd, "w", 1), 1);
	assert_ok(queue_send(fd, "s", 1, 0, 0));
	assert_ok(send_priority(fd, 1, 'p'));
	assert_int_equal(read(fd, &byte, 1), 1);
	assert_int_equal(byte, 'p');
	assert_int_equal(receive(fd, &priority), 'w');
	assert_int_equal(priority, 0);
	assert_int_equal(receive(fd, &priority), 's');
	close(fd);
}

static void what_is_not_received_keeps_its_place(void **state)
{
	int fd = priority_queue(NULL, 4);
	uint32_t priority;
	char byte;

	(void)state;
	assert_ok(send_priority(fd, 5, 'a'));
	assert_ok(send_priority(fd, 5, 'b'));
	assert_ok(send_priority(fd, 1, 'c'));
	assert_error(queue_receive(fd, (void *)16, 1, 0, 0), EFAULT);
	assert_error(queue_receive(fd, &byte, 0, 0, 0), EMSGSIZE);
	assert_int_equal(receive(fd, &priority), 'a');
	assert_int_equal(receive(fd, &priority), 'b');
	assert_int_equal(receive(fd, &priority), 'c');
	close(fd);
}

static void wrong_fields_change_nothing(void **state)
{
	struct ipcq_queue_open open = queue_args("order", RW | CREATE);
	struct ipcq_queue_send send = { .size = sizeof(send) };
	struct ipcq_queue_receive receive_args = { .size = sizeof(receive_args) };
	int fd;

	(void)state;
	open.order = 2;
	assert_error(call(device(), IPCQ_IOC_QUEUE_OPEN, &open), EOPNOTSUPP);
	open.order = IPCQ_ORDER_PRIORITY;
	open.reserved2 = 1;
	assert_error(call(device(), IPCQ_IOC_QUEUE_OPEN, &open), EINVAL);
	assert_error(queue_open("order", RW), ENOENT);

	fd = priority_queue(NULL, 4);
	assert_error(send_priority(fd, 32768, 'x'), EINVAL);
	assert_error(send_priority(fd, UINT32_MAX, 'x'), EINVAL);
	send.fd_count = IPCQ_FDS_MAX + 1;
	assert_error(call(fd, IPCQ_IOC_QUEUE_SEND, &send), EINVAL);
	receive_args.fd_count = IPCQ_FDS_MAX + 1;
	assert_error(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &receive_args), EINVAL);
	assert_int_equal(queue_stat(fd).sent, 0);
	close(fd);

	fd = queue_new(4, 64);
	assert_int_equal(queue_stat(fd).order, IPCQ_ORDER_FIFO);
	assert_error(send_priority(fd, 1, 'x'), EINVAL);
	assert_ok(send_priority(fd, 0, 'x'));
	close(fd);
}

static void the_order_is_an_attribute(void **state)
{
	struct ipcq_queue_open args = queue_args("order", RW);
	int fd = priority_queue("order", 4), other;

	(void)state;
	other = queue_open("order", RW);
	assert_ok(other);
	close(other);
	args.order = IPCQ_ORDER_PRIORITY;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	close(args.open.fd);
	close(fd);

	fd = queue_open("order", RW | CREATE);
	assert_ok(fd);
	assert_error(call(device(), IPCQ_IOC_QUEUE_OPEN, &args), EBADR);
	close(fd);
}

/* Lists for priorities are made when needed: they are charged, and given back. */
static void every_priority_can_be_used(void **state)
{
	uint64_t before = query().message_bytes;
	int fd = priority_queue(NULL, 2048);
	uint32_t priority, i;

	(void)state;
	for (i = 0; i < 1024; i++)
		assert_ok(send_priority(fd, i * 32 + 7, 'x'));
	assert_true(query().message_bytes >= before + 1024 * 512);
	for (i = 1024; i--;) {
		assert_int_equal(receive(fd, &priority), 'x');
		assert_int_equal(priority, i * 32 + 7);
	}
	close(fd);
	eventually(query().message_bytes == before);
}

struct stream {
	int fd;
	uint32_t priority;
};

static int send_numbers(void *context)
{
	const struct stream *stream = context;
	uint32_t i;

	for (i = 0; i < 2000; i++) {
		struct ipcq_queue_send args = {
			.size = sizeof(args),
			.payload = (uintptr_t)&i,
			.length = sizeof(i),
			.priority = stream->priority,
		};

		if (call(stream->fd, IPCQ_IOC_QUEUE_SEND, &args))
			return 1;
	}
	return 0;
}

/* Several senders race for the same new lists, and for room. */
static void each_priority_is_a_queue_of_its_own(void **state)
{
	int fd = priority_queue(NULL, 8);
	uint32_t next[4] = { 0 }, value, i;
	pid_t pids[4];

	(void)state;
	for (i = 0; i < 4; i++) {
		struct stream stream = { fd, 640 + i };

		pids[i] = spawn(send_numbers, &stream);
	}
	for (i = 0; i < 8000; i++) {
		struct ipcq_queue_receive args = {
			.size = sizeof(args),
			.payload = (uintptr_t)&value,
			.length = sizeof(value),
			.deadline = in(20 * SECOND),
		};

		assert_int_equal(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args), 4);
		assert_in_range(args.priority, 640, 643);
		assert_int_equal(value, next[args.priority - 640]++);
	}
	for (i = 0; i < 4; i++)
		assert_int_equal(reap(pids[i]), 0);
	assert_int_equal(queue_stat(fd).messages, 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_highest_comes_first),
		cmocka_unit_test(write_sends_with_the_lowest),
		cmocka_unit_test(what_is_not_received_keeps_its_place),
		cmocka_unit_test(wrong_fields_change_nothing),
		cmocka_unit_test(the_order_is_an_attribute),
		cmocka_unit_test(every_priority_can_be_used),
		cmocka_unit_test(each_priority_is_a_queue_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
