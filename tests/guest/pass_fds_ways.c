// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Passed descriptors and the other things that can happen to a message: what becomes of
 * them under leases, where a queue delivers to all, when time ends and when room does.
 */
#include "passing.h"
#include "lease.h"
#include "subscribers.h"

#include "ipcq.h"
#include "shell.h"

#define TTL	(30 * MS)

static int queue;
static unsigned int fds_before;
static struct ipcq_query before;

static int queue_with(uint32_t full, uint64_t dead_letter, uint64_t time_to_live)
{
	struct ipcq_queue_open args = queue_args(NULL, RW | CREATE);

	args.max_messages = 2;
	args.max_message_size = 16;
	args.full = full;
	args.dead_letter = dead_letter;
	args.time_to_live = time_to_live;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	return args.open.fd;
}

static int set_up(void **state)
{
	(void)state;
	queue = queue_with(IPCQ_FULL_BLOCK, 0, 0);
	before = query();
	fds_before = count_fds();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	assert_int_equal(count_fds(), fds_before);
	eventually(query().files == before.files);
	close(queue);
	return 0;
}

/* Some work of the kernel's may be what has closed it. */
static void drop(struct watched *watched)
{
	eventually(!is_open(watched));
	close(watched->out);
}

/* --------------------------------------------------------------------- leases */

static void each_holder_gets_them(void **state)
{
	struct watched watched = send_watched(queue, 0);
	uint64_t token;

	(void)state;
	token = take_watched(queue, &watched, IPCQ_RECEIVE_F_LEASE);
	/* The message still has it. */
	assert_true(is_open(&watched));
	assert_ok(give_back(queue, token, 0));
	token = take_watched(queue, &watched, IPCQ_RECEIVE_F_LEASE);
	assert_int_equal(query().files, before.files + 1);
	assert_ok(acknowledge(queue, token));
	drop(&watched);
}

static void who_cannot_have_them_does_not_hold(void **state)
{
	struct watched watched = watched_new();
	const int fds[2] = { watched.fd, watched.fd };
	struct got got;

	(void)state;
	assert_ok(send_fds(queue, fds, 2, 0));
	watched_close(&watched);
	got = get(queue, 1, IPCQ_RECEIVE_F_LEASE);
	assert_error(got.result, EMSGSIZE);
	assert_int_equal(queue_stat(queue).held, 0);
	got = get(queue, 0, 0);
	assert_int_equal(got.count, 2);
	drop(&watched);
}

/* On its way back it does not outlive its time. */
static void a_delay_is_not_longer_than_they_live(void **state)
{
	struct watched watched = send_watched(queue, 500 * MS);
	uint64_t token = take_watched(queue, &watched, IPCQ_RECEIVE_F_LEASE);

	(void)state;
	assert_ok(give_back(queue, token, 3600 * SECOND));
	assert_int_equal(queue_stat(queue).delayed, 1);
	drop(&watched);
	eventually(queue_stat(queue).delayed == 0);
	assert_int_equal(queue_stat(queue).expired, 1);
}

/* ------------------------------------------------------------------ broadcast */

static void each_subscriber_gets_them(void **state)
{
	int sender = crowd_new(4, 16, 1), one = subscriber_new(0);
	int two = subscriber_new(0), late;
	struct watched watched = send_watched(sender, 0);

	(void)state;
	take_watched(one, &watched, 0);
	take_watched(two, &watched, 0);
	/* It is retained. */
	late = subscriber_new(IPCQ_SUBSCRIBE_F_KEPT);
	take_watched(late, &watched, 0);
	assert_true(is_open(&watched));
	say(sender, 'x');
	assert_int_equal(hear(one), 'x');
	assert_int_equal(hear(two), 'x');
	assert_true(is_open(&watched));
	/* With the next that is retained it is one too many. */
	assert_int_equal(hear(late), 'x');
	drop(&watched);
	close(sender);
	close(one);
	close(two);
	close(late);
}

static void a_subscriber_with_too_little_room(void **state)
{
	int sender = crowd_new(4, 16, 0), one = subscriber_new(0);
	struct watched watched = watched_new();
	const int fds[2] = { watched.fd, watched.fd };
	struct got got;

	(void)state;
	assert_ok(send_fds(sender, fds, 2, 0));
	watched_close(&watched);
	got = get(one, 1, 0);
	assert_error(got.result, EMSGSIZE);
	assert_int_equal(got.count, 2);
	got = get(one, 2, 0);
	assert_int_equal(got.result, 1);
	close(got.fds[0]);
	close(got.fds[1]);
	drop(&watched);
	close(one);
	close(sender);
}

/* ------------------------------------------------------------- time, and room */

static void time_ends(void **state)
{
	struct watched watched = send_watched(queue, TTL);

	(void)state;
	drop(&watched);
	assert_int_equal(queue_stat(queue).expired, 1);
}

