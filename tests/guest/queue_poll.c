// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Readiness of a queue: poll(2), epoll(7) and select(2), and who is woken when.
 */
#include "common.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

#define QUEUE_NAME	"test/queue_poll"
#define LONG_MS		10000

/* Fills a queue of @count messages. */
static int full_queue(uint32_t count)
{
	int fd = queue_new(count, 8);

	while (count--)
		assert_ok(queue_send(fd, "x", 1, 0, 0));
	return fd;
}

static void receive_byte(int fd)
{
	char byte;

	assert_int_equal(queue_receive(fd, &byte, 1, IPCQ_RECEIVE_F_NONBLOCK, 0),
			 1);
}

static int epoll_on(int fd, uint32_t events)
{
	struct epoll_event event = { .events = events };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	assert_true(epoll >= 0);
	assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
	return epoll;
}

/* The events that come within @ms, 0 for none. */
static uint32_t epoll_events(int epoll, int ms)
{
	struct epoll_event event = { 0 };

	return epoll_wait(epoll, &event, 1, ms) == 1 ? event.events : 0;
}

/*
 * A child that waits for events and returns those it got.  A wait that ended by
 * its timeout got none: both calls look once more then, and would hide that nobody
 * woke them.
 */
struct poller {
	int fd;
	short events;
	uint64_t limit;
};

static int poll_once(void *context)
{
	struct poller *self = context;
	struct pollfd p = { .fd = self->fd, .events = self->events };

	if (poll(&p, 1, LONG_MS) != 1 || in(0) >= self->limit)
		return 0;
	return p.revents;
}

static int select_once(void *context)
{
	struct poller *self = context;
	struct timeval timeout = { .tv_sec = LONG_MS / 1000 };
	fd_set set;

	FD_ZERO(&set);
	FD_SET(self->fd, &set);
	if (select(self->fd + 1, self->events & POLLIN ? &set : NULL,
		   self->events & POLLOUT ? &set : NULL, NULL, &timeout) != 1)
		return 0;
	return FD_ISSET(self->fd, &set) && in(0) < self->limit ? self->events : 0;
}

static pid_t start(int (*body)(void *), int fd, short events)
{
	struct poller poller = { fd, events, in(LONG_MS * MS) };
	pid_t pid = spawn(body, &poller);

	wait_asleep(pid);
	return pid;
}

static void a_message_wakes_pollers(void **state)
{
	int fd = queue_new(4, 8);
	pid_t polling = start(poll_once, fd, POLLIN);
	pid_t selecting = start(select_once, fd, POLLIN);

	(void)state;
	assert_ok(queue_send(fd, "x", 1, 0, 0));
	assert_int_equal(reap(polling), POLLIN);
	assert_int_equal(reap(selecting), POLLIN);
	close(fd);
}

static void room_wakes_pollers_when_drained(void **state)
{
	int fd = full_queue(4);
	pid_t polling = start(poll_once, fd, POLLOUT);
	pid_t selecting = start(select_once, fd, POLLOUT);
	int i;

	(void)state;
	for (i = 0; i < 4; i++)
		receive_byte(fd);
	assert_int_equal(reap(polling), POLLOUT);
	assert_int_equal(reap(selecting), POLLOUT);
	close(fd);
}

static void one_free_slot_wakes_pollers_within_bounded_time(void **state)
{
	int fd = full_queue(64);
	pid_t polling = start(poll_once, fd, POLLOUT);
	pid_t selecting = start(select_once, fd, POLLOUT);

	(void)state;
	receive_byte(fd);
	assert_int_equal(reap(polling), POLLOUT);
	assert_int_equal(reap(selecting), POLLOUT);
	assert_ok(queue_send(fd, "x", 1, IPCQ_SEND_F_NONBLOCK, 0));
	close(fd);
}

static void a_level_lasts(void **state)
{
	int fd = queue_new(2, 8), epoll = epoll_on(fd, EPOLLIN | EPOLLOUT);

	(void)state;
	assert_int_equal(epoll_events(epoll, 0), EPOLLOUT);
	assert_int_equal(epoll_events(epoll, 0), EPOLLOUT);
	assert_ok(queue_send(fd, "x", 1, 0, 0));
	assert_int_equal(epoll_events(epoll, 0), EPOLLIN | EPOLLOUT);
	assert_ok(queue_send(fd, "y", 1, 0, 0));
	assert_int_equal(epoll_events(epoll, 0), EPOLLIN);
	assert_int_equal(epoll_events(epoll, 0), EPOLLIN);
	receive_byte(fd);
	assert_int_equal(epoll_events(epoll, LONG_MS), EPOLLIN | EPOLLOUT);
	receive_byte(fd);
	assert_int_equal(epoll_events(epoll, 0), EPOLLOUT);
	close(epoll);
	close(fd);
}

