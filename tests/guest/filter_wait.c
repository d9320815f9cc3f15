// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Waiting with a filter: who is given which message, who is told that one is there, and
 * many at once.
 */
#include "typed.h"

#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

#define LIMIT		(20 * SECOND)
#define LONG_MS		20000

/* A child that waits for a message. */
struct waiter {
	int fd;
	struct want want;
	bool own;			/* else with the handle's filter */
	long result;			/* a number, or a negative errno */
};

static struct waiter *waiters;		/* shared */

static int wait_for_one(void *context)
{
	struct waiter *waiter = context;
	struct ipcq_queue_receive args = { .size = sizeof(args),
					   .deadline = in(LIMIT) };
	uint64_t payload;

	if (waiter->own) {
		waiter->result = typed_receive(waiter->fd, waiter->want, 0,
					       in(LIMIT));
		return 0;
	}
	args.payload = (uintptr_t)&payload;
	args.length = sizeof(payload);
	waiter->result = call(waiter->fd, IPCQ_IOC_QUEUE_RECEIVE, &args);
	if (waiter->result >= 0)
		waiter->result = args.sequence;
	return 0;
}

/* Starts the waiter @i, the next in line. */
static pid_t start(int i, int fd, bool own, struct want want)
{
	unsigned int before = queue_stat(fd).waiting_receivers;
	pid_t pid;

	waiters[i] = (struct waiter){ .fd = fd, .want = want, .own = own };
	pid = spawn(wait_for_one, &waiters[i]);
	eventually(queue_stat(fd).waiting_receivers == before + 1);
	wait_asleep(pid);
	return pid;
}

static void a_message_goes_to_the_first_that_takes_it(void **state)
{
	int fd = typed_queue(16, IPCQ_ORDER_FIFO), i;
	pid_t pids[4];

	(void)state;
	pids[0] = start(0, fd, true, EQUAL(5));
	pids[1] = start(1, fd, true, AT_MOST(3));
	pids[2] = start(2, fd, true, RANGE(2, 6));
	pids[3] = start(3, fd, true, EXCEPT(9));
	/* Nobody takes the first; it stays, and the others go past it. */
	assert_int_equal(typed_send(fd, 9, 0, 8), 1);
	assert_int_equal(typed_send(fd, 6, 0, 8), 2);
	assert_int_equal(typed_send(fd, 5, 0, 8), 3);
	assert_int_equal(typed_send(fd, 8, 0, 8), 4);
	assert_int_equal(typed_send(fd, 3, 0, 8), 5);
	for (i = 0; i < 4; i++)
		assert_int_equal(reap(pids[i]), 0);
	assert_int_equal(waiters[0].result, 3);
	assert_int_equal(waiters[1].result, 5);
	assert_int_equal(waiters[2].result, 2);
	assert_int_equal(waiters[3].result, 4);
	assert_int_equal(queue_stat(fd).waiting_receivers, 0);
	assert_int_equal(take(fd, ANY), 1);
	close(fd);
}

static void of_two_that_take_it_the_longer_wait_wins(void **state)
{
	int fd = typed_queue(16, IPCQ_ORDER_FIFO), i;
	pid_t pids[3];

	(void)state;
	pids[0] = start(0, fd, true, EQUAL(5));
	pids[1] = start(1, fd, true, ANY);
	pids[2] = start(2, fd, true, EQUAL(5));
	for (i = 0; i < 3; i++)
		assert_int_equal(typed_send(fd, 5, 0, 8), i + 1);
	for (i = 0; i < 3; i++) {
		assert_int_equal(reap(pids[i]), 0);
		assert_int_equal(waiters[i].result, i + 1);
	}
	close(fd);
}

static int send_seven(void *context)
{
	return typed_send(*(int *)context, 7, 0, 8) != 3;
}

