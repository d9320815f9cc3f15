// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Passed descriptors: what arrives, what stays when it cannot, and when files are closed.
 */
#include "passing.h"

#include <string.h>
#include <sys/resource.h>

static int queue;
static unsigned int fds_before;
static struct ipcq_query before;

static int set_up(void **state)
{
	(void)state;
	queue = queue_new(4, 16);
	before = query();
	fds_before = count_fds();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	/* Nobody has got, or kept, what a test did not close. */
	assert_int_equal(count_fds(), fds_before);
	assert_int_equal(query().files, before.files);
	close(queue);
	return 0;
}

static void drop(struct watched *watched)
{
	assert_false(is_open(watched));
	close(watched->out);
}

static void a_file_arrives(void **state)
{
	struct watched watched = watched_new();
	struct got got;

	(void)state;
	assert_ok(send_fds(queue, &watched.fd, 1, 0));
	assert_int_equal(query().files, before.files + 1);
	watched_close(&watched);
	assert_true(is_open(&watched));
	got = get(queue, 1, 0);
	assert_int_equal(got.result, 1);
	assert_int_equal(got.count, 1);
	assert_int_equal(query().files, before.files);
	assert_true(is_same(&watched, got.fds[0]));
	assert_int_equal(fcntl(got.fds[0], F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(got.fds[0], F_GETFL) & O_ACCMODE, O_WRONLY);
	close(got.fds[0]);
	drop(&watched);
}

/* As many as there can be, in their order, and one of them twice. */
static void many_arrive_in_their_order(void **state)
{
	struct watched watched[IPCQ_FDS_MAX];
	int fds[IPCQ_FDS_MAX];
	struct got got;
	int i;

	(void)state;
	for (i = 0; i < IPCQ_FDS_MAX - 1; i++) {
		watched[i] = watched_new();
		fds[i] = watched[i].fd;
	}
	fds[i] = watched[0].fd;
	assert_ok(send_fds(queue, fds, IPCQ_FDS_MAX, 0));
	assert_int_equal(query().files, before.files + IPCQ_FDS_MAX);
	for (i = 0; i < IPCQ_FDS_MAX - 1; i++)
		watched_close(&watched[i]);
	got = get(queue, IPCQ_FDS_MAX, 0);
	assert_int_equal(got.result, 1);
	assert_int_equal(got.count, IPCQ_FDS_MAX);
	assert_true(is_same(&watched[0], got.fds[IPCQ_FDS_MAX - 1]));
	close(got.fds[IPCQ_FDS_MAX - 1]);
	for (i = 0; i < IPCQ_FDS_MAX - 1; i++) {
		assert_true(is_same(&watched[i], got.fds[i]));
		close(got.fds[i]);
		drop(&watched[i]);
	}
}

/* A message with and one without do not disturb each other. */
static void plain_messages_carry_none(void **state)
{
	struct watched watched;
	struct got got;

	(void)state;
	assert_ok(queue_send(queue, "p", 1, 0, 0));
	watched = send_watched(queue, 0);
	assert_ok(queue_send(queue, "p", 1, 0, 0));
	got = get(queue, IPCQ_FDS_MAX, 0);
	assert_int_equal(got.result, 1);
	assert_int_equal(got.count, 0);
	take_watched(queue, &watched, 0);
	got = get(queue, IPCQ_FDS_MAX, 0);
	assert_int_equal(got.result, 1);
	assert_int_equal(got.count, 0);
	assert_int_equal(got.fds[0], -1);
	drop(&watched);
}

static void too_little_room_is_refused(void **state)
{
	struct watched watched = watched_new();
	const int fds[2] = { watched.fd, watched.fd };
	struct got got;

	(void)state;
	assert_ok(send_fds(queue, fds, 2, 0));
	watched_close(&watched);
	got = get(queue, 1, 0);
	assert_error(got.result, EMSGSIZE);
	assert_int_equal(got.count, 2);
	assert_int_equal(got.length, 1);
	assert_int_equal(got.fds[0], -1);
	got = get(queue, 1, IPCQ_RECEIVE_F_TRUNCATE);
	assert_int_equal(got.result, 1);
	assert_int_equal(got.count, 2);
	assert_int_equal(got.fds[1], -1);
	assert_true(is_same(&watched, got.fds[0]));
	close(got.fds[0]);
	drop(&watched);
}

static long read_one(void)
{
	char byte;

	return read(queue, &byte, 1);
}

static long receive_short(void)
{
	char byte;

	return queue_receive(queue, &byte, 1, IPCQ_RECEIVE_F_NONBLOCK, 0);
}

static long receive_without_room(void)
{
	struct got got = get(queue, 0, 0);

	assert_int_equal(got.count, 1);
	return got.result;
}

static long reply_and_receive(void)
{
	char byte;
	struct ipcq_queue_reply args = {
		.size = sizeof(args),
		.flags = IPCQ_REPLY_F_RECEIVE | IPCQ_REPLY_F_NONBLOCK,
		.buffer = (uintptr_t)&byte,
		.buffer_length = 1,
	};

	return call(queue, IPCQ_IOC_QUEUE_REPLY, &args);
}

static long receive_many(void)
{
	char byte;
	struct ipcq_receive_entry entry = {
		.payload = (uintptr_t)&byte,
		.length = 1,
	};
	struct ipcq_queue_batch args = {
		.size = sizeof(args),
		.entries = (uintptr_t)&entry,
		.entry_size = sizeof(entry),
		.count = 1,
	};

	return call(queue, IPCQ_IOC_QUEUE_RECEIVE_MANY, &args);
}

static void who_has_no_room_gets_none(void **state)
{
	long (*const ways[])(void) = { read_one, receive_short, receive_without_room,
				       reply_and_receive, receive_many };
	struct watched watched;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		watched = send_watched(queue, 0);
		assert_int_equal(ways[i](), 1);
		drop(&watched);
		assert_int_equal(count_fds(), fds_before);
	}
}

