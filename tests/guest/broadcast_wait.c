// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Delivery to all subscribers, and those who wait: for a message, or for the slowest.
 */
#include "subscribers.h"

#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>

#define LISTENERS	40	/* more than are woken in one go */

/* What a child has to do and what comes of it; shared with it. */
struct party {
	int fd;
	int count;
	int result;
	char heard[16];
};

static struct party *parties;

static int run_listener(void *context)
{
	struct party *self = context;
	int i;

	for (i = 0; i < self->count; i++) {
		self->result = queue_receive(self->fd, &self->heard[i], 1, 0, 0);
		if (self->result != 1)
			return 1;
	}
	return 0;
}

static int run_speaker(void *context)
{
	struct party *self = context;

	self->result = queue_send(self->fd, "z", 1, 0, 0);
	return self->result;
}

static pid_t start(unsigned int slot, int (*run)(void *), int fd, int count)
{
	parties[slot] = (struct party) { .fd = fd, .count = count };
	return spawn(run, &parties[slot]);
}

static pid_t start_listener(unsigned int slot, int fd, int count)
{
	unsigned int before = queue_stat(fd).waiting_receivers;
	pid_t pid = start(slot, run_listener, fd, count);

	eventually(queue_stat(fd).waiting_receivers == before + 1);
	return pid;
}

static void all_who_wait_are_woken(void **state)
{
	int out = crowd_new(4, 16, 0), in[LISTENERS], i;
	pid_t pids[LISTENERS];

	(void)state;
	for (i = 0; i < LISTENERS; i++) {
		in[i] = crowd_open();
		pids[i] = start_listener(i, in[i], 2);
	}
	say(out, 'a');
	say(out, 'b');
	for (i = 0; i < LISTENERS; i++) {
		assert_int_equal(reap(pids[i]), 0);
		assert_memory_equal(parties[i].heard, "ab", 2);
		close(in[i]);
	}
	assert_int_equal(queue_stat(out).waiting_receivers, 0);
	assert_int_equal(queue_stat(out).received, 2 * LISTENERS);
	close(out);
}

/* The threads that wait on one handle share its messages. */
static void each_message_wakes_one_of_those_who_share(void **state)
{
	int out = crowd_new(4, 16, 0), in = subscriber_new(0), i;
	pid_t pids[3];

	(void)state;
	for (i = 0; i < 3; i++)
		pids[i] = start_listener(i, in, 1);
	say(out, 'a');
	assert_int_equal(reap(pids[0]), 0);
	assert_int_equal(queue_stat(out).waiting_receivers, 2);
	say(out, 'b');
	say(out, 'c');
	assert_int_equal(reap(pids[1]), 0);
	assert_int_equal(reap(pids[2]), 0);
	for (i = 0; i < 3; i++)
		assert_int_equal(parties[i].heard[0], 'a' + i);
	close(in);
	close(out);
}

static void a_sender_waits_for_the_slowest(void **state)
{
	int out = crowd_new(1, 16, 0);
	int quick = subscriber_new(0), slow = subscriber_new(0);
	pid_t pid;

	(void)state;
	say(out, 'a');
	pid = start(0, run_speaker, out, 0);
	eventually(queue_stat(out).waiting_senders == 1);
	hears(quick, "a");
	assert_int_equal(queue_stat(out).waiting_senders, 1);
	assert_int_equal(hear(slow), 'a');
	assert_int_equal(reap(pid), 0);
	hears(quick, "z");
	hears(slow, "z");
	close(quick);
	close(slow);
	close(out);
}

/* Subscribes, and receives nothing. */
static int run_idler(void *context)
{
	(void)context;
	subscriber_new(0);
	pause();
	return 0;
}

static void a_sender_is_let_in_when_the_slowest_leaves(void **state)
{
	int out = crowd_new(1, 16, 0), quick = subscriber_new(0);
	pid_t pid, listener, slow = spawn(run_idler, NULL);

	(void)state;
	eventually(queue_stat(out).subscribers == 2);
	say(out, 'a');
	hears(quick, "a");
	listener = start_listener(1, quick, 1);
	pid = start(0, run_speaker, out, 0);
	eventually(queue_stat(out).waiting_senders == 1);
	kill(slow, SIGKILL);
	assert_int_equal(reap(slow), 128 + SIGKILL);
	assert_int_equal(reap(pid), 0);
	/* What comes in then goes to who waits. */
	assert_int_equal(reap(listener), 0);
	assert_int_equal(parties[1].heard[0], 'z');
	close(quick);
	close(out);
}

/* A deadline, a signal: who stops waiting takes nothing, and others go on. */
static void who_stops_waiting_is_out_of_the_way(void **state)
{
	int out = crowd_new(4, 16, 0), in = subscriber_new(0);
	pid_t first, second;
	char byte;

	(void)state;
	assert_error(queue_receive(in, &byte, 1, 0, 1), ETIMEDOUT);
	first = start_listener(0, in, 1);
	second = start_listener(1, in, 1);
	kill(first, SIGKILL);
	assert_int_equal(reap(first), 128 + SIGKILL);
	assert_int_equal(queue_stat(out).waiting_receivers, 1);
	say(out, 'a');
	assert_int_equal(reap(second), 0);
	assert_int_equal(parties[1].heard[0], 'a');
	first = start_listener(0, in, 1);
	kill(first, SIGKILL);
	assert_int_equal(reap(first), 128 + SIGKILL);
	say(out, 'b');
	hears(in, "b");
	close(in);
	close(out);
}

