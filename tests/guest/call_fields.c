// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls and replies, each field wrong one at a time; and the library's way to them.
 */
#include "call.h"

#include <unistd.h>

#include "ipcq.h"

static int fd;
static char reply[16];

static int set_up(void **state)
{
	(void)state;
	fd = queue_new(4, 64);
	return 0;
}

/* Nothing of what was refused has had an effect. */
static int tear_down(void **state)
{
	(void)state;
	assert_int_equal(queue_stat(fd).sent, 0);
	assert_int_equal(queue_stat(fd).held, 0);
	return close(fd);
}

static void each_field_of_a_call(void **state)
{
	const struct ipcq_queue_call right = call_args("question", reply, sizeof(reply));
	struct ipcq_queue_call args = right;

	(void)state;
	/* No call that is right as far as this would come back. */
	args.length = 65;
	check_common(fd, IPCQ_IOC_QUEUE_CALL, &args, sizeof(args), IPCQ_QUEUE_CALL_MIN);
	assert_error(call(fd, IPCQ_IOC_QUEUE_CALL, &args), EMSGSIZE);
	args = right;
	args.flags = IPCQ_CALL_F_ALL + 1;
	assert_error(call(fd, IPCQ_IOC_QUEUE_CALL, &args), EOPNOTSUPP);
	args = right;
	args.payload = UINT64_MAX;
	assert_error(call(fd, IPCQ_IOC_QUEUE_CALL, &args), EFAULT);
	args = right;
	args.length = UINT64_MAX;
	assert_error(call(fd, IPCQ_IOC_QUEUE_CALL, &args), EMSGSIZE);
	args = right;
	args.token = 1;
	assert_error(call(fd, IPCQ_IOC_QUEUE_CALL, &args), ENOKEY);
	args.token = UINT64_MAX;
	assert_error(call(fd, IPCQ_IOC_QUEUE_CALL, &args), ENOKEY);
	args = right;
	args.priority = 1;
	assert_error(call(fd, IPCQ_IOC_QUEUE_CALL, &args), EINVAL);
}

static void each_field_of_a_result(void **state)
{
	struct ipcq_queue_call args = call_args("", reply, sizeof(reply));

	(void)state;
	assert_error(call(fd, IPCQ_IOC_QUEUE_RESULT, &args), EINVAL);
	args.token = 1;
	check_common(fd, IPCQ_IOC_QUEUE_RESULT, &args, sizeof(args), IPCQ_QUEUE_CALL_MIN);
	assert_error(call(fd, IPCQ_IOC_QUEUE_RESULT, &args), ENOKEY);
	args.flags = IPCQ_CALL_F_NEED_RECEIVER;
	assert_error(call(fd, IPCQ_IOC_QUEUE_RESULT, &args), EOPNOTSUPP);
}

static void each_field_of_a_reply(void **state)
{
	const struct ipcq_queue_reply right = {
		.size = sizeof(right), .token = 1, .payload = (uintptr_t)"yes", .length = 3,
	};
	struct ipcq_queue_reply args = right;

	(void)state;
	check_common(fd, IPCQ_IOC_QUEUE_REPLY, &args, sizeof(args), IPCQ_QUEUE_REPLY_MIN);
	assert_error(call(fd, IPCQ_IOC_QUEUE_REPLY, &args), ENOKEY);
	/* As an owner, too. */
	assert_ok(deal(fd, IPCQ_LEASE_ATTACH, 0, 0));
	assert_error(call(fd, IPCQ_IOC_QUEUE_REPLY, &args), ENOKEY);
	args.flags = IPCQ_REPLY_F_ALL + 1;
	assert_error(call(fd, IPCQ_IOC_QUEUE_REPLY, &args), EOPNOTSUPP);
	args = right;
	args.reserved = 1;
	assert_error(call(fd, IPCQ_IOC_QUEUE_REPLY, &args), EINVAL);
	args = right;
	args.error = 1;
	assert_error(call(fd, IPCQ_IOC_QUEUE_REPLY, &args), EINVAL);
	args.length = 0;
	args.error = IPCQ_REFUSAL_MAX + 1;
	assert_error(call(fd, IPCQ_IOC_QUEUE_REPLY, &args), EINVAL);
	/* Neither to reply to anything, nor to receive. */
	args = right;
	args.token = 0;
	assert_error(call(fd, IPCQ_IOC_QUEUE_REPLY, &args), EINVAL);
	args.length = 0;
	assert_error(call(fd, IPCQ_IOC_QUEUE_REPLY, &args), EINVAL);
	args.flags = IPCQ_REPLY_F_RECEIVE | IPCQ_REPLY_F_NONBLOCK;
	assert_error(call(fd, IPCQ_IOC_QUEUE_REPLY, &args), EAGAIN);
	/* As a call is that has replied and is restarted. */
	args.length = 3;
	args.error = IPCQ_REFUSAL_MAX + 1;
	assert_error(call(fd, IPCQ_IOC_QUEUE_REPLY, &args), EAGAIN);
	args = right;
	args.payload = UINT64_MAX;
	assert_error(call(fd, IPCQ_IOC_QUEUE_REPLY, &args), EFAULT);
	args = right;
	args.length = 65;
	assert_error(call(fd, IPCQ_IOC_QUEUE_REPLY, &args), EMSGSIZE);
}

