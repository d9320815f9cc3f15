// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The calls of a queue, each field wrong one at a time.
 */
#include "common.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define QUEUE_NAME	"test/queue_fields"

static char payload[64];

static struct ipcq_queue_send send_args(void)
{
	return (struct ipcq_queue_send) {
		.size = sizeof(struct ipcq_queue_send),
		.payload = (uintptr_t)payload,
		.length = 8,
	};
}

static struct ipcq_queue_receive receive_args(void)
{
	return (struct ipcq_queue_receive) {
		.size = sizeof(struct ipcq_queue_receive),
		.payload = (uintptr_t)payload,
		.length = sizeof(payload),
	};
}

static void each_field_of_send(void **state)
{
	int fd = queue_new(4, 32);
	struct ipcq_queue_send args = send_args();

	(void)state;
	check_common(fd, IPCQ_IOC_QUEUE_SEND, &args, sizeof(args),
		     IPCQ_QUEUE_SEND_MIN);
	args.flags = IPCQ_SEND_F_ALL + 1;
	assert_error(call(fd, IPCQ_IOC_QUEUE_SEND, &args), EOPNOTSUPP);
	args = send_args();
	args.payload = 0;
	assert_error(call(fd, IPCQ_IOC_QUEUE_SEND, &args), EFAULT);
	args.payload = UINT64_MAX;
	assert_error(call(fd, IPCQ_IOC_QUEUE_SEND, &args), EFAULT);
	args = send_args();
	args.length = 33;
	assert_error(call(fd, IPCQ_IOC_QUEUE_SEND, &args), EMSGSIZE);
	args.length = UINT64_MAX;
	assert_error(call(fd, IPCQ_IOC_QUEUE_SEND, &args), EMSGSIZE);
	/* Cut to 32 bits this would be right. */
	args.length = (1ULL << 32) + 8;
	assert_error(call(fd, IPCQ_IOC_QUEUE_SEND, &args), EMSGSIZE);
	assert_int_equal(queue_stat(fd).sent, 0);

	/* Without bytes to copy there need be no address. */
	args.length = 0;
	args.payload = 0;
	args.sequence = 77;
	assert_ok(call(fd, IPCQ_IOC_QUEUE_SEND, &args));
	assert_int_equal(args.sequence, 1);
	/* No wait, so no deadline is too early or too late. */
	args.deadline = 1;
	assert_ok(call(fd, IPCQ_IOC_QUEUE_SEND, &args));
	args.deadline = UINT64_MAX;
	assert_ok(call(fd, IPCQ_IOC_QUEUE_SEND, &args));
	close(fd);
}

static void each_field_of_receive(void **state)
{
	int fd = queue_new(4, 32);
	struct ipcq_queue_receive args = receive_args();

	(void)state;
	assert_ok(queue_send(fd, "12345678", 8, 0, 0));
	check_common(fd, IPCQ_IOC_QUEUE_RECEIVE, &args, sizeof(args),
		     IPCQ_QUEUE_RECEIVE_MIN);
	args.flags = IPCQ_RECEIVE_F_ALL + 1;
	assert_error(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args), EOPNOTSUPP);
	args = receive_args();
	args.payload = 0;
	assert_error(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args), EFAULT);
	args.payload = UINT64_MAX - 7;
	assert_error(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args), EFAULT);
	args = receive_args();
	args.length = 7;
	assert_error(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args), EMSGSIZE);
	assert_int_equal(args.length, 8);
	assert_int_equal(queue_stat(fd).received, 0);
	assert_int_equal(queue_stat(fd).messages, 1);

	/* A buffer may claim to be longer than memory; only what fits is touched. */
	args.length = UINT64_MAX;
	args.deadline = UINT64_MAX;
	args.sequence = 77;
	assert_int_equal(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args), 8);
	assert_memory_equal(payload, "12345678", 8);
	assert_int_equal(args.sequence, 1);
	assert_int_equal(args.length, UINT64_MAX);
	close(fd);
}

