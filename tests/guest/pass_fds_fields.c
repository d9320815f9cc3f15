// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Passed descriptors, each field wrong one at a time; what cannot be passed, and how much.
 */
#include "passing.h"

#include <linux/io_uring.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "ipcq.h"

static int queue;
static struct ipcq_query before;

static int set_up(void **state)
{
	(void)state;
	queue = queue_new(80, 16);
	before = query();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	assert_int_equal(query().files, before.files);
	close(queue);
	return 0;
}

static void numbers_of_descriptors(void **state)
{
	static const int bad[] = { -1, 1000000, INT32_MIN, INT32_MAX };
	int fds[3] = { 0, 0, 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		fds[2] = bad[i];
		assert_error(send_fds(queue, fds, 3, 0), EBADF);
		assert_error(send_fds(queue, &fds[2], 1, 0), EBADF);
	}
	assert_int_equal(queue_stat(queue).sent, 0);
}

static void how_many(void **state)
{
	int fds[IPCQ_FDS_MAX + 1] = { 0 };
	struct got got;

	(void)state;
	assert_error(send_fds(queue, fds, IPCQ_FDS_MAX + 1, 0), EINVAL);
	assert_error(send_fds(queue, fds, UINT32_MAX, 0), EINVAL);
	assert_int_equal(queue_stat(queue).sent, 0);
	/* Without descriptors nobody looks where they are. */
	assert_ok(send_fds(queue, (int *)8, 0, 0));
	got = get(queue, IPCQ_FDS_MAX + 1, 0);
	assert_error(got.result, EINVAL);
	got = get(queue, UINT32_MAX, 0);
	assert_error(got.result, EINVAL);
	got = get(queue, 0, 0);
	assert_int_equal(got.result, 1);
	assert_int_equal(got.count, 0);
}

static void where_they_are(void **state)
{
	(void)state;
	assert_error(send_fds(queue, NULL, 1, 0), EFAULT);
	assert_error(send_fds(queue, (int *)UINTPTR_MAX, 1, 0), EFAULT);
	assert_error(send_fds(queue, copy_before_hole("\0\0\0", 4), 2, 0), EFAULT);
	assert_int_equal(queue_stat(queue).sent, 0);
}

static void how_long(void **state)
{
	int fd = 0;
	struct got got;

	(void)state;
	assert_error(send_fds(queue, &fd, 1, IPCQ_FDS_TIME_MAX + 1), EINVAL);
	assert_error(send_fds(queue, &fd, 1, UINT64_MAX), EINVAL);
	assert_int_equal(queue_stat(queue).sent, 0);
	assert_ok(send_fds(queue, &fd, 1, IPCQ_FDS_TIME_MAX));
	/* Others may live longer. */
	assert_ok(send_fds(queue, &fd, 0, IPCQ_FDS_TIME_MAX + 1));
	got = get(queue, 0, 0);
	assert_int_equal(got.count, 1);
	got = get(queue, 0, 0);
	assert_int_equal(got.count, 0);
}

static void other_errors_come_with_descriptors_too(void **state)
{
	int fd = 0, reader;
	struct ipcq_queue_send args = {
		.size = sizeof(args), .fds = (uintptr_t)&fd, .fd_count = 1,
	};

	(void)state;
	args.priority = 1;
	assert_error(call(queue, IPCQ_IOC_QUEUE_SEND, &args), EINVAL);
	args.priority = 0;
	args.length = 17;
	assert_error(call(queue, IPCQ_IOC_QUEUE_SEND, &args), EMSGSIZE);
	args.length = 1;
	assert_error(call(queue, IPCQ_IOC_QUEUE_SEND, &args), EFAULT);
	reader = queue_open("pass/reader", IPCQ_OPEN_F_READ | CREATE);
	assert_ok(reader);
	args.length = 0;
	assert_error(call(reader, IPCQ_IOC_QUEUE_SEND, &args), EBADF);
	close(reader);
}

/* ------------------------------------------------------------------ which files */

static int uring_new(void)
{
	struct io_uring_params params = { 0 };

	return (int)syscall(__NR_io_uring_setup, 1, &params);
}

