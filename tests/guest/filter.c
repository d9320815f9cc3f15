// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Receiving by a filter: what each takes, of calls and of handles, and what is refused.
 */
#include "typed.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define NONBLOCK	IPCQ_RECEIVE_F_NONBLOCK
#define QUEUE_NAME	"test/filter"
#define HIGHEST		UINT64_MAX

/* Takes all that @want takes, and checks the numbers, of which 0 is the end. */
static void takes(int fd, struct want want, const unsigned int *numbers)
{
	while (*numbers)
		assert_int_equal(take(fd, want), *numbers++);
	assert_error(take(fd, want), EAGAIN);
}

#define TAKES(fd, want, ...)						\
	takes(fd, want, (const unsigned int []){ __VA_ARGS__, 0 })

/* Numbers 1 to 8. */
static int queue_of_types(void)
{
	static const uint64_t types[] = { 5, 0, 3, 5, HIGHEST, 3, 1, 4 };
	int fd = typed_queue(16, IPCQ_ORDER_FIFO);
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(*types); i++)
		assert_int_equal(typed_send(fd, types[i], 0, 8), i + 1);
	return fd;
}

static void each_takes_its_types(void **state)
{
	int fd = queue_of_types();

	(void)state;
	TAKES(fd, EQUAL(5), 1, 4);
	TAKES(fd, EQUAL(0), 2);
	TAKES(fd, EQUAL(HIGHEST), 5);
	TAKES(fd, ANY, 3, 6, 7, 8);
	close(fd);

	fd = queue_of_types();
	TAKES(fd, RANGE(1, 3), 3, 6, 7);
	TAKES(fd, RANGE(4, 4), 8);
	TAKES(fd, RANGE(6, HIGHEST), 5);
	TAKES(fd, RANGE(0, HIGHEST), 1, 2, 4);
	close(fd);

	fd = queue_of_types();
	TAKES(fd, EXCEPT(5), 2, 3, 5, 6, 7, 8);
	TAKES(fd, EXCEPT(0), 1, 4);
	close(fd);
}

static void at_most_takes_the_lowest_type_first(void **state)
{
	int fd = queue_of_types();

	(void)state;
	TAKES(fd, AT_MOST(0), 2);
	TAKES(fd, AT_MOST(4), 7, 3, 6, 8);
	assert_int_equal(typed_send(fd, 7, 0, 8), 9);
	TAKES(fd, AT_MOST(HIGHEST), 1, 4, 9, 5);
	close(fd);
}

static void priorities_are_heeded(void **state)
{
	int fd = typed_queue(16, IPCQ_ORDER_PRIORITY);
	static const struct { uint64_t type; uint32_t priority; } sent[] = {
		{ 1, 0 }, { 2, 9 }, { 1, 9 }, { 1, 5 }, { 2, 5 },
		{ 1, IPCQ_PRIORITY_MAX }, { 3, 5 }, { 1, 6 }, { 1, 9 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sent) / sizeof(*sent); i++)
		assert_int_equal(typed_send(fd, sent[i].type, sent[i].priority, 8),
				 i + 1);
	TAKES(fd, EQUAL(3), 7);
	TAKES(fd, LEAST(10), 6);
	TAKES(fd, ((struct want){ IPCQ_MATCH_EQUAL, 6, 1, 0 }), 3, 9, 8);
	assert_error(take(fd, LEAST(IPCQ_PRIORITY_MAX)), EAGAIN);
	/* The type comes before the priority. */
	TAKES(fd, ((struct want){ IPCQ_MATCH_AT_MOST, 5, 2, 0 }), 4, 2, 5);
	TAKES(fd, AT_MOST(9), 1);
	close(fd);
}

/* Without priorities all of them are 0. */
static void a_queue_without_priorities_has_none_above(void **state)
{
	int fd = queue_of_types();

	(void)state;
	assert_error(take(fd, LEAST(1)), EAGAIN);
	assert_int_equal(take(fd, LEAST(0)), 1);
	close(fd);
}

static void only_what_is_taken_can_be_too_long(void **state)
{
	int fd = typed_queue(4, IPCQ_ORDER_FIFO);
	char bytes[20] = { 0 };
	struct ipcq_queue_receive args = {
		.size = sizeof(args),
		.flags = NONBLOCK | IPCQ_RECEIVE_F_FILTER,
		.payload = (uintptr_t)bytes,
		.match = IPCQ_MATCH_EQUAL,
	};

	(void)state;
	assert_ok(queue_send(fd, bytes, 20, 0, 0));
	assert_int_equal(typed_send(fd, 3, 0, 7), 2);
	assert_int_equal(typed_send(fd, 3, 0, 5), 3);
	args.type_first = 3;
	args.length = 6;
	assert_error(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args), EMSGSIZE);
	assert_int_equal(args.length, 7);
	assert_int_equal(take(fd, EQUAL(3)), 2);
	args.length = 6;
	assert_int_equal(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args), 5);
	args.type_first = 0;
	assert_error(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args), EMSGSIZE);
	assert_int_equal(args.length, 20);
	close(fd);
}

