// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /dev/ipcq itself: what it answers, what it refuses, and the form of its calls.
 */
#include "common.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static const unsigned int device_calls[] = {
	IPCQ_IOC_QUERY, IPCQ_IOC_QUEUE_OPEN, IPCQ_IOC_REGION_OPEN,
	IPCQ_IOC_UNLINK,
};

static const unsigned int queue_calls[] = {
	IPCQ_IOC_QUEUE_SEND, IPCQ_IOC_QUEUE_RECEIVE, IPCQ_IOC_QUEUE_STAT,
	IPCQ_IOC_QUEUE_SET, IPCQ_IOC_QUEUE_SEND_MANY, IPCQ_IOC_QUEUE_RECEIVE_MANY,
	IPCQ_IOC_QUEUE_FILTER, IPCQ_IOC_QUEUE_SEND_ALL,
};

static const unsigned int region_calls[] = {
	IPCQ_IOC_REGION_STAT, IPCQ_IOC_REGION_ATTACH, IPCQ_IOC_MUTEX_LOCK,
	IPCQ_IOC_MUTEX_UNLOCK, IPCQ_IOC_MUTEX_CONSISTENT, IPCQ_IOC_MUTEX_STAT,
	IPCQ_IOC_EVENTCOUNT_WAIT, IPCQ_IOC_EVENTCOUNT_WAKE,
	IPCQ_IOC_EVENTCOUNT_ADVANCE,
};

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

static void query_tells_features_and_limits(void **state)
{
	struct ipcq_query q;

	(void)state;
	memset(&q, 0xff, sizeof(q));
	q.size = sizeof(q);
	q.flags = 0;
	assert_ok(call(device(), IPCQ_IOC_QUERY, &q));
	assert_int_equal(q.size, sizeof(q));
	assert_int_equal(q.flags, 0);
	assert_int_equal(q.features,
			 IPCQ_FEATURE_QUEUE | IPCQ_FEATURE_REGION |
			 IPCQ_FEATURE_MUTEX | IPCQ_FEATURE_EVENTCOUNT |
			 IPCQ_FEATURE_PRIORITY | IPCQ_FEATURE_QUEUE_SET |
			 IPCQ_FEATURE_CREATOR | IPCQ_FEATURE_OWNER |
			 IPCQ_FEATURE_SENDER | IPCQ_FEATURE_TYPE |
			 IPCQ_FEATURE_VECTOR | IPCQ_FEATURE_TRUNCATE |
			 IPCQ_FEATURE_TIME_TO_LIVE | IPCQ_FEATURE_ASYNC |
			 IPCQ_FEATURE_DEAD_LETTER | IPCQ_FEATURE_LEASE |
			 IPCQ_FEATURE_BATCH | IPCQ_FEATURE_FULL |
			 IPCQ_FEATURE_BROADCAST | IPCQ_FEATURE_FILTER |
			 IPCQ_FEATURE_CALL | IPCQ_FEATURE_REDELIVERY_LIMIT |
			 IPCQ_FEATURE_FDS | IPCQ_FEATURE_SHARES |
			 IPCQ_FEATURE_SEND_ALL | IPCQ_FEATURE_PEEK |
			 IPCQ_FEATURE_DRAIN);
	assert_true(q.max_messages >= 64);
	assert_true(q.max_message_size >= 1 << 20);
	assert_true(q.max_region_size >= 1 << 30);
	assert_true(q.max_region_size <= IPCQ_REGION_CONTROL_OFFSET);
	assert_true(q.max_mutexes >= 1);
	assert_true(q.max_eventcounts >= 1);
	assert_true(q.objects_limit >= 100);
	assert_true(q.message_bytes_limit >= 64 << 20);
	assert_true(q.region_bytes_limit > 0);
}

static void query_tells_the_use(void **state)
{
	struct ipcq_query before = query(), with;
	char payload[1000] = { 0 };
	int queue = queue_new(0, 0), region = region_new(4097, 1, 1);

	(void)state;
	with = query();
	assert_int_equal(with.objects, before.objects + 2);
	/* Two pages of data, one of control. */
	assert_int_equal(with.region_bytes, before.region_bytes + 3 * 4096);
	assert_int_equal(with.message_bytes, before.message_bytes);

	assert_ok(queue_send(queue, payload, sizeof(payload), 0, 0));
	assert_int_equal(query().message_bytes,
			 before.message_bytes + queue_stat(queue).memory);
	assert_true(queue_stat(queue).memory >= sizeof(payload));

	close(queue);
	close(region);
	with = query();
	assert_memory_equal(&with, &before, sizeof(with));
}

