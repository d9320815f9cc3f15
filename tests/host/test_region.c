// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libipcq on a model of the module: regions, mutexes, and what fork means for them.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "with_region.h"

/* Run it in a child, which must exit with 0, or be killed by @signal. */
static void in_child(int (*function)(void), int signal)
{
	pid_t child = fork();
	int status;

	if (!child)
		_exit(function());
	assert_int_equal(waitpid(child, &status, 0), child);
	if (signal)
		assert_int_equal(WTERMSIG(status), signal);
	else
		assert_int_equal(status, 0);
}

static void opening(void **state)
{
	struct ipcq_region *other;
	char *data = ipcq_region_data(region);

	(void)state;
	assert_int_equal(ipcq_region_size(region), 5000);
	assert_int_equal(ipcq_region_open(ipcq, "r", IPCQ_READ, NULL, &other), 0);
	data[4999] = 'x';
	assert_int_equal(((char *)ipcq_region_data(other))[4999], 'x');
	ipcq_region_close(other);
	assert_int_equal(ipcq_region_open(ipcq, "n", RW | IPCQ_CREATE, NULL, &other),
			 -EINVAL);
	ipcq_region_close(NULL);
}

static void a_failed_mapping_leaves_nothing(void **state)
{
	struct ipcq_region *other = NULL;

	(void)state;
	fake->fail_mmap = true;
	assert_int_equal(ipcq_region_open(ipcq, "n", RW | IPCQ_CREATE | IPCQ_PERSISTENT,
					  &options, &other), -ENOMEM);
	assert_null(other);
	assert_null(fake_find("n"));
	/* One that existed before stays. */
	assert_int_equal(ipcq_region_open(ipcq, "r", RW, NULL, &other), -ENOMEM);
	assert_non_null(fake_find("r"));
}

static void from_descriptors(void **state)
{
	struct ipcq_region *other = NULL;
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(ipcq_region_from_fd(fd[0], &other), -ENOTTY);
	assert_int_equal(ipcq_region_from_fd(-1, &other), -EBADF);
	close(fd[0]);
	close(fd[1]);
	assert_null(other);
	assert_int_equal(ipcq_region_from_fd(fake_dup(ipcq_region_fd(region)),
					     &other), 0);
	assert_int_equal(ipcq_region_size(other), 5000);
	ipcq_region_close(other);
}

static void locking_takes_no_calls(void **state)
{
	unsigned int before;
	int i;

	(void)state;
	assert_int_equal(ipcq_mutex_lock(region, 1), 0);
	assert_int_equal(ipcq_mutex_unlock(region, 1), 0);
	before = calls();
	for (i = 0; i < 10; i++) {
		assert_int_equal(ipcq_mutex_lock(region, 1), 0);
		assert_int_equal(ipcq_mutex_lock(region, 0), 0);
		assert_int_equal(ipcq_mutex_unlock(region, 1), 0);
		assert_int_equal(ipcq_mutex_unlock(region, 0), 0);
	}
	assert_int_equal(calls(), before);
}

static void wrong_locking(void **state)
{
	struct ipcq_region *reader, *nonblock;

	(void)state;
	assert_int_equal(ipcq_mutex_unlock(region, 0), -EPERM);
	assert_int_equal(ipcq_mutex_lock(region, 2), -EINVAL);
	assert_int_equal(ipcq_mutex_unlock(region, 2), -EINVAL);
	assert_int_equal(ipcq_mutex_lock_until(region, 0, 2, 0), -EINVAL);
	assert_int_equal(ipcq_mutex_lock(region, 0), 0);
	assert_int_equal(ipcq_mutex_lock(region, 0), -EDEADLK);
	assert_int_equal(ipcq_mutex_consistent(region, 0), -EINVAL);

	assert_int_equal(ipcq_region_open(ipcq, "r", IPCQ_READ, NULL, &reader), 0);
	assert_int_equal(ipcq_mutex_lock(reader, 1), -EBADF);
	assert_int_equal(ipcq_mutex_unlock(reader, 1), -EBADF);
	assert_int_equal(ipcq_eventcount_advance(reader, 0, 1), -EBADF);
	ipcq_region_close(reader);

	/* Another handle is another owner, and this one never waits. */
	assert_int_equal(ipcq_region_open(ipcq, "r", RW | IPCQ_NONBLOCK, NULL,
					  &nonblock), 0);
	assert_int_equal(ipcq_mutex_lock(nonblock, 0), -EAGAIN);
	assert_int_equal(ipcq_eventcount_wait(nonblock, 0, 0, 0, 0), -EAGAIN);
	assert_int_equal(ipcq_mutex_unlock(nonblock, 0), -EPERM);
	ipcq_region_close(nonblock);
}

static void a_closed_handle_is_not_remembered(void **state)
{
	struct ipcq_region *other;
	int i;

	(void)state;
	/* The allocator is likely to give the same address again. */
	for (i = 0; i < 20; i++) {
		assert_int_equal(ipcq_region_open(ipcq, "r", RW, NULL, &other), 0);
		assert_int_equal(ipcq_mutex_lock(other, 0), i ? -EOWNERDEAD : 0);
		ipcq_region_close(other);
	}
}

