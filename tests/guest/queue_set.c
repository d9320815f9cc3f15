// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Changing a queue's attributes while it is in use.
 */
#include "common.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

static int queue_set(int fd, uint32_t messages, uint32_t message_size,
		     uint64_t bytes)
{
	struct ipcq_queue_set args = {
		.size = sizeof(args),
		.max_messages = messages,
		.max_message_size = message_size,
		.max_bytes = bytes,
	};

	return call(fd, IPCQ_IOC_QUEUE_SET, &args);
}

static void assert_attributes(int fd, uint32_t messages, uint32_t message_size,
			      uint64_t bytes)
{
	struct ipcq_queue_stat stat = queue_stat(fd);

	assert_int_equal(stat.max_messages, messages);
	assert_int_equal(stat.max_message_size, message_size);
	assert_int_equal(stat.max_bytes, bytes);
}

static int send_bytes(int fd, size_t length)
{
	static const char payload[256];

	return queue_send(fd, payload, length, IPCQ_SEND_F_NONBLOCK, 0);
}

static void each_field_is_checked(void **state)
{
	struct ipcq_query q = query();
	int fd = queue_new(4, 32);
	struct ipcq_queue_set args = { .size = sizeof(args), .max_messages = 5 };

	(void)state;
	check_common(fd, IPCQ_IOC_QUEUE_SET, &args, sizeof(args),
		     IPCQ_QUEUE_SET_MIN);
	args.flags = IPCQ_SET_F_ALL + 1;
	assert_error(call(fd, IPCQ_IOC_QUEUE_SET, &args), EOPNOTSUPP);
	assert_error(queue_set(fd, q.max_messages + 1, 0, 0), EINVAL);
	assert_error(queue_set(fd, UINT32_MAX, 0, 0), EINVAL);
	assert_error(queue_set(fd, 0, q.max_message_size + 1, 0), EINVAL);
	assert_error(queue_set(fd, 0, UINT32_MAX, 0), EINVAL);
	/* Bytes below the longest message, given now or before. */
	assert_error(queue_set(fd, 0, 0, 31), EINVAL);
	assert_error(queue_set(fd, 9, 64, 63), EINVAL);
	assert_ok(queue_set(fd, 0, 0, 0));
	assert_attributes(fd, 4, 32, 4 * 32);
	args.flags = 0;
	assert_ok(call(fd, IPCQ_IOC_QUEUE_SET, &args));
	assert_attributes(fd, 5, 32, 5 * 32);
	assert_ok(queue_set(fd, 0, 0, 40));
	assert_error(queue_set(fd, 9, 41, 0), EINVAL);
	assert_attributes(fd, 5, 32, 40);
	assert_ok(queue_set(fd, q.max_messages, q.max_message_size, UINT64_MAX));
	assert_attributes(fd, q.max_messages, q.max_message_size, UINT64_MAX);
	assert_ok(send_bytes(fd, 256));
	close(fd);
}

static void bytes_that_were_not_given_follow(void **state)
{
	struct ipcq_queue_open args = queue_args(NULL, RW | CREATE);
	int fd = queue_new(4, 32);

	(void)state;
	assert_attributes(fd, 4, 32, 128);
	assert_ok(queue_set(fd, 6, 0, 0));
	assert_attributes(fd, 6, 32, 192);
	assert_ok(queue_set(fd, 0, 16, 0));
	assert_attributes(fd, 6, 16, 96);
	assert_ok(queue_set(fd, 0, 0, 50));
	assert_ok(queue_set(fd, 7, 0, 0));
	assert_attributes(fd, 7, 16, 50);
	close(fd);

	args.max_messages = 4;
	args.max_message_size = 32;
	args.max_bytes = 100;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	assert_ok(queue_set(args.open.fd, 9, 0, 0));
	assert_attributes(args.open.fd, 9, 32, 100);
	close(args.open.fd);
}

static void what_is_in_the_queue_stays(void **state)
{
	int fd = queue_new(4, 32), i;
	char buffer[32];

	(void)state;
	for (i = 0; i < 4; i++)
		assert_ok(send_bytes(fd, 20));
	assert_ok(queue_set(fd, 2, 8, 10));
	assert_int_equal(queue_stat(fd).messages, 4);
	assert_error(send_bytes(fd, 20), EMSGSIZE);
	/* It takes nothing until it holds less: 10 bytes, 2 messages. */
	for (i = 0; i < 4; i++) {
		assert_error(send_bytes(fd, 0), EAGAIN);
		assert_int_equal(queue_receive(fd, buffer, 32, 0, 0), 20);
		if (i == 3)
			break;
	}
	assert_ok(send_bytes(fd, 8));
	assert_error(send_bytes(fd, 3), EAGAIN);
	assert_ok(send_bytes(fd, 2));
	assert_error(send_bytes(fd, 0), EAGAIN);
	close(fd);
}

struct sender {
	int fd;
	size_t length;
	int result;
};

static int send_blocking(void *context)
{
	struct sender *sender = context;
	char payload[64] = "";

	sender->result = queue_send(sender->fd, payload, sender->length, 0, 0);
	return 0;
}