static void an_edge_comes_with_each_message(void **state)
{
	int fd = queue_new(4, 8), epoll = epoll_on(fd, EPOLLIN | EPOLLET);

	(void)state;
	assert_int_equal(epoll_events(epoll, 0), 0);
	assert_ok(queue_send(fd, "x", 1, 0, 0));
	assert_int_equal(epoll_events(epoll, 0), EPOLLIN);
	assert_int_equal(epoll_events(epoll, 0), 0);
	/* Though the first is still there. */
	assert_ok(queue_send(fd, "y", 1, 0, 0));
	assert_int_equal(epoll_events(epoll, 0), EPOLLIN);
	assert_int_equal(epoll_events(epoll, 0), 0);
	close(epoll);
	close(fd);
}

/* What an event loop does: send until EAGAIN, then wait for the edge. */
static void an_edge_of_room_follows_each_refusal(void **state)
{
	int fd = queue_new(8, 8), epoll = epoll_on(fd, EPOLLOUT | EPOLLET);
	int round, sent;

	(void)state;
	assert_int_equal(epoll_events(epoll, 0), EPOLLOUT);
	for (round = 0; round < 20; round++) {
		sent = 0;
		while (!queue_send(fd, "x", 1, IPCQ_SEND_F_NONBLOCK, 0))
			sent++;
		assert_true(sent > 0);
		assert_int_equal(epoll_events(epoll, 0), 0);
		/* One slot only, in every other round. */
		do {
			receive_byte(fd);
		} while (round % 2 && queue_stat(fd).messages);
		assert_int_equal(epoll_events(epoll, LONG_MS), EPOLLOUT);
	}
	close(epoll);
	close(fd);
}

static void room_means_room_for_any_message(void **state)
{
	struct ipcq_queue_open args = queue_args(NULL, RW | CREATE);
	struct pollfd p = { .events = POLLOUT };
	char buffer[64] = { 0 };
	uint64_t limit;

	(void)state;
	args.max_messages = 10;
	args.max_message_size = 64;
	args.max_bytes = 100;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	p.fd = args.open.fd;
	assert_ok(queue_send(p.fd, buffer, 36, 0, 0));
	assert_int_equal(poll(&p, 1, 0), 1);
	assert_ok(queue_send(p.fd, buffer, 1, 0, 0));
	assert_int_equal(poll(&p, 1, 0), 0);
	assert_int_equal(queue_receive(p.fd, buffer, 64, 0, 0), 36);
	limit = in(LONG_MS * MS);
	assert_int_equal(poll(&p, 1, LONG_MS), 1);
	assert_true(in(0) < limit);
	close(p.fd);
}

static void a_handle_is_ready_for_what_it_may(void **state)
{
	int both = queue_open(QUEUE_NAME, RW | CREATE);
	int reader = queue_open(QUEUE_NAME, IPCQ_OPEN_F_READ);
	int writer = queue_open(QUEUE_NAME, IPCQ_OPEN_F_WRITE);
	int read_epoll = epoll_on(reader, EPOLLIN | EPOLLOUT);
	int write_epoll = epoll_on(writer, EPOLLIN | EPOLLOUT);
	int both_epoll = epoll_on(both, EPOLLIN | EPOLLOUT);

	(void)state;
	assert_int_equal(epoll_events(read_epoll, 0), 0);
	assert_int_equal(epoll_events(write_epoll, 0), EPOLLOUT);
	assert_ok(queue_send(writer, "x", 1, 0, 0));
	assert_int_equal(epoll_events(read_epoll, 0), EPOLLIN);
	assert_int_equal(epoll_events(write_epoll, 0), EPOLLOUT);
	assert_int_equal(epoll_events(both_epoll, 0), EPOLLIN | EPOLLOUT);
	close(both);
	close(reader);
	close(writer);
	close(read_epoll);
	close(write_epoll);
	close(both_epoll);
}

/* A message that is handed to a receiver who waits is nobody else's. */
static int receive_blocking(void *context)
{
	struct poller *self = context;
	char byte;

	return queue_receive(self->fd, &byte, 1, 0, in(10 * SECOND));
}

static void a_message_handed_over_makes_nobody_ready(void **state)
{
	int fd = queue_new(4, 8), epoll = epoll_on(fd, EPOLLIN);
	pid_t pid;

	(void)state;
	pid = start(receive_blocking, fd, 0);
	eventually(queue_stat(fd).waiting_receivers == 1);
	assert_ok(queue_send(fd, "x", 1, 0, 0));
	assert_int_equal(reap(pid), 1);
	assert_int_equal(epoll_events(epoll, 0), 0);
	close(epoll);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_wakes_pollers),
		cmocka_unit_test(room_wakes_pollers_when_drained),
		cmocka_unit_test(one_free_slot_wakes_pollers_within_bounded_time),
		cmocka_unit_test(a_level_lasts),
		cmocka_unit_test(an_edge_comes_with_each_message),
		cmocka_unit_test(an_edge_of_room_follows_each_refusal),
		cmocka_unit_test(room_means_room_for_any_message),
		cmocka_unit_test(a_handle_is_ready_for_what_it_may),
		cmocka_unit_test(a_message_handed_over_makes_nobody_ready),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