/* --------------------------------------------------------- filters of handles */

static void a_handle_has_its_own(void **state)
{
	int fd = queue_open(QUEUE_NAME, RW | CREATE);
	int other = queue_open(QUEUE_NAME, RW), shared = dup(fd), bytes;
	uint64_t payload;
	long i;

	(void)state;
	assert_true(fd >= 0 && other >= 0 && shared >= 0);
	for (i = 1; i <= 6; i++)
		assert_int_equal(typed_send(fd, i % 2, 0, 2 + i), i);
	assert_ok(set_filter(fd, EQUAL(0)));
	/* Numbers 2, 4 and 6, of 4, 6 and 8 bytes. */
	assert_ok(call(fd, FIONREAD, &bytes));
	assert_int_equal(bytes, 4);
	assert_int_equal(read(fd, &payload, 8), 4);
	assert_int_equal(queue_receive(shared, &payload, 8, NONBLOCK, 0), 6);
	/* The call's own comes instead. */
	assert_int_equal(take(fd, EQUAL(1)), 1);
	assert_int_equal(take(fd, ANY), 3);
	/* Another handle has none. */
	assert_ok(call(other, FIONREAD, &bytes));
	assert_int_equal(bytes, 7);
	assert_int_equal(queue_receive(other, &payload, 8, NONBLOCK, 0), 7);
	assert_int_equal(queue_receive(fd, &payload, 8, NONBLOCK, 0), 8);
	assert_int_equal(typed_send(fd, 1, 0, 3), 7);
	assert_error(queue_receive(fd, &payload, 8, NONBLOCK, 0), EAGAIN);
	assert_ok(call(fd, FIONREAD, &bytes));
	assert_int_equal(bytes, 0);

	assert_ok(set_filter(shared, EQUAL(1)));
	assert_int_equal(queue_receive(fd, &payload, 8, NONBLOCK, 0), 3);
	assert_int_equal(typed_send(fd, 9, 0, 4), 8);
	assert_error(queue_receive(fd, &payload, 8, NONBLOCK, 0), EAGAIN);
	assert_ok(set_filter(fd, ANY));
	assert_int_equal(queue_receive(fd, &payload, 8, NONBLOCK, 0), 4);
	close(fd);
	close(other);
	close(shared);
}

static void a_batch_goes_by_it(void **state)
{
	int fd = queue_of_types();
	uint64_t payloads[4];
	struct ipcq_receive_entry entries[4] = { 0 };
	struct ipcq_queue_batch args = {
		.size = sizeof(args),
		.flags = IPCQ_BATCH_F_NONBLOCK,
		.entries = (uintptr_t)entries,
		.count = 4,
		.entry_size = sizeof(*entries),
	};
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		entries[i].payload = (uintptr_t)&payloads[i];
		entries[i].length = 8;
	}
	assert_ok(set_filter(fd, RANGE(1, 3)));
	assert_int_equal(call(fd, IPCQ_IOC_QUEUE_RECEIVE_MANY, &args), 3);
	assert_int_equal(entries[0].sequence, 3);
	assert_int_equal(entries[1].sequence, 6);
	assert_int_equal(entries[2].sequence, 7);
	assert_error(call(fd, IPCQ_IOC_QUEUE_RECEIVE_MANY, &args), EAGAIN);
	assert_int_equal(queue_stat(fd).messages, 5);
	close(fd);
}

/* The line of fdinfo, or "". */
static const char *shown(int fd)
{
	static char line[256];
	const char *found;
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "r");
	assert_non_null(file);
	do {
		found = fgets(line, sizeof(line), file);
	} while (found && strncmp(line, "filter:", 7));
	fclose(file);
	return found ? line : "";
}

static void fdinfo_shows_it(void **state)
{
	int fd = typed_queue(4, IPCQ_ORDER_PRIORITY);

	(void)state;
	assert_string_equal(shown(fd), "");
	assert_ok(set_filter(fd, EQUAL(HIGHEST)));
	assert_string_equal(shown(fd),
			    "filter:\ttype 18446744073709551615, priority 0\n");
	assert_ok(set_filter(fd, AT_MOST(7)));
	assert_string_equal(shown(fd), "filter:\ttype at most 7, priority 0\n");
	assert_ok(set_filter(fd, ((struct want){ IPCQ_MATCH_RANGE, 3, 7, 9 })));
	assert_string_equal(shown(fd), "filter:\ttype 7 to 9, priority 3\n");
	assert_ok(set_filter(fd, EXCEPT(1)));
	assert_string_equal(shown(fd), "filter:\ttype except 1, priority 0\n");
	assert_ok(set_filter(fd, LEAST(4)));
	assert_string_equal(shown(fd), "filter:\tany type, priority 4\n");
	assert_ok(set_filter(fd, ANY));
	assert_string_equal(shown(fd), "");
	close(fd);
}

