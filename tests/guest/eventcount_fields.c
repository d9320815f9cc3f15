// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The calls of an eventcount that do not wait, and each field wrong one at a time.
 */
#include "common.h"

#include <unistd.h>

#define ONE		IPCQ_EVENTCOUNT_ONE
#define MARK		IPCQ_EVENTCOUNT_WAITERS

static int advance(int fd, uint32_t eventcount, uint32_t count)
{
	struct ipcq_eventcount_wake args = {
		.size = sizeof(args),
		.eventcount = eventcount,
		.count = count,
	};

	return call(fd, IPCQ_IOC_EVENTCOUNT_ADVANCE, &args);
}

static void a_count_that_moved_needs_no_wait(void **state)
{
	int fd = region_new(1, 1, 1);
	uint32_t *word = control_map(fd) + LINE(1);

	(void)state;
	assert_ok(eventcount_wait(fd, 0, ONE, 0, 0));
	assert_ok(eventcount_wait(fd, 0, ONE, IPCQ_EVENTCOUNT_F_TRY, 0));
	assert_error(eventcount_wait(fd, 0, 0, IPCQ_EVENTCOUNT_F_TRY, 0), EAGAIN);
	/* The mark is no part of the count. */
	assert_error(eventcount_wait(fd, 0, MARK, IPCQ_EVENTCOUNT_F_TRY, 0),
		     EAGAIN);
	assert_error(eventcount_wait(fd, 0, 0, 0, 1), ETIMEDOUT);
	assert_error(eventcount_wait(fd, 0, 0, 0, in(20 * MS)), ETIMEDOUT);
	assert_int_equal(*word, 0);
	*word = UINT32_MAX & ~MARK;
	assert_error(eventcount_wait(fd, 0, UINT32_MAX, IPCQ_EVENTCOUNT_F_TRY, 0),
		     EAGAIN);
	assert_ok(eventcount_wait(fd, 0, 0, 0, 0));
	/* It wraps. */
	assert_int_equal(advance(fd, 0, 1), 0);
	assert_int_equal(*word, 0);
	close(fd);
}

static void each_field_of_wait(void **state)
{
	int fd = region_new(1, 0, 2);
	struct ipcq_eventcount_wait args = {
		.size = sizeof(args), .eventcount = 1, .seen = ONE,
	};

	(void)state;
	check_common(fd, IPCQ_IOC_EVENTCOUNT_WAIT, &args, sizeof(args),
		     sizeof(args));
	args.flags = IPCQ_EVENTCOUNT_F_ALL + 1;
	assert_error(call(fd, IPCQ_IOC_EVENTCOUNT_WAIT, &args), EOPNOTSUPP);
	args.flags = 0;
	args.eventcount = 2;
	assert_error(call(fd, IPCQ_IOC_EVENTCOUNT_WAIT, &args), EINVAL);
	args.eventcount = UINT32_MAX;
	assert_error(call(fd, IPCQ_IOC_EVENTCOUNT_WAIT, &args), EINVAL);
	args.eventcount = 1;
	assert_ok(call(fd, IPCQ_IOC_EVENTCOUNT_WAIT,
		       read_only_copy(&args, sizeof(args))));
	close(fd);
}

static void each_field_of_wake_and_advance(void **state)
{
	static const unsigned int commands[] = {
		IPCQ_IOC_EVENTCOUNT_WAKE, IPCQ_IOC_EVENTCOUNT_ADVANCE,
	};
	int fd = region_new(1, 0, 2);
	uint32_t *word = control_map(fd) + LINE(1);
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct ipcq_eventcount_wake args = {
			.size = sizeof(args), .eventcount = 1, .count = 1,
		};

		check_common(fd, commands[i], &args, sizeof(args), sizeof(args));
		args.flags = 1;
		assert_error(call(fd, commands[i], &args), EOPNOTSUPP);
		args.flags = 0;
		args.eventcount = 2;
		assert_error(call(fd, commands[i], &args), EINVAL);
		args.eventcount = 1;
		args.count = 1U << 31;
		assert_error(call(fd, commands[i], &args), EINVAL);
		assert_int_equal(*word, 0);
		args.count = (1U << 31) - 1;
		assert_int_equal(call(fd, commands[i], &args), 0);
		args.count = 0;
		assert_int_equal(call(fd, commands[i], &args), 0);
		assert_int_equal(*word, i * 2 * ONE);
	}
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_count_that_moved_needs_no_wait),
		cmocka_unit_test(each_field_of_wait),
		cmocka_unit_test(each_field_of_wake_and_advance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
