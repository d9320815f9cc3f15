// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libipcq on a model of the module: the connection and queues.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "with_queues.h"

static void connecting(void **state)
{
	static const int errors[] = { ENOENT, ENXIO, EACCES, EMFILE };
	struct ipcq *other = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		fake->absent = errors[i];
		assert_int_equal(ipcq_connect(&other), -errors[i]);
		assert_null(other);
	}
	ipcq_disconnect(NULL);
}

static void limits(void **state)
{
	struct ipcq_limits limits = { 0 };

	(void)state;
	assert_int_equal(ipcq_limits(ipcq, &limits), 0);
	assert_int_equal(limits.features, 15);
	assert_int_equal(limits.max_message_size, FAKE_MAX_MESSAGE_SIZE);
	assert_int_equal(limits.objects, 1);
	assert_int_equal(limits.objects_limit, 2);
	assert_int_equal(limits.message_bytes, 3);
	assert_int_equal(limits.message_bytes_limit, 4096);
	assert_int_equal(limits.region_bytes, 5);
	assert_int_equal(limits.region_bytes_limit, 6);
	assert_int_equal(limits.owners, 7);
	assert_int_equal(limits.owners_limit, 8);
	assert_int_equal(limits.namespace_objects, 9);
	assert_int_equal(limits.namespace_objects_limit, IPCQ_NO_LIMIT);
	assert_int_equal(limits.files, 11);
	assert_int_equal(limits.files_limit, 12);
}

static void deadlines(void **state)
{
	uint64_t now = ipcq_deadline(0);

	(void)state;
	assert_true(now > 0);
	assert_in_range(ipcq_deadline(-5000000000), now, now + 1000000000);
	assert_in_range(ipcq_deadline(5000000000), now + 5000000000,
			now + 6000000000);
}

static void errors_have_texts(void **state)
{
	(void)state;
	assert_string_equal(ipcq_strerror(0), "success");
	assert_string_equal(ipcq_strerror(-ETIMEDOUT), "timed out");
	assert_string_equal(ipcq_strerror(-EXDEV), "unknown error");
	assert_string_equal(ipcq_strerror(ETIMEDOUT), "unknown error");
}

static void opening_a_queue(void **state)
{
	const struct ipcq_queue_options other = { .max_messages = 9 };
	struct ipcq_queue *queue, *again = NULL;

	(void)state;
	queue = new_queue("q", 3);
	assert_int_equal(fake_find("q")->mode, 0600);
	assert_int_equal(ipcq_queue_open(ipcq, "q", RW, NULL, &again), 0);
	ipcq_queue_close(again);
	again = NULL;
	assert_int_equal(ipcq_queue_open(ipcq, "q", RW, &other, &again), -EBADR);
	assert_int_equal(ipcq_queue_open(ipcq, "q", RW | IPCQ_CREATE | IPCQ_EXCLUSIVE,
					 NULL, &again), -EEXIST);
	assert_int_equal(ipcq_queue_open(ipcq, "none", RW, NULL, &again), -ENOENT);
	assert_null(again);
	ipcq_queue_close(queue);
	ipcq_queue_close(NULL);
}

static void opening_what_must_be_mine(void **state)
{
	struct ipcq_queue_options mine = { .owner = getuid() };
	struct ipcq_queue *queue, *again = NULL;
	const unsigned int flags = RW | IPCQ_CREATE | IPCQ_CHECK_OWNER;

	(void)state;
	assert_int_equal(ipcq_queue_open(ipcq, "q", flags, &mine, &queue), 1);
	assert_int_equal(ipcq_queue_open(ipcq, "q", flags, &mine, &again), 0);
	ipcq_queue_close(again);
	mine.owner++;
	assert_int_equal(ipcq_queue_open(ipcq, "q", flags, &mine, &again),
			 -EKEYREJECTED);
	assert_int_equal(ipcq_queue_open(ipcq, "new", flags, &mine, &again),
			 -EKEYREJECTED);
	assert_null(fake_find("new"));
	/* Without the flag nobody asks. */
	assert_int_equal(ipcq_queue_open(ipcq, "q", RW, &mine, &again), 0);
	ipcq_queue_close(again);
	ipcq_queue_close(queue);
}

static void a_temporary_queue_ends_with_its_handle(void **state)
{
	struct ipcq_queue *queue, *other;

	(void)state;
	assert_int_equal(ipcq_queue_open(ipcq, "t", RW | IPCQ_CREATE | IPCQ_TEMPORARY,
					 NULL, &queue), 1);
	assert_int_equal(ipcq_queue_open(ipcq, "t", RW, NULL, &other), 0);
	ipcq_queue_close(queue);
	assert_null(fake_find("t"));
	assert_int_equal(ipcq_queue_send(other, "m", 1), 0);
	ipcq_queue_close(other);
}