/* ------------------------------------------------------------------- refusals */

static void stays_for_another(struct watched *watched)
{
	assert_int_equal(count_fds(), fds_before + 1);
	assert_int_equal(query().files, before.files + 2);
	assert_int_equal(queue_stat(queue).messages, 1);
	assert_true(is_open(watched));
	assert_int_equal(receive_short(), 1);
	drop(watched);
}

static struct watched send_two(void)
{
	struct watched watched = watched_new();
	const int fds[2] = { watched.fd, watched.fd };

	assert_ok(send_fds(queue, fds, 2, 0));
	watched_close(&watched);
	return watched;
}

static void a_process_that_cannot_have_more(void **state)
{
	struct watched watched = send_two();
	struct rlimit limit, less;
	struct got got;
	int next = dup(0);

	(void)state;
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	/* The first of the two can be had. */
	less = (struct rlimit) { next + 1, limit.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &less), 0);
	got = get(queue, 2, 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_error(got.result, EMFILE);
	stays_for_another(&watched);
}

static void numbers_that_cannot_be_written(void **state)
{
	struct watched watched = send_two();
	struct ipcq_queue_receive args = {
		.size = sizeof(args), .length = 1, .fd_count = 2,
		.flags = IPCQ_RECEIVE_F_NONBLOCK,
	};
	char byte;

	(void)state;
	args.payload = (uintptr_t)&byte;
	assert_error(call(queue, IPCQ_IOC_QUEUE_RECEIVE, &args), EFAULT);
	args.fd_count = 2;
	args.fds = (uintptr_t)read_only_copy("12345678", 8);
	assert_error(call(queue, IPCQ_IOC_QUEUE_RECEIVE, &args), EFAULT);
	args.fd_count = 2;
	args.fds = (uintptr_t)copy_before_hole("1234", 4);
	assert_error(call(queue, IPCQ_IOC_QUEUE_RECEIVE, &args), EFAULT);
	stays_for_another(&watched);
}

static void a_payload_that_cannot_be_written(void **state)
{
	struct watched watched = send_two();
	int fds[2];
	struct ipcq_queue_receive args = {
		.size = sizeof(args), .length = 1, .fd_count = 2,
		.flags = IPCQ_RECEIVE_F_NONBLOCK, .fds = (uintptr_t)fds,
	};

	(void)state;
	assert_error(call(queue, IPCQ_IOC_QUEUE_RECEIVE, &args), EFAULT);
	stays_for_another(&watched);
}

/* ------------------------------------------------------------------ their ends */

static void a_send_that_fails_keeps_nothing(void **state)
{
	struct watched watched = watched_new();
	int i;

	(void)state;
	for (i = 0; i < 4; i++)
		assert_ok(queue_send(queue, "p", 1, 0, 0));
	assert_error(send_fds(queue, &watched.fd, 1, 0), EAGAIN);
	assert_int_equal(query().files, before.files);
	watched_close(&watched);
	drop(&watched);
}

static void a_queue_that_ends_closes_them(void **state)
{
	int other = queue_new(4, 16);
	struct watched watched = send_watched(other, 0);

	(void)state;
	close(other);
	eventually(!is_open(&watched));
	eventually(query().files == before.files);
	close(watched.out);
}

static int send_and_end(void *context)
{
	const struct watched *watched = context;

	assert_ok(send_fds(queue, &watched->fd, 1, 0));
	return 0;
}

static void a_sender_may_end(void **state)
{
	struct watched watched = watched_new();

	(void)state;
	assert_int_equal(reap(spawn(send_and_end, &watched)), 0);
	watched_close(&watched);
	assert_true(is_open(&watched));
	take_watched(queue, &watched, 0);
	drop(&watched);
}

#define TEST(_name)	cmocka_unit_test_setup_teardown(_name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_arrives),
		TEST(many_arrive_in_their_order),
		TEST(plain_messages_carry_none),
		TEST(too_little_room_is_refused),
		TEST(who_has_no_room_gets_none),
		TEST(a_process_that_cannot_have_more),
		TEST(numbers_that_cannot_be_written),
		TEST(a_payload_that_cannot_be_written),
		TEST(a_send_that_fails_keeps_nothing),
		TEST(a_queue_that_ends_closes_them),
		TEST(a_sender_may_end),
	};

	return cmocka_run_group_tests_name("pass_fds", tests, NULL, NULL);
}