static void more_regions_than_the_cache_holds(void **state)
{
	struct ipcq_region *many[12];
	int i, round;

	(void)state;
	for (i = 0; i < 12; i++)
		assert_int_equal(ipcq_region_open(ipcq, NULL, RW | IPCQ_CREATE,
						  &options, &many[i]), 1);
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 12; i++)
			assert_int_equal(ipcq_mutex_lock(many[i], 0), 0);
		for (i = 0; i < 12; i++)
			assert_int_equal(ipcq_mutex_unlock(many[i], 0), 0);
	}
	for (i = 0; i < 12; i++)
		ipcq_region_close(many[i]);
}

static void *count(void *context)
{
	int *counter = ipcq_region_data(region);
	int i;

	(void)context;
	for (i = 0; i < 2000; i++) {
		if (ipcq_mutex_lock(region, 0))
			return "lock";
		*counter = *counter + 1;
		if (ipcq_mutex_unlock(region, 0))
			return "unlock";
	}
	return NULL;
}

static int count_in_child(void)
{
	return count(NULL) != NULL;
}

static void threads_and_processes_contend(void **state)
{
	pthread_t threads[2];
	void *failed;
	int i;

	(void)state;
	/* Attach first, so that the child inherits what it must not use. */
	assert_int_equal(ipcq_mutex_lock(region, 1), 0);
	for (i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, count, NULL), 0);
	in_child(count_in_child, 0);
	for (i = 0; i < 2; i++) {
		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	assert_int_equal(*(int *)ipcq_region_data(region), 6000);
}

static void waiting_for_a_mutex_ends(void **state)
{
	struct ipcq_region *other;

	(void)state;
	assert_int_equal(ipcq_region_open(ipcq, "r", RW, NULL, &other), 0);
	assert_int_equal(ipcq_mutex_lock(region, 0), 0);
	assert_int_equal(ipcq_mutex_lock_until(other, 0, IPCQ_DONTWAIT, 0), -EAGAIN);
	assert_int_equal(ipcq_mutex_lock_until(other, 0, 0, ipcq_deadline(2000000)),
			 -ETIMEDOUT);
	ipcq_region_close(other);
}

static int act_as_the_parents_child(void)
{
	/* Held by the parent, and the child is another owner. */
	if (ipcq_mutex_unlock(region, 0) != -EPERM)
		return 1;
	if (ipcq_mutex_lock_until(region, 0, IPCQ_DONTWAIT, 0) != -EAGAIN)
		return 2;
	if (ipcq_mutex_lock(region, 1) || ipcq_mutex_unlock(region, 1))
		return 3;
	if (ipcq_eventcount_advance(region, 0, 1))
		return 4;
	ipcq_region_close(region);
	return 0;
}

static int close_what_the_parent_mapped(void)
{
	/* Whatever lies now where the parent had its control area stays. */
	char *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ipcq_region_close(region);
	memory[0] = 'x';
	return memory[0] != 'x';
}

static void a_child_is_another_owner(void **state)
{
	(void)state;
	assert_int_equal(ipcq_mutex_lock(region, 0), 0);
	in_child(act_as_the_parents_child, 0);
	in_child(close_what_the_parent_mapped, 0);
	assert_int_equal(ipcq_eventcount_read(region, 0), IPCQ_EVENTCOUNT_ONE);
	assert_int_equal(ipcq_mutex_unlock(region, 0), 0);
}

static int die_holding(void)
{
	if (!ipcq_mutex_lock(region, 0))
		raise(SIGKILL);
	return 1;
}

static void a_dead_holder_is_told(void **state)
{
	struct ipcq_mutex_info info;
	struct ipcq_region_info counters;

	(void)state;
	in_child(die_holding, SIGKILL);
	assert_int_equal(ipcq_mutex_lock(region, 0), -EOWNERDEAD);
	assert_int_equal(ipcq_mutex_info(region, 0, &info), 0);
	assert_true(info.locked);
	assert_true(info.inconsistent);
	assert_int_equal(info.holder_pid, getpid());
	assert_int_equal(info.deaths, 1);
	assert_true(info.died_pid > 0);
	/* Undeclared, the next is told again. */
	assert_int_equal(ipcq_mutex_unlock(region, 0), 0);
	assert_int_equal(ipcq_mutex_lock(region, 0), -EOWNERDEAD);
	assert_int_equal(ipcq_mutex_consistent(region, 0), 0);
	assert_int_equal(ipcq_mutex_unlock(region, 0), 0);
	assert_int_equal(ipcq_mutex_lock(region, 0), 0);
	assert_int_equal(ipcq_mutex_info(region, 7, &info), -EINVAL);
	assert_int_equal(ipcq_region_info(region, NULL, &counters), 0);
	assert_int_equal(counters.owner_deaths, 1);
	assert_int_equal(counters.mutexes, 2);
}

#define TEST(function)	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(opening), TEST(a_failed_mapping_leaves_nothing),
		TEST(from_descriptors), TEST(locking_takes_no_calls),
		TEST(wrong_locking), TEST(a_closed_handle_is_not_remembered),
		TEST(more_regions_than_the_cache_holds),
		TEST(threads_and_processes_contend),
		TEST(waiting_for_a_mutex_ends), TEST(a_child_is_another_owner),
		TEST(a_dead_holder_is_told),
	};

	return cmocka_run_group_tests_name("region", tests, NULL, NULL);
}
