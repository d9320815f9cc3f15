// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A region's memory: who may map what, and what it shares.
 */
#include "common.h"

#include <linux/futex.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define REGION_NAME	"test/region"
#define CONTROL		((off_t)IPCQ_REGION_CONTROL_OFFSET)

static long page;

static void *map(int fd, size_t size, int protection, int flags, off_t offset)
{
	return mmap(NULL, size, protection, flags, fd, offset);
}

static void *map_data(int fd, size_t size)
{
	void *data = map(fd, size, PROT_READ | PROT_WRITE, MAP_SHARED, 0);

	assert_true(data != MAP_FAILED);
	return data;
}

/* Fails unless mmap(2) failed with @error. */
#define assert_map_error(expression, error)				\
	do {								\
		errno = 0;						\
		assert_ptr_equal((expression), MAP_FAILED);		\
		assert_int_equal(errno, (error));			\
	} while (0)

static int write_and_read(void *context)
{
	volatile unsigned char *data = context;
	int sum = data[0] + data[page];

	data[0] = 33;
	return sum;
}

static void data_is_shared(void **state)
{
	int fd = region_new(2 * page, 0, 0);
	unsigned char *data = map_data(fd, 2 * page);
	unsigned char *again = map_data(fd, page);
	int zero = memcmp(data, data + 1, 2 * page - 1) || data[0];

	(void)state;
	assert_false(zero);
	data[0] = 11;
	data[page] = 22;
	assert_int_equal(reap(spawn(write_and_read, data)), 33);
	assert_int_equal(data[0], 33);
	assert_int_equal(again[0], 33);
	munmap(again, page);
	munmap(data, 2 * page);
	close(fd);
}

static void a_size_need_not_be_whole_pages(void **state)
{
	static const size_t sizes[] = { 1, 100, 4095, 4097, 12289 };
	size_t i, size;
	char *data;
	int fd;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		size = sizes[i];
		fd = region_new(size, 0, 0);
		assert_int_equal(region_stat(fd).region_size, size);
		data = map_data(fd, size);
		memset(data, 1, size);
		munmap(data, size);
		/* Up to the end of the last page, and no further. */
		size = (size + page - 1) / page * page;
		munmap(map_data(fd, size), size);
		assert_map_error(map(fd, size + 1, PROT_READ, MAP_SHARED, 0),
				 EINVAL);
		close(fd);
	}
}

static void nothing_beyond_can_be_mapped(void **state)
{
	int fd = region_new(2 * page, 1, 0), plain = region_new(page, 0, 0);

	(void)state;
	assert_map_error(map(fd, 3 * page, PROT_READ, MAP_SHARED, 0), EINVAL);
	assert_map_error(map(fd, 2 * page, PROT_READ, MAP_SHARED, page), EINVAL);
	assert_map_error(map(fd, page, PROT_READ, MAP_SHARED, 2 * page), EINVAL);
	assert_map_error(map(fd, page, PROT_READ, MAP_SHARED, CONTROL - page),
			 EINVAL);
	assert_map_error(map(fd, 2 * page, PROT_READ, MAP_SHARED, CONTROL),
			 EINVAL);
	assert_map_error(map(fd, page, PROT_READ, MAP_SHARED, CONTROL + page),
			 EINVAL);
	/* Who has no mutexes and no eventcounts has no control area. */
	assert_map_error(map(plain, page, PROT_READ, MAP_SHARED, CONTROL), EINVAL);
	munmap(map_data(fd, page), page);
	assert_true(map(fd, page, PROT_READ, MAP_SHARED, page) != MAP_FAILED);
	close(fd);
	close(plain);
}

static void a_reader_cannot_write(void **state)
{
	int writer = region_open(REGION_NAME, RW | CREATE);
	int reader = region_open(REGION_NAME, IPCQ_OPEN_F_READ);
	char *data = map_data(writer, page), *seen, *private;

	(void)state;
	assert_true(reader >= 0);
	assert_map_error(map(reader, page, PROT_READ | PROT_WRITE, MAP_SHARED, 0),
			 EACCES);
	assert_map_error(map(reader, page, PROT_WRITE, MAP_SHARED, 0), EACCES);
	seen = map(reader, page, PROT_READ, MAP_SHARED, 0);
	assert_true(seen != MAP_FAILED);
	assert_int_equal(mprotect(seen, page, PROT_READ | PROT_WRITE), -1);
	assert_int_equal(errno, EACCES);
	data[0] = 5;
	assert_int_equal(seen[0], 5);

	/* A private mapping is one's own. */
	private = map(reader, page, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);
	assert_true(private != MAP_FAILED);
	assert_int_equal(private[0], 5);
	private[0] = 6;
	assert_int_equal(data[0], 5);
	munmap(private, page);
	munmap(seen, page);
	munmap(data, page);
	close(reader);
	close(writer);
}

