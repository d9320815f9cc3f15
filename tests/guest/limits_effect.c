// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What limits do when they are set while everything is in use: they hold at once for
 * what is new, and take nothing away.  Set through the library and the command.
 */
#include "shell.h"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "ipcq.h"

static int set(enum ipcq_limit limit, uint64_t value)
{
	const struct ipcq_limit_setting setting = { limit, value };

	return ipcq_limits_set(&setting, 1);
}

/* The other programs of this guest are to find the limits as they were. */
static struct ipcq_query before;

static int remember(void **state)
{
	(void)state;
	before = query();
	return 0;
}

static int restore(void **state)
{
	const struct ipcq_limit_setting settings[] = {
		{ IPCQ_LIMIT_MAX_MESSAGES, before.max_messages },
		{ IPCQ_LIMIT_MAX_MESSAGE_SIZE, before.max_message_size },
		{ IPCQ_LIMIT_MAX_REGION_SIZE, before.max_region_size },
		{ IPCQ_LIMIT_MAX_MUTEXES, before.max_mutexes },
		{ IPCQ_LIMIT_MAX_EVENTCOUNTS, before.max_eventcounts },
		{ IPCQ_LIMIT_OBJECTS, before.objects_limit },
		{ IPCQ_LIMIT_MESSAGE_BYTES, before.message_bytes_limit },
		{ IPCQ_LIMIT_REGION_BYTES, before.region_bytes_limit },
		{ IPCQ_LIMIT_OWNERS, before.owners_limit },
		{ IPCQ_LIMIT_NAMESPACE_OBJECTS, before.namespace_objects_limit },
		{ IPCQ_LIMIT_FILES, before.files_limit },
	};

	(void)state;
	return ipcq_limits_set(settings, sizeof(settings) / sizeof(*settings));
}

/* ------------------------------------------------------------------- attributes */

static int try_queue(const char *name, uint32_t messages, uint32_t message_size)
{
	struct ipcq_queue_open args = queue_args(name, RW | CREATE);
	int ret;

	args.max_messages = messages;
	args.max_message_size = message_size;
	ret = call(device(), IPCQ_IOC_QUEUE_OPEN, &args);
	return ret < 0 ? ret : (int)args.open.fd;
}

static int try_region(const char *name, uint64_t size, uint32_t mutexes,
		      uint32_t eventcounts)
{
	struct ipcq_region_open args = region_args(name, RW | CREATE, size,
						   mutexes, eventcounts);
	int ret = call(device(), IPCQ_IOC_REGION_OPEN, &args);

	return ret < 0 ? ret : (int)args.open.fd;
}

static void a_queue_keeps_what_it_has(void **state)
{
	int fd = assert_ok(try_queue("kept", 100, 5000)), other;
	char payload[5000] = { 0 };

	(void)state;
	assert_ok(set(IPCQ_LIMIT_MAX_MESSAGES, 10));
	assert_ok(set(IPCQ_LIMIT_MAX_MESSAGE_SIZE, 1000));
	assert_int_equal(query().max_messages, 10);
	assert_int_equal(query().max_message_size, 1000);
	/* It is as it was, and can be asked for as it is. */
	assert_int_equal(queue_stat(fd).max_messages, 100);
	assert_ok(queue_send(fd, payload, sizeof(payload), 0, 0));
	other = assert_ok(try_queue("kept", 100, 5000));
	assert_int_equal(queue_receive(other, payload, sizeof(payload), 0, 0), 5000);
	close(other);
	close(fd);
	assert_error(try_queue("kept", 100, 5000), EINVAL);
}

static void a_new_queue_is_within_the_limits(void **state)
{
	struct ipcq_queue_stat stat;
	int fd;

	(void)state;
	assert_ok(set(IPCQ_LIMIT_MAX_MESSAGES, 10));
	assert_ok(set(IPCQ_LIMIT_MAX_MESSAGE_SIZE, 1000));
	assert_error(try_queue(NULL, 11, 1000), EINVAL);
	assert_error(try_queue(NULL, 10, 1001), EINVAL);
	close(assert_ok(try_queue(NULL, 10, 1000)));
	/* What is not asked for is not more than may be had. */
	fd = assert_ok(try_queue(NULL, 0, 0));
	stat = queue_stat(fd);
	assert_int_equal(stat.max_messages, 10);
	assert_int_equal(stat.max_message_size, 1000);
	assert_int_equal(stat.max_bytes, 10000);
	close(fd);
	assert_ok(set(IPCQ_LIMIT_MAX_MESSAGES, 11));
	close(assert_ok(try_queue(NULL, 11, 1000)));
}

