// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whose a held message is, and what becomes of it when its process ends, in whichever
 * way, or lets go of the queue.
 */
#include "lease.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct shared {
	uint64_t token;
	int ready;
} *shared;

/* Runs a child that leases a message and then does @then. */
static pid_t start_holder(int fd, int (*then)(void *fd))
{
	pid_t pid;

	shared->ready = 0;
	pid = spawn(then, &fd);
	eventually(shared->ready);
	return pid;
}

static void hold_one(int fd)
{
	shared->token = lease(fd, 0).token;
	shared->ready = 1;
}

static int hold_and_stay(void *fd)
{
	hold_one(*(int *)fd);
	while (pause())
		;
	return 0;
}

static void *hold_in_thread(void *fd)
{
	hold_one(*(int *)fd);
	return NULL;
}

/* The thread that received it ends; its process goes on, and has it. */
static int hold_in_a_thread_that_ends(void *fd)
{
	pthread_t thread;

	pthread_create(&thread, NULL, hold_in_thread, fd);
	pthread_join(thread, NULL);
	sleep_ms(200);
	return acknowledge(*(int *)fd, shared->token) ? 1 : 0;
}

static void *hold_and_end_the_process(void *fd)
{
	hold_one(*(int *)fd);
	sleep_ms(100);
	exit(0);
}

/* The first thread ends before the last one does, and the process with that. */
static int leave_it_to_a_thread(void *fd)
{
	static int copy;
	pthread_t thread;

	copy = *(int *)fd;
	pthread_create(&thread, NULL, hold_and_end_the_process, &copy);
	/* The thread alone, without what pthread_exit(3) would load for it. */
	return (int)syscall(SYS_exit, 0);
}

static int thread_fd;

static void *execute(void *unused)
{
	fcntl(thread_fd, F_SETFD, 0);
	execl("/proc/self/exe", "lease_owner", "pause", NULL);
	abort();
	return unused;
}

/* Not by the thread that received it, and not by the first one. */
static int execute_in_another_thread(void *fd)
{
	pthread_t holder, executor;

	thread_fd = *(int *)fd;
	pthread_create(&holder, NULL, hold_in_thread, &thread_fd);
	pthread_join(holder, NULL);
	pthread_create(&executor, NULL, execute, NULL);
	pthread_join(executor, NULL);
	return 1;
}

static int hold_and_close(void *fd)
{
	int copy = dup(*(int *)fd);

	hold_one(*(int *)fd);
	/* Not yet the last descriptor. */
	close(*(int *)fd);
	if (queue_stat(copy).held != 1)
		return 1;
	close(copy);
	for (;;)
		pause();
}

/* The message comes back, though the test itself has the handle open. */
static void expect_return(int fd, uint32_t redeliveries)
{
	struct leased got = lease_until(fd, 0, 0, in(20 * SECOND));

	assert_int_equal(got.result, 1);
	assert_int_equal(got.byte, 'a');
	assert_int_equal(got.redeliveries, redeliveries);
	assert_int_equal(queue_stat(fd).held, 0);
}

