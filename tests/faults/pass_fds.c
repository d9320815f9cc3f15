// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Descriptors that are passed with messages, under faults: who does not get them all has
 * none of them, and none is lost.  Each run has a queue of its own.
 */
#include "operations.h"
#include "../guest/passing.h"

#include <unistd.h>

static struct watched watched;
static struct got got;

static void own_queue(void)
{
	scene.own = queue_new(4, 16);
	watched = watched_new();
}

static void a_message_with_two(void)
{
	int fds[2];

	own_queue();
	fds[0] = fds[1] = watched.fd;
	assert_ok(send_fds(scene.own, fds, 2, 0));
}

static void drop_queue(void)
{
	close(watched.fd);
	close(watched.out);
	close(scene.own);
	scene.own = 0;
}

static long send_two(void)
{
	const int fds[2] = { watched.fd, watched.fd };

	return send_fds(scene.own, fds, 2, 0);
}

static long receive_two(void)
{
	got = get(scene.own, 2, 0);
	return got.result;
}

static void two_have_come(long result)
{
	assert_int_equal(result, 1);
	assert_int_equal(got.count, 2);
	assert_true(is_same(&watched, got.fds[0]));
	assert_true(is_same(&watched, got.fds[1]));
	close(got.fds[0]);
	close(got.fds[1]);
}

static void two_can_be_received(long result)
{
	(void)result;
	two_have_come(receive_two());
}

static void nothing_was_sent(long result)
{
	(void)result;
	assert_error(receive_two(), EAGAIN);
}

static const struct operation operations[] = {
	{ "SEND, descriptors", .setup = own_queue, .run = send_two,
	  .done = two_can_be_received, .failed = nothing_was_sent,
	  .teardown = drop_queue, .errors = ERRORS(ENOMEM, EFAULT),
	  .least = LEAST(3, 2, 0) },
	{ "RECEIVE, descriptors", .setup = a_message_with_two, .run = receive_two,
	  .done = two_have_come, .failed = two_can_be_received,
	  .teardown = drop_queue, .errors = ERRORS(EFAULT), .least = LEAST(3, 0, 0),
	  .single = true },
};

int main(void)
{
	return RUN_OPERATIONS(operations);
}
