// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A queue as one process sees it: order, lengths, bounds, deadlines.
 */
#include "common.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#define NONBLOCK_SEND		IPCQ_SEND_F_NONBLOCK
#define NONBLOCK_RECEIVE	IPCQ_RECEIVE_F_NONBLOCK

static void first_in_first_out(void **state)
{
	int fd = queue_new(16, 64);
	char in_[8], out[64];
	int i;

	(void)state;
	for (i = 0; i < 16; i++) {
		snprintf(in_, sizeof(in_), "m%d", i);
		assert_ok(queue_send(fd, in_, strlen(in_) + 1, 0, 0));
	}
	for (i = 0; i < 16; i++) {
		snprintf(in_, sizeof(in_), "m%d", i);
		assert_int_equal(queue_receive(fd, out, sizeof(out), 0, 0),
				 strlen(in_) + 1);
		assert_string_equal(out, in_);
	}
	close(fd);
}

static void every_length_survives(void **state)
{
	static const size_t lengths[] = {
		0, 1, 7, 191, 192, 193, 255, 256, 257, 4095, 4096, 4097, 65536,
		65537, 1048575, 1048576,
	};
	unsigned char *in_ = malloc(1 << 20), *out = malloc(1 << 20);
	int fd = queue_new(2, 0);
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		for (k = 0; k < lengths[i]; k++)
			in_[k] = k * 7 + k / 251 + i;
		memset(out, 0xee, 1 << 20);
		assert_ok(queue_send(fd, in_, lengths[i], 0, 0));
		assert_int_equal(queue_receive(fd, out, 1 << 20, 0, 0),
				 lengths[i]);
		assert_memory_equal(in_, out, lengths[i]);
	}
	free(in_);
	free(out);
	close(fd);
}

static void sequence_numbers_count_from_one(void **state)
{
	int fd = queue_new(4, 64);
	struct ipcq_queue_send send = { .size = sizeof(send) };
	struct ipcq_queue_receive receive = { .size = sizeof(receive) };
	unsigned int i;

	(void)state;
	for (i = 1; i <= 4; i++) {
		assert_ok(call(fd, IPCQ_IOC_QUEUE_SEND, &send));
		assert_int_equal(send.sequence, i);
	}
	for (i = 1; i <= 4; i++) {
		assert_int_equal(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &receive), 0);
		assert_int_equal(receive.sequence, i);
	}
	close(fd);
}

static void a_full_queue_refuses(void **state)
{
	int fd = queue_new(2, 64);
	uint64_t start;

	(void)state;
	assert_ok(queue_send(fd, "a", 1, 0, 0));
	assert_ok(queue_send(fd, "b", 1, 0, 0));
	assert_error(queue_send(fd, "c", 1, NONBLOCK_SEND, 0), EAGAIN);
	start = in(0);
	assert_error(queue_send(fd, "c", 1, 0, in(20 * MS)), ETIMEDOUT);
	assert_true(in(0) - start >= 20 * MS);
	assert_error(queue_send(fd, "c", 1, 0, 1), ETIMEDOUT);
	assert_int_equal(queue_stat(fd).messages, 2);
	assert_int_equal(queue_stat(fd).sent, 2);
	close(fd);
}

static void an_empty_queue_refuses(void **state)
{
	int fd = queue_new(2, 64);
	char byte;

	(void)state;
	assert_error(queue_receive(fd, &byte, 1, NONBLOCK_RECEIVE, 0), EAGAIN);
	assert_error(queue_receive(fd, &byte, 1, 0, in(20 * MS)), ETIMEDOUT);
	assert_error(queue_receive(fd, &byte, 1, 0, 1), ETIMEDOUT);
	/* A deadline that has passed does not matter when there is no wait. */
	assert_ok(queue_send(fd, "x", 1, 0, 1));
	assert_int_equal(queue_receive(fd, &byte, 1, 0, 1), 1);
	close(fd);
}

static void bytes_are_bounded(void **state)
{
	struct ipcq_queue_open args = queue_args(NULL, RW | CREATE);
	char payload[100] = { 0 };
	int fd;

	(void)state;
	args.max_messages = 10;
	args.max_message_size = 100;
	args.max_bytes = 150;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	fd = args.open.fd;
	assert_ok(queue_send(fd, payload, 100, NONBLOCK_SEND, 0));
	assert_error(queue_send(fd, payload, 51, NONBLOCK_SEND, 0), EAGAIN);
	assert_ok(queue_send(fd, payload, 50, NONBLOCK_SEND, 0));
	assert_ok(queue_send(fd, payload, 0, NONBLOCK_SEND, 0));
	assert_error(queue_send(fd, payload, 1, NONBLOCK_SEND, 0), EAGAIN);
	assert_int_equal(queue_stat(fd).bytes, 150);
	close(fd);
}

