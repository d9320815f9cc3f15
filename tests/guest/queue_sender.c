// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who sent a message, and when; and its type.
 */
#include "common.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define OVERFLOW_ID	65534

static struct ipcq_queue_receive next(int fd)
{
	struct ipcq_queue_receive args = {
		.size = sizeof(args),
		.flags = IPCQ_RECEIVE_F_NONBLOCK | IPCQ_RECEIVE_F_TRUNCATE,
	};

	assert_ok(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args));
	return args;
}

/* When a process began, as /proc tells it: in ticks of the clock since boot. */
static uint64_t start_ticks(pid_t pid)
{
	unsigned long long start = 0;
	char path[64], text[1024];
	ssize_t length;
	int fd, fields;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY);
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	assert_true(length > 0);
	text[length] = '\0';
	/* Field 22; the second, in parentheses, may have anything in it. */
	fields = sscanf(strrchr(text, ')') + 2,
			"%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u "
			"%*d %*d %*d %*d %*d %*d %llu", &start);
	assert_int_equal(fields, 1);
	return start;
}

static void assert_sender(const struct ipcq_queue_receive *args, pid_t pid,
			  uid_t uid, gid_t gid)
{
	assert_int_equal(args->pid, pid);
	assert_int_equal(args->uid, uid);
	assert_int_equal(args->gid, gid);
}

static int send_empty(void *context)
{
	return queue_send(*(int *)context, NULL, 0, 0, 0);
}

static int write_empty(void *context)
{
	return (int)write(*(int *)context, NULL, 0);
}

static void a_send_is_the_callers(void **state)
{
	int fd = queue_new(8, 16);
	struct ipcq_queue_receive args;
	pid_t pid;

	(void)state;
	assert_ok(queue_send(fd, NULL, 0, 0, 0));
	args = next(fd);
	assert_sender(&args, getpid(), 0, 0);
	assert_int_equal(args.start_time / (SECOND / (uint64_t)sysconf(_SC_CLK_TCK)),
			 start_ticks(getpid()));

	/* Through the same descriptor, by others; in whatever order. */
	pid = spawn_as(USER, 1001, send_empty, &fd);
	assert_int_equal(reap(pid), 0);
	args = next(fd);
	assert_sender(&args, pid, USER, 1001);
	assert_ok(queue_send(fd, NULL, 0, 0, 0));
	args = next(fd);
	assert_sender(&args, getpid(), 0, 0);
	close(fd);
}

static int send_and_wait(void *context)
{
	int *fds = context;
	char byte;

	assert_ok(queue_send(fds[0], NULL, 0, 0, 0));
	return (int)read(fds[1], &byte, 1);
}

static void a_living_sender_is_found(void **state)
{
	int fd = queue_new(8, 16), ends[2];
	struct ipcq_queue_receive args, again;
	uint64_t ticks;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid = spawn_as(USER, USER, send_and_wait, (int[]){ fd, ends[0] });
	eventually(queue_stat(fd).messages == 1);
	ticks = start_ticks(pid);
	args = next(fd);
	assert_sender(&args, pid, USER, USER);
	assert_int_equal(args.start_time / (SECOND / (uint64_t)sysconf(_SC_CLK_TCK)),
			 ticks);

	/* A second message of the same process names it in the same way. */
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(reap(pid), 1);
	assert_ok(queue_send(fd, NULL, 0, 0, 0));
	again = next(fd);
	assert_true(again.start_time < args.start_time);
	close(ends[0]);
	close(ends[1]);
	close(fd);
}

static void a_write_is_the_openers(void **state)
{
	struct iovec byte = { .iov_base = "x", .iov_len = 1 };
	int fd = queue_new(8, 16);
	struct ipcq_queue_receive args;

	(void)state;
	assert_int_equal(reap(spawn_as(USER, USER, write_empty, &fd)), 0);
	args = next(fd);
	assert_sender(&args, getpid(), 0, 0);
	assert_int_equal(writev(fd, &byte, 1), 1);
	args = next(fd);
	assert_sender(&args, getpid(), 0, 0);
	close(fd);
}

