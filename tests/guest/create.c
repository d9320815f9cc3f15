// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Open or create: the attributes of what is created, the demands on what exists,
 * and that an open which fails leaves nothing behind.
 */
#include "common.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define EXCL		(CREATE | IPCQ_OPEN_F_EXCL)
#define MIB		(1U << 20)

static struct ipcq_queue_stat queue_created(uint32_t messages, uint32_t size,
					    uint64_t bytes)
{
	struct ipcq_queue_open args = queue_args(NULL, RW | CREATE);
	struct ipcq_queue_stat stat;

	args.max_messages = messages;
	args.max_message_size = size;
	args.max_bytes = bytes;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	stat = queue_stat(args.open.fd);
	assert_int_equal(stat.id, args.open.id);
	close(args.open.fd);
	return stat;
}

static void assert_queue(uint32_t messages, uint32_t size, uint64_t bytes,
			 uint32_t has_messages, uint32_t has_size,
			 uint64_t has_bytes)
{
	struct ipcq_queue_stat stat = queue_created(messages, size, bytes);

	assert_int_equal(stat.max_messages, has_messages);
	assert_int_equal(stat.max_message_size, has_size);
	assert_int_equal(stat.max_bytes, has_bytes);
}

static void a_queue_has_what_was_asked_or_defaults(void **state)
{
	(void)state;
	assert_queue(0, 0, 0, 64, MIB, 64ULL * MIB);
	assert_queue(7, 0, 0, 7, MIB, 7ULL * MIB);
	assert_queue(0, 100, 0, 64, 100, 6400);
	assert_queue(3, 5, 0, 3, 5, 15);
	assert_queue(3, 5, 5, 3, 5, 5);
	assert_queue(3, 5, 1000, 3, 5, 1000);
	assert_queue(0, 0, 5000, 64, 5000, 5000);
	assert_queue(0, 0, 1, 64, 1, 1);
	assert_queue(0, 0, 5ULL * MIB, 64, MIB, 5ULL * MIB);
}

static void a_region_has_what_was_asked(void **state)
{
	int fd = region_new(5000, 2, 63);
	struct ipcq_region_stat stat = region_stat(fd);

	(void)state;
	assert_int_equal(stat.region_size, 5000);
	assert_int_equal(stat.mutexes, 2);
	assert_int_equal(stat.eventcounts, 63);
	assert_int_equal(stat.control_size, 2 * 4096);
	close(fd);

	fd = region_new(1, 0, 0);
	assert_int_equal(region_stat(fd).control_size, 0);
	close(fd);
}

/* Opens "demand" with these demands; the descriptor or the error. */
static int demand_queue(uint32_t flags, uint32_t messages, uint32_t size,
			uint64_t bytes)
{
	struct ipcq_queue_open args = queue_args("demand", flags);
	int ret;

	args.max_messages = messages;
	args.max_message_size = size;
	args.max_bytes = bytes;
	ret = call(device(), IPCQ_IOC_QUEUE_OPEN, &args);
	return ret < 0 ? ret : args.open.fd;
}

static int demand_region(uint32_t flags, uint64_t size, uint32_t mutexes,
			 uint32_t eventcounts)
{
	struct ipcq_region_open args =
		region_args("demand", flags, size, mutexes, eventcounts);
	int ret = call(device(), IPCQ_IOC_REGION_OPEN, &args);

	return ret < 0 ? ret : args.open.fd;
}

#define assert_agrees(expression)					\
	do {								\
		int fd_ = (expression);					\
		assert_ok(fd_);						\
		close(fd_);						\
	} while (0)

static void a_queue_agrees_with_its_own_attributes(void **state)
{
	static const uint32_t flags[] = { RW, RW | CREATE };
	int fd = demand_queue(RW | CREATE, 3, 5, 12), i;

	(void)state;
	assert_ok(fd);
	for (i = 0; i < 2; i++) {
		assert_agrees(demand_queue(flags[i], 0, 0, 0));
		assert_agrees(demand_queue(flags[i], 3, 0, 0));
		assert_agrees(demand_queue(flags[i], 0, 5, 0));
		assert_agrees(demand_queue(flags[i], 0, 0, 12));
		assert_agrees(demand_queue(flags[i], 3, 5, 12));
		assert_error(demand_queue(flags[i], 4, 5, 12), EBADR);
		assert_error(demand_queue(flags[i], 3, 6, 12), EBADR);
		assert_error(demand_queue(flags[i], 3, 5, 13), EBADR);
		assert_error(demand_queue(flags[i], 64, 0, 0), EBADR);
	}
	close(fd);
}

static void a_region_agrees_with_its_own_attributes(void **state)
{
	static const uint32_t flags[] = { RW, RW | CREATE };
	int fd = demand_region(RW | CREATE, 5000, 2, 3), i;

	(void)state;
	assert_ok(fd);
	for (i = 0; i < 2; i++) {
		assert_agrees(demand_region(flags[i], 0, 0, 0));
		assert_agrees(demand_region(flags[i], 5000, 0, 0));
		assert_agrees(demand_region(flags[i], 0, 2, 0));
		assert_agrees(demand_region(flags[i], 0, 0, 3));
		/* The size as given, not the pages that it takes. */
		assert_error(demand_region(flags[i], 8192, 2, 3), EBADR);
		assert_error(demand_region(flags[i], 5000, 1, 3), EBADR);
		assert_error(demand_region(flags[i], 5000, 2, 4), EBADR);
	}
	close(fd);
}

