// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Leases: where a message is while it is held, and where it goes.
 */
#include "lease.h"

#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void a_held_message_is_hidden_and_takes_its_room(void **state)
{
	int fd = queue_new(2, 8);
	struct leased first;

	(void)state;
	send_bytes(fd, "ab");
	first = lease(fd, 0);
	assert_int_equal(first.byte, 'a');
	assert_int_equal(first.redeliveries, 0);
	assert_int_equal(queue_stat(fd).messages, 2);
	assert_int_equal(queue_stat(fd).bytes, 2);
	assert_int_equal(queue_stat(fd).held, 1);
	assert_int_equal(queue_stat(fd).received, 0);
	assert_error(queue_send(fd, "c", 1, IPCQ_SEND_F_NONBLOCK, 0), EAGAIN);

	take(fd, 'b', 0);
	assert_error(lease_until(fd, 0, IPCQ_RECEIVE_F_NONBLOCK, 0).result, EAGAIN);
	assert_ok(acknowledge(fd, first.token));
	assert_int_equal(queue_stat(fd).messages, 0);
	assert_int_equal(queue_stat(fd).held, 0);
	assert_int_equal(queue_stat(fd).received, 2);
	assert_error(acknowledge(fd, first.token), ENOKEY);
	close(fd);
}

static void what_is_given_back_goes_to_its_place(void **state)
{
	int fd = queue_new(8, 8);
	struct leased a, b;

	(void)state;
	send_bytes(fd, "abc");
	a = lease(fd, 0);
	b = lease(fd, 0);
	assert_int_equal(b.byte, 'b');
	assert_int_not_equal(a.token, b.token);
	assert_ok(give_back(fd, b.token, 0));
	assert_ok(give_back(fd, a.token, 0));
	assert_error(give_back(fd, a.token, 0), ENOKEY);
	take(fd, 'a', 1);
	b = lease(fd, 0);
	assert_int_equal(b.redeliveries, 1);
	assert_ok(give_back(fd, b.token, 0));
	take(fd, 'b', 2);
	take(fd, 'c', 0);
	/* What takes the memory next begins anew. */
	send_bytes(fd, "d");
	take(fd, 'd', 0);
	close(fd);
}

static void a_priority_is_kept(void **state)
{
	struct ipcq_queue_open open = queue_args(NULL, RW | CREATE);
	struct ipcq_queue_send args = { .size = sizeof(args), .length = 1 };
	struct leased first;
	int i;

	(void)state;
	open.order = IPCQ_ORDER_PRIORITY;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &open));
	for (i = 0; i < 3; i++) {
		args.payload = (uintptr_t)&"lmh"[i];
		args.priority = i;
		assert_ok(call(open.open.fd, IPCQ_IOC_QUEUE_SEND, &args));
		if (i == 1)
			first = lease(open.open.fd, 0);
	}
	assert_int_equal(first.byte, 'm');
	assert_ok(give_back(open.open.fd, first.token, 0));
	take(open.open.fd, 'h', 0);
	take(open.open.fd, 'm', 1);
	take(open.open.fd, 'l', 0);
	close(open.open.fd);
}

static void a_delay_hides_it_for_a_while(void **state)
{
	int fd = queue_new(8, 8);
	struct leased got;

	(void)state;
	send_bytes(fd, "ab");
	got = lease(fd, 0);
	assert_ok(give_back(fd, got.token, 200 * MS));
	assert_error(acknowledge(fd, got.token), ENOKEY);
	assert_int_equal(queue_stat(fd).delayed, 1);
	assert_int_equal(queue_stat(fd).held, 0);
	assert_int_equal(queue_stat(fd).messages, 2);
	take(fd, 'b', 0);
	assert_error(lease_until(fd, 0, IPCQ_RECEIVE_F_NONBLOCK, 0).result, EAGAIN);
	got = lease_until(fd, 0, 0, in(20 * SECOND));
	assert_int_equal(got.result, 1);
	assert_int_equal(got.byte, 'a');
	assert_int_equal(got.redeliveries, 1);
	assert_int_equal(queue_stat(fd).delayed, 0);

	/* One that is on its way back when the queue goes is nobody's loss but its own. */
	send_bytes(fd, "c");
	assert_ok(give_back(fd, lease(fd, 0).token, UINT64_MAX));
	close(fd);
}

