// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whom epoll(7) wakes for a message in a queue: as many as for one in a Unix socket.
 */
#include "pair_epoll.h"

#include <sched.h>
#include <signal.h>

#define WAITERS		3

/* Shared with the children: how many have been told of something. */
static unsigned int *told;

static int wait_for_events(void *context)
{
	struct epoll_event event = { 0 };

	if (epoll_wait(*(int *)context, &event, 1, 2 * LONG_MS) == 1)
		__atomic_add_fetch(told, 1, __ATOMIC_SEQ_CST);
	return 0;
}

/*
 * Each of @epolls is waited on by a child.  Notes how many of them hear of a message,
 * which nobody receives, and then of another.
 */
static void count_told(const struct pair *pair, int *epolls)
{
	pid_t pids[WAITERS];
	int i;

	*told = 0;
	for (i = 0; i < WAITERS; i++) {
		pids[i] = spawn(wait_for_events, &epolls[i]);
		wait_asleep(pids[i]);
	}
	for (i = 0; i < 2; i++) {
		pair_send(pair);
		eventually(*told > 0);
		/* All run on one processor: whoever was woken has run then. */
		sleep_ms(50);
		note(*told);
	}
	for (i = 0; i < WAITERS; i++) {
		kill(pids[i], SIGKILL);
		reap(pids[i]);
	}
}

static void count_told_on(const struct pair *pair, uint32_t events)
{
	int epolls[WAITERS], i;

	for (i = 0; i < WAITERS; i++)
		epolls[i] = epoll_on(pair->in, events);
	count_told(pair, epolls);
	for (i = 0; i < WAITERS; i++)
		close(epolls[i]);
}

static void all_that_wait(const struct pair *pair)
{
	count_told_on(pair, EPOLLIN);
}

static void one_that_waits_exclusively(const struct pair *pair)
{
	count_told_on(pair, EPOLLIN | EPOLLEXCLUSIVE);
}

static void one_that_waits_exclusively_for_an_edge(const struct pair *pair)
{
	count_told_on(pair, EPOLLIN | EPOLLEXCLUSIVE | EPOLLET);
}

static void one_of_those_that_share_an_edge(const struct pair *pair)
{
	int epoll = epoll_on(pair->in, EPOLLIN | EPOLLET);

	count_told(pair, (int[WAITERS]) { epoll, epoll, epoll });
	close(epoll);
}

static const struct scenario scenarios[] = {
	SCENARIO(all_that_wait),
	SCENARIO(one_that_waits_exclusively),
	SCENARIO(one_that_waits_exclusively_for_an_edge),
	SCENARIO(one_of_those_that_share_an_edge),
};

static void a_queue_wakes_as_many_as_a_socket(void **state)
{
	(void)state;
	COMPARE(scenarios);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_queue_wakes_as_many_as_a_socket),
	};
	cpu_set_t first;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	if (sched_setaffinity(0, sizeof(first), &first))
		return 1;
	told = shared_memory(sizeof(*told));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