static void a_new_region_is_within_the_limits(void **state)
{
	int fd = assert_ok(try_region("kept", 8193, 5, 6)), other;

	(void)state;
	assert_ok(set(IPCQ_LIMIT_MAX_REGION_SIZE, 8192));
	assert_ok(set(IPCQ_LIMIT_MAX_MUTEXES, 4));
	assert_ok(set(IPCQ_LIMIT_MAX_EVENTCOUNTS, 0));
	assert_error(try_region(NULL, 8193, 0, 0), EINVAL);
	assert_error(try_region(NULL, 8192, 5, 0), EINVAL);
	assert_error(try_region(NULL, 8192, 0, 1), EINVAL);
	close(assert_ok(try_region(NULL, 8192, 4, 0)));
	other = assert_ok(try_region("kept", 8193, 5, 6));
	assert_int_equal(region_stat(other).mutexes, 5);
	assert_ok(mutex_lock(other, 4, 0, 0));
	assert_ok(mutex_unlock(other, 4));
	close(other);
	close(fd);
	assert_error(try_region("kept", 8193, 5, 6), EINVAL);
}

/* ------------------------------------------------------------------------ users */

static void objects_below_what_is_used(void **state)
{
	int fds[3], i;

	(void)state;
	for (i = 0; i < 3; i++)
		fds[i] = queue_new(0, 0);
	assert_ok(set(IPCQ_LIMIT_OBJECTS, before.objects + 2));
	assert_int_equal(query().objects, before.objects + 3);
	assert_error(try_queue(NULL, 0, 0), EDQUOT);
	assert_error(try_region(NULL, 1, 0, 0), EDQUOT);
	assert_ok(queue_send(fds[2], "x", 1, 0, 0));
	close(fds[0]);
	/* At the limit now, and then below it. */
	assert_error(try_queue(NULL, 0, 0), EDQUOT);
	close(fds[1]);
	close(assert_ok(try_queue(NULL, 0, 0)));
	close(fds[2]);
	assert_ok(set(IPCQ_LIMIT_OBJECTS, 0));
	assert_error(try_queue(NULL, 0, 0), EDQUOT);
	assert_ok(set(IPCQ_LIMIT_OBJECTS, IPCQ_NO_LIMIT));
	close(assert_ok(try_queue(NULL, 0, 0)));
}

static void message_memory_below_what_is_used(void **state)
{
	static char payload[1 << 16];
	int fd = queue_new(100, sizeof(payload)), i;

	(void)state;
	for (i = 0; i < 10; i++)
		assert_ok(queue_send(fd, payload, sizeof(payload), 0, 0));
	assert_ok(set(IPCQ_LIMIT_MESSAGE_BYTES, 5 * sizeof(payload)));
	assert_true(query().message_bytes > query().message_bytes_limit);
	/* The memory of what is received may carry what is sent, but not more. */
	for (i = 0; i < 10; i++)
		assert_int_equal(queue_receive(fd, payload, sizeof(payload), 0,
					       0), sizeof(payload));
	i = 0;
	while (!queue_send(fd, payload, sizeof(payload), IPCQ_SEND_F_NONBLOCK, 0))
		i++;
	assert_true(i <= 10);
	assert_error(queue_send(fd, payload, sizeof(payload), 0, 0), EDQUOT);
	assert_ok(set(IPCQ_LIMIT_MESSAGE_BYTES, before.message_bytes_limit));
	assert_ok(queue_send(fd, payload, sizeof(payload), 0, 0));
	close(fd);
}

static void region_memory_below_what_is_used(void **state)
{
	int fd = assert_ok(try_region(NULL, 16 * 4096, 0, 0));

	(void)state;
	assert_ok(set(IPCQ_LIMIT_REGION_BYTES, before.region_bytes + 8 * 4096));
	assert_error(try_region(NULL, 1, 0, 0), EDQUOT);
	assert_int_equal(region_stat(fd).region_size, 16 * 4096);
	close(fd);
	assert_error(try_region(NULL, 9 * 4096, 0, 0), EDQUOT);
	close(assert_ok(try_region(NULL, 8 * 4096, 0, 0)));
}

