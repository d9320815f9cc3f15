// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Owners that go on, owners in numbers, and what those who wait for a mutex see of
 * the end of others.
 */
#include "common.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REGION_NAME	"test/owner_chain"
#define WAITERS		4

/* What a child that locks the mutex needs, and tells. */
struct locker {
	int fd;
	bool repairs;
	int result;
	int turn;
};

/* Shared with children. */
static struct shared {
	struct locker lockers[WAITERS];
	int turns;
	pid_t outer_pid;
	uint32_t inner_holder;
} *shared;

static int run_locker(void *context)
{
	struct locker *self = context;

	self->result = mutex_lock(self->fd, 0, 0, in(20 * SECOND));
	self->turn = ++shared->turns;
	if (self->result && self->result != -EOWNERDEAD)
		return 1;
	if (self->repairs && mutex_consistent(self->fd, 0))
		return 2;
	return mutex_unlock(self->fd, 0) ? 3 : 0;
}

static int hold_for_ever(void *context)
{
	if (mutex_lock(*(int *)context, 0, 0, 0))
		return 1;
	for (;;)
		pause();
}

static pid_t start_holder(int *fd)
{
	pid_t pid = spawn(hold_for_ever, fd);

	eventually(mutex_stat(*fd, 0).holder_pid == (uint32_t)pid);
	return pid;
}

static void start_lockers(int fd, pid_t *pids, bool first_repairs)
{
	uint32_t i;

	shared->turns = 0;
	for (i = 0; i < WAITERS; i++) {
		shared->lockers[i] = (struct locker) {
			.fd = fd, .repairs = first_repairs && !i, .result = 1000,
		};
		pids[i] = spawn(run_locker, &shared->lockers[i]);
		eventually(mutex_stat(fd, 0).waiters == i + 1);
	}
}

static void kill_now(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(reap(pid), 128 + SIGKILL);
}

static void the_first_who_waits_is_told_of_a_death(void **state)
{
	int fd = region_new(1, 1, 0), i;
	pid_t holder = start_holder(&fd), pids[WAITERS];

	(void)state;
	start_lockers(fd, pids, true);
	kill_now(holder);
	for (i = 0; i < WAITERS; i++) {
		assert_int_equal(reap(pids[i]), 0);
		assert_int_equal(shared->lockers[i].turn, i + 1);
		assert_int_equal(shared->lockers[i].result,
				 i ? 0 : -EOWNERDEAD);
	}
	assert_int_equal(mutex_stat(fd, 0).deaths, 1);
	assert_int_equal(mutex_stat(fd, 0).word, 0);
	close(fd);
}

static void all_are_told_until_it_is_repaired(void **state)
{
	int fd = region_new(1, 1, 0), i;
	pid_t holder = start_holder(&fd), pids[WAITERS];

	(void)state;
	start_lockers(fd, pids, false);
	kill_now(holder);
	for (i = 0; i < WAITERS; i++) {
		assert_int_equal(reap(pids[i]), 0);
		assert_error(shared->lockers[i].result, EOWNERDEAD);
	}
	assert_int_equal(mutex_stat(fd, 0).deaths, 1);
	assert_int_equal(mutex_stat(fd, 0).word, IPCQ_MUTEX_INCONSISTENT);
	close(fd);
}

static void a_killed_waiter_does_not_break_the_chain(void **state)
{
	int fd = region_new(1, 1, 0), killed, i;
	pid_t pids[WAITERS];

	(void)state;
	for (killed = 0; killed < WAITERS; killed++) {
		assert_ok(mutex_lock(fd, 0, 0, 0));
		start_lockers(fd, pids, false);
		kill_now(pids[killed]);
		assert_int_equal(mutex_stat(fd, 0).waiters, WAITERS - 1);
		assert_ok(mutex_unlock(fd, 0));
		for (i = 0; i < WAITERS; i++) {
			if (i == killed)
				continue;
			assert_int_equal(reap(pids[i]), 0);
			assert_int_equal(shared->lockers[i].result, 0);
		}
		assert_int_equal(mutex_stat(fd, 0).word, 0);
	}
	assert_int_equal(mutex_stat(fd, 0).deaths, 0);
	close(fd);
}

/* Who finds the mutex of a dead holder before its recovery has run. */
static void the_dead_is_named_however_soon_one_asks(void **state)
{
	int fd = region_new(1, 1, 0), round, ret;
	pid_t pid;

	(void)state;
	for (round = 1; round <= 60; round++) {
		pid = start_holder(&fd);
		kill(pid, SIGKILL);
		do {
			ret = mutex_lock(fd, 0, IPCQ_MUTEX_F_TRY, 0);
		} while (ret == -EAGAIN);
		assert_error(ret, EOWNERDEAD);
		assert_int_equal(mutex_stat(fd, 0).died_pid, pid);
		assert_int_equal(mutex_stat(fd, 0).died_tid, pid);
		assert_int_equal(mutex_stat(fd, 0).deaths, round);
		assert_int_equal(reap(pid), 128 + SIGKILL);
		assert_int_equal(mutex_stat(fd, 0).deaths, round);
		assert_ok(mutex_consistent(fd, 0));
		assert_ok(mutex_unlock(fd, 0));
	}
	close(fd);
}

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

static void *lock_in_thread(void *context)
{
	struct locker *self = context;

	self->result = mutex_lock(self->fd, 0, 0, in(20 * SECOND));
	return NULL;
}

static void closing_ends_a_wait_through_the_handle(void **state)
{
	struct ipcq_region_open open =
		region_args(REGION_NAME, RW | CREATE, 1, 1, 0);
	struct locker locker = { .result = 1000 };
	pthread_t thread;
	int fd;

	(void)state;
	assert_ok(call(device(), IPCQ_IOC_REGION_OPEN, &open));
	fd = open.open.fd;
	assert_ok(mutex_lock(fd, 0, 0, 0));
	locker.fd = region_open(REGION_NAME, RW);
	assert_int_equal(pthread_create(&thread, NULL, lock_in_thread, &locker), 0);
	eventually(mutex_stat(fd, 0).waiters == 1);
	close(locker.fd);
	pthread_join(thread, NULL);
	assert_error(locker.result, EBADF);
	assert_int_equal(mutex_stat(fd, 0).waiters, 0);
	assert_ok(mutex_unlock(fd, 0));
	assert_int_equal(mutex_stat(fd, 0).word, 0);
	close(fd);
}

static int attach_once(void *context)
{
	*(int *)shared = region_attach(*(int *)context);
	return *(int *)shared > 0 ? 0 : 1;
}

static void ids_are_not_soon_used_again(void **state)
{
	int fd = region_new(1, 1, 0), ids[50], i, k;

	(void)state;
	for (i = 0; i < 50; i++) {
		assert_int_equal(reap(spawn(attach_once, &fd)), 0);
		ids[i] = *(int *)shared;
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
	kill_now(pid);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_who_waits_is_told_of_a_death),
		cmocka_unit_test(all_are_told_until_it_is_repaired),
		cmocka_unit_test(a_killed_waiter_does_not_break_the_chain),
		cmocka_unit_test(the_dead_is_named_however_soon_one_asks),
		cmocka_unit_test(closing_another_descriptor_ends_nobody),
		cmocka_unit_test(closing_ends_a_wait_through_the_handle),
		cmocka_unit_test(ids_are_not_soon_used_again),
		cmocka_unit_test(many_threads_are_as_many_owners),
		cmocka_unit_test(a_pid_is_that_of_who_asks),
	};

	shared = shared_memory(sizeof(*shared));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
