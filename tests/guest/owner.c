// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What ends an owner: each way to end, alone and while a forked child still has
 * the handle open.
 */
#include "common.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define REGION_NAME	"test/owner"

/* Shared with the holder. */
static struct shared {
	pid_t tid;			/* of the thread that holds */
	pid_t bystander;		/* the holder's child, 0 for none */
	int failed;
} *shared;

static int region;

static uint64_t real_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * SECOND + now.tv_nsec;
}

/* ---------------------------------------------------- what the holder does */

static __attribute__((noreturn)) void wait_for_ever(void)
{
	for (;;)
		pause();
}

/*
 * Locks, and returns when the test waits for the mutex: so the death is seen by
 * one who waits.
 */
static void hold(int fd)
{
	struct ipcq_mutex_stat stat = { .size = sizeof(stat) };

	shared->tid = gettid();
	if (mutex_lock(fd, 0, 0, 0))
		shared->failed = 1;
	do {
		sleep_ms(1);
		if (call(fd, IPCQ_IOC_MUTEX_STAT, &stat))
			shared->failed = 2;
	} while (!stat.waiters && !shared->failed);
}

static void be_killed(int fd)
{
	hold(fd);
	kill(getpid(), SIGKILL);
}

static void exit_process(int fd)
{
	hold(fd);
	_exit(0);
}

static void close_descriptor(int fd)
{
	hold(fd);
	close(fd);
}

static void overwrite_descriptor(int fd)
{
	hold(fd);
	dup2(STDERR_FILENO, fd);
}

static void close_range_of_descriptors(int fd)
{
	hold(fd);
	if (close_range(fd, fd, 0))
		shared->failed = 3;
}

/* The only descriptor is now in a message that nobody has received. */
static void send_descriptor(int fd)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || send_fd(pair[0], fd))
		shared->failed = 4;
	hold(fd);
	close(fd);
}

static void execute(int fd)
{
	hold(fd);
	execl("/proc/self/exe", "owner", "pause", NULL);
	shared->failed = 5;
}

/* Keeps the descriptor over the call. */
static void execute_with_descriptor(int fd)
{
	fcntl(fd, F_SETFD, 0);
	execute(fd);
}

static int thread_fd;

static void *hold_in_thread(void *unused)
{
	hold(thread_fd);
	return unused;
}

static void *execute_in_thread(void *unused)
{
	execute(thread_fd);
	return unused;
}

static void *only_execute(void *unused)
{
	struct ipcq_mutex_stat stat = { .size = sizeof(stat) };

	while (!stat.waiters && !call(thread_fd, IPCQ_IOC_MUTEX_STAT, &stat))
		sleep_ms(1);
	execl("/proc/self/exe", "owner", "pause", NULL);
	return unused;
}

static void start_thread(int fd, void *(*body)(void *))
{
	pthread_t thread;

	thread_fd = fd;
	if (pthread_create(&thread, NULL, body, NULL))
		shared->failed = 6;
}

static void exit_thread(int fd)
{
	start_thread(fd, hold_in_thread);
}

static void execute_from_thread(int fd)
{
	start_thread(fd, execute_in_thread);
}

/* The holder is the first thread, and another one executes. */
static void execute_under_holder(int fd)
{
	start_thread(fd, only_execute);
	hold(fd);
}

static void exit_first_thread(int fd)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, (void *(*)(void *))wait_for_ever, NULL))
		shared->failed = 7;
	hold(fd);
	/* The thread alone, without what pthread_exit(3) would load for it. */
	syscall(SYS_exit, 0);
}

/* ------------------------------------------------------- what the test does */

struct way {
	void (*end)(int fd);
	bool with_bystander;
};

static int run_holder(void *context)
{
	struct way *way = context;
	int fd = region_open(REGION_NAME, RW);
	pid_t pid;

	close(region);
	if (fd < 0)
		return 1;
	if (way->with_bystander) {
		pid = fork();
		if (!pid)
			wait_for_ever();
		shared->bystander = pid;
	}
	way->end(fd);
	wait_for_ever();
}