static void what_can_carry_files(void **state)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
	int fds[2], pair[2], i;

	(void)state;
	fds[0] = 0;
	fds[1] = queue;
	assert_error(send_fds(queue, fds, 2, 0), ELOOP);
	fds[1] = queue_new(1, 1);
	assert_error(send_fds(queue, fds, 2, 0), ELOOP);
	close(fds[1]);
	for (i = 0; i < 3; i++) {
		assert_int_equal(socketpair(AF_UNIX, types[i], 0, pair), 0);
		fds[1] = pair[1];
		assert_error(send_fds(queue, fds, 2, 0), ELOOP);
		close(pair[0]);
		close(pair[1]);
	}
	fds[1] = uring_new();
	if (fds[1] >= 0) {
		assert_error(send_fds(queue, fds, 2, 0), ELOOP);
		close(fds[1]);
	} else {
		print_message("no io_uring here\n");
	}
	assert_int_equal(queue_stat(queue).sent, 0);
}

static void what_cannot(void **state)
{
	int fds[] = {
		device(), region_new(4096, 1, 1), eventfd(0, 0), epoll_create1(0),
		memfd_create("[io_uring]", 0), open("/", O_PATH), open("/", O_RDONLY),
		socket(AF_INET, SOCK_STREAM, 0),
	};
	int count = 0, i;
	struct got got;

	(void)state;
	/* A kernel may lack some of them, but not what is ours. */
	for (i = 0; i < (int)(sizeof(fds) / sizeof(*fds)); i++)
		if (fds[i] >= 0)
			fds[count++] = fds[i];
	assert_true(count >= 4);
	assert_int_equal(fds[0], device());
	assert_ok(send_fds(queue, fds, count, 0));
	for (i = 1; i < count; i++)
		close(fds[i]);
	got = get(queue, IPCQ_FDS_MAX, 0);
	assert_int_equal(got.result, 1);
	assert_int_equal(got.count, count);
	assert_ok(mutex_lock(got.fds[1], 0, 0, 0));
	assert_ok(mutex_unlock(got.fds[1], 0));
	for (i = 0; i < count; i++)
		assert_int_equal(close(got.fds[i]), 0);
}

/* --------------------------------------------------------------------- how many */

static int exceeds(void *context)
{
	const struct ipcq_query now = query();
	int fds[IPCQ_FDS_MAX] = { 0 };
	uint64_t sent = 0;
	int own = queue_new(80, 16);

	(void)context;
	assert_int_equal(now.files, 0);
	assert_int_equal(now.files_limit, 100);
	assert_ok(send_fds(own, fds, 64, 0));
	assert_error(send_fds(own, fds, 37, 0), ETOOMANYREFS);
	assert_ok(send_fds(own, fds, 36, 0));
	assert_error(send_fds(own, fds, 1, 0), ETOOMANYREFS);
	assert_int_equal(query().files, 100);
	assert_int_equal(get(own, 0, 0).count, 64);
	for (sent = 0; sent < 64; sent++)
		assert_ok(send_fds(own, fds, 1, 0));
	assert_error(send_fds(own, fds, 1, 0), ETOOMANYREFS);
	close(own);
	eventually(query().files == 0);
	return 0;
}

static void a_user_has_a_limit(void **state)
{
	const struct ipcq_limit_setting few = { IPCQ_LIMIT_FILES, 100 };
	const struct ipcq_limit_setting many = { IPCQ_LIMIT_FILES,
						 before.files_limit };

	(void)state;
	assert_ok(ipcq_limits_set(&few, 1));
	run_as(USER, exceeds);
	assert_ok(ipcq_limits_set(&many, 1));
}

#define TEST(_name)	cmocka_unit_test_setup_teardown(_name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(numbers_of_descriptors),
		TEST(how_many),
		TEST(where_they_are),
		TEST(how_long),
		TEST(other_errors_come_with_descriptors_too),
		TEST(what_can_carry_files),
		TEST(what_cannot),
		TEST(a_user_has_a_limit),
	};

	return cmocka_run_group_tests_name("pass_fds_fields", tests, NULL, NULL);
}
