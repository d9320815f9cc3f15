// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Batches with each field wrong one at a time, and with memory that ends in the
 * middle.
 */
#include "batch.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define COUNT	40		/* more than one round of the kernel's */

static uint32_t numbers[COUNT + 1];
static struct ipcq_send_entry out[COUNT + 1];
static struct ipcq_receive_entry into[COUNT + 1];

static struct ipcq_queue_batch args_of(unsigned int command)
{
	bool send = command == IPCQ_IOC_QUEUE_SEND_MANY;

	number(out, numbers, COUNT, 0);
	make_room(into, numbers, COUNT);
	return (struct ipcq_queue_batch) {
		.size = sizeof(struct ipcq_queue_batch),
		.entries = send ? (uintptr_t)out : (uintptr_t)into,
		.count = COUNT,
		.entry_size = send ? sizeof(*out) : sizeof(*into),
	};
}

/* Fails unless the call fails with @error, and has neither sent nor received. */
static void refused(int fd, unsigned int command, struct ipcq_queue_batch args,
		    int error)
{
	struct ipcq_queue_stat before = queue_stat(fd), after;

	assert_error(call(fd, command, &args), error);
	after = queue_stat(fd);
	assert_int_equal(after.sent, before.sent);
	assert_int_equal(after.received, before.received);
	assert_int_equal(after.messages, before.messages);
}

#define REFUSED(_error, ...) ({						\
	struct ipcq_queue_batch args_ = args_of(command);		\
	__VA_ARGS__;							\
	refused(fd, command, args_, (_error));				\
})

static void each_field(int fd, unsigned int command)
{
	struct ipcq_queue_batch args = args_of(command);

	check_common(fd, command, &args, sizeof(args), sizeof(args));
	REFUSED(EOPNOTSUPP, args_.flags = IPCQ_BATCH_F_ALL + 1);
	REFUSED(EINVAL, args_.count = 0);
	REFUSED(EINVAL, args_.count = IPCQ_BATCH_MAX + 1);
	REFUSED(EINVAL, args_.count = UINT32_MAX);
	REFUSED(EINVAL, args_.entry_size = 0);
	REFUSED(EINVAL, args_.entry_size = 8);
	REFUSED(EINVAL, args_.entry_size += 4);
	REFUSED(E2BIG, args_.entry_size = 1U << 20);
	REFUSED(E2BIG, args_.entry_size = -8U);
	REFUSED(EFAULT, args_.entries = 0);
	REFUSED(EFAULT, args_.entries = UINT64_MAX - 64);
	REFUSED(EFAULT, args_.entries = 1ULL << 63);
}

static void each_field_of_send_many(void **state)
{
	const unsigned int command = IPCQ_IOC_QUEUE_SEND_MANY;
	int fd = queue_new(COUNT, 64);

	(void)state;
	each_field(fd, command);
	REFUSED(EOPNOTSUPP, args_.flags = IPCQ_BATCH_F_TRUNCATE);
	REFUSED(EFAULT, out[0].payload = 0);
	REFUSED(EMSGSIZE, out[0].length = 65);
	REFUSED(EMSGSIZE, out[0].length = UINT64_MAX);
	REFUSED(EMSGSIZE, out[0].length = (1ULL << 32) + 4);
	REFUSED(EINVAL, out[0].priority = 1);
	REFUSED(EINVAL, out[0].reserved = 1);
	close(fd);
}

static void each_field_of_receive_many(void **state)
{
	const unsigned int command = IPCQ_IOC_QUEUE_RECEIVE_MANY;
	int fd = queue_new(COUNT, 64);

	(void)state;
	fill(fd, 0, COUNT);
	each_field(fd, command);
	REFUSED(EFAULT, into[0].payload = 0);
	REFUSED(EMSGSIZE, into[0].length = 3);
	assert_int_equal(into[0].length, sizeof(*numbers));
	/* Too short, and it cannot be told. */
	REFUSED(EFAULT, into[0].length = 3; args_.entries = (uintptr_t)
		read_only_copy(into, sizeof(into)));
	drained(fd, 0, COUNT);
	close(fd);
}

static void access_is_needed(void **state)
{
	int reader, writer, owner = queue_open("test/batch_fields", RW | CREATE);

	(void)state;
	assert_ok(owner);
	reader = queue_open("test/batch_fields", IPCQ_OPEN_F_READ);
	writer = queue_open("test/batch_fields", IPCQ_OPEN_F_WRITE);
	number(out, numbers, 1, 0);
	make_room(into, numbers, 1);
	assert_error(send_many(reader, out, 1, 0, 0), EBADF);
	assert_int_equal(send_many(writer, out, 1, 0, 0), 1);
	assert_error(receive_many(writer, into, 1, 0, 0), EBADF);
	assert_int_equal(receive_many(reader, into, 1, 0, 0), 1);
	close(reader);
	close(writer);
	close(owner);
}

