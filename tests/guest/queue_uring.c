// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A queue by io_uring: reads, writes and polls that wait without holding up anybody.
 */
#include "uring.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/uio.h>

static void a_read_waits_for_a_message(void **state)
{
	int fd = queue_new(4, 64);
	char buffer[64] = "";
	struct ring ring;

	(void)state;
	ring_init(&ring);
	submit_read(&ring, 0, fd, buffer, sizeof(buffer), 0);
	assert_int_equal(completions(&ring, 0), 0);
	/* The ring goes on meanwhile. */
	submit_write(&ring, 1, fd, "abc", 3, 0);
	assert_int_equal(await_once(&ring, 1), 3);
	assert_int_equal(await_once(&ring, 0), 3);
	assert_memory_equal(buffer, "abc", 3);

	submit_read(&ring, 2, fd, buffer, sizeof(buffer), 0);
	assert_int_equal(completions(&ring, 2), 0);
	assert_ok(queue_send(fd, "defg", 4, 0, 0));
	assert_int_equal(await_once(&ring, 2), 4);
	assert_memory_equal(buffer, "defg", 4);
	ring_exit(&ring);
	close(fd);
}

/* Though there is room for two: a message is not a stream. */
static void a_read_takes_one_message(void **state)
{
	unsigned int sqe_flags;

	(void)state;
	for (sqe_flags = 0; sqe_flags <= IOSQE_ASYNC; sqe_flags += IOSQE_ASYNC) {
		int fd = queue_new(4, 64);
		char buffer[64] = "";
		struct ring ring;

		ring_init(&ring);
		assert_ok(queue_send(fd, "ab", 2, 0, 0));
		assert_ok(queue_send(fd, "", 0, 0, 0));
		assert_ok(queue_send(fd, "cde", 3, 0, 0));
		submit_read(&ring, 0, fd, buffer, sizeof(buffer), sqe_flags);
		assert_int_equal(await_once(&ring, 0), 2);
		submit_read(&ring, 1, fd, buffer, sizeof(buffer), sqe_flags);
		assert_int_equal(await_once(&ring, 1), 0);
		submit_read(&ring, 2, fd, buffer, 2, sqe_flags);
		assert_int_equal(await_once(&ring, 2), -EMSGSIZE);
		submit_read(&ring, 3, fd, buffer, sizeof(buffer), sqe_flags);
		assert_int_equal(await_once(&ring, 3), 3);
		assert_memory_equal(buffer, "cde", 3);
		assert_int_equal(queue_stat(fd).messages, 0);
		ring_exit(&ring);
		close(fd);
	}
}

static void each_of_many_reads_gets_its_message(void **state)
{
	char buffers[8] = "", got[8] = "";
	int fd = queue_new(8, 8), i;
	struct ring ring;

	(void)state;
	ring_init(&ring);
	for (i = 0; i < 8; i++)
		submit_read(&ring, i, fd, &buffers[i], 1, i % 2 ? IOSQE_ASYNC : 0);
	assert_int_equal(completions(&ring, 0), 0);
	for (i = 0; i < 8; i++)
		assert_ok(queue_send(fd, &(char){ i }, 1, 0, 0));
	for (i = 0; i < 8; i++) {
		assert_int_equal(await_once(&ring, i), 1);
		got[(int)buffers[i]]++;
	}
	assert_memory_equal(got, "\1\1\1\1\1\1\1\1", 8);
	ring_exit(&ring);
	close(fd);
}

static void a_write_waits_for_room(void **state)
{
	unsigned int sqe_flags;
	char buffer[8];

	(void)state;
	for (sqe_flags = 0; sqe_flags <= IOSQE_ASYNC; sqe_flags += IOSQE_ASYNC) {
		int fd = queue_new(2, 8);
		struct ring ring;

		ring_init(&ring);
		submit_write(&ring, 0, fd, "a", 1, sqe_flags);
		assert_int_equal(await_once(&ring, 0), 1);
		submit_write(&ring, 1, fd, "too long!", 9, sqe_flags);
		assert_int_equal(await_once(&ring, 1), -EMSGSIZE);
		assert_ok(queue_send(fd, "b", 1, 0, 0));
		submit_write(&ring, 2, fd, "cd", 2, sqe_flags);
		assert_int_equal(completions(&ring, 2), 0);
		assert_int_equal(queue_receive(fd, buffer, 8, 0, 0), 1);
		assert_int_equal(await_once(&ring, 2), 2);
		assert_int_equal(queue_receive(fd, buffer, 8, 0, 0), 1);
		assert_int_equal(queue_receive(fd, buffer, 8, 0, 0), 2);
		assert_memory_equal(buffer, "cd", 2);
		ring_exit(&ring);
		close(fd);
	}
}

static void vectors_and_registered_buffers(void **state)
{
	char head[2] = "", tail[8] = "", fixed[8] = "";
	struct iovec both[] = { { head, 2 }, { tail, 8 } };
	struct iovec registered = { fixed, sizeof(fixed) };
	int fd = queue_new(4, 16);
	struct io_uring_sqe *sqe;
	struct ring ring;

	(void)state;
	ring_init(&ring);
	sqe = request(&ring);
	io_uring_prep_readv(sqe, fd, both, 2, 0);
	submit(&ring, sqe, 0, 0);
	assert_ok(queue_send(fd, "abcde", 5, 0, 0));
	assert_int_equal(await_once(&ring, 0), 5);
	assert_memory_equal(head, "ab", 2);
	assert_memory_equal(tail, "cde", 3);

	assert_int_equal(io_uring_register_buffers(&ring.uring, &registered, 1), 0);
	sqe = request(&ring);
	io_uring_prep_read_fixed(sqe, fd, fixed, sizeof(fixed), 0, 0);
	submit(&ring, sqe, 1, 0);
	sqe = request(&ring);
	io_uring_prep_writev(sqe, fd, both, 1, 0);
	submit(&ring, sqe, 2, 0);
	assert_int_equal(await_once(&ring, 2), 2);
	assert_int_equal(await_once(&ring, 1), 2);
	assert_memory_equal(fixed, "ab", 2);
	ring_exit(&ring);
	close(fd);
}