static void changing_a_queue(void **state)
{
	const struct ipcq_queue_options more = { .max_messages = 5, .max_bytes = 1 << 21 };
	const struct ipcq_queue_options wrong[] = {
		{ .mode = 0600 }, { .order = IPCQ_PRIORITY }, { .owner = 1 },
		{ .max_messages = UINT32_MAX }, { .max_bytes = 1 },
	};
	struct ipcq_queue *queue = new_queue("q", 3);
	struct ipcq_queue_info info;
	size_t i;

	(void)state;
	assert_int_equal(ipcq_queue_set(queue, &more), 0);
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(ipcq_queue_set(queue, &wrong[i]), -EINVAL);
	assert_int_equal(ipcq_queue_info(queue, NULL, &info), 0);
	assert_int_equal(info.max_messages, 5);
	assert_int_equal(info.max_bytes, 1 << 21);
	assert_int_equal(info.max_message_size, 1000);
	fake_find("q")->uid++;
	assert_int_equal(ipcq_queue_set(queue, &more), -EPERM);
	ipcq_queue_close(queue);
}

static void wrong_opens(void **state)
{
	struct ipcq_queue *queue = NULL;
	char name[300];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[256] = '\0';
	assert_int_equal(ipcq_queue_open(ipcq, name, RW | IPCQ_CREATE, NULL,
					 &queue), -ENAMETOOLONG);
	assert_int_equal(ipcq_queue_open(ipcq, "", RW | IPCQ_CREATE, NULL,
					 &queue), -EINVAL);
	assert_int_equal(ipcq_queue_open(ipcq, "q", RW | 1 << 8, NULL, &queue),
			 -EINVAL);
	assert_int_equal(ipcq_queue_open(ipcq, "q", RW | IPCQ_CREATE |
					 IPCQ_PERSISTENT | IPCQ_TEMPORARY,
					 NULL, &queue), -EINVAL);
	assert_int_equal(ipcq_queue_open(ipcq, "q", 0, NULL, &queue), -EINVAL);
	assert_int_equal(ipcq_queue_open(ipcq, NULL, RW, NULL, &queue), -EINVAL);
	assert_null(queue);
	name[255] = '\0';
	assert_int_equal(ipcq_queue_open(ipcq, name, RW | IPCQ_CREATE, NULL,
					 &queue), 1);
	ipcq_queue_close(queue);
}

static void unlinking(void **state)
{
	(void)state;
	ipcq_queue_close(new_queue("q", 3));
	assert_int_equal(ipcq_unlink(ipcq, "q", IPCQ_REGION), -EPROTOTYPE);
	assert_int_equal(ipcq_unlink(ipcq, "q", IPCQ_QUEUE), 0);
	assert_int_equal(ipcq_unlink(ipcq, "q", IPCQ_ANY), -ENOENT);
	assert_int_equal(ipcq_unlink(ipcq, "", IPCQ_ANY), -EINVAL);
	assert_int_equal(ipcq_unlink(ipcq, NULL, IPCQ_ANY), -EINVAL);
}

static void messages(void **state)
{
	struct ipcq_queue *queue = new_queue(NULL, 3);
	struct ipcq_message_info info;
	char buffer[10] = "";
	uint64_t sequence = 0;

	(void)state;
	assert_int_equal(ipcq_queue_send(queue, "a\0b", 3), 0);
	/* What is not asked for is not paid for. */
	assert_int_equal(fake->last_size, IPCQ_QUEUE_SEND_MIN);
	assert_int_equal(ipcq_queue_send_until(queue, NULL, 0, 0, 0, &sequence), 0);
	assert_int_equal(sequence, 2);
	assert_int_equal(ipcq_queue_next_size(queue), 3);
	assert_int_equal(ipcq_queue_receive(queue, buffer, 2), -EMSGSIZE);
	assert_int_equal(fake->last_size, IPCQ_QUEUE_RECEIVE_MIN);
	assert_int_equal(ipcq_queue_receive(queue, buffer, sizeof(buffer)), 3);
	assert_memory_equal(buffer, "a\0b", 3);
	assert_int_equal(ipcq_queue_receive_until(queue, NULL, 0, 0, 0, &info), 0);
	assert_int_equal(info.sequence, 2);
	assert_int_equal(info.priority, 0);
	assert_int_equal(ipcq_queue_next_size(queue), 0);
	ipcq_queue_close(queue);
}