static void each_field_of_stat(void **state)
{
	struct ipcq_queue_open open = queue_args(NULL, RW | CREATE);
	struct ipcq_queue_stat args = { .size = sizeof(args) };
	int fd;

	(void)state;
	open.max_messages = 5;
	open.max_message_size = 40;
	open.max_bytes = 150;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &open));
	fd = open.open.fd;
	check_common(fd, IPCQ_IOC_QUEUE_STAT, &args, sizeof(args),
		     IPCQ_QUEUE_STAT_MIN);
	args.flags = 1;
	assert_error(call(fd, IPCQ_IOC_QUEUE_STAT, &args), EOPNOTSUPP);

	assert_ok(queue_send(fd, payload, 10, 0, 0));
	assert_ok(queue_send(fd, payload, 20, 0, 0));
	assert_ok(queue_send(fd, payload, 30, 0, 0));
	assert_int_equal(queue_receive(fd, payload, 64, 0, 0), 10);
	memset(&args, 0xee, sizeof(args));
	args.size = sizeof(args);
	args.flags = 0;
	assert_ok(call(fd, IPCQ_IOC_QUEUE_STAT, &args));
	assert_int_equal(args.size, sizeof(args));
	assert_int_equal(args.flags, 0);
	assert_int_equal(args.id, open.open.id);
	assert_int_equal(args.max_messages, 5);
	assert_int_equal(args.max_message_size, 40);
	assert_int_equal(args.max_bytes, 150);
	assert_int_equal(args.messages, 2);
	assert_int_equal(args.bytes, 50);
	assert_int_equal(args.waiting_senders, 0);
	assert_int_equal(args.waiting_receivers, 0);
	assert_int_equal(args.order, IPCQ_ORDER_FIFO);
	assert_true(args.memory >= 60 && args.memory < 1 << 20);
	assert_int_equal(args.sent, 3);
	assert_int_equal(args.received, 1);
	close(fd);
}

static void a_short_struct_is_enough(void **state)
{
	int fd = queue_new(4, 32);
	struct ipcq_queue_send send = send_args();
	struct ipcq_queue_receive receive = receive_args();

	(void)state;
	send.size = IPCQ_QUEUE_SEND_MIN;
	send.sequence = 0xfeed;
	assert_ok(call(fd, IPCQ_IOC_QUEUE_SEND, &send));
	assert_int_equal(send.sequence, 0xfeed);
	assert_ok(call(fd, IPCQ_IOC_QUEUE_SEND,
		       copy_before_hole(&send, IPCQ_QUEUE_SEND_MIN)));

	receive.size = IPCQ_QUEUE_RECEIVE_MIN;
	receive.sequence = 0xfeed;
	assert_int_equal(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &receive), 8);
	assert_int_equal(receive.sequence, 0xfeed);
	assert_int_equal(call(fd, IPCQ_IOC_QUEUE_RECEIVE,
			      copy_before_hole(&receive, IPCQ_QUEUE_RECEIVE_MIN)),
			 8);
	assert_int_equal(queue_stat(fd).received, 2);
	close(fd);
}

/* As of a caller that was compiled with a later header. */
static void a_longer_struct_is_taken_when_zero(void **state)
{
	int fd = queue_new(4, 32);
	struct {
		struct ipcq_queue_send send;
		uint64_t unknown[9];
	} args = { .send = send_args() };

	(void)state;
	args.send.size = sizeof(args);
	assert_ok(call(fd, IPCQ_IOC_QUEUE_SEND, &args));
	assert_int_equal(args.send.sequence, 1);
	args.unknown[0] = 1ULL << 63;
	assert_error(call(fd, IPCQ_IOC_QUEUE_SEND, &args), E2BIG);
	assert_int_equal(queue_stat(fd).sent, 1);
	close(fd);
}

static void what_cannot_be_told_is_not_done(void **state)
{
	int fd = queue_new(4, 32);
	struct ipcq_queue_send send = send_args();
	struct ipcq_queue_receive receive = receive_args();
	struct ipcq_queue_stat stat = { .size = sizeof(stat) };

	(void)state;
	assert_error(call(fd, IPCQ_IOC_QUEUE_SEND,
			  read_only_copy(&send, sizeof(send))), EFAULT);
	assert_int_equal(queue_stat(fd).sent, 0);
	assert_error(call(fd, IPCQ_IOC_QUEUE_STAT,
			  read_only_copy(&stat, sizeof(stat))), EFAULT);

	/* Nothing is to be told of a short struct. */
	send.size = IPCQ_QUEUE_SEND_MIN;
	assert_ok(call(fd, IPCQ_IOC_QUEUE_SEND,
		       read_only_copy(&send, sizeof(send))));

	assert_error(call(fd, IPCQ_IOC_QUEUE_RECEIVE,
			  read_only_copy(&receive, sizeof(receive))), EFAULT);
	receive.length = 1;
	assert_error(call(fd, IPCQ_IOC_QUEUE_RECEIVE,
			  read_only_copy(&receive, sizeof(receive))), EFAULT);
	assert_int_equal(queue_stat(fd).received, 0);
	receive = receive_args();
	assert_int_equal(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &receive), 8);
	assert_int_equal(receive.sequence, 1);
	close(fd);
}

