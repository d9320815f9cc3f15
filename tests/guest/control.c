// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A region's control area, and the fields of the calls that tell about a region.
 */
#include "common.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define REGION_NAME	"test/control"
#define CONTROL		((off_t)IPCQ_REGION_CONTROL_OFFSET)

static long page;

static void *map(int fd, int protection, int flags)
{
	return mmap(NULL, page, protection, flags, fd, CONTROL);
}

static int open_region(uint32_t flags)
{
	struct ipcq_region_open args = region_args(REGION_NAME, flags, 100, 2, 1);

	assert_ok(call(device(), IPCQ_IOC_REGION_OPEN, &args));
	return args.open.fd;
}

static void every_object_has_a_line(void **state)
{
	/* Mutexes, eventcounts, pages. */
	static const uint32_t cases[][3] = {
		{ 0, 0, 0 }, { 1, 0, 1 }, { 0, 1, 1 }, { 32, 32, 1 },
		{ 64, 1, 2 }, { 4096, 4096, 128 },
	};
	uint32_t *control;
	size_t i, lines;
	int fd;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		fd = region_new(1, cases[i][0], cases[i][1]);
		assert_int_equal(region_stat(fd).control_size,
				 cases[i][2] * page);
		lines = cases[i][0] + cases[i][1];
		if (lines) {
			control = control_map(fd);
			assert_int_equal(control[LINE(lines - 1)], 0);
			control[LINE(lines - 1)] = 0;
			munmap(control, cases[i][2] * page);
		}
		close(fd);
	}
}

static void it_is_mapped_shared_only(void **state)
{
	int fd = region_new(1, 1, 0);
	uint32_t *control;

	(void)state;
	assert_ptr_equal(map(fd, PROT_READ, MAP_PRIVATE), MAP_FAILED);
	assert_int_equal(errno, EINVAL);
	assert_ptr_equal(map(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE), MAP_FAILED);
	assert_int_equal(errno, EINVAL);
	control = map(fd, PROT_READ | PROT_WRITE, MAP_SHARED);
	assert_true(control != MAP_FAILED);
	/* The kernel and all mappings mean the same words. */
	assert_ok(mutex_lock(fd, 0, 0, 0));
	assert_int_equal(control[0], region_attach(fd));
	assert_ok(mutex_unlock(fd, 0));
	assert_int_equal(control[0], 0);
	munmap(control, page);
	close(fd);
}

static void a_reader_reads_it(void **state)
{
	int writer = open_region(RW | CREATE);
	int reader = open_region(IPCQ_OPEN_F_READ);
	uint32_t *control;

	(void)state;
	assert_ptr_equal(map(reader, PROT_READ | PROT_WRITE, MAP_SHARED),
			 MAP_FAILED);
	assert_int_equal(errno, EACCES);
	control = map(reader, PROT_READ, MAP_SHARED);
	assert_true(control != MAP_FAILED);
	assert_int_equal(mprotect(control, page, PROT_READ | PROT_WRITE), -1);
	assert_int_equal(errno, EACCES);
	assert_ok(mutex_lock(writer, 1, 0, 0));
	assert_int_equal(control[LINE(1)], region_attach(writer));
	munmap(control, page);
	close(reader);
	close(writer);
}

static void refused(int number)
{
	(void)number;
	_exit(42);
}

static int touch(void *context)
{
	signal(SIGSEGV, refused);
	return *(volatile uint32_t *)context ? 1 : 2;
}

static void a_child_does_not_inherit_it(void **state)
{
	int fd = region_new(1, 1, 0);
	uint32_t *control = control_map(fd);

	(void)state;
	assert_int_equal(reap(spawn(touch, control)), 42);
	/* The parent keeps it. */
	assert_int_equal(control[0], 0);
	munmap(control, page);
	close(fd);
}

static int map_again(void *context)
{
	volatile uint32_t *control = map(*(int *)context, PROT_READ, MAP_SHARED);

	return control == MAP_FAILED ? 1 : control[0] & 0xff;
}

static void a_child_may_map_it_again(void **state)
{
	int fd = region_new(1, 1, 0);
	uint32_t *control = control_map(fd);

	(void)state;
	control[0] = 77;
	assert_int_equal(reap(spawn(map_again, &fd)), 77);
	munmap(control, page);
	close(fd);
}

