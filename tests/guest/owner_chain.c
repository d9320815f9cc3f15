// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What those who wait for a mutex see of the end of others.
 */
#include "common.h"

#include <pthread.h>
#include <signal.h>
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_who_waits_is_told_of_a_death),
		cmocka_unit_test(all_are_told_until_it_is_repaired),
		cmocka_unit_test(a_killed_waiter_does_not_break_the_chain),
		cmocka_unit_test(the_dead_is_named_however_soon_one_asks),
		cmocka_unit_test(closing_ends_a_wait_through_the_handle),
	};

	shared = shared_memory(sizeof(*shared));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