static int become_and_send(void *context)
{
	int fd = *(int *)context;

	assert_ok(queue_send(fd, NULL, 0, 0, 0));
	assert_int_equal(setresgid(-1, 1002, -1), 0);
	assert_ok(queue_send(fd, NULL, 0, 0, 0));
	assert_int_equal(setresuid(-1, 1002, -1), 0);
	assert_ok(queue_send(fd, NULL, 0, 0, 0));
	return (int)write(fd, NULL, 0);
}

/* A message kept from before is not taken for the same sender's. */
static void effective_ids_count_when_it_sends(void **state)
{
	int fd = queue_new(8, 16);
	struct ipcq_queue_receive args;
	pid_t pid;

	(void)state;
	pid = spawn(become_and_send, &fd);
	assert_int_equal(reap(pid), 0);
	args = next(fd);
	assert_sender(&args, pid, 0, 0);
	args = next(fd);
	assert_sender(&args, pid, 0, 1002);
	args = next(fd);
	assert_sender(&args, pid, 1002, 1002);
	args = next(fd);
	assert_sender(&args, getpid(), 0, 0);
	close(fd);
}

static int read_from_root_outside(void *context)
{
	struct ipcq_queue_receive args = next(*(int *)context);

	assert_int_equal(args.uid, OVERFLOW_ID);
	assert_int_equal(args.gid, OVERFLOW_ID);
	args = next(*(int *)context);
	assert_int_equal(args.uid, 0);
	assert_int_equal(args.gid, 0);
	return 0;
}

static void ids_are_the_receivers(void **state)
{
	char map[64];
	int fd = queue_new(8, 16);
	pid_t pid;

	(void)state;
	snprintf(map, sizeof(map), "0 %d 1", USER);
	assert_ok(queue_send(fd, NULL, 0, 0, 0));
	assert_int_equal(reap(spawn_as(USER, USER, send_empty, &fd)), 0);
	pid = spawn_in_user_namespace(USER, map, read_from_root_outside, &fd);
	assert_int_equal(reap(pid), 0);
	close(fd);
}

static uint64_t now(clockid_t clock)
{
	struct timespec time;

	assert_int_equal(clock_gettime(clock, &time), 0);
	return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

static void the_time_is_that_of_sending(void **state)
{
	int fd = queue_new(8, 16);
	struct ipcq_queue_receive args;
	uint64_t before, after;

	(void)state;
	before = now(CLOCK_MONOTONIC_COARSE);
	assert_ok(queue_send(fd, NULL, 0, 0, 0));
	after = now(CLOCK_MONOTONIC_COARSE);
	sleep_ms(50);
	args = next(fd);
	assert_in_range(args.time, before, after);
	close(fd);
}

static void types_come_through(void **state)
{
	static const uint64_t types[] = { 0, 1, UINT64_MAX, 0, 1ULL << 32 };
	struct ipcq_queue_send send = { .size = sizeof(send) };
	int fd = queue_new(2, 16);
	size_t i;

	(void)state;
	/* The queue keeps few messages, so each is used for several of them. */
	for (i = 0; i < sizeof(types) / sizeof(*types); i++) {
		send.type = types[i];
		assert_ok(call(fd, IPCQ_IOC_QUEUE_SEND, &send));
		assert_int_equal(next(fd).type, types[i]);
		assert_ok(queue_send(fd, NULL, 0, 0, 0));
		assert_int_equal(next(fd).type, 0);
		assert_int_equal(write(fd, NULL, 0), 0);
		assert_int_equal(next(fd).type, 0);
	}
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_send_is_the_callers),
		cmocka_unit_test(a_living_sender_is_found),
		cmocka_unit_test(a_write_is_the_openers),
		cmocka_unit_test(effective_ids_count_when_it_sends),
		cmocka_unit_test(ids_are_the_receivers),
		cmocka_unit_test(the_time_is_that_of_sending),
		cmocka_unit_test(types_come_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