static void it_cannot_grow(void **state)
{
	int fd = region_new(page, 1, 0);
	uint32_t *control = control_map(fd);

	(void)state;
	assert_ptr_equal(mremap(control, page, 2 * page, MREMAP_MAYMOVE),
			 MAP_FAILED);
	assert_ptr_equal(mremap(control, page, 2 * page, 0), MAP_FAILED);
	control[0] = 0;
	munmap(control, page);
	close(fd);
}

static void it_outlives_the_descriptor(void **state)
{
	int fd = region_new(page, 1, 0);
	volatile uint32_t *control = control_map(fd);

	(void)state;
	close(fd);
	control[LINE(0)] = 5;
	assert_int_equal(control[LINE(0)], 5);
	munmap((void *)control, page);
}

static void each_field_of_stat(void **state)
{
	struct ipcq_region_open open =
		region_args(NULL, RW | CREATE, 5000, 3, 4);
	struct ipcq_region_stat args = { .size = sizeof(args) };
	int fd;

	(void)state;
	assert_ok(call(device(), IPCQ_IOC_REGION_OPEN, &open));
	fd = open.open.fd;
	check_common(fd, IPCQ_IOC_REGION_STAT, &args, sizeof(args), sizeof(args));
	args.flags = 1;
	assert_error(call(fd, IPCQ_IOC_REGION_STAT, &args), EOPNOTSUPP);
	args.flags = 0;
	assert_error(call(fd, IPCQ_IOC_REGION_STAT,
			  read_only_copy(&args, sizeof(args))), EFAULT);

	memset(&args, 0xee, sizeof(args));
	args.size = sizeof(args);
	args.flags = 0;
	assert_ok(call(fd, IPCQ_IOC_REGION_STAT, &args));
	assert_int_equal(args.size, sizeof(args));
	assert_int_equal(args.id, open.open.id);
	assert_int_equal(args.region_size, 5000);
	assert_int_equal(args.control_size, page);
	assert_int_equal(args.mutexes, 3);
	assert_int_equal(args.eventcounts, 4);
	assert_int_equal(args.owners, 0);
	assert_int_equal(args.reserved, 0);
	assert_int_equal(args.owner_deaths, 0);
	close(fd);
}

static void each_field_of_attach(void **state)
{
	struct ipcq_region_attach args = { .size = sizeof(args) };
	int fd = open_region(RW | CREATE), reader = open_region(IPCQ_OPEN_F_READ);
	uint32_t owner;

	(void)state;
	check_common(fd, IPCQ_IOC_REGION_ATTACH, &args, sizeof(args),
		     sizeof(args));
	args.flags = 1;
	assert_error(call(fd, IPCQ_IOC_REGION_ATTACH, &args), EOPNOTSUPP);
	args.flags = 0;
	args.reserved = 1;
	assert_error(call(fd, IPCQ_IOC_REGION_ATTACH, &args), EINVAL);
	args.reserved = 0;
	assert_error(call(reader, IPCQ_IOC_REGION_ATTACH, &args), EBADF);
	assert_int_equal(region_stat(fd).owners, 0);

	args.owner = UINT32_MAX;
	assert_ok(call(fd, IPCQ_IOC_REGION_ATTACH, &args));
	owner = args.owner;
	assert_true(owner >= 1 && owner <= IPCQ_MUTEX_OWNER_MASK);
	assert_ok(call(fd, IPCQ_IOC_REGION_ATTACH, &args));
	assert_int_equal(args.owner, owner);
	assert_int_equal(region_stat(reader).owners, 1);
	close(fd);
	assert_int_equal(region_stat(reader).owners, 0);
	close(reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_object_has_a_line),
		cmocka_unit_test(it_is_mapped_shared_only),
		cmocka_unit_test(a_reader_reads_it),
		cmocka_unit_test(a_child_does_not_inherit_it),
		cmocka_unit_test(a_child_may_map_it_again),
		cmocka_unit_test(it_cannot_grow),
		cmocka_unit_test(it_outlives_the_descriptor),
		cmocka_unit_test(each_field_of_stat),
		cmocka_unit_test(each_field_of_attach),
	};

	page = sysconf(_SC_PAGESIZE);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
