// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Peeking and draining through the library.
 */
#include "common.h"

#include <string.h>
#include <sys/uio.h>

#include "ipcq.h"

static struct ipcq *ipcq;

static int connect_library(void **state)
{
	(void)state;
	return ipcq_connect(&ipcq);
}

static int disconnect_library(void **state)
{
	(void)state;
	ipcq_disconnect(ipcq);
	return 0;
}

/* The letters of @text, each of the type of its place and of the priority 9 minus that. */
static struct ipcq_queue *queue_of(const char *text)
{
	const struct ipcq_queue_options options = { .order = IPCQ_PRIORITY };
	struct ipcq_queue *queue;
	uint64_t i;

	assert_ok(ipcq_queue_open(ipcq, NULL, IPCQ_READ | IPCQ_WRITE | IPCQ_CREATE,
				  &options, &queue));
	for (i = 0; text[i]; i++) {
		const struct ipcq_send_options sent = { .type = i, .priority = 9 - i };
		const struct iovec piece = { (char *)text + i, 1 };

		assert_ok(ipcq_queue_sendv(queue, &piece, 1, &sent, 0, 0, NULL));
	}
	return queue;
}

static void a_loop_shows_all(void **state)
{
	struct ipcq_queue *queue = queue_of("abcdef");
	const struct ipcq_filter range = {
		.match = IPCQ_TYPE_RANGE, .type_first = 1, .type_last = 4,
	};
	const struct ipcq_receive_options options = { .filter = &range };
	struct ipcq_message_info info = { .sequence = 0 };
	char bytes[8] = "", byte;
	const struct iovec piece = { &byte, 1 };
	ssize_t ret;

	(void)state;
	while ((ret = ipcq_queue_peek(queue, &piece, 1, &options, IPCQ_DONTWAIT,
				      IPCQ_NO_DEADLINE, &info)) == 1) {
		bytes[strlen(bytes)] = byte;
		assert_int_equal(info.type, info.sequence - 1);
		assert_int_equal(info.token, 0);
	}
	assert_error(ret, EAGAIN);
	assert_string_equal(bytes, "bcde");
	/* Where nobody says where, it is the first. */
	assert_int_equal(ipcq_queue_peek(queue, &piece, 1, NULL, 0,
					 IPCQ_NO_DEADLINE, NULL), 1);
	assert_int_equal(byte, 'a');
	assert_error(ipcq_queue_peek(queue, &piece, 1, NULL, 1 << 10,
				     IPCQ_NO_DEADLINE, NULL), EINVAL);
	ipcq_queue_close(queue);
}

static void parts_and_pieces(void **state)
{
	struct ipcq_queue *queue = queue_of("");
	struct ipcq_receive_options options = { .offset = 3 };
	char first[3] = "--", second[4] = "---";
	const struct iovec pieces[] = { { first, 2 }, { second, 3 } };
	struct ipcq_message_info info = { .sequence = 0 }, before = info;

	(void)state;
	assert_ok(ipcq_queue_send(queue, "0123456789", 10));
	assert_error(ipcq_queue_peek(queue, pieces, 2, &options, 0, 0, &info),
		     EMSGSIZE);
	assert_int_equal(info.sequence, 0);
	assert_int_equal(ipcq_queue_peek(queue, pieces, 2, &options, IPCQ_TRUNCATE,
					 0, &info), 10);
	assert_string_equal(first, "34");
	assert_string_equal(second, "567");
	assert_int_equal(info.sequence, 1);
	options.offset = 8;
	assert_int_equal(ipcq_queue_peek(queue, pieces, 2, &options, 0, 0, &before),
			 10);
	assert_string_equal(first, "89");
	/* It is of no use to who receives. */
	assert_error(ipcq_queue_receivev(queue, pieces, 2, &options, 0, 0, NULL),
		     EINVAL);
	assert_error(ipcq_queue_peek(queue, pieces, 2, NULL, 0, ipcq_deadline(MS),
				     &info), ETIMEDOUT);
	ipcq_queue_close(queue);
}

static void draining(void **state)
{
	struct ipcq_queue *queue = queue_of("abcdef");
	const struct ipcq_filter least = { .least_priority = 8 };
	const struct ipcq_filter equal = {
		.match = IPCQ_TYPE_EQUAL, .type_first = 5,
	};
	const struct ipcq_filter wrong = { .type_last = 1 };
	uint64_t messages = 77, bytes = 77;
	char byte;

	(void)state;
	assert_error(ipcq_queue_drain(queue, &wrong, 0, &messages, &bytes), EINVAL);
	assert_int_equal(messages, 77);
	assert_ok(ipcq_queue_drain(queue, &least, 0, &messages, &bytes));
	assert_int_equal(messages, 2);
	assert_int_equal(bytes, 2);
	assert_ok(ipcq_queue_drain(queue, &equal, 0, NULL, NULL));
	assert_ok(ipcq_queue_drain(queue, NULL, 2, &messages, NULL));
	assert_int_equal(messages, 2);
	assert_int_equal(ipcq_queue_receive(queue, &byte, 1), 1);
	assert_int_equal(byte, 'e');
	assert_ok(ipcq_queue_drain(queue, NULL, 0, &messages, &bytes));
	assert_int_equal(messages, 0);
	assert_int_equal(bytes, 0);
	ipcq_queue_close(queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_loop_shows_all),
		cmocka_unit_test(parts_and_pieces),
		cmocka_unit_test(draining),
	};

	return cmocka_run_group_tests(tests, connect_library, disconnect_library);
}
