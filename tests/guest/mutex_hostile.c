// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Nonsense in the words of mutexes: whoever writes it, nobody hangs for good.
 */
#include "common.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#define OWNER		IPCQ_MUTEX_OWNER_MASK
#define INCONSISTENT	IPCQ_MUTEX_INCONSISTENT
#define WAITERS		IPCQ_MUTEX_WAITERS

static int lock_once(void *context)
{
	int ret = mutex_lock(*(int *)context, 0, 0, in(20 * SECOND));

	if (ret)
		return -ret;
	return mutex_unlock(*(int *)context, 0) ? 1 : 0;
}

/* A child that waits for the mutex. */
static pid_t start_waiter(int *fd)
{
	uint32_t waiters = mutex_stat(*fd, 0).waiters;
	pid_t pid = spawn(lock_once, fd);

	eventually(mutex_stat(*fd, 0).waiters == waiters + 1);
	return pid;
}

static void an_id_of_nobody_has_ended(void **state)
{
	static const uint32_t nonsense[] = {
		1, 2, 12345, OWNER, OWNER | WAITERS, OWNER | INCONSISTENT,
		UINT32_MAX,
	};
	int fd = region_new(1, 1, 0);
	uint32_t id, *word = control_map(fd);
	size_t i;

	(void)state;
	/* Nobody has ids that small any more. */
	for (i = 0; i < 3; i++)
		assert_int_equal(reap(spawn(lock_once, &fd)), 0);
	id = region_attach(fd);
	eventually(region_stat(fd).owners == 1);
	for (i = 0; i < sizeof(nonsense) / sizeof(*nonsense); i++) {
		assert_int_not_equal(nonsense[i] & OWNER, id);
		*word = nonsense[i];
		assert_error(mutex_unlock(fd, 0), EPERM);
		assert_error(mutex_lock(fd, 0, 0, in(SECOND)), EOWNERDEAD);
		assert_int_equal(mutex_stat(fd, 0).deaths, i + 1);
		assert_int_equal(mutex_stat(fd, 0).holder_pid, getpid());
		assert_ok(mutex_consistent(fd, 0));
		assert_ok(mutex_unlock(fd, 0));
		assert_int_equal(*word, 0);
	}
	close(fd);
}

static void marks_without_a_holder_do_no_harm(void **state)
{
	int fd = region_new(1, 1, 0);
	uint32_t *word = control_map(fd);

	(void)state;
	*word = WAITERS;
	assert_ok(mutex_lock(fd, 0, 0, in(SECOND)));
	assert_ok(mutex_unlock(fd, 0));
	assert_int_equal(*word, 0);
	*word = WAITERS | INCONSISTENT;
	assert_error(mutex_lock(fd, 0, 0, in(SECOND)), EOWNERDEAD);
	assert_ok(mutex_consistent(fd, 0));
	assert_ok(mutex_unlock(fd, 0));
	assert_int_equal(*word, 0);
	close(fd);
}

static void a_lost_word_can_be_taken_while_others_wait(void **state)
{
	int fd = region_new(1, 1, 0);
	uint32_t *word = control_map(fd);
	pid_t pid;

	(void)state;
	assert_ok(mutex_lock(fd, 0, 0, 0));
	pid = start_waiter(&fd);
	*word = 0;
	assert_error(mutex_unlock(fd, 0), EPERM);
	/* Who takes it finds the one who waits, and lets it go on. */
	assert_ok(mutex_lock(fd, 0, 0, in(SECOND)));
	assert_true(*word & WAITERS);
	assert_ok(mutex_unlock(fd, 0));
	assert_int_equal(reap(pid), 0);
	close(fd);
}

/* Writes what comes to mind, without end. */
static int scribble(void *context)
{
	uint32_t *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
			      *(int *)context, IPCQ_REGION_CONTROL_OFFSET);
	uint32_t noise = 1;

	if (word == MAP_FAILED)
		return 1;
	for (;;) {
		noise = noise * 1664525 + 1013904223;
		/* Sometimes an id that somebody has. */
		__atomic_store_n(word, noise & 1 ? noise : noise >> 28,
				 __ATOMIC_RELAXED);
	}
}

static __attribute__((noreturn)) int lock_for_ever(void *context)
{
	for (;;) {
		mutex_lock(*(int *)context, 0, 0, 0);
		mutex_consistent(*(int *)context, 0);
		mutex_unlock(*(int *)context, 0);
	}
}

static void a_scribbler_harms_nobody_for_good(void **state)
{
	int fd = region_new(1, 2, 0), ret, i;
	uint64_t end = in(SECOND);
	uint32_t *word;
	pid_t pids[4];

	(void)state;
	pids[0] = spawn(scribble, &fd);
	for (i = 1; i < 4; i++)
		pids[i] = spawn(lock_for_ever, &fd);
	while (in(0) < end) {
		ret = mutex_lock(fd, 0, 0, in(5 * MS));
		assert_true(!ret || ret == -EOWNERDEAD || ret == -ETIMEDOUT ||
			    ret == -EDEADLK);
		ret = mutex_unlock(fd, 0);
		assert_true(!ret || ret == -EPERM);
		ret = mutex_consistent(fd, 0);
		assert_true(!ret || ret == -EPERM || ret == -EINVAL);
		/* The others of the region are not touched. */
		assert_ok(mutex_lock(fd, 1, 0, in(SECOND)));
		assert_ok(mutex_unlock(fd, 1));
	}
	for (i = 0; i < 4; i++) {
		kill(pids[i], SIGKILL);
		assert_int_equal(reap(pids[i]), 128 + SIGKILL);
	}
	eventually(region_stat(fd).owners <= 1);
	assert_int_equal(mutex_stat(fd, 0).waiters, 0);
	word = control_map(fd);
	*word = 0;
	assert_ok(mutex_lock(fd, 0, 0, in(SECOND)));
	assert_ok(mutex_unlock(fd, 0));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_of_nobody_has_ended),
		cmocka_unit_test(marks_without_a_holder_do_no_harm),
		cmocka_unit_test(a_lost_word_can_be_taken_while_others_wait),
		cmocka_unit_test(a_scribbler_harms_nobody_for_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
