// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Owners that go on, their ids, and who they are to whom.
 */
#include "common.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Shared with children. */
static struct shared {
	int id;
	pid_t outer_pid;
	uint32_t inner_holder;
} *shared;

static int close_and_exit(void *context)
{
	return close(*(int *)context);
}

static void closing_another_descriptor_ends_nobody(void **state)
{
	int fd = region_new(1, 1, 0), copy = dup(fd);

	(void)state;
	assert_ok(mutex_lock(fd, 0, 0, 0));
	close(fd);
	assert_int_equal(mutex_stat(copy, 0).holder_pid, getpid());
	fd = fcntl(copy, F_DUPFD_CLOEXEC, 100);
	close(copy);
	/* A child's descriptors are not ours. */
	assert_int_equal(reap(spawn(close_and_exit, &fd)), 0);
	assert_int_equal(region_stat(fd).owners, 1);
	assert_error(mutex_lock(fd, 0, 0, 0), EDEADLK);
	assert_ok(mutex_unlock(fd, 0));
	assert_int_equal(mutex_stat(fd, 0).deaths, 0);
	close(fd);
}

static int attach_once(void *context)
{
	shared->id = region_attach(*(int *)context);
	return shared->id > 0 ? 0 : 1;
}

static void ids_are_not_soon_used_again(void **state)
{
	int fd = region_new(1, 1, 0), ids[50], i, k;

	(void)state;
	for (i = 0; i < 50; i++) {
		assert_int_equal(reap(spawn(attach_once, &fd)), 0);
		ids[i] = shared->id;
		for (k = 0; k < i; k++)
			assert_int_not_equal(ids[k], ids[i]);
	}
	eventually(region_stat(fd).owners == 0);
	close(fd);
}

#define THREADS	200

static pthread_barrier_t all_attached;

static void *attach_in_thread(void *context)
{
	int *slot = context;

	*slot = region_attach(*slot);
	pthread_barrier_wait(&all_attached);
	return NULL;
}

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void many_threads_are_as_many_owners(void **state)
{
	int fd = region_new(1, 1, 0), ids[THREADS], i;
	pthread_t threads[THREADS];

	(void)state;
	assert_int_equal(pthread_barrier_init(&all_attached, NULL, THREADS + 1), 0);
	for (i = 0; i < THREADS; i++) {
		ids[i] = fd;
		assert_int_equal(pthread_create(&threads[i], NULL,
						attach_in_thread, &ids[i]), 0);
	}
	eventually(region_stat(fd).owners == THREADS);
	pthread_barrier_wait(&all_attached);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	qsort(ids, THREADS, sizeof(*ids), compare);
	assert_true(ids[0] > 0);
	for (i = 1; i < THREADS; i++)
		assert_true(ids[i] > ids[i - 1]);
	eventually(region_stat(fd).owners == 0);
	close(fd);
}

/* In a process id namespace of its own, where the holder is process 1. */
static int hold_as_first(void *context)
{
	struct ipcq_mutex_stat stat = { .size = sizeof(stat) };
	int fd = *(int *)context;

	if (mutex_lock(fd, 0, 0, 0) || call(fd, IPCQ_IOC_MUTEX_STAT, &stat))
		return 1;
	shared->inner_holder = stat.holder_pid;
	stat.mutex = 1;
	/* Who is outside is not to be seen from here. */
	if (call(fd, IPCQ_IOC_MUTEX_STAT, &stat) || !stat.word || stat.holder_pid)
		return 2;
	for (;;)
		pause();
}

static int enter_namespace(void *context)
{
	pid_t pid;

	if (unshare(CLONE_NEWPID))
		return 1;
	pid = fork();
	if (!pid)
		_exit(hold_as_first(context));
	shared->outer_pid = pid;
	for (;;)
		pause();
}

static void a_pid_is_that_of_who_asks(void **state)
{
	int fd = region_new(1, 2, 0);
	pid_t pid;

	(void)state;
	memset(shared, 0, sizeof(*shared));
	assert_ok(mutex_lock(fd, 1, 0, 0));
	pid = spawn(enter_namespace, &fd);
	eventually(shared->inner_holder && shared->outer_pid);
	assert_int_equal(shared->inner_holder, 1);
	assert_int_equal(mutex_stat(fd, 0).holder_pid, shared->outer_pid);
	assert_int_equal(mutex_stat(fd, 0).holder_tid, shared->outer_pid);
	kill(shared->outer_pid, SIGKILL);
	assert_error(mutex_lock(fd, 0, 0, in(20 * SECOND)), EOWNERDEAD);
	assert_int_equal(mutex_stat(fd, 0).died_pid, shared->outer_pid);
	kill(pid, SIGKILL);
	assert_int_equal(reap(pid), 128 + SIGKILL);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closing_another_descriptor_ends_nobody),
		cmocka_unit_test(ids_are_not_soon_used_again),
		cmocka_unit_test(many_threads_are_as_many_owners),
		cmocka_unit_test(a_pid_is_that_of_who_asks),
	};

	shared = shared_memory(sizeof(*shared));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