static void batches(void **state)
{
	struct ipcq_queue *queue = new_queue(NULL, 3);
	struct ipcq_send_options options[4] = { { .type = 1 } };
	struct ipcq_message_info infos[4];
	char buffers[4][8] = { "one", "two", "three", "four" };
	struct iovec messages[4];
	uint64_t sequences[4] = { 0 };
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++)
		messages[i] = (struct iovec) { buffers[i], 6 };
	assert_int_equal(ipcq_queue_send_many(queue, messages, NULL, 0, 0, 0, NULL),
			 -EINVAL);
	assert_int_equal(ipcq_queue_send_many(queue, messages, NULL, 1025, 0, 0,
					      NULL), -EINVAL);
	assert_int_equal(ipcq_queue_send_many(queue, messages, NULL, 1,
					      IPCQ_TRUNCATE, 0, NULL), -EINVAL);
	assert_int_equal(ipcq_queue_send_many(queue, messages, NULL, 2, 0, 0, NULL),
			 2);
	assert_int_equal(ipcq_queue_send_many(queue, messages + 2, options, 2,
					      IPCQ_DONTWAIT, 0, sequences), 1);
	assert_int_equal(sequences[0], 3);
	assert_int_equal(sequences[1], 0);
	assert_int_equal(ipcq_queue_send_many(queue, messages + 3, NULL, 1,
					      IPCQ_DONTWAIT, 0, sequences), -EAGAIN);

	memset(buffers, 0, sizeof(buffers));
	for (i = 0; i < 4; i++)
		messages[i].iov_len = sizeof(buffers[i]);
	assert_int_equal(ipcq_queue_receive_many(queue, messages, NULL, 0, 0, 0),
			 -EINVAL);
	assert_int_equal(ipcq_queue_receive_many(queue, messages, NULL, 1025, 0, 0),
			 -EINVAL);
	assert_int_equal(ipcq_queue_receive_many(queue, messages, NULL, 1, 8, 0),
			 -EINVAL);
	assert_int_equal(ipcq_queue_receive_many(queue, messages, NULL, 1, 0, 0), 1);
	assert_int_equal(ipcq_queue_receive_many(queue, messages + 1, infos, 3, 0,
						 0), 2);
	assert_int_equal(infos[0].sequence, 2);
	assert_int_equal(infos[1].sequence, 3);
	for (i = 0; i < 3; i++)
		assert_int_equal(messages[i].iov_len, 6);
	assert_int_equal(messages[3].iov_len, sizeof(buffers[3]));
	assert_string_equal(buffers[0], "one");
	assert_string_equal(buffers[2], "three");
	assert_int_equal(ipcq_queue_receive_many(queue, messages, infos, 3,
						 IPCQ_DONTWAIT, 0), -EAGAIN);
	ipcq_queue_close(queue);
}

static void priorities(void **state)
{
	const struct ipcq_queue_options options = { .order = IPCQ_PRIORITY };
	struct ipcq_message_info info;
	struct ipcq_queue_info queue_info;
	struct ipcq_queue *queue;
	char byte;

	(void)state;
	assert_int_equal(ipcq_queue_open(ipcq, NULL, IPCQ_READ | IPCQ_WRITE |
					 IPCQ_CREATE, &options, &queue), 1);
	assert_int_equal(ipcq_queue_info(queue, NULL, &queue_info), 0);
	assert_int_equal(queue_info.order, IPCQ_PRIORITY);
	assert_int_equal(ipcq_queue_send(queue, "a", 1), 0);
	assert_int_equal(ipcq_queue_send_priority(queue, "b", 1, 7, 0, 0, NULL), 0);
	assert_int_equal(fake->last_size, offsetof(struct ipcq_queue_send, sequence));
	assert_int_equal(ipcq_queue_receive_until(queue, &byte, 1, 0, 0, &info), 1);
	assert_int_equal(byte, 'b');
	assert_int_equal(info.sequence, 2);
	assert_int_equal(info.priority, 7);
	assert_int_equal(ipcq_queue_send_priority(queue, "b", 1,
						  IPCQ_HIGHEST_PRIORITY + 1, 0, 0,
						  NULL), -EINVAL);
	ipcq_queue_close(queue);

	queue = new_queue(NULL, 1);
	assert_int_equal(ipcq_queue_send_priority(queue, "b", 1, 1, 0, 0, NULL),
			 -EINVAL);
	ipcq_queue_close(queue);
}