static void the_queues_time_ends(void **state)
{
	int other = queue_with(IPCQ_FULL_BLOCK, 0, TTL);
	struct watched watched = send_watched(other, 0);

	(void)state;
	drop(&watched);
	close(other);
}

static void a_dead_letter_has_none(void **state)
{
	int from = queue_with(IPCQ_FULL_BLOCK, queue_stat(queue).id, 0);
	struct watched watched = send_watched(from, TTL);
	struct got got;

	(void)state;
	drop(&watched);
	eventually(queue_stat(queue).messages == 1);
	got = get(queue, 1, 0);
	assert_int_equal(got.result, 1);
	assert_int_equal(got.count, 0);
	assert_int_equal(got.origin_reason, IPCQ_ORIGIN_EXPIRED);
	close(from);
}

static void the_oldest_is_dropped(void **state)
{
	int other = queue_with(IPCQ_FULL_DROP_OLDEST, 0, 0);
	struct watched watched = send_watched(other, 0);

	(void)state;
	assert_ok(queue_send(other, "b", 1, 0, 0));
	assert_true(is_open(&watched));
	assert_ok(queue_send(other, "c", 1, 0, 0));
	drop(&watched);
	close(other);
}

static void the_newest_is_dropped(void **state)
{
	int other = queue_with(IPCQ_FULL_DROP_NEWEST, 0, 0);
	struct watched watched = watched_new();

	(void)state;
	assert_ok(queue_send(other, "a", 1, 0, 0));
	assert_ok(queue_send(other, "b", 1, 0, 0));
	assert_ok(send_fds(other, &watched.fd, 1, 0));
	watched_close(&watched);
	drop(&watched);
	close(other);
}

/* --------------------------------------------------------- library and command */

static void through_the_library(void **state)
{
	struct watched watched = watched_new();
	const struct ipcq_send_options send = { .fds = &watched.fd, .fd_count = 1 };
	const struct ipcq_send_options many = { .fd_count = IPCQ_MOST_FDS + 1 };
	int fds[2] = { -1, -1 };
	const struct ipcq_receive_options receive = { .fds = fds, .fd_room = 2 };
	const struct ipcq_receive_options more = { .fd_room = IPCQ_MOST_FDS + 1 };
	const struct iovec piece = { "m", 1 };
	struct ipcq_message_info info;
	struct ipcq_queue *own;

	(void)state;
	assert_int_equal(ipcq_queue_from_fd(dup(queue), &own), 0);
	assert_error(ipcq_queue_sendv(own, &piece, 1, &many, 0, 0, NULL), EINVAL);
	assert_error(ipcq_queue_send_many(own, &piece, &send, 1, 0, 0, NULL), EINVAL);
	assert_error(ipcq_queue_call(own, "m", 1, NULL, 0, &send, 0, 0, NULL), EINVAL);
	assert_error(ipcq_queue_receivev(own, NULL, 0, &more, 0, 0, NULL), EINVAL);
	assert_ok(ipcq_queue_sendv(own, &piece, 1, &send, 0, 0, NULL));
	watched_close(&watched);
	assert_int_equal(ipcq_queue_receivev(own, NULL, 0, &receive, IPCQ_TRUNCATE, 0,
					     &info), 1);
	assert_int_equal(info.fd_count, 1);
	assert_true(is_same(&watched, fds[0]));
	assert_int_equal(fds[1], -1);
	close(fds[0]);
	drop(&watched);
	ipcq_queue_close(own);
}

static void with_the_command(void **state)
{
	int named = queue_open("pass/command", RW | CREATE);
	struct got got;
	char byte;

	(void)state;
	assert_ok(named);
	check("ipcq send pass/command a b --fd 3 --fd 4 3</etc/passwd 4</dev/null", OK);
	got = get(named, 2, 0);
	assert_int_equal(got.result, 1);
	assert_int_equal(got.count, 2);
	assert_int_equal(read(got.fds[1], &byte, 1), 0);
	close(got.fds[0]);
	close(got.fds[1]);
	check_says("ipcq recv pass/command --json", OK, "\"descriptors\":2");
	check_says("ipcq send pass/command a --fd 9", FAILED, "not open");
	check_says("ipcq info", OK, "files in messages");
	close(named);
}

#define TEST(_name)	cmocka_unit_test_setup_teardown(_name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_holder_gets_them),
		TEST(who_cannot_have_them_does_not_hold),
		TEST(a_delay_is_not_longer_than_they_live),
		TEST(each_subscriber_gets_them),
		TEST(a_subscriber_with_too_little_room),
		TEST(time_ends),
		TEST(the_queues_time_ends),
		TEST(a_dead_letter_has_none),
		TEST(the_oldest_is_dropped),
		TEST(the_newest_is_dropped),
		TEST(through_the_library),
		TEST(with_the_command),
	};

	return cmocka_run_group_tests_name("pass_fds_ways", tests, NULL, NULL);
}