/* Opens a queue and tells the error, or 0. */
static int try_queue(uint32_t messages, uint32_t message_size, uint64_t bytes)
{
	struct ipcq_queue_open args = queue_args(NULL, RW | CREATE);
	int ret;

	args.max_messages = messages;
	args.max_message_size = message_size;
	args.max_bytes = bytes;
	ret = call(device(), IPCQ_IOC_QUEUE_OPEN, &args);
	if (ret >= 0)
		close(args.open.fd);
	return ret;
}

static int try_region(uint64_t size, uint32_t mutexes, uint32_t eventcounts)
{
	struct ipcq_region_open args =
		region_args(NULL, RW | CREATE, size, mutexes, eventcounts);
	int ret = call(device(), IPCQ_IOC_REGION_OPEN, &args);

	if (ret >= 0)
		close(args.open.fd);
	return ret;
}

static void a_queue_may_be_as_large_as_query_says(void **state)
{
	struct ipcq_query q = query();

	(void)state;
	assert_ok(try_queue(q.max_messages, 1, 0));
	assert_error(try_queue(q.max_messages + 1, 1, 0), EINVAL);
	assert_error(try_queue(UINT32_MAX, 1, 0), EINVAL);
	assert_ok(try_queue(1, q.max_message_size, 0));
	assert_error(try_queue(1, q.max_message_size + 1, 0), EINVAL);
	assert_error(try_queue(1, UINT32_MAX, 0), EINVAL);
	assert_ok(try_queue(q.max_messages, q.max_message_size, 0));
	assert_ok(try_queue(1, 1, UINT64_MAX));
}

static void a_region_may_be_as_large_as_query_says(void **state)
{
	struct ipcq_query q = query();
	uint64_t left = q.region_bytes_limit - q.region_bytes;

	(void)state;
	assert_ok(try_region(left & -4096ULL, 0, 0));
	assert_error(try_region((left & -4096ULL) + 1, 0, 0), EDQUOT);
	/* Within what a region may be, though more than this user may have. */
	assert_error(try_region(q.max_region_size, 0, 0), EDQUOT);
	assert_error(try_region(q.max_region_size + 1, 0, 0), EINVAL);
	assert_error(try_region(UINT64_MAX, 0, 0), EINVAL);
	assert_ok(try_region(1, q.max_mutexes, q.max_eventcounts));
	assert_error(try_region(1, q.max_mutexes + 1, 0), EINVAL);
	assert_error(try_region(1, 0, q.max_eventcounts + 1), EINVAL);
	assert_error(try_region(1, UINT32_MAX, UINT32_MAX), EINVAL);
}

static void refuse(int fd, const unsigned int *calls, size_t count)
{
	char args[4096] = { 0 };
	size_t i;

	/* Whatever the argument: the command is looked at first. */
	for (i = 0; i < count; i++) {
		assert_error(call(fd, calls[i], args), ENOTTY);
		assert_error(call(fd, calls[i], NULL), ENOTTY);
	}
}

/* A number nobody has, and one of ours in the form others use. */
static const unsigned int strange_calls[] = {
	_IO(IPCQ_IOC_MAGIC, 0x04), _IO(IPCQ_IOC_MAGIC, 0x3f),
	_IO(IPCQ_IOC_MAGIC, 0x5f), _IO(IPCQ_IOC_MAGIC, 0x7f),
	_IO(IPCQ_IOC_MAGIC, 0x89), _IO(IPCQ_IOC_MAGIC, 0xbf),
	_IO(IPCQ_IOC_MAGIC, 0xc0), _IO(IPCQ_IOC_MAGIC, 0xff),
	_IO(IPCQ_IOC_MAGIC - 1, 0x00), _IO(IPCQ_IOC_MAGIC + 1, 0x40),
	_IO(0, 0x80), _IOR(IPCQ_IOC_MAGIC, 0x00, struct ipcq_query),
	_IOW(IPCQ_IOC_MAGIC, 0x40, struct ipcq_queue_send),
	_IOWR(IPCQ_IOC_MAGIC, 0x80, struct ipcq_region_stat),
	0xffffffff,
};

