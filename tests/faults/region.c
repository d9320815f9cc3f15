// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The calls of a region's descriptor and its mappings under faults.
 */
#include "operations.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE	23
#endif

static long result_of(long ret)
{
	return ret < 0 ? -errno : ret;
}

/* ----------------------------------------------------------------- attachment */

/* A handle of the scene's region through which nobody is attached. */
static int handle;

static void open_handle(void)
{
	handle = region_open(REGION_NAME, RW);
	assert_ok(handle);
}

static void close_handle(void)
{
	close(handle);
}

static long attach(void)
{
	return region_attach(handle);
}

static void is_attached(long owner)
{
	assert_true(owner > 0);
	assert_int_equal(region_stat(scene.region).owners, 2);
	assert_int_equal(region_attach(handle), owner);
}

static long lock_unattached(void)
{
	return mutex_lock(handle, 1, 0, 0);
}

static void is_locked(long result)
{
	assert_int_equal(result, 0);
	assert_int_equal(scene.words[LINE(1)], region_attach(handle));
	assert_ok(mutex_unlock(handle, 1));
}

/* The mutex is free for whoever was there. */
static void is_free(long result)
{
	(void)result;
	assert_ok(mutex_lock(scene.region, 1, IPCQ_MUTEX_F_TRY, 0));
	assert_ok(mutex_unlock(scene.region, 1));
}

/* ---------------------------------------------------------------- other calls */

static union {
	struct ipcq_region_stat region;
	struct ipcq_mutex_stat mutex;
} told;

static long stat_region(void)
{
	told.region = (struct ipcq_region_stat){ .size = sizeof(told.region) };
	return call(scene.region, IPCQ_IOC_REGION_STAT, &told.region);
}

static void was_told_region(long result)
{
	assert_int_equal(result, 0);
	assert_int_equal(told.region.region_size, REGION_SIZE);
	assert_int_equal(told.region.owners, 1);
}

static long stat_mutex(void)
{
	told.mutex = (struct ipcq_mutex_stat){ .size = sizeof(told.mutex) };
	return call(scene.region, IPCQ_IOC_MUTEX_STAT, &told.mutex);
}

static void was_told_mutex(long result)
{
	assert_int_equal(result, 0);
	assert_int_equal(told.mutex.holder_pid, getpid());
}

/*
 * These have no point to fail at: they show that taking, passing on and waking need
 * no memory.
 */
static long lock_and_unlock(void)
{
	return mutex_lock(scene.region, 1, 0, 0) ?: mutex_unlock(scene.region, 1);
}

static long advance(void)
{
	struct ipcq_eventcount_wake args = { .size = sizeof(args), .count = 1 };
	long ret = call(scene.region, IPCQ_IOC_EVENTCOUNT_ADVANCE, &args);

	scene.words[LINE(2)] -= IPCQ_EVENTCOUNT_ONE;
	return ret ?: eventcount_wake(scene.region, 0, 1);
}

static int fdinfo;
static char text[1024];

static void open_fdinfo(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", scene.region);
	fdinfo = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fdinfo >= 0);
}

static void close_fdinfo(void)
{
	close(fdinfo);
}

static long read_fdinfo(void)
{
	memset(text, 0, sizeof(text));
	return result_of(read(fdinfo, text, sizeof(text) - 1));
}

static void fdinfo_tells(long result)
{
	assert_true(result > 0);
	assert_non_null(strstr(text, "ipcq-kind:\tregion\n"));
	assert_non_null(strstr(text, "mutexes:\t2\n"));
}

/* --------------------------------------------------------------------- mappings */

static volatile uint32_t *map;

static long map_area(size_t size, uint64_t offset)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
			scene.region, offset);

	map = at;
	return at == MAP_FAILED ? -errno : 0;
}

static long map_data(void)
{
	return map_area(REGION_SIZE, 0);
}

static long map_control(void)
{
	return map_area(4096, IPCQ_REGION_CONTROL_OFFSET);
}

static void data_works(long result)
{
	(void)result;
	map[0] = 1;
	map[REGION_SIZE / sizeof(*map) - 1] = 2;
	assert_int_equal(munmap((void *)map, REGION_SIZE), 0);
	assert_int_equal(map_data(), 0);
	assert_int_equal(map[0], 1);
	assert_int_equal(map[REGION_SIZE / sizeof(*map) - 1], 2);
	assert_int_equal(munmap((void *)map, REGION_SIZE), 0);
}

static void control_works(long result)
{
	(void)result;
	assert_int_equal(map[LINE(0)], scene.words[LINE(0)]);
	assert_int_equal(munmap((void *)map, 4096), 0);
}

