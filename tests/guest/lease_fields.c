// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Leases, each field of their calls wrong one at a time.
 */
#include "lease.h"

#include <string.h>
#include <unistd.h>

static int fd;
static uint64_t token;

static struct ipcq_queue_lease lease_args(uint32_t operation)
{
	return (struct ipcq_queue_lease) {
		.size = sizeof(struct ipcq_queue_lease),
		.operation = operation,
		.token = operation == IPCQ_LEASE_ATTACH ? 0 : token,
	};
}

static int set_up(void **state)
{
	(void)state;
	fd = queue_new(4, 8);
	send_bytes(fd, "ab");
	token = lease(fd, 0).token;
	return 0;
}

/* Nothing of what was refused has had an effect. */
static int tear_down(void **state)
{
	(void)state;
	assert_int_equal(queue_stat(fd).held, 1);
	assert_int_equal(queue_stat(fd).delayed, 0);
	assert_ok(acknowledge(fd, token));
	take(fd, 'b', 0);
	return close(fd);
}

static void what_is_common(void **state)
{
	struct ipcq_queue_lease args = lease_args(IPCQ_LEASE_EXTEND);

	(void)state;
	check_common(fd, IPCQ_IOC_QUEUE_LEASE, &args, sizeof(args),
		     IPCQ_QUEUE_LEASE_MIN);
}

static void an_operation_that_nobody_knows(void **state)
{
	struct ipcq_queue_lease args = lease_args(IPCQ_LEASE_ATTACH + 1);

	(void)state;
	assert_error(call(fd, IPCQ_IOC_QUEUE_LEASE, &args), EOPNOTSUPP);
	args.operation = UINT32_MAX;
	assert_error(call(fd, IPCQ_IOC_QUEUE_LEASE, &args), EOPNOTSUPP);
}

static void a_token_that_is_nobodys(void **state)
{
	const uint64_t tokens[] = { 0, token + 1, token - 1, UINT64_MAX, token | 1ULL << 32 };
	struct ipcq_queue_lease args;
	uint32_t operation;
	size_t i;

	(void)state;
	for (operation = 0; operation < IPCQ_LEASE_HAND_OVER; operation++)
		for (i = 0; i < sizeof(tokens) / sizeof(*tokens); i++) {
			args = lease_args(operation);
			args.token = tokens[i];
			assert_error(call(fd, IPCQ_IOC_QUEUE_LEASE, &args), ENOKEY);
		}
	args = lease_args(IPCQ_LEASE_ATTACH);
	args.token = token;
	assert_error(call(fd, IPCQ_IOC_QUEUE_LEASE, &args), EINVAL);
}

/* A member that an operation does not use must be 0. */
static void a_member_of_another_operation(void **state)
{
	struct ipcq_queue_lease args;
	uint32_t operation;

	(void)state;
	for (operation = 0; operation <= IPCQ_LEASE_ATTACH; operation++) {
		args = lease_args(operation);
		args.pid = 1;
		if (operation != IPCQ_LEASE_HAND_OVER)
			assert_error(call(fd, IPCQ_IOC_QUEUE_LEASE, &args), EINVAL);
		args = lease_args(operation);
		args.time = 1;
		if (operation != IPCQ_LEASE_RETURN && operation != IPCQ_LEASE_EXTEND)
			assert_error(call(fd, IPCQ_IOC_QUEUE_LEASE, &args), EINVAL);
		if (operation == IPCQ_LEASE_READ)
			continue;
		args = lease_args(operation);
		args.payload = (uintptr_t)&args;
		assert_error(call(fd, IPCQ_IOC_QUEUE_LEASE, &args), EINVAL);
		args = lease_args(operation);
		args.length = 1;
		assert_error(call(fd, IPCQ_IOC_QUEUE_LEASE, &args), EINVAL);
		args = lease_args(operation);
		args.offset = 1;
		assert_error(call(fd, IPCQ_IOC_QUEUE_LEASE, &args), EINVAL);
	}
}

static void a_process_that_is_none(void **state)
{
	const int32_t pids[] = { 0, -1, INT32_MIN, INT32_MAX, 1 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pids) / sizeof(*pids); i++)
		assert_error(hand_over(fd, token, pids[i]), ESRCH);
	/* To itself it may. */
	assert_ok(hand_over(fd, token, getpid()));
}

static void a_buffer_that_is_not_there(void **state)
{
	struct ipcq_queue_lease args = lease_args(IPCQ_LEASE_READ);

	(void)state;
	args.length = 1;
	assert_error(call(fd, IPCQ_IOC_QUEUE_LEASE, &args), EFAULT);
	args.payload = UINT64_MAX;
	assert_error(call(fd, IPCQ_IOC_QUEUE_LEASE, &args), EFAULT);
	/* Nothing is copied from behind the end. */
	args.offset = 1;
	assert_int_equal(call(fd, IPCQ_IOC_QUEUE_LEASE, &args), 0);
}

static void a_receive_that_cannot_be_told(void **state)
{
	char byte;
	struct ipcq_queue_receive args = {
		.size = offsetof(struct ipcq_queue_receive, token),
		.flags = IPCQ_RECEIVE_F_LEASE | IPCQ_RECEIVE_F_NONBLOCK,
		.payload = (uintptr_t)&byte,
		.length = 1,
	};

	(void)state;
	assert_error(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args), EINVAL);
	args.size = IPCQ_QUEUE_RECEIVE_MIN;
	assert_error(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args), EINVAL);
	/* A lease without the flag. */
	args.size = sizeof(args);
	args.flags = IPCQ_RECEIVE_F_NONBLOCK;
	args.lease = 1;
	assert_error(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args), EINVAL);
}

static void a_handle_that_cannot_read(void **state)
{
	struct ipcq_queue_lease args = lease_args(IPCQ_LEASE_ATTACH);
	int writer, keeper;

	(void)state;
	assert_ok(keeper = queue_open("test/lease_fields", RW | CREATE));
	assert_ok(writer = queue_open("test/lease_fields", IPCQ_OPEN_F_WRITE));
	assert_error(call(writer, IPCQ_IOC_QUEUE_LEASE, &args), EBADF);
	assert_error(lease_until(writer, 0, IPCQ_RECEIVE_F_LEASE, 0).result, EBADF);
	close(writer);
	close(keeper);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define FIELD(test)	cmocka_unit_test_setup_teardown(test, set_up, tear_down)
		FIELD(what_is_common),
		FIELD(an_operation_that_nobody_knows),
		FIELD(a_token_that_is_nobodys),
		FIELD(a_member_of_another_operation),
		FIELD(a_process_that_is_none),
		FIELD(a_buffer_that_is_not_there),
		FIELD(a_receive_that_cannot_be_told),
		FIELD(a_handle_that_cannot_read),
	};

	return cmocka_run_group_tests_name("lease_fields", tests, NULL, NULL);
}