/* -------------------------------------------------------------- what is refused */

static const struct {
	struct want want;
	int error;
} refused[] = {
	{ { IPCQ_MATCH_EXCEPT + 1, 0, 0, 0 }, EOPNOTSUPP },
	{ { UINT32_MAX, 0, 0, 0 }, EOPNOTSUPP },
	{ { IPCQ_MATCH_ANY, IPCQ_PRIORITY_MAX + 1, 0, 0 }, EINVAL },
	{ { IPCQ_MATCH_ANY, 0, 1, 0 }, EINVAL },
	{ { IPCQ_MATCH_ANY, 0, 0, 1 }, EINVAL },
	{ { IPCQ_MATCH_EQUAL, 0, 1, 1 }, EINVAL },
	{ { IPCQ_MATCH_AT_MOST, 0, 1, HIGHEST }, EINVAL },
	{ { IPCQ_MATCH_EXCEPT, 0, 1, 2 }, EINVAL },
	{ { IPCQ_MATCH_RANGE, 0, 2, 1 }, EINVAL },
};

static void each_member_is_checked(void **state)
{
	int fd = queue_of_types();
	size_t i;

	(void)state;
	assert_ok(set_filter(fd, EQUAL(4)));
	for (i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		assert_error(take(fd, refused[i].want), refused[i].error);
		assert_error(set_filter(fd, refused[i].want), refused[i].error);
	}
	/* Nothing was taken, and the handle's filter is as it was. */
	assert_int_equal(queue_stat(fd).messages, 8);
	assert_string_equal(shown(fd), "filter:\ttype 4, priority 0\n");
	close(fd);
}

static void a_filter_needs_its_flag(void **state)
{
	int fd = queue_of_types();
	uint64_t payload;
	const struct ipcq_queue_receive plain = {
		.size = sizeof(plain),
		.payload = (uintptr_t)&payload,
		.length = sizeof(payload),
	};
	struct ipcq_queue_receive args = plain;

	(void)state;
	args.match = IPCQ_MATCH_EXCEPT;
	assert_error(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args), EINVAL);
	args = plain;
	args.least_priority = 1;
	assert_error(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args), EINVAL);
	args = plain;
	args.type_first = 1;
	assert_error(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args), EINVAL);
	args = plain;
	args.type_last = 1;
	assert_error(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args), EINVAL);
	assert_int_equal(queue_stat(fd).messages, 8);
	close(fd);
}

static void a_handle_that_cannot_read_has_none(void **state)
{
	int both = queue_open(QUEUE_NAME, RW | CREATE);
	int writer = queue_open(QUEUE_NAME, IPCQ_OPEN_F_WRITE);
	int reader = queue_open(QUEUE_NAME, IPCQ_OPEN_F_READ);
	struct ipcq_queue_filter args = { .size = sizeof(args) };

	(void)state;
	check_common(both, IPCQ_IOC_QUEUE_FILTER, &args, sizeof(args),
		     sizeof(args));
	assert_error(set_filter(writer, EQUAL(1)), EBADF);
	assert_ok(set_filter(reader, EQUAL(1)));
	close(both);
	close(writer);
	close(reader);
}

static void a_queue_that_delivers_to_all_has_none(void **state)
{
	struct ipcq_queue_open args = queue_args(NULL, RW | CREATE);

	(void)state;
	args.delivery = IPCQ_DELIVERY_ALL;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	assert_error(take(args.open.fd, EQUAL(1)), EINVAL);
	assert_error(set_filter(args.open.fd, EQUAL(1)), EINVAL);
	assert_error(take(args.open.fd, ANY), EAGAIN);
	assert_ok(set_filter(args.open.fd, ANY));
	close(args.open.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_takes_its_types),
		cmocka_unit_test(at_most_takes_the_lowest_type_first),
		cmocka_unit_test(priorities_are_heeded),
		cmocka_unit_test(a_queue_without_priorities_has_none_above),
		cmocka_unit_test(only_what_is_taken_can_be_too_long),
		cmocka_unit_test(a_handle_has_its_own),
		cmocka_unit_test(a_batch_goes_by_it),
		cmocka_unit_test(fdinfo_shows_it),
		cmocka_unit_test(each_member_is_checked),
		cmocka_unit_test(a_filter_needs_its_flag),
		cmocka_unit_test(a_handle_that_cannot_read_has_none),
		cmocka_unit_test(a_queue_that_delivers_to_all_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
