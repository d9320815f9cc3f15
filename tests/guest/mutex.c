// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A region's mutexes through the kernel alone: who may, who waits, who died.
 */
#include "common.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int hold_for_ever(void *context)
{
	if (mutex_lock(*(int *)context, 0, 0, 0))
		return 1;
	for (;;)
		pause();
}

static pid_t spawn_holder(int *fd)
{
	pid_t pid = spawn(hold_for_ever, fd);

	eventually(mutex_stat(*fd, 0).holder_pid == (uint32_t)pid);
	return pid;
}

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
	close(fd);
}

static void a_killed_holder_is_reported(void **state)
{
	int fd = region_new(4096, 2, 0);
	pid_t pid = spawn_holder(&fd);

	(void)state;
	assert_error(mutex_lock(fd, 0, IPCQ_MUTEX_F_TRY, 0), EAGAIN);
	assert_error(mutex_lock(fd, 0, 0, in(20 * MS)), ETIMEDOUT);
	kill(pid, SIGKILL);
	assert_error(mutex_lock(fd, 0, 0, in(5 * SECOND)), EOWNERDEAD);
	assert_int_equal(reap(pid), 128 + SIGKILL);
	assert_int_equal(mutex_stat(fd, 0).died_pid, pid);
	assert_int_equal(mutex_stat(fd, 0).deaths, 1);
	assert_int_equal(mutex_stat(fd, 0).holder_pid, getpid());
	/* Until somebody declares it consistent, each holder is told. */
	assert_ok(mutex_unlock(fd, 0));
	assert_error(mutex_lock(fd, 0, 0, 0), EOWNERDEAD);
	assert_ok(mutex_consistent(fd, 0));
	assert_error(mutex_consistent(fd, 0), EINVAL);
	assert_ok(mutex_unlock(fd, 0));
	assert_ok(mutex_lock(fd, 0, 0, 0));
	assert_ok(mutex_unlock(fd, 0));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lock_and_unlock),
		cmocka_unit_test(a_killed_holder_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
