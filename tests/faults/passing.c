// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Descriptors of queues and regions that pass through Unix sockets, under faults: what
 * becomes of them is up to the sockets, but no handle may be lost with them.
 */
#include "operations.h"

#include <sys/socket.h>
#include <unistd.h>

static int sockets[2];
/* A handle that only the socket has, once it was sent. */
static int passed;

static void make_sockets(void)
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0,
				    sockets), 0);
}

static void drop_sockets(void)
{
	close(sockets[0]);
	close(sockets[1]);
}

static long send_queue(void)
{
	return send_fd(sockets[0], scene.queue) ? -errno : 0;
}

static void queue_arrives(long result)
{
	int fd = receive_fd(sockets[1]);

	(void)result;
	assert_true(fd >= 0);
	assert_int_equal(queue_stat(fd).id, queue_stat(scene.queue).id);
	close(fd);
}

/* The one handle of a queue is in the socket before the snapshot is taken. */
static void pass_handle(void)
{
	passed = queue_new(1, 1);
	make_sockets();
	assert_int_equal(send_fd(sockets[0], passed), 0);
	close(passed);
	passed = -1;
}

/* A message whose descriptor could not be installed arrives without it. */
static long receive_handle(void)
{
	errno = 0;
	passed = receive_fd(sockets[1]);
	return passed < 0 && errno ? -errno : 0;
}

static void handle_works(long result)
{
	(void)result;
	if (passed >= 0) {
		assert_ok(queue_send(passed, "x", 1, 0, 0));
		close(passed);
	}
}

static void drop_handle(void)
{
	drop_sockets();
	/* The scene's three objects are left. */
	eventually(query().namespace_objects == 3);
}

static void pass_both(void)
{
	make_sockets();
	assert_int_equal(send_fd(sockets[0], scene.queue), 0);
	assert_int_equal(send_fd(sockets[0], scene.region), 0);
}

static long close_receiver(void)
{
	long ret = close(sockets[1]) ? -errno : 0;

	sockets[1] = dup(sockets[0]);
	return ret;
}

static long duplicate(void)
{
	int copy = dup(scene.queue);

	return copy < 0 ? -errno : copy;
}

static void is_a_copy(long fd)
{
	assert_int_equal(queue_stat(fd).id, queue_stat(scene.queue).id);
	close(fd);
}

static const struct operation operations[] = {
	{ "sendmsg(2) with a queue", .setup = make_sockets, .run = send_queue,
	  .done = queue_arrives, .teardown = drop_sockets,
	  .errors = ERRORS(ENOMEM, EFAULT, ENOBUFS), .least = LEAST(2, 2, 0) },
	{ "recvmsg(2) of a queue", .setup = pass_handle, .run = receive_handle,
	  .done = handle_works, .teardown = drop_handle,
	  .errors = ERRORS(ENOMEM, EFAULT), .least = LEAST(2, 0, 0),
	  .consumes = true },
	{ "close(2) with both on the way", .setup = pass_both,
	  .run = close_receiver, .teardown = drop_sockets,
	  .errors = ERRORS(0) },
	{ "dup(2)", .run = duplicate, .done = is_a_copy,
	  .errors = ERRORS(ENOMEM) },
};

int main(void)
{
	return RUN_OPERATIONS(operations);
}