static void failing_messages(void **state)
{
	struct ipcq_queue *queue = new_queue(NULL, 1);
	struct ipcq_message_info info = { .sequence = 77 };
	uint64_t sequence = 77;
	char buffer[2000];

	(void)state;
	assert_int_equal(ipcq_queue_receive_until(queue, buffer, 1, IPCQ_DONTWAIT,
						  0, &info), -EAGAIN);
	assert_int_equal(ipcq_queue_receive_until(queue, buffer, 1, 0,
						  ipcq_deadline(1000000), NULL),
			 -ETIMEDOUT);
	assert_int_equal(ipcq_queue_receive_until(queue, buffer, 1, 2, 0, NULL),
			 -EINVAL);
	assert_int_equal(ipcq_queue_send(queue, buffer, 1001), -EMSGSIZE);
	assert_int_equal(ipcq_queue_send_until(queue, buffer, 1, 2, 0, NULL), -EINVAL);
	assert_int_equal(ipcq_queue_send(queue, "x", 1), 0);
	assert_int_equal(ipcq_queue_send_until(queue, "y", 1, IPCQ_DONTWAIT, 0,
					       &sequence), -EAGAIN);
	assert_int_equal(ipcq_queue_send_until(queue, "y", 1, 0,
					       ipcq_deadline(1000000), NULL),
			 -ETIMEDOUT);
	fake->fail_call = IPCQ_IOC_QUEUE_RECEIVE;
	fake->fail_error = EINTR;
	assert_int_equal(ipcq_queue_receive(queue, buffer, 10), -EINTR);
	/* A call that fails leaves its outputs alone. */
	assert_int_equal(sequence, 77);
	assert_int_equal(info.sequence, 77);
	ipcq_queue_close(queue);
}

static void access_of_handles(void **state)
{
	struct ipcq_queue *writer, *reader;
	char buffer[1];

	(void)state;
	ipcq_queue_close(new_queue("q", 3));
	assert_int_equal(ipcq_queue_open(ipcq, "q", IPCQ_WRITE, NULL, &writer), 0);
	assert_int_equal(ipcq_queue_open(ipcq, "q", IPCQ_READ | IPCQ_NONBLOCK, NULL,
					 &reader), 0);
	assert_int_equal(ipcq_queue_receive(writer, buffer, 1), -EBADF);
	assert_int_equal(ipcq_queue_next_size(writer), -EBADF);
	assert_int_equal(ipcq_queue_send(reader, "x", 1), -EBADF);
	assert_int_equal(ipcq_queue_receive(reader, buffer, 1), -EAGAIN);
	ipcq_queue_close(writer);
	ipcq_queue_close(reader);
}

static void queues_from_descriptors(void **state)
{
	struct ipcq_queue *queue = new_queue(NULL, 3), *other = NULL;
	char buffer[1];
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(ipcq_queue_from_fd(fd[0], &other), -ENOTTY);
	assert_int_equal(ipcq_queue_from_fd(-1, &other), -EBADF);
	assert_null(other);
	close(fd[0]);
	close(fd[1]);
	assert_int_equal(ipcq_queue_from_fd(fake_dup(ipcq_queue_fd(queue)),
					    &other), 0);
	assert_int_equal(ipcq_queue_send(queue, "x", 1), 0);
	ipcq_queue_close(queue);
	assert_int_equal(ipcq_queue_receive(other, buffer, 1), 1);
	ipcq_queue_close(other);
}

static void queue_info(void **state)
{
	struct ipcq_queue *queue = new_queue(NULL, 3);
	struct ipcq_queue_info info;
	uint64_t id = 0;

	(void)state;
	assert_int_equal(ipcq_queue_send(queue, "abc", 3), 0);
	assert_int_equal(ipcq_queue_info(queue, &id, &info), 0);
	assert_true(id > 0);
	assert_int_equal(info.max_messages, 3);
	assert_int_equal(info.max_message_size, 1000);
	assert_int_equal(info.max_bytes, 3000);
	assert_int_equal(info.messages, 1);
	assert_int_equal(info.bytes, 3);
	assert_int_equal(info.sent, 1);
	assert_int_equal(info.received, 0);
	ipcq_queue_close(queue);
}

#define TEST(function)	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(connecting), TEST(limits), TEST(deadlines),
		TEST(errors_have_texts), TEST(opening_a_queue), TEST(opening_what_must_be_mine),
		TEST(a_temporary_queue_ends_with_its_handle), TEST(changing_a_queue),
		TEST(wrong_opens),
		TEST(unlinking), TEST(messages), TEST(batches), TEST(priorities),
		TEST(failing_messages),
		TEST(access_of_handles), TEST(queues_from_descriptors),
		TEST(queue_info),
	};

	return cmocka_run_group_tests_name("library", tests, NULL, NULL);
}