/* What waits for room is handed over as it is let in. */
static void a_sender_that_is_let_in_finds_its_receiver(void **state)
{
	int fd = typed_queue(2, IPCQ_ORDER_FIFO);
	pid_t sender, receiver;

	(void)state;
	assert_int_equal(typed_send(fd, 1, 0, 8), 1);
	assert_int_equal(typed_send(fd, 1, 0, 8), 2);
	receiver = start(0, fd, true, EQUAL(7));
	sender = spawn(send_seven, &fd);
	eventually(queue_stat(fd).waiting_senders == 1);
	assert_int_equal(take(fd, ANY), 1);
	assert_int_equal(reap(receiver), 0);
	assert_int_equal(waiters[0].result, 3);
	assert_int_equal(reap(sender), 0);
	assert_int_equal(take(fd, ANY), 2);
	close(fd);
}

/* The message is too long for the first; the next one that takes it has it. */
static void what_is_put_back_finds_who_takes_it(void **state)
{
	int fd = typed_queue(16, IPCQ_ORDER_FIFO), i;
	char bytes[9] = { 0 };
	struct ipcq_queue_send args = {
		.size = sizeof(args), .payload = (uintptr_t)bytes,
		.length = sizeof(bytes), .type = 5,
	};
	pid_t pids[2];

	(void)state;
	pids[0] = start(0, fd, true, EQUAL(5));
	pids[1] = start(1, fd, true, EQUAL(6));
	assert_ok(call(fd, IPCQ_IOC_QUEUE_SEND, &args));
	assert_int_equal(reap(pids[0]), 0);
	assert_int_equal(waiters[0].result, -EMSGSIZE);
	/* It is not for the second, and is in the queue again. */
	assert_int_equal(queue_stat(fd).waiting_receivers, 1);
	assert_error(take(fd, EQUAL(5)), EMSGSIZE);
	assert_int_equal(queue_receive(fd, bytes, 9, 0, 0), 9);

	pids[0] = start(0, fd, true, EQUAL(6));
	args.type = 6;
	assert_ok(call(fd, IPCQ_IOC_QUEUE_SEND, &args));
	for (i = 0; i < 2; i++)
		assert_int_equal(reap(pids[i]), 0);
	/* Both had it and neither could take it. */
	assert_int_equal(waiters[0].result, -EMSGSIZE);
	assert_int_equal(waiters[1].result, -EMSGSIZE);
	assert_int_equal(queue_receive(fd, bytes, 9, 0, 0), 9);
	close(fd);
}

static void who_waits_keeps_the_filter_it_began_with(void **state)
{
	int fd = typed_queue(16, IPCQ_ORDER_FIFO);
	pid_t pid;

	(void)state;
	assert_ok(set_filter(fd, EQUAL(1)));
	pid = start(0, fd, false, ANY);
	assert_ok(set_filter(fd, EQUAL(2)));
	assert_int_equal(typed_send(fd, 2, 0, 8), 1);
	assert_int_equal(queue_stat(fd).waiting_receivers, 1);
	assert_int_equal(typed_send(fd, 1, 0, 8), 2);
	assert_int_equal(reap(pid), 0);
	assert_int_equal(waiters[0].result, 2);
	close(fd);
}

static void a_killed_one_leaves_what_it_would_have_had(void **state)
{
	int fd = typed_queue(16, IPCQ_ORDER_FIFO);
	pid_t pid;

	(void)state;
	pid = start(0, fd, true, EQUAL(1));
	kill(pid, SIGKILL);
	assert_int_equal(reap(pid), 128 + SIGKILL);
	assert_int_equal(queue_stat(fd).waiting_receivers, 0);
	assert_int_equal(typed_send(fd, 1, 0, 8), 1);
	assert_error(typed_receive(fd, EQUAL(2), 0, in(20 * MS)), ETIMEDOUT);
	assert_int_equal(take(fd, EQUAL(1)), 1);
	close(fd);
}

/* -------------------------------------------------------------------- readiness */

static short polled(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	assert_true(poll(&p, 1, 0) >= 0);
	return p.revents;
}

static void ready_is_what_can_be_received(void **state)
{
	int fd = typed_queue(16, IPCQ_ORDER_PRIORITY);

	(void)state;
	assert_ok(set_filter(fd, ((struct want){ IPCQ_MATCH_EQUAL, 3, 7, 0 })));
	assert_int_equal(typed_send(fd, 7, 2, 8), 1);
	assert_int_equal(typed_send(fd, 6, 3, 8), 2);
	assert_int_equal(polled(fd), POLLOUT);
	assert_int_equal(typed_send(fd, 7, 3, 8), 3);
	assert_int_equal(polled(fd), POLLIN | POLLOUT);
	assert_int_equal(take(fd, EQUAL(7)), 3);
	assert_int_equal(polled(fd), POLLOUT);
	assert_ok(set_filter(fd, ANY));
	assert_int_equal(polled(fd), POLLIN | POLLOUT);
	close(fd);
}