static void each_descriptor_knows_its_own_calls(void **state)
{
	int queue = queue_new(0, 0), region = region_new(1, 1, 1);
	int fds[] = { device(), queue, region };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(fds); i++)
		refuse(fds[i], strange_calls, COUNT(strange_calls));

	refuse(device(), queue_calls, COUNT(queue_calls));
	refuse(device(), region_calls, COUNT(region_calls));
	refuse(queue, device_calls, COUNT(device_calls));
	refuse(queue, region_calls, COUNT(region_calls));
	refuse(region, device_calls, COUNT(device_calls));
	refuse(region, queue_calls, COUNT(queue_calls));
	close(queue);
	close(region);
}

static void fionread_is_for_queues(void **state)
{
	int region = region_new(1, 0, 0), bytes;

	(void)state;
	assert_error(call(device(), FIONREAD, &bytes), ENOTTY);
	assert_error(call(region, FIONREAD, &bytes), ENOTTY);
	close(region);
}

static void query_has_the_common_form(void **state)
{
	struct ipcq_query args = { .size = sizeof(args) };

	(void)state;
	check_common(device(), IPCQ_IOC_QUERY, &args, sizeof(args),
		     IPCQ_QUERY_MIN);
}

/* What a larger program sends: more members, all of them zero. */
static void a_longer_struct_of_zeroes_is_taken(void **state)
{
	struct {
		struct ipcq_query query;
		uint64_t later[4];
	} args = { .query.size = sizeof(args) };

	(void)state;
	assert_ok(call(device(), IPCQ_IOC_QUERY, &args));
	assert_int_equal(args.query.size, sizeof(args));
	assert_true(args.query.max_messages > 0);
	args.later[3] = 1;
	assert_error(call(device(), IPCQ_IOC_QUERY, &args), E2BIG);
}

static void opens_have_the_common_form(void **state)
{
	struct ipcq_queue_open queue = queue_args("common", RW | CREATE);
	struct ipcq_region_open region =
		region_args("common", RW | CREATE, 4096, 1, 1);
	unsigned int fds = count_fds();
	uint64_t objects = query().objects;

	(void)state;
	queue.open.lifetime = IPCQ_LIFETIME_PERSISTENT;
	region.open.lifetime = IPCQ_LIFETIME_PERSISTENT;
	check_common(device(), IPCQ_IOC_QUEUE_OPEN, &queue, sizeof(queue),
		     IPCQ_QUEUE_OPEN_MIN);
	check_common(device(), IPCQ_IOC_REGION_OPEN, &region, sizeof(region),
		     sizeof(region));
	assert_int_equal(count_fds(), fds);
	assert_int_equal(query().objects, objects);
	assert_error(object_unlink("common"), ENOENT);
}

static void unlink_has_the_common_form(void **state)
{
	struct ipcq_unlink args = {
		.size = sizeof(args),
		.name = (uintptr_t)"common",
		.name_length = strlen("common"),
	};
	int fd = queue_open("common", RW | CREATE);

	(void)state;
	assert_ok(fd);
	check_common(device(), IPCQ_IOC_UNLINK, &args, sizeof(args),
		     sizeof(args));
	assert_ok(object_unlink("common"));
	close(fd);
}

static void the_device_is_no_stream(void **state)
{
	char byte = 0;

	(void)state;
	assert_int_equal(read(device(), &byte, 1), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(write(device(), &byte, 1), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(pread(device(), &byte, 1, 0), -1);
	assert_int_equal(errno, ESPIPE);
	assert_int_equal(lseek(device(), 0, SEEK_SET), -1);
	assert_int_equal(errno, ESPIPE);
	assert_ptr_equal(mmap(NULL, 4096, PROT_READ, MAP_SHARED, device(), 0),
			 MAP_FAILED);
	assert_int_equal(errno, ENODEV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(query_tells_features_and_limits),
		cmocka_unit_test(query_tells_the_use),
		cmocka_unit_test(a_queue_may_be_as_large_as_query_says),
		cmocka_unit_test(a_region_may_be_as_large_as_query_says),
		cmocka_unit_test(each_descriptor_knows_its_own_calls),
		cmocka_unit_test(fionread_is_for_queues),
		cmocka_unit_test(query_has_the_common_form),
		cmocka_unit_test(a_longer_struct_of_zeroes_is_taken),
		cmocka_unit_test(opens_have_the_common_form),
		cmocka_unit_test(unlink_has_the_common_form),
		cmocka_unit_test(the_device_is_no_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