/* A region that nobody has touched yet, mapped. */
static int fresh;

static void map_fresh(void)
{
	fresh = region_new(1 << 20, 64, 0);
	map = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fresh, 0);
	assert_true(map != MAP_FAILED);
}

static void map_fresh_control(void)
{
	fresh = region_new(1, 64, 0);
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fresh,
		   IPCQ_REGION_CONTROL_OFFSET);
	assert_true(map != MAP_FAILED);
}

static void unmap_fresh(void)
{
	munmap((void *)map, 1 << 20);
	close(fresh);
}

static void unmap_fresh_control(void)
{
	munmap((void *)map, 4096);
	close(fresh);
}

/* By a call, which says why it fails, where a touch would be tried again. */
static long populate(void)
{
	return result_of(madvise((void *)map, 4096, MADV_POPULATE_WRITE));
}

static void is_zero(long result)
{
	(void)result;
	for (size_t i = 0; i < 4096 / sizeof(*map); i++)
		assert_int_equal(map[i], 0);
}

/* A touch in user space goes on when the memory is there in the end. */
static long touch(void)
{
	map[0] = 7;
	return map[0] == 7 ? 0 : -EIO;
}

static void was_touched(long result)
{
	(void)result;
	assert_int_equal(map[0], 7);
}

/* The owner ends with its handle; nothing of that may need memory. */
static void open_attached(void)
{
	open_handle();
	assert_ok(mutex_lock(handle, 1, 0, 0));
}

static long close_attached(void)
{
	return close(handle);
}

static void passed_on(long result)
{
	assert_int_equal(result, 0);
	assert_error(mutex_lock(scene.region, 1, 0, 0), EOWNERDEAD);
	assert_ok(mutex_consistent(scene.region, 1));
	assert_ok(mutex_unlock(scene.region, 1));
}

static const struct operation operations[] = {
	{ "REGION_ATTACH", .setup = open_handle, .run = attach,
	  .done = is_attached, .teardown = close_handle,
	  .errors = ERRORS(ENOMEM, EFAULT), .least = LEAST(1, 1, 0) },
	{ "MUTEX_LOCK, not attached", .setup = open_handle,
	  .run = lock_unattached, .done = is_locked, .failed = is_free,
	  .teardown = close_handle,
	  .errors = ERRORS(ENOMEM), .least = LEAST(0, 1, 0) },
	{ "MUTEX_LOCK, MUTEX_UNLOCK", .run = lock_and_unlock,
	  .errors = ERRORS(0) },
	{ "EVENTCOUNT_ADVANCE, _WAKE", .run = advance, .errors = ERRORS(0) },
	{ "REGION_STAT", .run = stat_region, .done = was_told_region,
	  .errors = ERRORS(EFAULT), .least = LEAST(1, 0, 0) },
	{ "MUTEX_STAT", .run = stat_mutex, .done = was_told_mutex,
	  .errors = ERRORS(EFAULT), .least = LEAST(1, 0, 0) },
	{ "fdinfo", .setup = open_fdinfo, .run = read_fdinfo,
	  .done = fdinfo_tells, .teardown = close_fdinfo,
	  .errors = ERRORS(ENOMEM, EFAULT), .least = LEAST(1, 1, 0) },
	{ "mmap(2) of data", .run = map_data, .done = data_works,
	  .errors = ERRORS(ENOMEM), .least = LEAST(0, 1, 0) },
	{ "mmap(2) of the control area", .run = map_control,
	  .done = control_works,
	  .errors = ERRORS(ENOMEM), .least = LEAST(0, 1, 0) },
	{ "data that is populated", .setup = map_fresh, .run = populate,
	  .done = is_zero, .teardown = unmap_fresh,
	  .errors = ERRORS(ENOMEM, EFAULT), .least = LEAST(0, 0, 1),
	  .single = true },
	{ "a control area that is populated", .setup = map_fresh_control,
	  .run = populate, .done = is_zero, .teardown = unmap_fresh_control,
	  .errors = ERRORS(ENOMEM, EFAULT), .single = true },
	{ "data that is touched", .setup = map_fresh, .run = touch,
	  .done = was_touched, .teardown = unmap_fresh,
	  .errors = ERRORS(0), .least = LEAST(0, 0, 1), .single = true },
	{ "close(2) by a holder", .setup = open_attached, .run = close_attached,
	  .done = passed_on, .errors = ERRORS(0) },
};

int main(void)
{
	return RUN_OPERATIONS(operations);
}