static void access_is_what_was_opened(void **state)
{
	int both = queue_open(QUEUE_NAME, RW | CREATE), bytes;
	int reader = queue_open(QUEUE_NAME, IPCQ_OPEN_F_READ);
	int writer = queue_open(QUEUE_NAME, IPCQ_OPEN_F_WRITE);

	(void)state;
	assert_true(both >= 0 && reader >= 0 && writer >= 0);
	assert_error(queue_send(reader, "x", 1, 0, 0), EBADF);
	assert_int_equal(write(reader, "x", 1), -1);
	assert_int_equal(errno, EBADF);
	assert_ok(queue_send(writer, "x", 1, 0, 0));
	assert_error(queue_receive(writer, payload, 1, 0, 0), EBADF);
	assert_int_equal(read(writer, payload, 1), -1);
	assert_int_equal(errno, EBADF);
	assert_error(call(writer, FIONREAD, &bytes), EBADF);
	assert_int_equal(queue_stat(writer).messages, 1);
	assert_int_equal(queue_stat(reader).messages, 1);
	assert_int_equal(queue_receive(reader, payload, 1, 0, 0), 1);
	close(both);
	close(reader);
	close(writer);
}

static void calls_of_others_are_not_known(void **state)
{
	static const unsigned int foreign[] = {
		IPCQ_IOC_QUERY, IPCQ_IOC_QUEUE_OPEN, IPCQ_IOC_REGION_OPEN,
		IPCQ_IOC_UNLINK, IPCQ_IOC_REGION_STAT, IPCQ_IOC_REGION_ATTACH,
		IPCQ_IOC_MUTEX_LOCK, IPCQ_IOC_EVENTCOUNT_ADVANCE, TCGETS,
		_IO(IPCQ_IOC_MAGIC, 0x5f), _IO(IPCQ_IOC_MAGIC, 0x7f),
		_IO(IPCQ_IOC_MAGIC, 0xff), _IO(IPCQ_IOC_MAGIC + 1, 0x40),
		_IOWR(IPCQ_IOC_MAGIC, 0x40, struct ipcq_queue_send), 0, ~0U,
	};
	static const unsigned int own[] = {
		IPCQ_IOC_QUEUE_SEND, IPCQ_IOC_QUEUE_RECEIVE, IPCQ_IOC_QUEUE_STAT,
		IPCQ_IOC_QUEUE_SET, IPCQ_IOC_QUEUE_SEND_MANY,
		IPCQ_IOC_QUEUE_RECEIVE_MANY, IPCQ_IOC_QUEUE_FILTER,
	};
	int queue = queue_new(4, 32), region = region_new(1, 1, 1);
	struct ipcq_queue_send args = send_args();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(foreign) / sizeof(*foreign); i++)
		assert_error(call(queue, foreign[i], &args), ENOTTY);
	for (i = 0; i < sizeof(own) / sizeof(*own); i++) {
		assert_error(call(device(), own[i], &args), ENOTTY);
		assert_error(call(region, own[i], &args), ENOTTY);
	}
	assert_int_equal(queue_stat(queue).sent, 0);
	close(queue);
	close(region);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_field_of_send),
		cmocka_unit_test(each_field_of_receive),
		cmocka_unit_test(each_field_of_stat),
		cmocka_unit_test(a_short_struct_is_enough),
		cmocka_unit_test(a_longer_struct_is_taken_when_zero),
		cmocka_unit_test(what_cannot_be_told_is_not_done),
		cmocka_unit_test(access_is_what_was_opened),
		cmocka_unit_test(calls_of_others_are_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
