// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The words of mutexes in the control area, changed by hand as the header says.
 */
#include "common.h"

#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#define OWNER		IPCQ_MUTEX_OWNER_MASK
#define INCONSISTENT	IPCQ_MUTEX_INCONSISTENT
#define WAITERS		IPCQ_MUTEX_WAITERS

static bool exchange(uint32_t *word, uint32_t from, uint32_t to)
{
	return __atomic_compare_exchange_n(word, &from, to, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* Locks and unlocks as the header says. */
static int lock(int fd, uint32_t *word, uint32_t id)
{
	return exchange(word, 0, id) ? 0 : mutex_lock(fd, 0, 0, 0);
}

static int unlock(int fd, uint32_t *word, uint32_t id)
{
	return exchange(word, id, 0) ? 0 : mutex_unlock(fd, 0);
}

/* Returns 1 when others waited while it held the mutex, 0 when not. */
static int lock_and_look(void *context)
{
	struct ipcq_mutex_stat stat;
	int fd = *(int *)context;

	assert_ok(mutex_lock(fd, 0, 0, in(20 * SECOND)));
	stat = mutex_stat(fd, 0);
	assert_int_equal(stat.word & OWNER, region_attach(fd));
	assert_ok(mutex_unlock(fd, 0));
	return stat.word & WAITERS ? 1 : 0;
}

static int lock_and_die(void *context)
{
	return mutex_lock(*(int *)context, 0, 0, 0) ? 1 : 0;
}

/* A child that waits for the mutex. */
static pid_t start_waiter(int *fd)
{
	uint32_t waiters = mutex_stat(*fd, 0).waiters;
	pid_t pid = spawn(lock_and_look, fd);

	eventually(mutex_stat(*fd, 0).waiters == waiters + 1);
	return pid;
}

static void a_free_mutex_needs_no_call(void **state)
{
	int fd = region_new(1, 1, 0);
	uint32_t id = region_attach(fd), *word = control_map(fd);

	(void)state;
	assert_true(exchange(word, 0, id));
	/* The kernel sees who holds it. */
	assert_int_equal(mutex_stat(fd, 0).holder_pid, getpid());
	assert_error(mutex_lock(fd, 0, 0, 0), EDEADLK);
	assert_true(exchange(word, id, 0));
	assert_error(mutex_unlock(fd, 0), EPERM);
	/* What one way took, the other may give. */
	assert_true(exchange(word, 0, id));
	assert_ok(mutex_unlock(fd, 0));
	assert_ok(mutex_lock(fd, 0, 0, 0));
	assert_true(exchange(word, id, 0));
	close(fd);
}

static void a_waiter_marks_the_word(void **state)
{
	int fd = region_new(1, 1, 0);
	uint32_t id = region_attach(fd), *word = control_map(fd);
	pid_t first, second;

	(void)state;
	assert_true(exchange(word, 0, id));
	assert_error(mutex_lock(fd, 0, IPCQ_MUTEX_F_TRY, 0), EDEADLK);
	assert_int_equal(*word, id);
	first = start_waiter(&fd);
	second = start_waiter(&fd);
	assert_int_equal(*word, id | WAITERS);
	assert_int_equal(mutex_stat(fd, 0).word, id | WAITERS);
	/* So the holder has to call. */
	assert_false(exchange(word, id, 0));
	assert_ok(mutex_unlock(fd, 0));
	/* The first has to call too, for the second. */
	assert_int_equal(reap(first), 1);
	assert_int_equal(reap(second), 0);
	assert_int_equal(*word, 0);
	close(fd);
}

static void a_death_marks_the_word(void **state)
{
	int fd = region_new(1, 1, 0);
	uint32_t id = region_attach(fd), *word = control_map(fd);

	(void)state;
	assert_int_equal(reap(spawn(lock_and_die, &fd)), 0);
	eventually(*word == INCONSISTENT);
	/* So nobody takes it without hearing of it. */
	assert_false(exchange(word, 0, id));
	assert_error(mutex_lock(fd, 0, 0, 0), EOWNERDEAD);
	assert_int_equal(*word, id | INCONSISTENT);
	assert_ok(mutex_consistent(fd, 0));
	assert_int_equal(*word, id);
	assert_true(exchange(word, id, 0));
	close(fd);
}

/* Processes that count under the mutex by the way of the header. */
#define ROUNDS	3000

struct contention {
	int fd;
	volatile unsigned long count;
};

static int count_up(void *context)
{
	struct contention *self = context;
	uint32_t id = region_attach(self->fd), i;
	uint32_t *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
			      self->fd, IPCQ_REGION_CONTROL_OFFSET);

	if (word == MAP_FAILED)
		return 1;
	for (i = 0; i < ROUNDS; i++) {
		if (lock(self->fd, word, id))
			return 2;
		self->count++;
		/* Give the other a chance to come now and then. */
		if (i % 64 == 0)
			sched_yield();
		if (unlock(self->fd, word, id))
			return 3;
	}
	return 0;
}

static void holders_exclude_each_other(void **state)
{
	struct contention *contention = shared_memory(sizeof(*contention));
	pid_t pids[3];
	int i;

	(void)state;
	contention->fd = region_new(1, 1, 0);
	for (i = 0; i < 3; i++)
		pids[i] = spawn(count_up, contention);
	for (i = 0; i < 3; i++)
		assert_int_equal(reap(pids[i]), 0);
	assert_int_equal(contention->count, 3 * ROUNDS);
	assert_int_equal(mutex_stat(contention->fd, 0).word, 0);
	assert_int_equal(mutex_stat(contention->fd, 0).deaths, 0);
	close(contention->fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_free_mutex_needs_no_call),
		cmocka_unit_test(a_waiter_marks_the_word),
		cmocka_unit_test(a_death_marks_the_word),
		cmocka_unit_test(holders_exclude_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
