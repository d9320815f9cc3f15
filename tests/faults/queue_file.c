// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What else can be done with the descriptor of a queue, under faults.
 */
#include "operations.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <unistd.h>

/* More than the kernel has room for on its stack. */
#define POLLED		100

static long result_of(long ret)
{
	return ret < 0 ? -errno : ret;
}

/* ---------------------------------------------------------------- observation */

static struct ipcq_queue_stat told;

static long stat_queue(void)
{
	told = (struct ipcq_queue_stat){ .size = sizeof(told) };
	return call(scene.queue, IPCQ_IOC_QUEUE_STAT, &told);
}

static void was_told(long result)
{
	assert_int_equal(result, 0);
	assert_int_equal(told.messages, MESSAGES);
	assert_int_equal(told.max_messages, 2 * MESSAGES);
}

/* It has nothing but its arguments to copy: those that every caller has, and the rest. */
static long set_queue(void)
{
	struct ipcq_queue_set args = { .size = sizeof(args), .max_messages = 9 };

	return call(scene.queue, IPCQ_IOC_QUEUE_SET, &args);
}

static void was_set(long result)
{
	struct ipcq_queue_set args = {
		.size = sizeof(args),
		.max_messages = 2 * MESSAGES,
	};

	assert_int_equal(result, 0);
	assert_int_equal(queue_stat(scene.queue).max_messages, 9);
	assert_ok(call(scene.queue, IPCQ_IOC_QUEUE_SET, &args));
}

static int fdinfo;
static char text[1024];

static void open_fdinfo(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", scene.queue);
	fdinfo = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fdinfo >= 0);
}

static void close_fdinfo(void)
{
	close(fdinfo);
}

static long read_fdinfo(void)
{
	memset(text, 0, sizeof(text));
	return result_of(read(fdinfo, text, sizeof(text) - 1));
}

static void fdinfo_tells(long result)
{
	assert_true(result > 0);
	assert_non_null(strstr(text, "ipcq-kind:\tqueue\n"));
	assert_non_null(strstr(text, "messages:\t3/6\n"));
}

/* ------------------------------------------------------------------- readiness */

static struct pollfd polled[POLLED];

static long poll_queue(void)
{
	for (int i = 0; i < POLLED; i++)
		polled[i] = (struct pollfd){ .fd = scene.queue,
					     .events = POLLIN | POLLOUT };
	return result_of(poll(polled, POLLED, 0));
}

static void is_ready(long result)
{
	assert_int_equal(result, POLLED);
	for (int i = 0; i < POLLED; i++)
		assert_int_equal(polled[i].revents, POLLIN | POLLOUT);
}

/* An empty queue, so that it joins those who wait before the time is up. */
static long poll_empty_queue(void)
{
	for (int i = 0; i < POLLED; i++)
		polled[i] = (struct pollfd){ .fd = scene.own, .events = POLLIN };
	return result_of(poll(polled, POLLED, 1));
}

static void is_not_ready(long result)
{
	assert_int_equal(result, 0);
}

static long select_queue(void)
{
	struct timeval now = { 0 };
	fd_set readable;

	FD_ZERO(&readable);
	FD_SET(scene.queue, &readable);
	return result_of(select(scene.queue + 1, &readable, NULL, NULL, &now));
}

static void is_one(long result)
{
	assert_int_equal(result, 1);
}

static int epoll;

static void make_epoll(void)
{
	scene.own = queue_new(1, 1);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	assert_true(epoll >= 0);
}

static void drop_epoll(void)
{
	close(epoll);
	close(scene.own);
	scene.own = 0;
}

static long epoll_add(void)
{
	struct epoll_event event = { .events = EPOLLIN };

	return result_of(epoll_ctl(epoll, EPOLL_CTL_ADD, scene.own, &event));
}

static void epoll_tells(long result)
{
	struct epoll_event event = { 0 };

	assert_int_equal(result, 0);
	assert_int_equal(epoll_wait(epoll, &event, 1, 0), 0);
	assert_ok(queue_send(scene.own, "x", 1, 0, 0));
	assert_int_equal(epoll_wait(epoll, &event, 1, 5000), 1);
	assert_int_equal(event.events, EPOLLIN);
}