/* Entries that are longer than the kernel knows, with zeros there or not. */
static void entries_of_a_later_interface(void **state)
{
	struct { struct ipcq_send_entry entry; uint64_t more; } later[3];
	struct { struct ipcq_receive_entry entry; uint64_t more; } room[3];
	struct ipcq_queue_batch args = args_of(IPCQ_IOC_QUEUE_SEND_MANY);
	int fd = queue_new(COUNT, 64), i;

	(void)state;
	for (i = 0; i < 3; i++) {
		later[i].entry = out[i];
		later[i].more = i == 2;
		room[i].entry = into[i];
		room[i].more = i == 1;
	}
	args.entries = (uintptr_t)later;
	args.entry_size = sizeof(*later);
	args.count = 3;
	assert_int_equal(call(fd, IPCQ_IOC_QUEUE_SEND_MANY, &args), 2);
	assert_int_equal(later[1].entry.sequence, 2);
	args.entries = (uintptr_t)&later[2];
	args.count = 1;
	refused(fd, IPCQ_IOC_QUEUE_SEND_MANY, args, E2BIG);

	args.entries = (uintptr_t)room;
	args.entry_size = sizeof(*room);
	args.count = 3;
	assert_int_equal(call(fd, IPCQ_IOC_QUEUE_RECEIVE_MANY, &args), 1);
	assert_int_equal(room[0].more, 0);
	args.entries = (uintptr_t)&room[1];
	refused(fd, IPCQ_IOC_QUEUE_RECEIVE_MANY, args, E2BIG);
	drained(fd, 1, 1);
	close(fd);
}

/* For each place in a batch: the messages before it are sent, and nothing else. */
static void a_send_ends_at_a_fault(void **state)
{
	int fd = queue_new(COUNT, 64);
	uint32_t i;

	(void)state;
	for (i = 1; i < COUNT; i++) {
		number(out, numbers, COUNT, 0);
		out[i].payload = 1;
		assert_int_equal(send_many(fd, out, COUNT, WHOLE, 0), i);
		assert_int_equal(out[i - 1].sequence, queue_stat(fd).sent);
		drained(fd, 0, i);
		out[i].payload = out[0].payload;
		out[i].reserved = 1;
		assert_int_equal(send_many(fd, out, COUNT, 0, 0), i);
		drained(fd, 0, i);
	}
	/* The array itself ends, for the shortest entries and for whole ones. */
	for (i = 1; i < COUNT; i += 7) {
		struct ipcq_queue_batch args = args_of(IPCQ_IOC_QUEUE_SEND_MANY);
		struct { uint64_t payload, length; } heads[COUNT];

		args.entries = (uintptr_t)copy_before_hole(out, i * sizeof(*out));
		assert_int_equal(call(fd, IPCQ_IOC_QUEUE_SEND_MANY, &args), i);
		drained(fd, 0, i);
		for (uint32_t k = 0; k < COUNT; k++) {
			heads[k].payload = out[k].payload;
			heads[k].length = out[k].length;
		}
		args.entries = (uintptr_t)copy_before_hole(heads,
							   i * sizeof(*heads));
		args.entry_size = sizeof(*heads);
		assert_int_equal(call(fd, IPCQ_IOC_QUEUE_SEND_MANY, &args), i);
		drained(fd, 0, i);
	}
	/* Numbers that cannot be told keep a message from being sent. */
	number(out, numbers, COUNT, 0);
	assert_error(send_many(fd, read_only_copy(out, sizeof(out)), COUNT, 0, 0),
		     EFAULT);
	assert_int_equal(queue_stat(fd).messages, 0);
	close(fd);
}

/* Likewise received; those from there on stay, in their places. */
static void a_receive_ends_at_a_fault(void **state)
{
	int fd = queue_new(2 * COUNT, 64);
	uint32_t i, first = 0;

	(void)state;
	fill(fd, 0, COUNT + 5);
	for (i = 1; i < COUNT; i++) {
		memset(numbers, 0xff, sizeof(numbers));
		make_room(into, numbers, COUNT);
		into[i].payload = 1;
		assert_int_equal(receive_many(fd, into, COUNT, WHOLE, 0), i);
		assert_int_equal(numbers[i - 1], first + i - 1);
		assert_int_equal(into[i].length, sizeof(*numbers));
		assert_int_equal(into[i].sequence, 0);
		assert_int_equal(queue_stat(fd).messages, COUNT + 5 - i);
		fill(fd, first + COUNT + 5, i);
		first += i;
	}
	drained(fd, first, COUNT + 5);

	/* By priority they go back to their own lists. */
	close(fd);
	{
		struct ipcq_queue_open open = queue_args(NULL, RW | CREATE);

		open.order = IPCQ_ORDER_PRIORITY;
		assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &open));
		fd = open.open.fd;
	}
	number(out, numbers, COUNT, 0);
	for (i = 0; i < COUNT; i++)
		out[i].priority = (COUNT - i) / 8;
	assert_int_equal(send_many(fd, out, COUNT, 0, 0), COUNT);
	make_room(into, numbers, COUNT);
	into[3].payload = 1;
	assert_int_equal(receive_many(fd, into, COUNT, 0, 0), 3);
	drained(fd, 3, COUNT - 3);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_field_of_send_many),
		cmocka_unit_test(each_field_of_receive_many),
		cmocka_unit_test(access_is_needed),
		cmocka_unit_test(entries_of_a_later_interface),
		cmocka_unit_test(a_send_ends_at_a_fault),
		cmocka_unit_test(a_receive_ends_at_a_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