/* Nobody looks: the queue itself notices, and tells who polls. */
static void a_lease_ends(void **state)
{
	int fd = queue_new(8, 8);
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	struct leased got;

	(void)state;
	send_bytes(fd, "a");
	got = lease(fd, 50 * MS);
	assert_int_equal(poll(&poller, 1, 0), 0);
	assert_int_equal(poll(&poller, 1, 20000), 1);
	assert_error(acknowledge(fd, got.token), ENOKEY);

	/* To a thread that waits, too. */
	got = lease(fd, 50 * MS);
	assert_int_equal(got.redeliveries, 1);
	got = lease_until(fd, 0, IPCQ_RECEIVE_F_LEASE, in(20 * SECOND));
	assert_int_equal(got.result, 1);
	assert_int_equal(got.redeliveries, 2);
	assert_ok(acknowledge(fd, got.token));
	close(fd);
}

static void a_lease_is_extended(void **state)
{
	int fd = queue_new(8, 8);
	struct leased got;

	(void)state;
	send_bytes(fd, "a");
	got = lease(fd, 100 * MS);
	assert_ok(deal(fd, IPCQ_LEASE_EXTEND, got.token, 0));
	sleep_ms(300);
	assert_int_equal(queue_stat(fd).held, 1);
	assert_ok(deal(fd, IPCQ_LEASE_EXTEND, got.token, UINT64_MAX));
	assert_int_equal(queue_stat(fd).held, 1);
	/* Or made shorter. */
	assert_ok(deal(fd, IPCQ_LEASE_EXTEND, got.token, 1));
	eventually(!queue_stat(fd).held);
	assert_error(deal(fd, IPCQ_LEASE_EXTEND, got.token, 0), ENOKEY);
	take(fd, 'a', 1);
	close(fd);
}

static long read_held(int fd, uint64_t token, uint64_t offset, void *to, size_t size)
{
	struct ipcq_queue_lease args = {
		.size = sizeof(args),
		.operation = IPCQ_LEASE_READ,
		.token = token,
		.payload = (uintptr_t)to,
		.length = size,
		.offset = offset,
	};

	return call(fd, IPCQ_IOC_QUEUE_LEASE, &args);
}

static void parts_of_it_can_be_read(void **state)
{
	static char message[100000], buffer[100001];
	struct ipcq_queue_receive args = {
		.size = sizeof(args),
		.flags = IPCQ_RECEIVE_F_LEASE | IPCQ_RECEIVE_F_TRUNCATE,
	};
	int fd = queue_new(0, 0);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(message); i++)
		message[i] = i * 31 + i / 4096;
	assert_ok(queue_send(fd, message, sizeof(message), 0, 0));
	assert_int_equal(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args), sizeof(message));
	assert_int_equal(read_held(fd, args.token, 99990, buffer, 100), 10);
	assert_memory_equal(buffer, message + 99990, 10);
	assert_int_equal(read_held(fd, args.token, 5000, buffer, 7000), 7000);
	assert_memory_equal(buffer, message + 5000, 7000);
	assert_int_equal(read_held(fd, args.token, 0, buffer, SIZE_MAX),
			 sizeof(message));
	assert_memory_equal(buffer, message, sizeof(message));
	assert_int_equal(read_held(fd, args.token, 100000, buffer, 1), 0);
	assert_int_equal(read_held(fd, args.token, UINT64_MAX, buffer, 1), 0);
	assert_int_equal(read_held(fd, args.token, 0, NULL, 0), 0);
	assert_error(read_held(fd, args.token, 0, NULL, 1), EFAULT);
	assert_error(read_held(fd, args.token + 1, 0, buffer, 1), ENOKEY);
	assert_ok(acknowledge(fd, args.token));
	assert_error(read_held(fd, args.token, 0, buffer, 1), ENOKEY);
	close(fd);
}