static void a_demand_that_fails_leaves_nothing(void **state)
{
	struct ipcq_queue_open args = queue_args("demand", RW);
	int fd = demand_queue(RW | CREATE, 3, 5, 12);

	(void)state;
	assert_ok(fd);
	args.max_messages = 4;
	assert_refused(IPCQ_IOC_QUEUE_OPEN, &args, EBADR);
	args = queue_args("demand", RW | EXCL);
	assert_refused(IPCQ_IOC_QUEUE_OPEN, &args, EEXIST);
	close(fd);
	/* No handle was left that would keep the name. */
	args = queue_args("demand", RW);
	assert_refused(IPCQ_IOC_QUEUE_OPEN, &args, ENOENT);
}

static void a_name_means_one_kind(void **state)
{
	int fd = queue_open(__func__, RW | CREATE);

	(void)state;
	assert_error(region_open(__func__, RW), EPROTOTYPE);
	assert_error(region_open(__func__, RW | CREATE), EPROTOTYPE);
	close(fd);
	fd = region_open(__func__, RW | EXCL);
	assert_ok(fd);
	assert_error(queue_open(__func__, RW), EPROTOTYPE);
	assert_error(region_open(__func__, RW | EXCL), EEXIST);
	close(fd);
}

static void without_a_free_descriptor_nothing_is_created(void **state)
{
	struct rlimit old, tight;

	(void)state;
	(void)device();
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	tight = old;
	tight.rlim_cur = 0;
	FOR_EACH_OPEN(command) {
		union open_args args = open_args(command, __func__);
		uint64_t objects = query().objects;
		int ret;

		assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
		ret = call(device(), command, &args);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
		assert_error(ret, EMFILE);
		assert_int_equal(query().objects, objects);
		assert_error(object_unlink(__func__), ENOENT);
	}
}

static void write_number(const char *path, const char *number)
{
	int fd = open(path, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, number, strlen(number)), strlen(number));
	close(fd);
}

static int open_with_no_file_left(void *context)
{
	(void)context;
	FOR_EACH_OPEN(command) {
		union open_args args = open_args(command, __func__);

		assert_error(call(device(), command, &args), ENFILE);
	}
	assert_int_equal(query().objects, 0);
	return 0;
}

static void without_a_free_file_nothing_is_created(void **state)
{
	static const char path[] = "/proc/sys/fs/file-max";
	char old[32] = "";
	int fd = open(path, O_RDONLY), status;

	(void)state;
	(void)device();
	assert_true(read(fd, old, sizeof(old) - 1) > 0);
	close(fd);
	write_number(path, "0");
	status = reap(spawn_as(1000, 1000, open_with_no_file_left, NULL));
	write_number(path, old);
	assert_int_equal(status, 0);
	assert_error(object_unlink(__func__), ENOENT);
}

/* Arguments at the end of a page, all but @writable bytes of them read-only. */
static void refuse_outputs(unsigned int command, const char *name,
			   size_t writable)
{
	union open_args args = open_args(command, name);
	char *map = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *at = map + 4096 - writable;

	assert_true(map != MAP_FAILED);
	/* It would not go by being closed. */
	if (name)
		args.open.lifetime = IPCQ_LIFETIME_PERSISTENT;
	memcpy(at, &args, sizeof(args));
	assert_int_equal(mprotect(map + 4096, 4096, PROT_READ), 0);
	assert_refused(command, at, EFAULT);
	assert_int_equal(munmap(map, 8192), 0);
}

static void outputs_that_cannot_be_told_undo_the_open(void **state)
{
	(void)state;
	FOR_EACH_OPEN(command) {
		static const char name[] = "outputs";
		union open_args args = open_args(command, name);

		refuse_outputs(command, name, 0);
		refuse_outputs(command, name, offsetof(struct ipcq_open, id));
		refuse_outputs(command, NULL, 0);
		args.open.flags = RW;
		assert_error(call(device(), command, &args), ENOENT);

		/* One that exists stays, and keeps no further handle. */
		args.open.flags = RW | EXCL;
		assert_ok(call(device(), command, &args));
		refuse_outputs(command, name, 0);
		close(args.open.fd);
		args.open.flags = RW;
		assert_error(call(device(), command, &args), ENOENT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_queue_has_what_was_asked_or_defaults),
		cmocka_unit_test(a_region_has_what_was_asked),
		cmocka_unit_test(a_queue_agrees_with_its_own_attributes),
		cmocka_unit_test(a_region_agrees_with_its_own_attributes),
		cmocka_unit_test(a_demand_that_fails_leaves_nothing),
		cmocka_unit_test(a_name_means_one_kind),
		cmocka_unit_test(without_a_free_descriptor_nothing_is_created),
		cmocka_unit_test(without_a_free_file_nothing_is_created),
		cmocka_unit_test(outputs_that_cannot_be_told_undo_the_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