static void *attach(void *context)
{
	return (void *)(intptr_t)region_attach(*(int *)context);
}

/* What a new thread gets that attaches to a region. */
static int attach_in_thread(int fd)
{
	pthread_t thread;
	void *result;

	assert_int_equal(pthread_create(&thread, NULL, attach, &fd), 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	return (int)(intptr_t)result;
}

static void owners_below_what_is_used(void **state)
{
	int fd = region_new(1, 1, 0);

	(void)state;
	assert_ok(region_attach(fd));
	eventually(query().owners == before.owners + 1);
	assert_ok(set(IPCQ_LIMIT_OWNERS, before.owners));
	assert_error(attach_in_thread(fd), EDQUOT);
	/* Who is attached stays so. */
	assert_ok(mutex_lock(fd, 0, 0, 0));
	assert_ok(mutex_unlock(fd, 0));
	assert_ok(set(IPCQ_LIMIT_OWNERS, before.owners + 2));
	assert_ok(attach_in_thread(fd));
	close(fd);
	eventually(query().owners == before.owners);
}

/* ------------------------------------------------------------------- namespaces */

static int another_namespace_has_its_own(void *context)
{
	int fd;

	(void)context;
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	fd = device_open();
	before = (struct ipcq_query) { .size = sizeof(before) };
	assert_ok(call(fd, IPCQ_IOC_QUERY, &before));
	assert_int_equal(before.namespace_objects, 0);
	assert_int_equal(before.namespace_objects_limit, IPCQ_UNLIMITED);
	assert_ok(set(IPCQ_LIMIT_NAMESPACE_OBJECTS, 3));
	close(fd);
	return 0;
}

static void a_namespace_has_so_many_objects(void **state)
{
	int queue = queue_open("here", RW | CREATE), region = region_new(1, 0, 0);

	(void)state;
	assert_int_equal(query().namespace_objects, before.namespace_objects + 2);
	assert_ok(set(IPCQ_LIMIT_NAMESPACE_OBJECTS, before.namespace_objects + 1));
	assert_error(try_queue(NULL, 0, 0), ENOSPC);
	assert_error(try_region("more", 1, 0, 0), ENOSPC);
	assert_int_equal(query().objects, before.objects + 2);
	close(assert_ok(queue_open("here", RW | CREATE)));
	close(region);
	assert_error(try_queue(NULL, 0, 0), ENOSPC);
	close(queue);
	close(assert_ok(try_queue(NULL, 0, 0)));
	assert_int_equal(query().namespace_objects, before.namespace_objects);
	assert_int_equal(reap(spawn(another_namespace_has_its_own, NULL)), 0);
	assert_int_equal(query().namespace_objects_limit,
			 before.namespace_objects + 1);
}

/* ------------------------------------------------------------------ the command */

static void the_command_sets_limits(void **state)
{
	(void)state;
	check_prints("ipcq set --limit max_messages=12 --limit namespace_objects=0", "");
	assert_int_equal(query().max_messages, 12);
	check_says("ipcq create a", REFUSED, "namespace");
	check_says("ipcq info", OK, "0 of 0");
	check_prints("ipcq set --limit namespace_objects=unlimited", "");
	check_says("ipcq create a --messages 13", FAILED, "at most 12");
	check_says("ipcq set --limit max_messages=13 --limit max_message_size=2M",
		   FAILED, "out of its range");
	assert_int_equal(query().max_messages, 12);
	check_says("ipcq set --limit objects=1 --limit objects=2", USAGE, "twice");
}

#define TEST(test)	cmocka_unit_test_setup_teardown(test, remember, restore)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_queue_keeps_what_it_has),
		TEST(a_new_queue_is_within_the_limits),
		TEST(a_new_region_is_within_the_limits),
		TEST(objects_below_what_is_used),
		TEST(message_memory_below_what_is_used),
		TEST(region_memory_below_what_is_used),
		TEST(owners_below_what_is_used),
		TEST(a_namespace_has_so_many_objects),
		TEST(the_command_sets_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