static void what_cannot_be_copied_is_not_held(void **state)
{
	struct ipcq_queue_receive args = {
		.size = sizeof(args),
		.flags = IPCQ_RECEIVE_F_LEASE | IPCQ_RECEIVE_F_NONBLOCK,
		.length = 1,
	};
	int fd = queue_new(8, 8);
	char byte;

	(void)state;
	send_bytes(fd, "ab");
	assert_error(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args), EFAULT);
	args.length = 0;
	assert_error(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args), EMSGSIZE);
	args.payload = (uintptr_t)&byte;
	args.length = 1;
	assert_error(call(fd, IPCQ_IOC_QUEUE_RECEIVE,
			  read_only_copy(&args, sizeof(args))), EFAULT);
	assert_int_equal(queue_stat(fd).held, 0);
	take(fd, 'a', 0);
	take(fd, 'b', 0);
	close(fd);
}

/* Time passes while it is held, but ends it only when it would be received again. */
static void its_time_to_live_goes_on(void **state)
{
	struct ipcq_queue_send args = {
		.size = sizeof(args),
		.payload = (uintptr_t)"a",
		.length = 1,
		.time_to_live = 100 * MS,
	};
	int fd = queue_new(8, 8);
	struct leased got;

	(void)state;
	assert_ok(call(fd, IPCQ_IOC_QUEUE_SEND, &args));
	got = lease(fd, 0);
	sleep_ms(200);
	assert_int_equal(queue_stat(fd).expired, 0);
	assert_ok(give_back(fd, got.token, 0));
	assert_int_equal(queue_stat(fd).expired, 1);
	assert_int_equal(queue_stat(fd).messages, 0);

	args.time_to_live = 1000 * SECOND;
	assert_ok(call(fd, IPCQ_IOC_QUEUE_SEND, &args));
	got = lease(fd, 10 * MS);
	eventually(!queue_stat(fd).held);
	take(fd, 'a', 1);
	close(fd);
}

static struct leased late;

static void *receive_for_a_while(void *fd)
{
	late = lease_until(*(int *)fd, 0, 0, in(300 * MS));
	return NULL;
}

/* Nor is it given to who waits when it comes back too late. */
static void what_comes_back_too_late_is_nobodys(void **state)
{
	struct ipcq_queue_send args = {
		.size = sizeof(args),
		.payload = (uintptr_t)"a",
		.length = 1,
		.time_to_live = 200 * MS,
	};
	int fd = queue_new(8, 8);
	struct leased got;
	pthread_t thread;

	(void)state;
	assert_ok(call(fd, IPCQ_IOC_QUEUE_SEND, &args));
	got = lease(fd, 0);
	sleep_ms(250);
	assert_int_equal(pthread_create(&thread, NULL, receive_for_a_while, &fd), 0);
	eventually(queue_stat(fd).waiting_receivers == 1);
	assert_ok(give_back(fd, got.token, 0));
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(late.result, -ETIMEDOUT);
	assert_int_equal(queue_stat(fd).expired, 1);
	close(fd);
}

static int result;

static void *send_one(void *fd)
{
	result = queue_send(*(int *)fd, "z", 1, 0, in(20 * SECOND));
	return NULL;
}

static void a_waiting_sender_is_let_in(void **state)
{
	int fd = queue_new(1, 8);
	struct leased got;
	pthread_t thread;

	(void)state;
	send_bytes(fd, "a");
	got = lease(fd, 0);
	assert_int_equal(pthread_create(&thread, NULL, send_one, &fd), 0);
	eventually(queue_stat(fd).waiting_senders == 1);
	assert_ok(acknowledge(fd, got.token));
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(result, 0);
	take(fd, 'z', 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_held_message_is_hidden_and_takes_its_room),
		cmocka_unit_test(what_is_given_back_goes_to_its_place),
		cmocka_unit_test(a_priority_is_kept),
		cmocka_unit_test(a_delay_hides_it_for_a_while),
		cmocka_unit_test(a_lease_ends),
		cmocka_unit_test(a_lease_is_extended),
		cmocka_unit_test(parts_of_it_can_be_read),
		cmocka_unit_test(what_cannot_be_copied_is_not_held),
		cmocka_unit_test(its_time_to_live_goes_on),
		cmocka_unit_test(what_comes_back_too_late_is_nobodys),
		cmocka_unit_test(a_waiting_sender_is_let_in),
	};

	return cmocka_run_group_tests_name("lease", tests, NULL, NULL);
}
