// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Times to live.
 */
#include "common.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static int send_for(int fd, char byte, uint64_t time_to_live, uint64_t deadline)
{
	struct ipcq_queue_send args = {
		.size = sizeof(args),
		.payload = (uintptr_t)&byte,
		.length = 1,
		.deadline = deadline,
		.time_to_live = time_to_live,
	};

	return (int)call(fd, IPCQ_IOC_QUEUE_SEND, &args);
}

/* The byte that is next, or an error. */
static int next(int fd)
{
	char byte;
	int ret = queue_receive(fd, &byte, 1, IPCQ_RECEIVE_F_NONBLOCK, 0);

	return ret < 0 ? ret : byte;
}

static int bytes_ready(int fd)
{
	int bytes = -1;

	assert_int_equal(ioctl(fd, FIONREAD, &bytes), 0);
	return bytes;
}

static short ready(int fd)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN | POLLOUT };

	assert_return_code(poll(&poller, 1, 0), 0);
	return poller.revents;
}

static void nobody_gets_what_has_expired(void **state)
{
	int fd = queue_new(8, 16);

	(void)state;
	assert_ok(send_for(fd, 'a', 20 * MS, 0));
	assert_ok(send_for(fd, 'b', 3600 * SECOND, 0));
	assert_ok(send_for(fd, 'c', 1, 0));
	assert_ok(send_for(fd, 'd', 0, 0));
	assert_ok(send_for(fd, 'e', UINT64_MAX, 0));
	sleep_ms(30);
	assert_int_equal(next(fd), 'b');
	assert_int_equal(next(fd), 'd');
	assert_int_equal(next(fd), 'e');
	assert_error(next(fd), EAGAIN);
	assert_int_equal(queue_stat(fd).expired, 2);
	assert_int_equal(queue_stat(fd).received, 3);
	assert_int_equal(queue_stat(fd).messages, 0);
	assert_int_equal(queue_stat(fd).bytes, 0);
	close(fd);
}

/*
 * A message whose time ends while nobody looks; the kernel's own look comes a tick
 * later at the soonest.
 */
static void let_one_expire(int fd)
{
	assert_ok(send_for(fd, 'x', MS / 2, 0));
	sleep_ms(1);
}

static void whatever_looks_sees_none(void **state)
{
	char byte;
	int fd = queue_new(1, 16), i;

	(void)state;
	assert_ok(send_for(fd, 'a', 3600 * SECOND, 0));
	assert_int_equal(bytes_ready(fd), 1);
	assert_int_equal(ready(fd), POLLIN);
	assert_int_equal(next(fd), 'a');
	for (i = 0; i < 20; i++) {
		let_one_expire(fd);
		assert_int_equal(ready(fd), POLLOUT);
		let_one_expire(fd);
		assert_int_equal(bytes_ready(fd), 0);
		let_one_expire(fd);
		assert_error(queue_receive(fd, &byte, 1, 0, 1), ETIMEDOUT);
		let_one_expire(fd);
		assert_int_equal(queue_stat(fd).messages, 0);
	}
	assert_int_equal(queue_stat(fd).expired, 80);
	close(fd);
}

static int send_second(void *context)
{
	return send_for(*(int *)context, 'b', 0, in(20 * SECOND));
}

/* Nobody looks at the queue, and still the sender is let in. */
static void the_room_of_expired_ones_is_used(void **state)
{
	int fd = queue_new(1, 16);
	pid_t pid;

	(void)state;
	assert_ok(send_for(fd, 'a', 200 * MS, 0));
	pid = spawn(send_second, &fd);
	assert_int_equal(reap(pid), 0);
	assert_int_equal(next(fd), 'b');
	close(fd);
}

static int wait_writable(void *context)
{
	struct pollfd poller = { .fd = *(int *)context, .events = POLLOUT };

	return poll(&poller, 1, 20000) == 1 ? 0 : 1;
}

static void pollers_hear_of_the_room(void **state)
{
	int fd = queue_new(1, 16);

	(void)state;
	assert_ok(send_for(fd, 'a', 200 * MS, 0));
	assert_int_equal(reap(spawn(wait_writable, &fd)), 0);
	close(fd);
}

static void the_time_begins_in_the_queue(void **state)
{
	int *fd = shared_memory(sizeof(*fd));
	pid_t pid;

	(void)state;
	*fd = queue_new(1, 16);
	assert_ok(send_for(*fd, 'a', 0, 0));
	/* It waits for room longer than it is to live there. */
	pid = fork();
	if (!pid)
		_exit(send_for(*fd, 'b', 500 * MS, 0) ? 1 : 0);
	eventually(queue_stat(*fd).waiting_senders == 1);
	sleep_ms(600);
	assert_int_equal(next(*fd), 'a');
	assert_int_equal(reap(pid), 0);
	assert_int_equal(next(*fd), 'b');
	close(*fd);
}

