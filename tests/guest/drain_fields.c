// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Draining, each field wrong one at a time.
 */
#include "typed.h"

#include <unistd.h>

#define HIGHEST	UINT64_MAX

static int fd;

static struct ipcq_queue_drain drain_args(struct want want)
{
	return (struct ipcq_queue_drain) {
		.size = sizeof(struct ipcq_queue_drain),
		.match = want.match,
		.least_priority = want.least,
		.type_first = want.first,
		.type_last = want.last,
	};
}

static int set_up(void **state)
{
	(void)state;
	fd = typed_queue(4, IPCQ_ORDER_FIFO);
	assert_int_equal(typed_send(fd, 1, 0, 8), 1);
	return 0;
}

/* Nothing that was refused has had an effect. */
static int tear_down(void **state)
{
	(void)state;
	assert_int_equal(queue_stat(fd).messages, 1);
	assert_int_equal(take(fd, ANY), 1);
	return close(fd);
}

static void what_is_common(void **state)
{
	struct ipcq_queue_drain args = drain_args(EQUAL(1));

	(void)state;
	check_common(fd, IPCQ_IOC_QUEUE_DRAIN, &args, sizeof(args), sizeof(args));
}

static void a_filter_that_is_none(void **state)
{
	static const struct { struct want want; int error; } refused[] = {
		{ { IPCQ_MATCH_EXCEPT + 1, 0, 0, 0 }, EOPNOTSUPP },
		{ { UINT32_MAX, 0, 0, 0 }, EOPNOTSUPP },
		{ { IPCQ_MATCH_ANY, IPCQ_PRIORITY_MAX + 1, 0, 0 }, EINVAL },
		{ { IPCQ_MATCH_ANY, 0, 1, 0 }, EINVAL },
		{ { IPCQ_MATCH_ANY, 0, 0, 1 }, EINVAL },
		{ { IPCQ_MATCH_EQUAL, 0, 1, 1 }, EINVAL },
		{ { IPCQ_MATCH_AT_MOST, 0, 1, HIGHEST }, EINVAL },
		{ { IPCQ_MATCH_EXCEPT, 0, 2, 1 }, EINVAL },
		{ { IPCQ_MATCH_RANGE, 0, 2, 1 }, EINVAL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		struct ipcq_queue_drain args = drain_args(refused[i].want);

		assert_error(call(fd, IPCQ_IOC_QUEUE_DRAIN, &args),
			     refused[i].error);
	}
}

/* What could not be told is not done. */
static void results_that_cannot_be_told(void **state)
{
	struct ipcq_queue_drain args = drain_args(ANY);

	(void)state;
	assert_error(call(fd, IPCQ_IOC_QUEUE_DRAIN,
			  read_only_copy(&args, sizeof(args))), EFAULT);
}

static void a_handle_that_cannot_read(void **state)
{
	int both = queue_open("test/drain", RW | CREATE);
	int writer = queue_open("test/drain", IPCQ_OPEN_F_WRITE);
	int reader = queue_open("test/drain", IPCQ_OPEN_F_READ);
	struct ipcq_queue_drain args = drain_args(ANY);

	(void)state;
	assert_int_equal(typed_send(both, 1, 0, 8), 1);
	assert_error(call(writer, IPCQ_IOC_QUEUE_DRAIN, &args), EBADF);
	assert_int_equal(queue_stat(both).messages, 1);
	assert_ok(call(reader, IPCQ_IOC_QUEUE_DRAIN, &args));
	assert_int_equal(args.messages, 1);
	close(both);
	close(writer);
	close(reader);
}

static void a_queue_that_delivers_to_all(void **state)
{
	struct ipcq_queue_open open = queue_args(NULL, RW | CREATE);
	struct ipcq_queue_drain args = drain_args(ANY);

	(void)state;
	open.delivery = IPCQ_DELIVERY_ALL;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &open));
	assert_error(call(open.open.fd, IPCQ_IOC_QUEUE_DRAIN, &args), EINVAL);
	close(open.open.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define FIELD(test)	cmocka_unit_test_setup_teardown(test, set_up, tear_down)
		FIELD(what_is_common),
		FIELD(a_filter_that_is_none),
		FIELD(results_that_cannot_be_told),
		FIELD(a_handle_that_cannot_read),
		FIELD(a_queue_that_delivers_to_all),
	};

	return cmocka_run_group_tests_name("drain_fields", tests, NULL, NULL);
}