static int poll_once(void *context)
{
	struct pollfd p = { .fd = *(int *)context, .events = POLLIN };
	uint64_t limit = in(LONG_MS * MS);

	/* Woken, and not by the end of the time. */
	return poll(&p, 1, LONG_MS) == 1 && in(0) < limit ? p.revents : 0;
}

static void who_polls_sleeps_until_one_is_taken(void **state)
{
	int fd = typed_queue(16, IPCQ_ORDER_FIFO);
	pid_t pid;

	(void)state;
	assert_ok(set_filter(fd, EQUAL(7)));
	pid = spawn(poll_once, &fd);
	wait_asleep(pid);
	assert_int_equal(typed_send(fd, 6, 0, 8), 1);
	wait_asleep(pid);
	assert_int_equal(typed_send(fd, 7, 0, 8), 2);
	assert_int_equal(reap(pid), POLLIN);

	/* A filter that takes what is there wakes, too. */
	assert_ok(set_filter(fd, EQUAL(5)));
	pid = spawn(poll_once, &fd);
	wait_asleep(pid);
	assert_ok(set_filter(fd, EQUAL(6)));
	assert_int_equal(reap(pid), POLLIN);
	close(fd);
}

static int epoll_events(int epoll)
{
	struct epoll_event event = { 0 };

	return epoll_wait(epoll, &event, 1, 0) == 1 ? (int)event.events : 0;
}

static void epoll_tells_of_what_is_taken(void **state)
{
	struct epoll_event level = { .events = EPOLLIN };
	struct epoll_event edge = { .events = EPOLLIN | EPOLLET };
	int fd = typed_queue(16, IPCQ_ORDER_FIFO);
	int levels = epoll_create1(0), edges = epoll_create1(0);

	(void)state;
	assert_ok(set_filter(fd, EQUAL(7)));
	assert_int_equal(epoll_ctl(levels, EPOLL_CTL_ADD, fd, &level), 0);
	assert_int_equal(epoll_ctl(edges, EPOLL_CTL_ADD, fd, &edge), 0);
	assert_int_equal(typed_send(fd, 6, 0, 8), 1);
	assert_int_equal(epoll_events(levels), 0);
	assert_int_equal(epoll_events(edges), 0);
	assert_int_equal(typed_send(fd, 7, 0, 8), 2);
	assert_int_equal(epoll_events(levels), EPOLLIN);
	assert_int_equal(epoll_events(levels), EPOLLIN);
	assert_int_equal(epoll_events(edges), EPOLLIN);
	assert_int_equal(epoll_events(edges), 0);
	assert_int_equal(take(fd, EQUAL(7)), 2);
	assert_int_equal(epoll_events(levels), 0);
	/* The other message is no edge until the filter takes it. */
	assert_ok(set_filter(fd, EQUAL(6)));
	assert_int_equal(epoll_events(levels), EPOLLIN);
	assert_int_equal(epoll_events(edges), EPOLLIN);
	close(levels);
	close(edges);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_goes_to_the_first_that_takes_it),
		cmocka_unit_test(of_two_that_take_it_the_longer_wait_wins),
		cmocka_unit_test(a_sender_that_is_let_in_finds_its_receiver),
		cmocka_unit_test(what_is_put_back_finds_who_takes_it),
		cmocka_unit_test(who_waits_keeps_the_filter_it_began_with),
		cmocka_unit_test(a_killed_one_leaves_what_it_would_have_had),
		cmocka_unit_test(ready_is_what_can_be_received),
		cmocka_unit_test(who_polls_sleeps_until_one_is_taken),
		cmocka_unit_test(epoll_tells_of_what_is_taken),
	};

	waiters = shared_memory(8 * sizeof(*waiters));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
