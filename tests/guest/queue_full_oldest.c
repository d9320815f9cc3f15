// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A queue that drops its oldest, where some of what it has cannot be dropped.
 */
#include "lease.h"

#include <unistd.h>

static char payload[1000];

static int queue_dropping(uint32_t messages, uint32_t message_size, uint64_t bytes)
{
	struct ipcq_queue_open args = queue_args(NULL, RW | CREATE);

	args.max_messages = messages;
	args.max_message_size = message_size;
	args.max_bytes = bytes;
	args.full = IPCQ_FULL_DROP_OLDEST;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	return args.open.fd;
}

static uint64_t lease_long(int fd)
{
	struct ipcq_queue_receive args = {
		.size = sizeof(args),
		.flags = IPCQ_RECEIVE_F_LEASE | IPCQ_RECEIVE_F_NONBLOCK,
		.payload = (uintptr_t)payload,
		.length = sizeof(payload),
	};

	assert_ok(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args));
	return args.token;
}

static int send_long(void *fd)
{
	return -queue_send(*(int *)fd, payload, 600, 0, in(5 * SECOND));
}

/*
 * A sender waits for the room of two that are held.  When the first of them leaves there
 * is enough, if what is in the order is dropped, as it is to be.
 */
static void a_waiting_sender_takes_the_room_of_others(void **state)
{
	int fd = queue_dropping(8, 1000, 1000);
	uint64_t first;
	pid_t pid;

	(void)state;
	assert_ok(queue_send(fd, payload, 450, 0, 0));
	assert_ok(queue_send(fd, payload, 100, 0, 0));
	first = lease_long(fd);
	lease_long(fd);
	assert_ok(queue_send(fd, payload, 400, 0, 0));
	pid = spawn(send_long, &fd);
	eventually(queue_stat(fd).waiting_senders == 1);
	assert_int_equal(queue_stat(fd).dropped, 0);
	assert_ok(acknowledge(fd, first));
	assert_int_equal(reap(pid), 0);
	assert_int_equal(queue_stat(fd).dropped, 1);
	assert_int_equal(queue_stat(fd).bytes, 700);
	close(fd);
}

static int give_up(void *fd)
{
	return -queue_send(*(int *)fd, payload, 700, 0, in(SECOND));
}

static int send_short(void *fd)
{
	return -queue_send(*(int *)fd, payload, 600, 0, in(20 * SECOND));
}

/* One that is too long is in front of one for which others can be dropped, and gives up. */
static void or_when_the_one_before_it_has_given_up(void **state)
{
	int fd = queue_dropping(8, 1000, 1000);
	pid_t first, second;

	(void)state;
	assert_ok(queue_send(fd, payload, 400, 0, 0));
	lease_long(fd);
	assert_ok(queue_send(fd, payload, 100, 0, 0));
	first = spawn(give_up, &fd);
	eventually(queue_stat(fd).waiting_senders == 1);
	second = spawn(send_short, &fd);
	eventually(queue_stat(fd).waiting_senders == 2);
	assert_int_equal(reap(first), ETIMEDOUT);
	assert_int_equal(reap(second), 0);
	assert_int_equal(queue_stat(fd).dropped, 1);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_waiting_sender_takes_the_room_of_others),
		cmocka_unit_test(or_when_the_one_before_it_has_given_up),
	};

	return cmocka_run_group_tests_name("queue_full_oldest", tests, NULL, NULL);
}