/* The ring keeps the handle when the descriptor is closed. */
static void registered_files(void **state)
{
	uint64_t objects = query().objects;
	int fd = queue_new(4, 8), copy = fd;
	struct ring ring;
	char byte;

	(void)state;
	ring_init(&ring);
	assert_int_equal(io_uring_register_files(&ring.uring, &copy, 1), 0);
	close(fd);
	submit_read(&ring, 0, 0, &byte, 1, IOSQE_FIXED_FILE);
	assert_int_equal(completions(&ring, 0), 0);
	submit_write(&ring, 1, 0, "f", 1, IOSQE_FIXED_FILE);
	assert_int_equal(await_once(&ring, 1), 1);
	assert_int_equal(await_once(&ring, 0), 1);
	assert_int_equal(byte, 'f');
	assert_int_equal(query().objects, objects + 1);
	assert_int_equal(io_uring_unregister_files(&ring.uring), 0);
	ring_exit(&ring);
	eventually(query().objects == objects);
}

static void who_must_not_wait_does_not(void **state)
{
	int fd = queue_new(1, 8);
	struct iovec vector;
	struct ring ring;
	char byte = 'n';

	(void)state;
	vector = (struct iovec) { &byte, 1 };
	ring_init(&ring);
	/* The call may say so. */
	assert_int_equal(preadv2(fd, &vector, 1, -1, RWF_NOWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(pwritev2(fd, &vector, 1, -1, RWF_NOWAIT), 1);
	assert_int_equal(pwritev2(fd, &vector, 1, -1, RWF_NOWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(preadv2(fd, &vector, 1, -1, RWF_NOWAIT), 1);

	/* Or the request. */
	struct io_uring_sqe *sqe = request(&ring);

	io_uring_prep_readv2(sqe, fd, &vector, 1, 0, RWF_NOWAIT);
	submit(&ring, sqe, 0, 0);
	assert_int_equal(await_once(&ring, 0), -EAGAIN);

	/* Not the descriptor: a request waits elsewhere, as it does for a socket. */
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	submit_read(&ring, 1, fd, &byte, 1, 0);
	submit_read(&ring, 2, fd, &byte, 1, IOSQE_ASYNC);
	assert_int_equal(completions(&ring, 1) + completions(&ring, 2), 0);
	assert_int_equal(write(fd, "1", 1), 1);
	eventually(completions(&ring, 1) + completions(&ring, 2) == 1);
	assert_int_equal(write(fd, "2", 1), 1);
	assert_int_equal(await_once(&ring, 1), 1);
	assert_int_equal(await_once(&ring, 2), 1);
	ring_exit(&ring);
	close(fd);
}

static void a_poll_completes_once(void **state)
{
	int fd = queue_new(1, 8);
	struct io_uring_sqe *sqe;
	struct ring ring;
	char byte;

	(void)state;
	ring_init(&ring);
	sqe = request(&ring);
	io_uring_prep_poll_add(sqe, fd, POLLIN);
	submit(&ring, sqe, 0, 0);
	assert_int_equal(completions(&ring, 0), 0);
	assert_ok(queue_send(fd, "x", 1, 0, 0));
	assert_int_equal(await_once(&ring, 0), POLLIN);

	sqe = request(&ring);
	io_uring_prep_poll_add(sqe, fd, POLLOUT);
	submit(&ring, sqe, 1, 0);
	assert_int_equal(completions(&ring, 1), 0);
	assert_int_equal(queue_receive(fd, &byte, 1, 0, 0), 1);
	assert_int_equal(await_once(&ring, 1), POLLOUT);
	assert_int_equal(completions(&ring, 0), 1);
	ring_exit(&ring);
	close(fd);
}

static void a_multishot_poll_completes_with_each_message(void **state)
{
	int fd = queue_new(8, 8), i;
	struct io_uring_sqe *sqe;
	struct ring ring;

	(void)state;
	ring_init(&ring);
	sqe = request(&ring);
	io_uring_prep_poll_multishot(sqe, fd, POLLIN);
	submit(&ring, sqe, 0, 0);
	for (i = 1; i <= 4; i++) {
		assert_int_equal(completions(&ring, 0), i - 1);
		/* Also while others are unread. */
		assert_ok(queue_send(fd, "x", 1, 0, 0));
		assert_int_equal(await(&ring, 0, i), POLLIN);
		assert_true(ring.flags[0] & IORING_CQE_F_MORE);
	}
	sqe = request(&ring);
	io_uring_prep_poll_remove(sqe, 0);
	submit(&ring, sqe, 1, 0);
	assert_int_equal(await_once(&ring, 1), 0);
	assert_int_equal(await(&ring, 0, 5), -ECANCELED);
	assert_ok(queue_send(fd, "x", 1, 0, 0));
	assert_int_equal(completions(&ring, 0), 5);
	ring_exit(&ring);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_read_waits_for_a_message),
		cmocka_unit_test(a_read_takes_one_message),
		cmocka_unit_test(each_of_many_reads_gets_its_message),
		cmocka_unit_test(a_write_waits_for_room),
		cmocka_unit_test(vectors_and_registered_buffers),
		cmocka_unit_test(registered_files),
		cmocka_unit_test(who_must_not_wait_does_not),
		cmocka_unit_test(a_poll_completes_once),
		cmocka_unit_test(a_multishot_poll_completes_with_each_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