/* The message is given to the thread before it can see that it is dead. */
static void a_message_for_a_dying_thread_is_not_lost(void **state)
{
	int out = crowd_new(4, 16, 0), in = subscriber_new(0), round;
	pid_t pid;

	(void)state;
	for (round = 0; round < 20; round++) {
		pid = start_listener(0, in, 1);
		wait_asleep(pid);
		kill(pid, SIGSTOP);
		kill(pid, SIGKILL);
		say(out, 'a');
		assert_int_equal(reap(pid), 128 + SIGKILL);
		hears(in, "a");
	}
	close(in);
	close(out);
}

static void what_has_expired_is_given_to_nobody(void **state)
{
	int out = crowd_new(4, 16, 4), in = subscriber_new(0), late;
	struct ipcq_queue_set set = {
		.size = sizeof(set),
		.flags = IPCQ_SET_F_TIME_TO_LIVE,
		.time_to_live = SECOND,
	};
	struct ipcq_queue_receive got;

	(void)state;
	assert_ok(call(out, IPCQ_IOC_QUEUE_SET, &set));
	say(out, 'a');
	say(out, 'b');
	hears(in, "ab");
	assert_int_equal(queue_stat(out).retained, 2);
	say(out, 'c');
	eventually(queue_stat(out).expired == 3);
	assert_int_equal(queue_stat(out).retained, 0);
	assert_int_equal(queue_stat(out).messages, 0);
	assert_int_equal(queue_stat(out).expired, 3);
	assert_int_equal(ready(in), 0);
	late = subscriber_new(IPCQ_SUBSCRIBE_F_KEPT);
	hears(late, "");
	say(out, 'd');
	got = hear_of(in);
	assert_int_equal(got.sequence, 4);
	assert_int_equal(got.dropped, 1);
	assert_int_equal(hear_of(late).dropped, 0);
	close(late);
	close(in);
	close(out);
}

/* Who was not told by a short receive is told by the next that can be. */
static void what_was_missed_is_told_once(void **state)
{
	int out = crowd_new(4, 16, 0), in = subscriber_new(0), i;
	struct ipcq_queue_send args = {
		.size = sizeof(args),
		.payload = (uintptr_t)"x",
		.length = 1,
		.time_to_live = 1,
	};
	char byte;

	(void)state;
	for (i = 0; i < 3; i++)
		assert_ok(call(out, IPCQ_IOC_QUEUE_SEND, &args));
	eventually(queue_stat(out).expired == 3);
	say(out, 'a');
	say(out, 'b');
	say(out, 'c');
	assert_int_equal(read(in, &byte, 1), 1);
	assert_int_equal(hear_of(in).dropped, 3);
	assert_int_equal(hear_of(in).dropped, 0);
	close(in);
	close(out);
}

/* Each subscriber has its own edges. */
static void an_edge_for_each(void **state)
{
	int out = crowd_new(4, 16, 0), set = epoll_create1(EPOLL_CLOEXEC), i;
	int in[2] = { subscriber_new(0), subscriber_new(0) };
	struct epoll_event event, events[4];

	(void)state;
	for (i = 0; i < 2; i++) {
		event.events = EPOLLIN | EPOLLET;
		event.data.fd = in[i];
		assert_int_equal(epoll_ctl(set, EPOLL_CTL_ADD, in[i], &event), 0);
	}
	say(out, 'a');
	assert_int_equal(epoll_wait(set, events, 4, 0), 2);
	assert_int_equal(epoll_wait(set, events, 4, 0), 0);
	say(out, 'b');
	assert_int_equal(epoll_wait(set, events, 4, 0), 2);
	hears(in[0], "ab");
	assert_int_equal(epoll_wait(set, events, 4, 0), 0);
	say(out, 'c');
	hears(in[0], "c");
	assert_int_equal(epoll_wait(set, events, 4, 0), 1);
	assert_int_equal(events[0].data.fd, in[1]);
	close(set);
	close(in[0]);
	close(in[1]);
	close(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_who_wait_are_woken),
		cmocka_unit_test(each_message_wakes_one_of_those_who_share),
		cmocka_unit_test(a_sender_waits_for_the_slowest),
		cmocka_unit_test(a_sender_is_let_in_when_the_slowest_leaves),
		cmocka_unit_test(who_stops_waiting_is_out_of_the_way),
		cmocka_unit_test(a_message_for_a_dying_thread_is_not_lost),
		cmocka_unit_test(what_has_expired_is_given_to_nobody),
		cmocka_unit_test(what_was_missed_is_told_once),
		cmocka_unit_test(an_edge_for_each),
	};

	parties = mmap(NULL, LISTENERS * sizeof(*parties), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return cmocka_run_group_tests_name("broadcast_wait", tests, NULL, NULL);
}