static void returned_when(int (*body)(void *), int sig)
{
	int fd = queue_new(4, 8);
	pid_t pid;

	send_bytes(fd, "a");
	pid = start_holder(fd, body);
	if (sig)
		kill(pid, sig);
	expect_return(fd, 1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	eventually(query().owners == 0);
	close(fd);
}

static void a_killed_worker_returns_it(void **state)
{
	(void)state;
	returned_when(hold_and_stay, SIGKILL);
}

static void a_worker_ended_by_a_signal_returns_it(void **state)
{
	(void)state;
	returned_when(hold_and_stay, SIGTERM);
}

static void the_last_thread_returns_it(void **state)
{
	(void)state;
	returned_when(leave_it_to_a_thread, 0);
}

static void execve_returns_it(void **state)
{
	(void)state;
	returned_when(execute_in_another_thread, 0);
}

static void the_last_close_returns_it(void **state)
{
	(void)state;
	returned_when(hold_and_close, 0);
}

static void a_thread_ends_and_its_process_goes_on(void **state)
{
	int fd = queue_new(4, 8);

	(void)state;
	send_bytes(fd, "a");
	assert_int_equal(reap(start_holder(fd, hold_in_a_thread_that_ends)), 0);
	assert_int_equal(queue_stat(fd).messages, 0);
	close(fd);
}

static int use_the_parents_token(void *fd)
{
	/* As no owner, and as another. */
	if (acknowledge(*(int *)fd, shared->token) != -ENOKEY)
		return 1;
	if (deal(*(int *)fd, IPCQ_LEASE_ATTACH, 0, 0))
		return 2;
	return acknowledge(*(int *)fd, shared->token) == -ENOKEY &&
	       give_back(*(int *)fd, shared->token, 0) == -ENOKEY ? 0 : 3;
}

static void a_child_does_not_own_its_parents(void **state)
{
	int fd = queue_new(4, 8);

	(void)state;
	send_bytes(fd, "a");
	hold_one(fd);
	assert_int_equal(reap(spawn(use_the_parents_token, &fd)), 0);
	/* And its end ended nothing. */
	assert_int_equal(queue_stat(fd).held, 1);
	assert_ok(acknowledge(fd, shared->token));
	close(fd);
}

static void another_handle_is_another_owner(void **state)
{
	int fd, other;

	(void)state;
	assert_ok(fd = queue_open("test/lease_owner", RW | CREATE));
	assert_ok(other = queue_open("test/lease_owner", RW));
	send_bytes(fd, "a");
	hold_one(fd);
	assert_error(acknowledge(other, shared->token), ENOKEY);
	assert_ok(deal(other, IPCQ_LEASE_ATTACH, 0, 0));
	assert_error(acknowledge(other, shared->token), ENOKEY);
	close(fd);
	take(other, 'a', 1);
	close(other);
	eventually(query().owners == 0);
}

static int take_over(void *fd)
{
	if (deal(*(int *)fd, IPCQ_LEASE_ATTACH, 0, 0))
		return 1;
	shared->ready = 1;
	eventually(shared->token);
	return acknowledge(*(int *)fd, shared->token) ? 2 : 0;
}

static void it_is_handed_over(void **state)
{
	int fd = queue_new(4, 8);
	uint64_t token;
	pid_t pid;

	(void)state;
	send_bytes(fd, "ab");
	token = lease(fd, 0).token;
	assert_error(hand_over(fd, token, getpid() + 1), ESRCH);
	shared->token = 0;
	pid = start_holder(fd, take_over);
	assert_error(hand_over(fd, token + 1, pid), ENOKEY);
	assert_ok(hand_over(fd, token, pid));
	assert_error(acknowledge(fd, token), ENOKEY);
	shared->token = token;
	assert_int_equal(reap(pid), 0);
	assert_int_equal(queue_stat(fd).messages, 1);
	eventually(query().owners == 1);
	assert_error(hand_over(fd, lease(fd, 0).token, pid), ESRCH);
	close(fd);
}

static int be_interrupted(void *fd)
{
	volatile int count = 0;

	handle_signals(0, &count);
	return lease_until(*(int *)fd, 0, IPCQ_RECEIVE_F_LEASE, 0).result == -EINTR &&
	       count == 1 ? 0 : 1;
}

static void a_signal_leaves_nothing_held(void **state)
{
	int fd = queue_new(4, 8);
	pid_t pid = spawn(be_interrupted, &fd);

	(void)state;
	eventually(queue_stat(fd).waiting_receivers == 1);
	kill(pid, SIGUSR1);
	assert_int_equal(reap(pid), 0);
	assert_int_equal(queue_stat(fd).waiting_receivers, 0);
	send_bytes(fd, "a");
	assert_int_equal(queue_stat(fd).held, 0);
	take(fd, 'a', 0);
	close(fd);
}

static int set_up(void **state)
{
	(void)state;
	shared = shared_memory(sizeof(*shared));
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_killed_worker_returns_it),
		cmocka_unit_test(a_worker_ended_by_a_signal_returns_it),
		cmocka_unit_test(the_last_thread_returns_it),
		cmocka_unit_test(execve_returns_it),
		cmocka_unit_test(the_last_close_returns_it),
		cmocka_unit_test(a_thread_ends_and_its_process_goes_on),
		cmocka_unit_test(a_child_does_not_own_its_parents),
		cmocka_unit_test(another_handle_is_another_owner),
		cmocka_unit_test(it_is_handed_over),
		cmocka_unit_test(a_signal_leaves_nothing_held),
	};

	if (argc > 1 && !strcmp(argv[1], "pause"))
		for (;;)
			pause();
	return cmocka_run_group_tests_name("lease_owner", tests, set_up, NULL);
}