static pid_t start_sender(struct sender *sender, int fd, size_t length)
{
	uint32_t before = queue_stat(fd).waiting_senders;
	pid_t pid;

	*sender = (struct sender) { .fd = fd, .length = length, .result = 1 };
	pid = spawn(send_blocking, sender);
	eventually(queue_stat(fd).waiting_senders == before + 1);
	wait_asleep(pid);
	return pid;
}

static void waiting_senders_are_let_in(void **state)
{
	/* More than are woken in one go. */
	enum { SENDERS = 20 };
	struct sender *senders = shared_memory(SENDERS * sizeof(*senders));
	int fd = queue_new(1, 32), i;
	pid_t pids[SENDERS];

	(void)state;
	assert_ok(send_bytes(fd, 1));
	for (i = 0; i < SENDERS; i++)
		pids[i] = start_sender(&senders[i], fd, 1);
	assert_ok(queue_set(fd, SENDERS + 1, 0, 0));
	for (i = 0; i < SENDERS; i++) {
		assert_int_equal(reap(pids[i]), 0);
		assert_int_equal(senders[i].result, 0);
	}
	assert_int_equal(queue_stat(fd).messages, SENDERS + 1);
	close(fd);
}

static void a_sender_whose_message_is_too_long_now_fails_in_its_turn(void **state)
{
	struct sender *senders = shared_memory(3 * sizeof(*senders));
	int fd = queue_new(2, 32), i;
	pid_t pids[3];
	char buffer[32];

	(void)state;
	assert_ok(send_bytes(fd, 1));
	assert_ok(send_bytes(fd, 1));
	pids[0] = start_sender(&senders[0], fd, 8);
	pids[1] = start_sender(&senders[1], fd, 30);
	pids[2] = start_sender(&senders[2], fd, 7);
	assert_ok(queue_set(fd, 0, 8, 0));
	/* The first still waits for room, and the second behind it. */
	assert_int_equal(queue_stat(fd).waiting_senders, 3);
	assert_int_equal(queue_receive(fd, buffer, 32, 0, 0), 1);
	assert_int_equal(reap(pids[0]), 0);
	assert_int_equal(senders[0].result, 0);
	assert_int_equal(reap(pids[1]), 0);
	assert_int_equal(senders[1].result, -EMSGSIZE);
	assert_int_equal(queue_receive(fd, buffer, 32, 0, 0), 1);
	assert_int_equal(reap(pids[2]), 0);
	assert_int_equal(senders[2].result, 0);
	for (i = 0; i < 2; i++)
		assert_int_equal(queue_receive(fd, buffer, 32, 0, 0), 8 - i);

	/* One that is first in line fails at once. */
	assert_ok(send_bytes(fd, 1));
	assert_ok(send_bytes(fd, 1));
	pids[0] = start_sender(&senders[0], fd, 8);
	assert_ok(queue_set(fd, 0, 4, 0));
	assert_int_equal(reap(pids[0]), 0);
	assert_int_equal(senders[0].result, -EMSGSIZE);
	assert_int_equal(queue_stat(fd).messages, 2);
	close(fd);
}

static void pollers_hear_of_the_room(void **state)
{
	int fd = queue_new(1, 32);
	struct pollfd poller = { .fd = fd, .events = POLLOUT };

	(void)state;
	assert_ok(send_bytes(fd, 1));
	assert_int_equal(poll(&poller, 1, 0), 0);
	assert_ok(queue_set(fd, 2, 0, 0));
	assert_int_equal(poll(&poller, 1, 5000), 1);
	assert_int_equal(poller.revents, POLLOUT);
	assert_ok(queue_set(fd, 1, 0, 0));
	assert_int_equal(poll(&poller, 1, 0), 0);
	close(fd);
}

static int change_by_stranger(void *context)
{
	int fd = *(int *)context;

	assert_error(queue_set(fd, 3, 0, 0), EPERM);
	/* Whether he may comes before whether it is right. */
	assert_error(queue_set(fd, UINT32_MAX, 0, 0), EPERM);
	return 0;
}

static int change_by_owner(void *context)
{
	struct ipcq_queue_open args = queue_args(NULL, IPCQ_OPEN_F_READ | CREATE);

	(void)context;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	assert_ok(queue_set(args.open.fd, 3, 0, 0));
	return 0;
}

static void only_the_owner_may(void **state)
{
	int fd = queue_new(2, 32);

	(void)state;
	assert_int_equal(reap(spawn_as(USER, USER, change_by_stranger, &fd)), 0);
	assert_attributes(fd, 2, 32, 64);
	assert_int_equal(reap(spawn_as(USER, USER, change_by_owner, NULL)), 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_field_is_checked),
		cmocka_unit_test(bytes_that_were_not_given_follow),
		cmocka_unit_test(what_is_in_the_queue_stays),
		cmocka_unit_test(waiting_senders_are_let_in),
		cmocka_unit_test(a_sender_whose_message_is_too_long_now_fails_in_its_turn),
		cmocka_unit_test(pollers_hear_of_the_room),
		cmocka_unit_test(only_the_owner_may),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
