// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests of io_uring that wait at a queue, and what ends them before their turn.  No
 * message may be lost with them.
 */
#include "uring.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

/* Both ways of waiting: by polling, and, where that is asked for, in a worker. */
static const unsigned int ways[] = { 0, IOSQE_ASYNC };

static void assert_ended(int result)
{
	if (result != -EINTR)
		assert_int_equal(result, -ECANCELED);
}

/* Nobody waits any more: what is sent stays, and can be received. */
static void assert_nobody_waits(int fd)
{
	char byte;

	eventually(queue_stat(fd).waiting_receivers == 0);
	assert_ok(queue_send(fd, "k", 1, IPCQ_SEND_F_NONBLOCK, 0));
	assert_int_equal(queue_stat(fd).messages, 1);
	assert_int_equal(queue_receive(fd, &byte, 1, IPCQ_RECEIVE_F_NONBLOCK, 0),
			 1);
	assert_int_equal(byte, 'k');
}

static void a_read_is_cancelled(void **state)
{
	struct io_uring_sqe *sqe;
	unsigned int way;
	struct ring ring;
	char byte;

	(void)state;
	for (way = 0; way < 2; way++) {
		int fd = queue_new(4, 8), ret;

		ring_init(&ring);
		submit_read(&ring, 0, fd, &byte, 1, ways[way]);
		assert_int_equal(completions(&ring, 0), 0);
		sqe = request(&ring);
		io_uring_prep_cancel64(sqe, 0, 0);
		submit(&ring, sqe, 1, 0);
		/* EALREADY: it runs, and has been told to stop. */
		ret = await_once(&ring, 1);
		if (ret != -EALREADY)
			assert_int_equal(ret, 0);
		assert_ended(await_once(&ring, 0));
		assert_nobody_waits(fd);
		ring_exit(&ring);
		close(fd);
	}
}

static void a_write_is_cancelled(void **state)
{
	struct io_uring_sqe *sqe;
	unsigned int way;
	struct ring ring;
	char buffer[8];

	(void)state;
	for (way = 0; way < 2; way++) {
		int fd = queue_new(1, 8);

		ring_init(&ring);
		assert_ok(queue_send(fd, "a", 1, 0, 0));
		submit_write(&ring, 0, fd, "bc", 2, ways[way]);
		assert_int_equal(completions(&ring, 0), 0);
		sqe = request(&ring);
		io_uring_prep_cancel64(sqe, 0, 0);
		submit(&ring, sqe, 1, 0);
		assert_ended(await_once(&ring, 0));
		assert_int_equal(queue_receive(fd, buffer, 8, 0, 0), 1);
		sleep_ms(20);
		assert_int_equal(queue_stat(fd).sent, 1);
		assert_nobody_waits(fd);
		ring_exit(&ring);
		close(fd);
	}
}

static void a_deadline_ends_a_read(void **state)
{
	struct __kernel_timespec soon = { .tv_nsec = 20 * MS };
	struct io_uring_sqe *sqe;
	unsigned int way;
	struct ring ring;
	char byte;

	(void)state;
	for (way = 0; way < 2; way++) {
		int fd = queue_new(4, 8);

		ring_init(&ring);
		sqe = request(&ring);
		io_uring_prep_read(sqe, fd, &byte, 1, 0);
		sqe->user_data = 0;
		sqe->flags |= IOSQE_IO_LINK | ways[way];
		sqe = request(&ring);
		io_uring_prep_link_timeout(sqe, &soon, 0);
		sqe->user_data = 1;
		assert_int_equal(io_uring_submit(&ring.uring), 2);
		assert_ended(await_once(&ring, 0));
		await_once(&ring, 1);
		assert_nobody_waits(fd);
		ring_exit(&ring);
		close(fd);
	}
}

static void submit_all(struct ring *ring, int reading, int writing)
{
	static char bytes[2];
	struct io_uring_sqe *sqe;
	unsigned int way;

	for (way = 0; way < 2; way++) {
		submit_read(ring, way, reading, &bytes[way], 1, ways[way]);
		submit_write(ring, 2 + way, writing, "w", 1, ways[way]);
	}
	sqe = request(ring);
	io_uring_prep_poll_multishot(sqe, reading, POLLIN);
	submit(ring, sqe, 4, 0);
	assert_int_equal(completions(ring, 0), 0);
}

static void a_ring_is_closed(void **state)
{
	uint64_t objects = query().objects;
	int reading = queue_new(4, 8), writing = queue_new(1, 8);
	struct ring ring;
	char byte;

	(void)state;
	assert_ok(queue_send(writing, "a", 1, 0, 0));
	ring_init(&ring);
	submit_all(&ring, reading, writing);
	ring_exit(&ring);
	assert_nobody_waits(reading);
	eventually(queue_stat(writing).waiting_senders == 0);
	assert_int_equal(queue_receive(writing, &byte, 1, 0, 0), 1);
	sleep_ms(20);
	assert_int_equal(queue_stat(writing).sent, 1);
	close(reading);
	close(writing);
	eventually(query().objects == objects);
}

/* The handles live until the ring has let go of them. */
static void everything_is_closed_at_once(void **state)
{
	uint64_t objects = query().objects;
	int reading = queue_new(4, 8), writing = queue_new(1, 8);
	struct ring ring;

	(void)state;
	assert_ok(queue_send(writing, "a", 1, 0, 0));
	ring_init(&ring);
	submit_all(&ring, reading, writing);
	close(reading);
	close(writing);
	assert_int_equal(query().objects, objects + 2);
	ring_exit(&ring);
	eventually(query().objects == objects);
}

static int wait_by_ring(void *context)
{
	int *fds = context;
	struct ring ring;

	ring_init(&ring);
	submit_all(&ring, fds[0], fds[1]);
	kill(getpid(), SIGSTOP);
	await_once(&ring, 0);
	return 0;
}

static void the_process_is_killed(void **state)
{
	int fds[2] = { queue_new(4, 8), queue_new(1, 8) }, i;
	uint64_t objects = query().objects;

	(void)state;
	assert_ok(queue_send(fds[1], "a", 1, 0, 0));
	for (i = 0; i < 3; i++) {
		pid_t pid = spawn(wait_by_ring, fds);
		int status;

		assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
		assert_true(WIFSTOPPED(status));
		kill(pid, SIGKILL);
		assert_int_equal(reap(pid), 128 + SIGKILL);
		assert_nobody_waits(fds[0]);
		eventually(queue_stat(fds[1]).waiting_senders == 0);
		assert_int_equal(queue_stat(fds[1]).sent, 1);
	}
	close(fds[0]);
	close(fds[1]);
	eventually(query().objects == objects - 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_read_is_cancelled),
		cmocka_unit_test(a_write_is_cancelled),
		cmocka_unit_test(a_deadline_ends_a_read),
		cmocka_unit_test(a_ring_is_closed),
		cmocka_unit_test(everything_is_closed_at_once),
		cmocka_unit_test(the_process_is_killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
