// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The calls of a program that make and end threads and processes, and that change
 * what they are.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/capability.h>

#include "fuzz.h"

/* A process started meanwhile by an end of the program is short. */
static char *const pause_arguments[] = { "/ipcq/fuzz", "--pause", NULL };

static __attribute__((noreturn)) void run_child(uint64_t end)
{
	struct fuzz_lane *lane = &fuzz_runner->lanes[FUZZ_CHILD];

	lane->tid = getpid();
	lane->from = 0;
	lane->to = fuzz_runner->program.count;
	fuzz_cover_enable(&lane->cover);
	fuzz_run_lane(lane);
	if (end == 1)
		execv("/proc/self/exe", pause_arguments);
	if (end == 2)
		raise(SIGKILL);
	_exit(0);
}

static void pause_for(uint64_t time)
{
	struct timespec span = { 0, time % 20000 * 1000 };

	nanosleep(&span, NULL);
}

/* Makes the child, which runs its lane; kills it after a while if told to. */
long fuzz_act_fork(struct fuzz_lane *lane, const struct fuzz_call *call)
{
	pid_t *child = &fuzz_runner->children[0];
	pid_t none = 0, pid;

	if (lane->number == FUZZ_CHILD)
		return -EINVAL;
	/* A place for its id, so that no two threads take the same. */
	if (!__atomic_compare_exchange_n(child, &none, -1, false,
					 __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
		none = 0;
		child++;
		if (!__atomic_compare_exchange_n(child, &none, -1, false,
						 __ATOMIC_RELAXED,
						 __ATOMIC_RELAXED))
			return -EAGAIN;
	}
	pid = fork();
	if (!pid)
		run_child(call->value[0]);
	__atomic_store_n(child, pid > 0 ? pid : 0, __ATOMIC_RELAXED);
	if (pid < 0)
		return -errno;
	if (call->value[1]) {
		pause_for(call->value[1]);
		kill(pid, SIGKILL);
	}
	return 0;
}

void fuzz_end_children(void)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		pid_t child = fuzz_runner->children[i];

		if (child > 0) {
			kill(child, SIGKILL);
			while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
				;
		}
		fuzz_runner->children[i] = 0;
	}
}

/* The lane looks for it after the call. */
long fuzz_act_exit(struct fuzz_lane *lane, const struct fuzz_call *call)
{
	(void)call;
	lane->alive = false;
	return 0;
}

long fuzz_act_signal(struct fuzz_lane *lane, const struct fuzz_call *call)
{
	const struct fuzz_lane *to = &fuzz_runner->lanes[call->value[0] % 3];

	if (lane->number == FUZZ_CHILD || !to->alive)
		return -EINVAL;
	return syscall(SYS_tgkill, getpid(), to->tid,
		       call->value[1] & 1 ? SIGUSR2 : SIGUSR1);
}

long fuzz_act_sleep(struct fuzz_lane *lane, const struct fuzz_call *call)
{
	(void)lane;
	pause_for(call->value[0]);
	return 0;
}

static void drop_powers(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	/* Only from the effective ones: the thread is replaced afterwards. */
	if (syscall(SYS_capget, &head, data))
		return;
	data[0].effective = data[1].effective = 0;
	syscall(SYS_capset, &head, data);
}

/* Makes the thread that of another user, of one without capabilities, or both. */
long fuzz_act_user(struct fuzz_lane *lane, const struct fuzz_call *call)
{
	uid_t uid = fuzz_runner->uid + 1;
	long ret = 0;

	lane->spoiled = true;
	fuzz_runner->users_changed = true;
	if (call->value[0])
		ret = syscall(SYS_setresuid, -1, uid, -1);
	if (!call->value[1])
		drop_powers();
	return ret ? -errno : 0;
}

/* A network namespace of its own; only for the child, because it is not undone. */
long fuzz_act_unshare(struct fuzz_lane *lane, const struct fuzz_call *call)
{
	if (lane->number != FUZZ_CHILD)
		return -EINVAL;
	return unshare(CLONE_NEWNET | (call->value[0] ? CLONE_NEWUSER : 0)) ?
		-errno : 0;
}

/* Makes the module give back the memory it keeps; only root is let. */
long fuzz_act_shrink(struct fuzz_lane *lane, const struct fuzz_call *call)
{
	uid_t uid = geteuid();
	long ret;
	int fd;

	(void)lane;
	(void)call;
	if (syscall(SYS_setresuid, -1, 0, -1))
		return -errno;
	fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);
	ret = write(fd, "2", 1) < 0 ? -errno : 0;
	close(fd);
	syscall(SYS_setresuid, -1, uid, -1);
	return ret;
}
