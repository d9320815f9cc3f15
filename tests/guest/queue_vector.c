// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Payloads in pieces, and messages cut to the buffer.
 */
#include "common.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LONGEST	65536

static char payload[LONGEST], buffer[LONGEST];

static int sendv(int fd, const struct ipcq_vector *pieces, uint64_t count)
{
	struct ipcq_queue_send args = {
		.size = sizeof(args),
		.flags = IPCQ_SEND_F_VECTOR | IPCQ_SEND_F_NONBLOCK,
		.payload = (uintptr_t)pieces,
		.length = count,
	};

	return (int)call(fd, IPCQ_IOC_QUEUE_SEND, &args);
}

static int receivev(int fd, const struct ipcq_vector *pieces, uint64_t count,
		    uint32_t flags)
{
	struct ipcq_queue_receive args = {
		.size = IPCQ_QUEUE_RECEIVE_MIN,
		.flags = IPCQ_RECEIVE_F_VECTOR | IPCQ_RECEIVE_F_NONBLOCK | flags,
		.payload = (uintptr_t)pieces,
		.length = count,
	};

	return (int)call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args);
}

static void fill(void)
{
	size_t i;

	for (i = 0; i < LONGEST; i++)
		payload[i] = (char)(i * 13 + i / 256);
	memset(buffer, 0, sizeof(buffer));
}

/* Cuts @length bytes into at most @most pieces at random; some are empty. */
static uint64_t cut(struct ipcq_vector *pieces, char *bytes, size_t length,
		    uint64_t most)
{
	size_t done = 0, piece;
	uint64_t count = 0;

	while (count < most - 1 && done < length) {
		piece = (size_t)random() % (2 * length / most + 2);
		if (piece > length - done)
			piece = length - done;
		pieces[count++] = (struct ipcq_vector) {
			.address = piece ? (uintptr_t)bytes + done : 0,
			.length = piece,
		};
		done += piece;
	}
	pieces[count++] = (struct ipcq_vector) {
		.address = (uintptr_t)bytes + done, .length = length - done,
	};
	return count;
}

static void pieces_make_one_message(void **state)
{
	static const size_t lengths[] = { 1, 8, 191, 192, 193, 4096, LONGEST };
	static struct ipcq_vector pieces[IPCQ_VECTOR_MAX];
	static const uint64_t most[] = { 1, 2, 8, 9, 64, IPCQ_VECTOR_MAX };
	int fd = queue_new(2, LONGEST);
	uint64_t count;
	size_t i, k;

	(void)state;
	srandom(1);
	fill();
	for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++)
		for (k = 0; k < sizeof(most) / sizeof(*most); k++) {
			count = cut(pieces, payload, lengths[i], most[k]);
			assert_ok(sendv(fd, pieces, count));
			memset(buffer, 0, lengths[i]);
			count = cut(pieces, buffer, lengths[i], most[k]);
			assert_int_equal(receivev(fd, pieces, count, 0),
					 lengths[i]);
			assert_memory_equal(buffer, payload, lengths[i]);
		}
	/* No piece at all, and pieces of nothing. */
	assert_ok(sendv(fd, NULL, 0));
	assert_int_equal(receivev(fd, NULL, 0, 0), 0);
	memset(pieces, 0, sizeof(pieces));
	assert_ok(sendv(fd, pieces, IPCQ_VECTOR_MAX));
	assert_int_equal(receivev(fd, pieces, IPCQ_VECTOR_MAX, 0), 0);
	close(fd);
}

