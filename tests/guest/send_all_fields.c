// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One message to several queues, each field wrong one at a time; and senders that race:
 * a queue never has what another has not got.
 */
#include "send_all.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>

static int fds[2];
static struct sent sent;
static struct ipcq_query before;

static int set_up(void **state)
{
	(void)state;
	memset(&sent, 0, sizeof(sent));
	before = query();
	fds[0] = queue_full_new(4, IPCQ_FULL_BLOCK);
	fds[1] = queue_full_new(4, IPCQ_FULL_BLOCK);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	assert_int_equal(queue_stat(fds[0]).sent, 0);
	assert_int_equal(queue_stat(fds[1]).sent, 0);
	close(fds[0]);
	close(fds[1]);
	eventually(query().message_bytes == before.message_bytes);
	return 0;
}

/* Fails unless the call fails with @error, told of the queue @refused. */
static void refused(struct ipcq_queue_send_all args, int error, uint32_t number)
{
	assert_error(call(fds[0], IPCQ_IOC_QUEUE_SEND_ALL, &args), error);
	assert_int_equal(args.refused, number);
}

static void what_is_common(void **state)
{
	struct ipcq_queue_send_all args = send_all_args(fds, 2, &sent);

	(void)state;
	check_common(fds[0], IPCQ_IOC_QUEUE_SEND_ALL, &args, sizeof(args), sizeof(args));
	args.flags = IPCQ_SEND_F_NONBLOCK;
	refused(args, EOPNOTSUPP, UINT32_MAX);
	args = send_all_args(fds, 2, &sent);
	args.reserved = 1;
	refused(args, EINVAL, UINT32_MAX);
}

static void a_payload(void **state)
{
	struct ipcq_queue_send_all args = send_all_args(fds, 2, &sent);

	(void)state;
	args.payload = 0;
	refused(args, EFAULT, UINT32_MAX);
	args = send_all_args(fds, 2, &sent);
	args.length = 17;
	refused(args, EMSGSIZE, 0);
	args.length = UINT64_MAX;
	assert_error(call(fds[0], IPCQ_IOC_QUEUE_SEND_ALL, &args), EMSGSIZE);
}

static void the_other_queues(void **state)
{
	struct ipcq_queue_send_all args = send_all_args(fds, 2, &sent);
	int others[3] = { fds[0], fds[1], -1 };
	int small = queue_new(1, 4), reader;

	(void)state;
	args.count = 0;
	refused(args, EINVAL, UINT32_MAX);
	args.count = IPCQ_SEND_ALL_MAX;
	refused(args, EINVAL, UINT32_MAX);
	args.count = UINT32_MAX;
	refused(args, EINVAL, UINT32_MAX);
	args = send_all_args(fds, 2, &sent);
	args.queues = 0;
	refused(args, EFAULT, UINT32_MAX);

	refused(send_all_args(others, 3, &sent), EBADF, 2);
	others[2] = device();
	refused(send_all_args(others, 3, &sent), EINVAL, 2);
	others[2] = open("/dev/null", O_RDWR);
	refused(send_all_args(others, 3, &sent), EINVAL, 2);
	close(others[2]);
	others[2] = fds[0];
	refused(send_all_args(others, 3, &sent), EINVAL, 2);
	others[2] = fds[1];
	refused(send_all_args(others, 3, &sent), EINVAL, 2);
	reader = queue_open("all/reader", IPCQ_OPEN_F_READ | CREATE);
	assert_ok(reader);
	others[2] = reader;
	refused(send_all_args(others, 3, &sent), EBADF, 2);
	args = send_all_args(others, 2, &sent);
	assert_error(call(reader, IPCQ_IOC_QUEUE_SEND_ALL, &args), EBADF);
	assert_int_equal(args.refused, 0);
	others[2] = small;
	args = send_all_args(others, 3, &sent);
	args.payload = (uintptr_t)"longer";
	args.length = 6;
	refused(args, EMSGSIZE, 2);
	close(reader);
	close(small);
}