static void writing_needs_reading(void **state)
{
	int fd = region_open(REGION_NAME, RW | CREATE);

	(void)state;
	assert_true(fd >= 0);
	assert_error(region_open(REGION_NAME, IPCQ_OPEN_F_WRITE), EINVAL);
	assert_error(region_open("test/other", IPCQ_OPEN_F_WRITE | CREATE), EINVAL);
	assert_error(region_open("test/other", IPCQ_OPEN_F_READ), ENOENT);
	close(fd);
}

static void data_outlives_the_handle(void **state)
{
	int fd = region_new(page, 1, 0);
	volatile unsigned char *data = map_data(fd, page);

	(void)state;
	data[7] = 7;
	close(fd);
	assert_int_equal(data[7], 7);
	data[8] = 8;
	assert_int_equal(data[8], 8);
	munmap((void *)data, page);
}

static long futex(volatile uint32_t *word, int operation, uint32_t value)
{
	return syscall(SYS_futex, word, operation, value, NULL, NULL, 0);
}

static int wait_for_futex(void *context)
{
	volatile uint32_t *word = context;

	while (*word == 0)
		futex(word, FUTEX_WAIT, 0);
	return *word;
}

static void a_futex_works_in_the_data(void **state)
{
	int fd = region_new(page, 0, 0);
	volatile uint32_t *word = map_data(fd, page);
	uint32_t *other = map_data(fd, page);
	pid_t pid = spawn(wait_for_futex, other);

	(void)state;
	wait_asleep(pid);
	*word = 9;
	/* Through another mapping than the one it waits on. */
	futex(word, FUTEX_WAKE, 1);
	assert_int_equal(reap(pid), 9);
	munmap((void *)word, page);
	munmap(other, page);
	close(fd);
}

struct counter {
	pthread_mutex_t mutex;
	unsigned long count;
};

#define ROUNDS	2000

static int count_up(void *context)
{
	struct counter *counter = context;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		if (pthread_mutex_lock(&counter->mutex))
			return 1;
		counter->count++;
		pthread_mutex_unlock(&counter->mutex);
	}
	return 0;
}

static void a_pthread_mutex_works_in_the_data(void **state)
{
	int fd = region_new(page, 0, 0);
	struct counter *counter = map_data(fd, page);
	pthread_mutexattr_t attributes;
	pid_t pids[2];

	(void)state;
	pthread_mutexattr_init(&attributes);
	assert_int_equal(pthread_mutexattr_setpshared(&attributes,
						      PTHREAD_PROCESS_SHARED), 0);
	assert_int_equal(pthread_mutex_init(&counter->mutex, &attributes), 0);
	pids[0] = spawn(count_up, counter);
	pids[1] = spawn(count_up, counter);
	assert_int_equal(reap(pids[0]), 0);
	assert_int_equal(reap(pids[1]), 0);
	assert_int_equal(counter->count, 2 * ROUNDS);
	munmap(counter, page);
	close(fd);
}

static void fdinfo_says_what_it_is(void **state)
{
	int fd = region_new(12345, 3, 4);
	char path[64], text[1024], line[64];
	size_t length;
	FILE *file;

	(void)state;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "r");
	assert_non_null(file);
	length = fread(text, 1, sizeof(text) - 1, file);
	text[length] = 0;
	fclose(file);
	snprintf(line, sizeof(line), "ipcq-id:\t%llu\n",
		 (unsigned long long)region_stat(fd).id);
	assert_non_null(strstr(text, line));
	assert_non_null(strstr(text, "ipcq-kind:\tregion\n"));
	assert_non_null(strstr(text, "size:\t12345\n"));
	assert_non_null(strstr(text, "mutexes:\t3\n"));
	assert_non_null(strstr(text, "eventcounts:\t4\n"));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(data_is_shared),
		cmocka_unit_test(a_size_need_not_be_whole_pages),
		cmocka_unit_test(nothing_beyond_can_be_mapped),
		cmocka_unit_test(a_reader_cannot_write),
		cmocka_unit_test(writing_needs_reading),
		cmocka_unit_test(data_outlives_the_handle),
		cmocka_unit_test(a_futex_works_in_the_data),
		cmocka_unit_test(a_pthread_mutex_works_in_the_data),
		cmocka_unit_test(fdinfo_says_what_it_is),
	};

	page = sysconf(_SC_PAGESIZE);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