/* It was not added: it can be, and then works. */
static void epoll_lacks(long result)
{
	(void)result;
	epoll_tells(epoll_add());
}

static void own_empty(void)
{
	scene.own = queue_new(1, 1);
}

static void drop_own(void)
{
	close(scene.own);
	scene.own = 0;
}

/* ---------------------------------------------------------------- signals */

static void own_with_owner(void)
{
	sigset_t set;

	own_empty();
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	assert_int_equal(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	assert_int_equal(fcntl(scene.own, F_SETSIG, SIGRTMIN), 0);
	assert_int_equal(fcntl(scene.own, F_SETOWN, getpid()), 0);
}

static long set_async(void)
{
	return result_of(fcntl(scene.own, F_SETFL, O_ASYNC));
}

static bool is_signalled(void)
{
	const struct timespec now = { 0 };
	sigset_t set;
	char byte;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	assert_ok(queue_send(scene.own, "x", 1, IPCQ_SEND_F_NONBLOCK, 0));
	assert_int_equal(queue_receive(scene.own, &byte, 1, 0, 0), 1);
	return sigtimedwait(&set, NULL, &now) == SIGRTMIN;
}

static void signals_come(long result)
{
	assert_int_equal(result, 0);
	assert_true(is_signalled());
}

/* For reading and for writing: not half of it either. */
static void signals_do_not_come(long result)
{
	(void)result;
	assert_false(is_signalled());
	signals_come(set_async());
}

/* It has nothing but its arguments to copy, all of them at once. */
static long filter_queue(void)
{
	struct ipcq_queue_filter args = {
		.size = sizeof(args), .match = IPCQ_MATCH_EQUAL, .type_first = 9,
	};

	return call(scene.queue, IPCQ_IOC_QUEUE_FILTER, &args);
}

static void was_filtered(long result)
{
	struct ipcq_queue_filter none = { .size = sizeof(none) };
	int bytes = 1;

	assert_int_equal(result, 0);
	assert_ok(call(scene.queue, FIONREAD, &bytes));
	assert_int_equal(bytes, 0);
	assert_ok(call(scene.queue, IPCQ_IOC_QUEUE_FILTER, &none));
}

static const struct operation operations[] = {
	{ "QUEUE_STAT", .run = stat_queue, .done = was_told,
	  .errors = ERRORS(EFAULT), .least = LEAST(1, 0, 0) },
	{ "QUEUE_SET", .run = set_queue, .done = was_set,
	  .errors = ERRORS(EFAULT), .least = LEAST(1, 0, 0) },
	{ "QUEUE_FILTER", .run = filter_queue, .done = was_filtered,
	  .errors = ERRORS(0) },
	{ "fdinfo", .setup = open_fdinfo, .run = read_fdinfo,
	  .done = fdinfo_tells, .teardown = close_fdinfo,
	  .errors = ERRORS(ENOMEM, EFAULT), .least = LEAST(1, 1, 0) },
	{ "poll(2)", .run = poll_queue, .done = is_ready,
	  .errors = ERRORS(ENOMEM, EFAULT), .least = LEAST(2, 1, 0) },
	{ "poll(2) that waits", .setup = own_empty, .run = poll_empty_queue,
	  .done = is_not_ready, .teardown = drop_own,
	  .errors = ERRORS(ENOMEM, EFAULT), .least = LEAST(2, 1, 1) },
	{ "select(2)", .run = select_queue, .done = is_one,
	  .errors = ERRORS(ENOMEM, EFAULT), .least = LEAST(2, 0, 0) },
	{ "epoll_ctl(2)", .setup = make_epoll, .run = epoll_add,
	  .done = epoll_tells, .failed = epoll_lacks, .teardown = drop_epoll,
	  .errors = ERRORS(ENOMEM, EFAULT), .least = LEAST(1, 1, 0) },
	{ "O_ASYNC", .setup = own_with_owner, .run = set_async,
	  .done = signals_come, .failed = signals_do_not_come,
	  .teardown = drop_own,
	  .errors = ERRORS(ENOMEM), .least = LEAST(0, 2, 0) },
};

int main(void)
{
	return RUN_OPERATIONS(operations);
}