static void each_access(void **state)
{
	struct ipcq_queue_call args = call_args("", reply, 0);
	int reader, writer;

	(void)state;
	assert_ok(reader = queue_open("test/call_fields", IPCQ_OPEN_F_READ | CREATE));
	assert_ok(writer = queue_open("test/call_fields", IPCQ_OPEN_F_WRITE));
	assert_error(call(reader, IPCQ_IOC_QUEUE_CALL, &args), EBADF);
	args.token = 1;
	assert_error(call(reader, IPCQ_IOC_QUEUE_RESULT, &args), EBADF);
	assert_error(answer(writer, 1, NULL, 0), EBADF);
	close(reader);
	close(writer);
}

static void the_library_calls_and_replies(void **state)
{
	struct ipcq_call_info info;
	struct ipcq_queue *queue;
	struct ipcq *ipcq;
	uint64_t token = 0;
	char buffer[16];
	pid_t pid;

	(void)state;
	assert_int_equal(ipcq_connect(&ipcq), 0);
	assert_int_equal(ipcq_queue_open(ipcq, NULL, IPCQ_READ | IPCQ_WRITE | IPCQ_CREATE,
					 NULL, &queue), 1);
	assert_int_equal(ipcq_queue_call(queue, "", 0, reply, 1, NULL, IPCQ_NEED_RECEIVER,
					 IPCQ_NO_DEADLINE, NULL), -ECONNREFUSED);
	assert_int_equal(ipcq_queue_call(queue, "", 0, reply, 1, NULL, 1U << 31,
					 IPCQ_NO_DEADLINE, NULL), -EINVAL);
	pid = fork();
	if (!pid) {
		/* Replies to one and receives the next, and refuses that. */
		if (ipcq_queue_reply_receive(queue, &token, NULL, 0, buffer, 16, 0,
					     in(20 * SECOND)) != 3 || !token)
			_exit(1);
		if (ipcq_queue_reply_receive(queue, &token, "answer", 6, buffer, 16, 0,
					     in(20 * SECOND)) != 3 || !token)
			_exit(2);
		if (ipcq_queue_refuse(queue, token, 0) != -EINVAL)
			_exit(3);
		_exit(ipcq_queue_refuse(queue, token, 7) ? 4 : 0);
	}
	assert_int_equal(ipcq_queue_call(queue, "one", 3, reply, 2, NULL, 0,
					 in(20 * SECOND), &info), -EMSGSIZE);
	assert_int_equal(info.length, 6);
	assert_int_equal(ipcq_queue_result(queue, info.token, reply, 16, IPCQ_DONTWAIT,
					   IPCQ_NO_DEADLINE, &info), 6);
	assert_memory_equal(reply, "answer", 6);
	assert_int_equal(ipcq_queue_call(queue, "two", 3, reply, 16, NULL, 0,
					 in(20 * SECOND), &info), -EREMOTEIO);
	assert_int_equal(info.refusal, 7);
	assert_int_equal(reap(pid), 0);
	assert_int_equal(ipcq_queue_reply(queue, 1, "", 0), -ENOKEY);
	assert_int_equal(ipcq_queue_reply(queue, 0, "", 0), -ENOKEY);
	ipcq_queue_close(queue);
	ipcq_disconnect(ipcq);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define FIELD(test)	cmocka_unit_test_setup_teardown(test, set_up, tear_down)
		FIELD(each_field_of_a_call),
		FIELD(each_field_of_a_result),
		FIELD(each_field_of_a_reply),
		FIELD(each_access),
		FIELD(the_library_calls_and_replies),
	};

	return cmocka_run_group_tests_name("call_fields", tests, NULL, NULL);
}