static void the_envelope(void **state)
{
	struct ipcq_queue_send_all args = send_all_args(fds, 2, &sent);

	(void)state;
	args.priority = 1;
	refused(args, EINVAL, 0);
	args.priority = IPCQ_PRIORITY_MAX + 1;
	refused(args, EINVAL, 0);
}

static void the_numbers(void **state)
{
	struct ipcq_queue_send_all args = send_all_args(fds, 2, &sent);

	(void)state;
	args.sequences = (uintptr_t)copy_before_hole("12345678", 8);
	refused(args, EFAULT, UINT32_MAX);
	args.sequences = (uintptr_t)read_only_copy("0123456789abcdef", 16);
	refused(args, EFAULT, UINT32_MAX);
}

/* ----------------------------------------------------------------------- races */

#define SENDERS		4
#define MESSAGES	80		/* of each sender */

/* By different ways, so that the queues come in different orders. */
static int send_racing(void *context)
{
	int own = *(int *)context, order[2] = { fds[own % 2], fds[1 - own % 2] };
	int done = 0;
	long ret;

	while (done < MESSAGES) {
		ret = send_all(order, 2).result;
		if (!ret)
			done++;
		else if (ret != -EAGAIN)
			return 1;
	}
	return 0;
}

/* Sends to one of them alone, what receivers do not count. */
static int disturb(void *context)
{
	(void)context;
	for (;;) {
		(void)queue_send(fds[1], "xx", 2, IPCQ_SEND_F_NONBLOCK, 0);
		sched_yield();
	}
	return 0;
}

/* Counts what is in both. */
static int count_all(int fd)
{
	char bytes[2];
	int count = 0, ret;

	while (count < SENDERS * MESSAGES) {
		ret = queue_receive(fd, bytes, 2, 0, in(30 * SECOND));
		if (ret < 0)
			return 1;
		count += ret == 1;
	}
	return 0;
}

static int count_second(void *context)
{
	(void)context;
	return count_all(fds[1]);
}

/* Receives from the first.  What has been sent to one has been to the other. */
static void watch(bool disturbed)
{
	char bytes[2];
	int i;

	for (i = 0; i < SENDERS * MESSAGES; i++) {
		struct ipcq_queue_stat early = queue_stat(fds[i % 2]);
		struct ipcq_queue_stat late = queue_stat(fds[1 - i % 2]);

		if (!disturbed || i % 2 == 0)
			assert_true(early.sent <= late.sent);
		assert_int_equal(queue_receive(fds[0], bytes, 2, 0, in(30 * SECOND)), 1);
	}
}

static void race(bool disturbed)
{
	pid_t pids[SENDERS], second, other = 0;
	int i;

	set_up(NULL);
	for (i = 0; i < SENDERS; i++)
		pids[i] = spawn(send_racing, &i);
	second = spawn(count_second, NULL);
	if (disturbed)
		other = spawn(disturb, NULL);
	watch(disturbed);
	for (i = 0; i < SENDERS; i++)
		assert_int_equal(reap(pids[i]), 0);
	assert_int_equal(reap(second), 0);
	if (disturbed) {
		kill(other, SIGKILL);
		reap(other);
	} else {
		assert_int_equal(queue_stat(fds[1]).sent, SENDERS * MESSAGES);
	}
	assert_int_equal(queue_stat(fds[0]).sent, SENDERS * MESSAGES);
	close(fds[0]);
	close(fds[1]);
}

static void senders_race(void **state)
{
	(void)state;
	race(false);
}

static void others_send_to_one_of_them(void **state)
{
	(void)state;
	race(true);
}

#define TEST(_name)	cmocka_unit_test_setup_teardown(_name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_common),
		TEST(a_payload),
		TEST(the_other_queues),
		TEST(the_envelope),
		TEST(the_numbers),
		cmocka_unit_test(senders_race),
		cmocka_unit_test(others_send_to_one_of_them),
	};

	return cmocka_run_group_tests_name("send_all_fields", tests, NULL, NULL);
}