static void a_queue_has_a_time_for_all(void **state)
{
	struct ipcq_queue_open open = queue_args("test/expire", RW | CREATE);
	struct ipcq_queue_set set = { .size = sizeof(set) };
	int fd;

	(void)state;
	open.time_to_live = 10 * MS;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &open));
	fd = open.open.fd;
	open.open.flags = RW;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &open));
	close(open.open.fd);
	open.time_to_live = 11 * MS;
	assert_error(call(device(), IPCQ_IOC_QUEUE_OPEN, &open), EBADR);
	assert_int_equal(queue_stat(fd).time_to_live, 10 * MS);

	assert_ok(queue_send(fd, "a", 1, 0, 0));
	assert_int_equal(write(fd, "b", 1), 1);
	assert_ok(send_for(fd, 'c', 3600 * SECOND, 0));
	sleep_ms(20);
	assert_int_equal(next(fd), 'c');
	assert_error(next(fd), EAGAIN);

	/* It can be changed, for what is sent from then on. */
	assert_ok(queue_send(fd, "d", 1, 0, 0));
	set.time_to_live = 5;
	assert_error(call(fd, IPCQ_IOC_QUEUE_SET, &set), EINVAL);
	set.time_to_live = 0;
	assert_ok(call(fd, IPCQ_IOC_QUEUE_SET, &set));
	assert_int_equal(queue_stat(fd).time_to_live, 10 * MS);
	set.flags = IPCQ_SET_F_TIME_TO_LIVE;
	assert_ok(call(fd, IPCQ_IOC_QUEUE_SET, &set));
	assert_int_equal(queue_stat(fd).time_to_live, 0);
	assert_ok(queue_send(fd, "e", 1, 0, 0));
	sleep_ms(20);
	assert_int_equal(next(fd), 'e');
	close(fd);
}

/* Back in its place, a message goes on with the time that it has. */
static void a_failed_receive_does_not_prolong(void **state)
{
	void *nowhere = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = queue_new(4, 16);

	(void)state;
	assert_ok(send_for(fd, 'a', 600 * MS, 0));
	assert_ok(send_for(fd, 'b', 0, 0));
	sleep_ms(400);
	if (queue_stat(fd).expired)
		skip();		/* The machine is too busy to tell. */
	assert_error(queue_receive(fd, nowhere, 1, 0, 0), EFAULT);
	sleep_ms(210);
	assert_int_equal(next(fd), 'b');
	assert_int_equal(queue_stat(fd).expired, 1);
	munmap(nowhere, 4096);
	close(fd);
}

/* By priority, from between others, and more than one go takes. */
static void many_expire_at_once(void **state)
{
	struct ipcq_queue_open open = queue_args(NULL, RW | CREATE);
	struct ipcq_queue_send args = { .size = sizeof(args) };
	uint32_t i;
	int fd;

	(void)state;
	open.max_messages = 1000;
	open.max_message_size = 16;
	open.order = IPCQ_ORDER_PRIORITY;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &open));
	fd = open.open.fd;
	for (i = 0; i < 1000; i++) {
		args.priority = i * 7919 % 32768;
		args.time_to_live = i % 4 ? 300 * MS + i * 1000 : 0;
		assert_ok(call(fd, IPCQ_IOC_QUEUE_SEND, &args));
	}
	sleep_ms(320);
	for (i = 0; i < 250; i++)
		assert_ok(queue_receive(fd, NULL, 0, IPCQ_RECEIVE_F_NONBLOCK, 0));
	assert_error(queue_receive(fd, NULL, 0, IPCQ_RECEIVE_F_NONBLOCK, 0), EAGAIN);
	assert_int_equal(queue_stat(fd).expired, 750);
	close(fd);
}

/* What has not expired goes with the queue, and its timer too. */
static void a_queue_ends_with_messages_that_live(void **state)
{
	int i, fd;

	(void)state;
	for (i = 0; i < 50; i++) {
		fd = queue_new(4, 16);
		assert_ok(send_for(fd, 'a', (uint64_t)i * MS / 10 + 1, 0));
		assert_ok(send_for(fd, 'b', 3600 * SECOND, 0));
		close(fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_gets_what_has_expired),
		cmocka_unit_test(whatever_looks_sees_none),
		cmocka_unit_test(the_room_of_expired_ones_is_used),
		cmocka_unit_test(pollers_hear_of_the_room),
		cmocka_unit_test(the_time_begins_in_the_queue),
		cmocka_unit_test(a_queue_has_a_time_for_all),
		cmocka_unit_test(a_failed_receive_does_not_prolong),
		cmocka_unit_test(many_expire_at_once),
		cmocka_unit_test(a_queue_ends_with_messages_that_live),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
