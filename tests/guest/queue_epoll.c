// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * epoll(7) says of a queue what it says of Unix sockets: levels, edges and what is
 * told once.  What exactly it has to be is in queue_poll.c.
 */
#include "pair_epoll.h"

/* ---------------------------------------------------------------- to receive */

static void a_level(const struct pair *pair)
{
	int epoll = epoll_on(pair->in, EPOLLIN);

	ask(epoll);
	pair_send(pair);
	ask(epoll);
	pair_send(pair);
	ask(epoll);
	pair_receive(pair);
	ask(epoll);
	ask(epoll);
	pair_receive(pair);
	ask(epoll);
	close(epoll);
}

static void all_bits_of_a_level(const struct pair *pair)
{
	int epoll = epoll_on(pair->in, EPOLLIN | EPOLLPRI | EPOLLRDNORM |
			     EPOLLRDBAND | EPOLLRDHUP);

	ask(epoll);
	pair_send(pair);
	ask(epoll);
	close(epoll);
}

static void an_edge(const struct pair *pair)
{
	int epoll = epoll_on(pair->in, EPOLLIN | EPOLLET);

	ask(epoll);
	pair_send(pair);
	await(epoll);
	ask(epoll);
	/* Another arrives while one is unread. */
	pair_send(pair);
	await(epoll);
	ask(epoll);
	/* One is left: that is no news. */
	pair_receive(pair);
	ask(epoll);
	pair_drain(pair);
	ask(epoll);
	/* Two are one edge. */
	pair_send(pair);
	pair_send(pair);
	await(epoll);
	ask(epoll);
	close(epoll);
}

static void an_edge_that_is_over(const struct pair *pair)
{
	int epoll = epoll_on(pair->in, EPOLLIN | EPOLLET);

	pair_send(pair);
	pair_receive(pair);
	ask(epoll);
	pair_send(pair);
	await(epoll);
	close(epoll);
}

static void an_edge_from_before(const struct pair *pair)
{
	int epoll;

	pair_send(pair);
	epoll = epoll_on(pair->in, EPOLLIN | EPOLLET);
	ask(epoll);
	ask(epoll);
	/* Asked anew, it says so anew. */
	modify(epoll, pair->in, EPOLLIN | EPOLLET);
	ask(epoll);
	ask(epoll);
	close(epoll);
}

static void one_shot(const struct pair *pair)
{
	int epoll = epoll_on(pair->in, EPOLLIN | EPOLLONESHOT);

	pair_send(pair);
	ask(epoll);
	ask(epoll);
	pair_send(pair);
	ask(epoll);
	modify(epoll, pair->in, EPOLLIN | EPOLLONESHOT);
	ask(epoll);
	pair_drain(pair);
	modify(epoll, pair->in, EPOLLIN | EPOLLONESHOT);
	ask(epoll);
	pair_send(pair);
	await(epoll);
	pair_send(pair);
	ask(epoll);
	close(epoll);
}

static void one_shot_edge(const struct pair *pair)
{
	int epoll = epoll_on(pair->in, EPOLLIN | EPOLLET | EPOLLONESHOT);

	pair_send(pair);
	await(epoll);
	pair_send(pair);
	ask(epoll);
	modify(epoll, pair->in, EPOLLIN | EPOLLET | EPOLLONESHOT);
	ask(epoll);
	ask(epoll);
	close(epoll);
}

static void an_epoll_in_an_epoll(const struct pair *pair)
{
	int inner = epoll_on(pair->in, EPOLLIN), outer = epoll_on(inner, EPOLLIN);

	ask(outer);
	pair_send(pair);
	await(outer);
	pair_receive(pair);
	ask(outer);
	pair_send(pair);
	await(inner);
	close(outer);
	close(inner);
}

/* ------------------------------------------------------------------- to send */

static void a_level_of_room(const struct pair *pair)
{
	int epoll = epoll_on(pair->out, EPOLLOUT);

	ask(epoll);
	pair_send(pair);
	ask(epoll);
	pair_fill(pair);
	ask(epoll);
	pair_drain(pair);
	await(epoll);
	ask(epoll);
	close(epoll);
}

static void an_edge_of_room(const struct pair *pair)
{
	int epoll = epoll_on(pair->out, EPOLLOUT | EPOLLET), round;

	ask(epoll);
	ask(epoll);
	for (round = 0; round < 3; round++) {
		pair_fill(pair);
		ask(epoll);
		pair_drain(pair);
		await(epoll);
		ask(epoll);
		/* It is for receivers. */
		pair_send(pair);
		ask(epoll);
	}
	close(epoll);
}

static void one_shot_of_room(const struct pair *pair)
{
	int epoll = epoll_on(pair->out, EPOLLOUT | EPOLLONESHOT);

	ask(epoll);
	ask(epoll);
	pair_fill(pair);
	modify(epoll, pair->out, EPOLLOUT | EPOLLONESHOT);
	ask(epoll);
	pair_drain(pair);
	await(epoll);
	ask(epoll);
	close(epoll);
}

/* ------------------------------------------------------------------------ */

static const struct scenario scenarios[] = {
	SCENARIO(a_level),
	SCENARIO(all_bits_of_a_level),
	SCENARIO(an_edge),
	SCENARIO(an_edge_that_is_over),
	SCENARIO(an_edge_from_before),
	SCENARIO(one_shot),
	SCENARIO(one_shot_edge),
	SCENARIO(an_epoll_in_an_epoll),
	SCENARIO(a_level_of_room),
	SCENARIO(an_edge_of_room),
	SCENARIO(one_shot_of_room),
};

static void a_queue_is_as_a_socket(void **state)
{
	(void)state;
	COMPARE(scenarios);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_queue_is_as_a_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
