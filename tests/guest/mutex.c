// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A region's mutexes through the kernel alone: who may, who waits, and for how
 * long.
 */
#include "common.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#define REGION_NAME	"test/mutex"
#define WAITERS		5

static void lock_and_unlock(void **state)
{
	int fd = region_new(4096, 2, 0);

	(void)state;
	assert_error(mutex_unlock(fd, 0), EPERM);
	assert_ok(mutex_lock(fd, 0, 0, 0));
	assert_int_equal(mutex_stat(fd, 0).holder_pid, getpid());
	assert_error(mutex_lock(fd, 0, 0, 0), EDEADLK);
	assert_error(mutex_lock(fd, 0, IPCQ_MUTEX_F_TRY, 0), EDEADLK);
	assert_ok(mutex_lock(fd, 1, IPCQ_MUTEX_F_TRY, 0));
	assert_ok(mutex_unlock(fd, 0));
	assert_error(mutex_unlock(fd, 0), EPERM);
	assert_ok(mutex_unlock(fd, 1));
	assert_error(mutex_lock(fd, 2, 0, 0), EINVAL);
	assert_int_equal(mutex_stat(fd, 0).word, 0);
	/* No wait, so the deadline does not matter. */
	assert_ok(mutex_lock(fd, 0, 0, 1));
	close(fd);
}

/* Two handles of a thread are two owners. */
static void a_handle_holds_for_itself(void **state)
{
	struct ipcq_region_open open =
		region_args(REGION_NAME, RW | CREATE, 1, 1, 0);
	int first, second;

	(void)state;
	assert_ok(call(device(), IPCQ_IOC_REGION_OPEN, &open));
	first = open.open.fd;
	second = region_open(REGION_NAME, RW);
	assert_ok(mutex_lock(first, 0, 0, 0));
	assert_error(mutex_lock(second, 0, IPCQ_MUTEX_F_TRY, 0), EAGAIN);
	assert_error(mutex_unlock(second, 0), EPERM);
	assert_ok(mutex_unlock(first, 0));
	close(first);
	close(second);
}

/* What a child that waits for the mutex needs, and tells. */
struct locker {
	int fd;
	uint64_t deadline;
	int signal_flags;
	volatile int handled;
	int result;
	unsigned int turn;
};

/* Shared with the children. */
static struct shared {
	struct locker lockers[WAITERS];
	unsigned int turns;
} *shared;

static int run_locker(void *context)
{
	struct locker *self = context;

	handle_signals(self->signal_flags, &self->handled);
	self->result = mutex_lock(self->fd, 0, 0, self->deadline);
	if (self->result)
		return 1;
	self->turn = shared->turns++;
	return mutex_unlock(self->fd, 0) ? 2 : 0;
}

static pid_t start_locker(int fd, unsigned int slot, int flags, uint64_t deadline)
{
	uint32_t waiters = mutex_stat(fd, 0).waiters;
	pid_t pid;

	shared->lockers[slot] = (struct locker) {
		.fd = fd, .signal_flags = flags, .deadline = deadline,
	};
	pid = spawn(run_locker, &shared->lockers[slot]);
	eventually(mutex_stat(fd, 0).waiters == waiters + 1);
	wait_asleep(pid);
	return pid;
}

static void it_passes_in_the_order_of_waiting(void **state)
{
	int fd = region_new(1, 1, 0);
	pid_t pids[WAITERS];
	unsigned int i;

	(void)state;
	shared->turns = 0;
	assert_ok(mutex_lock(fd, 0, 0, 0));
	for (i = 0; i < WAITERS; i++)
		pids[i] = start_locker(fd, i, 0, 0);
	assert_ok(mutex_unlock(fd, 0));
	for (i = 0; i < WAITERS; i++) {
		assert_int_equal(reap(pids[i]), 0);
		assert_int_equal(shared->lockers[i].turn, i);
	}
	assert_int_equal(mutex_stat(fd, 0).word, 0);
	assert_int_equal(mutex_stat(fd, 0).deaths, 0);
	close(fd);
}

static void a_deadline_ends_a_wait(void **state)
{
	int fd = region_new(1, 1, 0);
	uint64_t deadline = in(200 * MS);
	pid_t pid;

	(void)state;
	assert_ok(mutex_lock(fd, 0, 0, 0));
	pid = start_locker(fd, 0, 0, deadline);
	assert_int_equal(reap(pid), 1);
	assert_error(shared->lockers[0].result, ETIMEDOUT);
	assert_true(in(0) >= deadline && in(0) < deadline + 10 * SECOND);
	assert_int_equal(mutex_stat(fd, 0).waiters, 0);
	assert_ok(mutex_unlock(fd, 0));
	assert_int_equal(mutex_stat(fd, 0).word, 0);
	close(fd);
}

static void a_handler_interrupts_unless_it_restarts(void **state)
{
	int fd = region_new(1, 1, 0);
	pid_t pid;

	(void)state;
	assert_ok(mutex_lock(fd, 0, 0, 0));
	pid = start_locker(fd, 0, 0, 0);
	kill(pid, SIGUSR1);
	assert_int_equal(reap(pid), 1);
	assert_error(shared->lockers[0].result, EINTR);
	assert_int_equal(mutex_stat(fd, 0).waiters, 0);

	pid = start_locker(fd, 0, SA_RESTART, 0);
	kill(pid, SIGUSR1);
	eventually(shared->lockers[0].handled == 1);
	eventually(mutex_stat(fd, 0).waiters == 1);
	assert_ok(mutex_unlock(fd, 0));
	assert_int_equal(reap(pid), 0);
	close(fd);
}

/* Exactly as many as are counted, by threads and processes at once. */
#define ROUNDS	500

struct contention {
	int fd;
	volatile unsigned long count;
};

static int count_up(void *context)
{
	struct contention *self = context;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		if (mutex_lock(self->fd, 0, 0, 0))
			return 1;
		self->count++;
		if (mutex_unlock(self->fd, 0))
			return 2;
	}
	return 0;
}

static void *count_in_thread(void *context)
{
	return (void *)(intptr_t)count_up(context);
}

static int count_in_threads(void *context)
{
	pthread_t thread;
	void *failed;

	if (pthread_create(&thread, NULL, count_in_thread, context))
		return 3;
	if (count_up(context))
		return 4;
	pthread_join(thread, &failed);
	return failed ? 5 : 0;
}

static void holders_exclude_each_other(void **state)
{
	struct contention *contention = shared_memory(sizeof(*contention));
	pid_t pids[2];

	(void)state;
	contention->fd = region_new(1, 1, 0);
	pids[0] = spawn(count_in_threads, contention);
	pids[1] = spawn(count_in_threads, contention);
	assert_int_equal(reap(pids[0]), 0);
	assert_int_equal(reap(pids[1]), 0);
	assert_int_equal(contention->count, 4 * ROUNDS);
	assert_int_equal(mutex_stat(contention->fd, 0).word, 0);
	close(contention->fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lock_and_unlock),
		cmocka_unit_test(a_handle_holds_for_itself),
		cmocka_unit_test(it_passes_in_the_order_of_waiting),
		cmocka_unit_test(a_deadline_ends_a_wait),
		cmocka_unit_test(a_handler_interrupts_unless_it_restarts),
		cmocka_unit_test(holders_exclude_each_other),
	};

	shared = shared_memory(sizeof(*shared));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