static void check_way(struct way way)
{
	uint64_t start = real_time();
	struct ipcq_mutex_stat stat;
	pid_t pid;

	*shared = (struct shared) { 0 };
	region = region_open(REGION_NAME, RW);
	pid = spawn(run_holder, &way);
	eventually(mutex_stat(region, 0).holder_pid == (uint32_t)pid);
	assert_int_equal(mutex_stat(region, 0).holder_tid, shared->tid);
	assert_error(mutex_lock(region, 0, 0, in(20 * SECOND)), EOWNERDEAD);
	assert_int_equal(shared->failed, 0);

	stat = mutex_stat(region, 0);
	assert_int_equal(stat.holder_pid, getpid());
	assert_int_equal(stat.died_pid, pid);
	assert_int_equal(stat.died_tid, shared->tid);
	assert_true(stat.died_time >= start && stat.died_time <= real_time());
	assert_int_equal(stat.waiters, 0);
	assert_ok(mutex_consistent(region, 0));
	assert_ok(mutex_unlock(region, 0));
	assert_ok(mutex_lock(region, 0, 0, in(SECOND)));
	assert_ok(mutex_unlock(region, 0));

	kill(pid, SIGKILL);
	reap(pid);
	if (shared->bystander)
		kill(shared->bystander, SIGKILL);
	close(region);
}

static void check_ending(void (*end)(int fd))
{
	struct ipcq_region_open args =
		region_args(REGION_NAME, RW | CREATE | IPCQ_OPEN_F_EXCL, 1, 1, 0);

	/* A test that failed may have left it. */
	object_unlink(REGION_NAME);
	assert_ok(call(device(), IPCQ_IOC_REGION_OPEN, &args));
	check_way((struct way) { end, false });
	check_way((struct way) { end, true });
	assert_int_equal(region_stat(args.open.fd).owner_deaths, 2);
	assert_int_equal(mutex_stat(args.open.fd, 0).deaths, 2);
	assert_ok(object_unlink(REGION_NAME));
	close(args.open.fd);
}

#define ENDING(name, end)						\
	static void name(void **state)					\
	{								\
		(void)state;						\
		check_ending(end);					\
	}

ENDING(a_killed_process_ends, be_killed)
ENDING(a_process_that_exits_ends, exit_process)
ENDING(a_thread_that_exits_ends, exit_thread)
ENDING(a_first_thread_that_exits_ends, exit_first_thread)
ENDING(who_calls_execve_ends, execute)
ENDING(who_calls_execve_ends_and_keeps_the_descriptor, execute_with_descriptor)
ENDING(a_thread_that_calls_execve_ends, execute_from_thread)
ENDING(a_thread_whose_process_calls_execve_ends, execute_under_holder)
ENDING(who_closes_ends, close_descriptor)
ENDING(who_overwrites_the_descriptor_ends, overwrite_descriptor)
ENDING(who_closes_a_range_ends, close_range_of_descriptors)
ENDING(who_sends_the_descriptor_away_ends, send_descriptor)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_killed_process_ends),
		cmocka_unit_test(a_process_that_exits_ends),
		cmocka_unit_test(a_thread_that_exits_ends),
		cmocka_unit_test(a_first_thread_that_exits_ends),
		cmocka_unit_test(who_calls_execve_ends),
		cmocka_unit_test(who_calls_execve_ends_and_keeps_the_descriptor),
		cmocka_unit_test(a_thread_that_calls_execve_ends),
		cmocka_unit_test(a_thread_whose_process_calls_execve_ends),
		cmocka_unit_test(who_closes_ends),
		cmocka_unit_test(who_overwrites_the_descriptor_ends),
		cmocka_unit_test(who_closes_a_range_ends),
		cmocka_unit_test(who_sends_the_descriptor_away_ends),
	};

	(void)argv;
	/* What the program is after it has executed itself. */
	if (argc > 1)
		wait_for_ever();
	shared = shared_memory(sizeof(*shared));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