static void too_long_is_refused(void **state)
{
	int fd = queue_new(2, 64);
	char payload[65] = { 0 }, out[64];
	struct ipcq_queue_receive receive = {
		.size = sizeof(receive),
		.payload = (uintptr_t)out,
		.length = 9,
	};

	(void)state;
	assert_error(queue_send(fd, payload, 65, 0, 0), EMSGSIZE);
	assert_error(queue_send(fd, payload, SIZE_MAX, 0, 0), EMSGSIZE);
	assert_ok(queue_send(fd, payload, 10, 0, 0));
	assert_error(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &receive), EMSGSIZE);
	assert_int_equal(receive.length, 10);
	assert_int_equal(queue_receive(fd, out, 10, 0, 0), 10);
	close(fd);
}

static void read_and_write_carry_messages(void **state)
{
	int fd = queue_new(4, 64);
	char out[64];
	struct iovec parts[2] = { { "ab", 2 }, { "cde", 3 } };
	struct iovec into[2] = { { out, 1 }, { out + 1, 60 } };

	(void)state;
	assert_int_equal(write(fd, "hello", 5), 5);
	assert_int_equal(write(fd, "", 0), 0);
	assert_int_equal(writev(fd, parts, 2), 5);

	assert_int_equal(read(fd, out, 4), -1);
	assert_int_equal(errno, EMSGSIZE);
	assert_int_equal(read(fd, out, sizeof(out)), 5);
	assert_memory_equal(out, "hello", 5);
	assert_int_equal(read(fd, out, sizeof(out)), 0);
	assert_int_equal(readv(fd, into, 2), 5);
	assert_memory_equal(out, "abcde", 5);

	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(read(fd, out, sizeof(out)), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(pread(fd, out, 1, 0), -1);
	assert_int_equal(errno, ESPIPE);
	close(fd);
}

static void fionread_tells_the_next_length(void **state)
{
	int fd = queue_new(4, 64), bytes = -1;

	(void)state;
	assert_int_equal(ioctl(fd, FIONREAD, &bytes), 0);
	assert_int_equal(bytes, 0);
	assert_ok(queue_send(fd, "abc", 3, 0, 0));
	assert_ok(queue_send(fd, "a", 1, 0, 0));
	assert_int_equal(ioctl(fd, FIONREAD, &bytes), 0);
	assert_int_equal(bytes, 3);
	assert_error(call(fd, FIONREAD, NULL), EFAULT);
	close(fd);
}

static void poll_says_what_a_call_would(void **state)
{
	int fd = queue_new(2, 64);
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };
	char byte;

	(void)state;
	assert_int_equal(poll(&p, 1, 0), 1);
	assert_int_equal(p.revents, POLLOUT);
	assert_ok(queue_send(fd, "a", 1, 0, 0));
	assert_int_equal(poll(&p, 1, 0), 1);
	assert_int_equal(p.revents, POLLIN | POLLOUT);
	assert_ok(queue_send(fd, "b", 1, 0, 0));
	assert_int_equal(poll(&p, 1, 0), 1);
	assert_int_equal(p.revents, POLLIN);
	assert_int_equal(queue_receive(fd, &byte, 1, 0, 0), 1);
	assert_int_equal(poll(&p, 1, 0), 1);
	assert_int_equal(p.revents, POLLIN | POLLOUT);
	close(fd);
}

static void bad_payloads_change_nothing(void **state)
{
	int fd = queue_new(4, 4096);
	void *bad = (void *)16;
	char out[4];

	(void)state;
	assert_error(queue_send(fd, bad, 4, 0, 0), EFAULT);
	assert_error(queue_send(fd, bad, 4096, 0, 0), EFAULT);
	assert_int_equal(queue_stat(fd).sent, 0);
	assert_ok(queue_send(fd, "abcd", 4, 0, 0));
	assert_ok(queue_send(fd, "efgh", 4, 0, 0));
	assert_error(queue_receive(fd, bad, 4, 0, 0), EFAULT);
	assert_int_equal(queue_stat(fd).received, 0);
	/* Still there, and still first. */
	assert_int_equal(queue_receive(fd, out, 4, 0, 0), 4);
	assert_memory_equal(out, "abcd", 4);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_in_first_out),
		cmocka_unit_test(every_length_survives),
		cmocka_unit_test(sequence_numbers_count_from_one),
		cmocka_unit_test(a_full_queue_refuses),
		cmocka_unit_test(an_empty_queue_refuses),
		cmocka_unit_test(bytes_are_bounded),
		cmocka_unit_test(too_long_is_refused),
		cmocka_unit_test(read_and_write_carry_messages),
		cmocka_unit_test(fionread_tells_the_next_length),
		cmocka_unit_test(poll_says_what_a_call_would),
		cmocka_unit_test(bad_payloads_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