static void wrong_pieces_are_refused(void **state)
{
	struct ipcq_vector *pieces = calloc(IPCQ_VECTOR_MAX + 1, sizeof(*pieces));
	int fd = queue_new(2, 64);

	(void)state;
	assert_error(sendv(fd, pieces, IPCQ_VECTOR_MAX + 1), EINVAL);
	assert_error(sendv(fd, pieces, UINT64_MAX), EINVAL);
	assert_error(sendv(fd, NULL, 1), EFAULT);
	assert_error(sendv(fd, (void *)-4096UL, 9), EFAULT);
	/* Together longer than a message, than any call takes, than 64 bits. */
	pieces[0] = (struct ipcq_vector) { (uintptr_t)payload, 40 };
	pieces[1] = (struct ipcq_vector) { (uintptr_t)payload, 25 };
	assert_error(sendv(fd, pieces, 2), EMSGSIZE);
	pieces[1].length = 1ULL << 40;
	assert_error(sendv(fd, pieces, 2), EINVAL);
	pieces[1].length = UINT64_MAX - 39;
	assert_error(sendv(fd, pieces, 2), EINVAL);
	/* One of them is not there. */
	pieces[1] = (struct ipcq_vector) { 4096, 8 };
	assert_error(sendv(fd, pieces, 2), EFAULT);
	pieces[1] = (struct ipcq_vector) { -4096ULL, 8 };
	assert_error(sendv(fd, pieces, 2), EFAULT);
	assert_int_equal(queue_stat(fd).sent, 0);

	/* What cannot be copied out stays. */
	assert_ok(queue_send(fd, payload, 48, 0, 0));
	assert_error(receivev(fd, pieces, 2, 0), EFAULT);
	assert_error(receivev(fd, pieces, 1, 0), EMSGSIZE);
	assert_error(receivev(fd, pieces, IPCQ_VECTOR_MAX + 1, 0), EINVAL);
	assert_int_equal(queue_stat(fd).messages, 1);
	pieces[1] = (struct ipcq_vector) { (uintptr_t)buffer, 8 };
	assert_int_equal(receivev(fd, pieces, 2, 0), 48);
	free(pieces);
	close(fd);
}

static int receive_cut(int fd, size_t size)
{
	struct ipcq_queue_receive args = {
		.size = sizeof(args),
		.flags = IPCQ_RECEIVE_F_TRUNCATE | IPCQ_RECEIVE_F_NONBLOCK,
		.payload = size ? (uintptr_t)buffer : 0,
		.length = size,
	};

	return (int)call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args);
}

static void a_long_message_can_be_cut(void **state)
{
	static const size_t lengths[] = { 16, 192, 193, LONGEST };
	struct ipcq_vector pieces[2];
	int fd = queue_new(4, LONGEST);
	size_t i, half;

	(void)state;
	fill();
	for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		half = lengths[i] / 2;
		memset(buffer, 0x55, sizeof(buffer));
		assert_ok(queue_send(fd, payload, lengths[i], 0, 0));
		assert_int_equal(receive_cut(fd, half), lengths[i]);
		assert_memory_equal(buffer, payload, half);
		assert_int_equal(buffer[half], 0x55);

		assert_ok(queue_send(fd, payload, lengths[i], 0, 0));
		assert_int_equal(receive_cut(fd, 0), lengths[i]);
		assert_ok(queue_send(fd, payload, half, 0, 0));
		assert_int_equal(receive_cut(fd, LONGEST), half);

		memset(buffer, 0x55, sizeof(buffer));
		pieces[0] = (struct ipcq_vector) { (uintptr_t)buffer, 3 };
		pieces[1] = (struct ipcq_vector) { (uintptr_t)buffer + 3, half - 3 };
		assert_ok(queue_send(fd, payload, lengths[i], 0, 0));
		assert_int_equal(receivev(fd, pieces, 2, IPCQ_RECEIVE_F_TRUNCATE),
				 lengths[i]);
		assert_memory_equal(buffer, payload, half);
		assert_int_equal(buffer[half], 0x55);
	}
	assert_int_equal(queue_stat(fd).messages, 0);
	close(fd);
}

static int receive_waiting(void *context)
{
	struct ipcq_queue_receive args = {
		.size = sizeof(args),
		.flags = IPCQ_RECEIVE_F_TRUNCATE,
		.payload = (uintptr_t)buffer,
		.length = 4,
	};

	return call(*(int *)context, IPCQ_IOC_QUEUE_RECEIVE, &args) == 100 &&
	       !memcmp(buffer, payload, 4) ? 0 : 1;
}

static void one_that_waited_is_cut_too(void **state)
{
	int fd = queue_new(4, 256);
	pid_t pid;

	(void)state;
	fill();
	pid = spawn(receive_waiting, &fd);
	eventually(queue_stat(fd).waiting_receivers == 1);
	assert_ok(queue_send(fd, payload, 100, 0, 0));
	assert_int_equal(reap(pid), 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_make_one_message),
		cmocka_unit_test(wrong_pieces_are_refused),
		cmocka_unit_test(a_long_message_can_be_cut),
		cmocka_unit_test(one_that_waited_is_cut_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
