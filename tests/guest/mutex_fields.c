// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The calls of a mutex, each field wrong one at a time.
 */
#include "common.h"

#include <string.h>
#include <unistd.h>

#define REGION_NAME	"test/mutex_fields"

static void each_field_of_lock(void **state)
{
	int fd = region_new(4096, 2, 0);
	struct ipcq_mutex_lock args = { .size = sizeof(args), .mutex = 1 };

	(void)state;
	check_common(fd, IPCQ_IOC_MUTEX_LOCK, &args, sizeof(args), sizeof(args));
	args.flags = IPCQ_MUTEX_F_ALL + 1;
	assert_error(call(fd, IPCQ_IOC_MUTEX_LOCK, &args), EOPNOTSUPP);
	args.flags = 0;
	args.mutex = 2;
	assert_error(call(fd, IPCQ_IOC_MUTEX_LOCK, &args), EINVAL);
	args.mutex = UINT32_MAX;
	assert_error(call(fd, IPCQ_IOC_MUTEX_LOCK, &args), EINVAL);
	args.mutex = 1;
	args.reserved = 1;
	assert_error(call(fd, IPCQ_IOC_MUTEX_LOCK, &args), EINVAL);
	args.reserved = 0;
	assert_int_equal(mutex_stat(fd, 1).word, 0);
	/* Nothing is told, so the struct need not be writable. */
	assert_ok(call(fd, IPCQ_IOC_MUTEX_LOCK,
		       read_only_copy(&args, sizeof(args))));
	close(fd);
}

static void each_field_of_unlock_and_consistent(void **state)
{
	static const unsigned int commands[] = {
		IPCQ_IOC_MUTEX_UNLOCK, IPCQ_IOC_MUTEX_CONSISTENT,
	};
	int fd = region_new(4096, 2, 0);
	size_t i;

	(void)state;
	assert_ok(mutex_lock(fd, 1, 0, 0));
	for (i = 0; i < 2; i++) {
		struct ipcq_mutex_unlock args = {
			.size = sizeof(args), .mutex = 1,
		};

		check_common(fd, commands[i], &args, sizeof(args), sizeof(args));
		args.flags = 1;
		assert_error(call(fd, commands[i], &args), EOPNOTSUPP);
		args.flags = 0;
		args.mutex = 2;
		assert_error(call(fd, commands[i], &args), EINVAL);
		args.mutex = 0;
		assert_error(call(fd, commands[i], &args), EPERM);
		args.mutex = 1;
		args.reserved = 1;
		assert_error(call(fd, commands[i], &args), EINVAL);
	}
	assert_error(mutex_consistent(fd, 1), EINVAL);
	assert_int_equal(mutex_stat(fd, 1).holder_pid, getpid());
	assert_ok(mutex_unlock(fd, 1));
	close(fd);
}

static void each_field_of_stat(void **state)
{
	int fd = region_new(4096, 2, 0);
	struct ipcq_mutex_stat args = { .size = sizeof(args), .mutex = 1 };

	(void)state;
	check_common(fd, IPCQ_IOC_MUTEX_STAT, &args, sizeof(args), sizeof(args));
	args.flags = 1;
	assert_error(call(fd, IPCQ_IOC_MUTEX_STAT, &args), EOPNOTSUPP);
	args.flags = 0;
	args.mutex = 2;
	assert_error(call(fd, IPCQ_IOC_MUTEX_STAT, &args), EINVAL);
	args.mutex = 1;
	assert_error(call(fd, IPCQ_IOC_MUTEX_STAT,
			  read_only_copy(&args, sizeof(args))), EFAULT);

	assert_ok(mutex_lock(fd, 1, 0, 0));
	memset(&args, 0xee, sizeof(args));
	args.size = sizeof(args);
	args.flags = 0;
	args.mutex = 1;
	assert_ok(call(fd, IPCQ_IOC_MUTEX_STAT, &args));
	assert_int_equal(args.size, sizeof(args));
	assert_int_equal(args.mutex, 1);
	assert_int_equal(args.word, region_attach(fd));
	assert_int_equal(args.holder_pid, getpid());
	assert_int_equal(args.holder_tid, gettid());
	assert_int_equal(args.waiters, 0);
	assert_int_equal(args.died_pid, 0);
	assert_int_equal(args.died_tid, 0);
	assert_int_equal(args.reserved, 0);
	assert_int_equal(args.died_time, 0);
	assert_int_equal(args.deaths, 0);
	close(fd);
}

static void a_reader_may_only_look(void **state)
{
	struct ipcq_region_open open =
		region_args(REGION_NAME, RW | CREATE, 1, 1, 0);
	int fd, reader;

	(void)state;
	assert_ok(call(device(), IPCQ_IOC_REGION_OPEN, &open));
	fd = open.open.fd;
	reader = region_open(REGION_NAME, IPCQ_OPEN_F_READ);
	assert_ok(mutex_lock(fd, 0, 0, 0));
	assert_error(mutex_lock(reader, 0, IPCQ_MUTEX_F_TRY, 0), EBADF);
	assert_error(mutex_unlock(reader, 0), EBADF);
	assert_error(mutex_consistent(reader, 0), EBADF);
	assert_int_equal(mutex_stat(reader, 0).holder_pid, getpid());
	close(fd);
	close(reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_field_of_lock),
		cmocka_unit_test(each_field_of_unlock_and_consistent),
		cmocka_unit_test(each_field_of_stat),
		cmocka_unit_test(a_reader_may_only_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
