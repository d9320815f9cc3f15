// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The redelivery limit: a message that was held and comes back too often leaves its
 * queue, however it comes back.
 */
#include "call.h"

#include <string.h>
#include <unistd.h>

#define HOUR	(3600 * SECOND)

static struct ipcq_queue_open limited_args(uint32_t limit, uint64_t dead_letter)
{
	struct ipcq_queue_open args = queue_args(NULL, RW | CREATE);

	args.max_messages = 4;
	args.max_message_size = 8;
	args.redelivery_limit = limit;
	args.dead_letter = dead_letter;
	return args;
}

static int limited_queue(uint32_t limit, uint64_t dead_letter)
{
	struct ipcq_queue_open args = limited_args(limit, dead_letter);

	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	return args.open.fd;
}

static long set_limit(int fd, uint32_t flags, uint32_t limit)
{
	struct ipcq_queue_set args = {
		.size = sizeof(args),
		.flags = flags,
		.redelivery_limit = limit,
	};

	return call(fd, IPCQ_IOC_QUEUE_SET, &args);
}

/* Receives what must be there and gives it back. */
static void bounce(int fd, uint64_t delay)
{
	assert_ok(give_back(fd, lease(fd, 0).token, delay));
}

static void assert_counts(int fd, uint32_t messages, uint64_t moved, uint64_t dropped)
{
	struct ipcq_queue_stat stat;

	eventually((stat = queue_stat(fd), stat.dead_lettered == moved &&
		    stat.dropped == dropped && stat.messages == messages));
	assert_int_equal(stat.bytes, messages);
	assert_int_equal(stat.held, 0);
	assert_int_equal(stat.delayed, 0);
	assert_int_equal(stat.expired, 0);
	assert_int_equal(stat.received, 0);
}

static void it_moves_with_its_reason(void **state)
{
	int to = queue_new(4, 8), fd = limited_queue(2, queue_stat(to).id);
	struct ipcq_queue_receive got = { .size = sizeof(got) };
	char byte;

	(void)state;
	send_bytes(fd, "ab");
	bounce(fd, 0);
	bounce(fd, 0);
	assert_counts(fd, 2, 0, 0);
	bounce(fd, 0);
	assert_counts(fd, 1, 1, 0);

	got.payload = (uintptr_t)&byte;
	got.length = 1;
	assert_int_equal(call(to, IPCQ_IOC_QUEUE_RECEIVE, &got), 1);
	assert_int_equal(byte, 'a');
	assert_int_equal(got.origin_id, queue_stat(fd).id);
	assert_int_equal(got.origin_sequence, 1);
	assert_int_equal(got.origin_reason, IPCQ_ORIGIN_REDELIVERED);
	assert_int_equal(got.redeliveries, 0);
	/* The other one has not been touched. */
	take(fd, 'b', 0);
	close(fd);
	close(to);
}

/* One that is to come back later does not come back at all, and takes no room till then. */
static void a_delay_does_not_help(void **state)
{
	int fd = limited_queue(1, 0);

	(void)state;
	send_bytes(fd, "a");
	bounce(fd, 0);
	bounce(fd, HOUR);
	assert_counts(fd, 0, 0, 1);
	close(fd);
}

static void the_end_of_a_lease_counts(void **state)
{
	int to = queue_new(4, 8), fd = limited_queue(1, queue_stat(to).id);

	(void)state;
	send_bytes(fd, "a");
	lease(fd, 20 * MS);
	eventually(queue_stat(fd).held == 0);
	lease(fd, 20 * MS);
	assert_counts(fd, 0, 1, 0);
	take(to, 'a', 0);
	close(fd);
	close(to);
}

static int die_with_it(void *context)
{
	lease(*(int *)context, 0);
	return 0;
}

/* A message that no receiver survives is soon out of the way. */
static void the_end_of_a_holder_counts(void **state)
{
	int to = queue_new(4, 8), fd = limited_queue(1, queue_stat(to).id);

	(void)state;
	send_bytes(fd, "a");
	assert_int_equal(reap(spawn(die_with_it, &fd)), 0);
	eventually(queue_stat(fd).held == 0);
	assert_int_equal(queue_stat(fd).messages, 1);
	assert_int_equal(reap(spawn(die_with_it, &fd)), 0);
	assert_counts(fd, 0, 1, 0);
	take(to, 'a', 0);
	close(fd);
	close(to);
}

static int send_another(void *context)
{
	return queue_send(*(int *)context, "x", 1, 0, in(20 * SECOND)) ? 1 : 0;
}

/* Senders that wait get its room, and the next receiver hears of the loss. */
static void its_room_is_free(void **state)
{
	int fd = limited_queue(1, 0);
	struct ipcq_queue_receive got = { .size = sizeof(got) };
	char byte;
	pid_t pid;

	(void)state;
	send_bytes(fd, "abcd");
	bounce(fd, 0);
	pid = spawn(send_another, &fd);
	eventually(queue_stat(fd).waiting_senders == 1);
	bounce(fd, 0);
	assert_int_equal(reap(pid), 0);
	assert_int_equal(queue_stat(fd).messages, 4);
	got.payload = (uintptr_t)&byte;
	got.length = 1;
	assert_int_equal(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &got), 1);
	assert_int_equal(byte, 'b');
	assert_int_equal(got.dropped, 1);
	close(fd);
}

/* A dead letter begins anew in the other queue, and moves no more. */
static void it_moves_once(void **state)
{
	int third = queue_new(4, 8), to = limited_queue(1, queue_stat(third).id);
	int fd = limited_queue(1, queue_stat(to).id);

	(void)state;
	send_bytes(fd, "a");
	bounce(fd, 0);
	bounce(fd, 0);
	assert_counts(fd, 0, 1, 0);
	bounce(to, 0);
	assert_counts(to, 1, 0, 0);
	bounce(to, 0);
	assert_counts(to, 0, 0, 1);
	assert_int_equal(queue_stat(third).sent, 0);
	close(fd);
	close(to);
	close(third);
}

static int make_a_call(void *context)
{
	char reply[8];
	struct ipcq_queue_call args = call_args("?", reply, sizeof(reply));

	assert_error(call(*(int *)context, IPCQ_IOC_QUEUE_CALL, &args), ECANCELED);
	return 0;
}

/* Its caller is told; a request is no dead letter. */
static void a_request_ends(void **state)
{
	int to = queue_new(4, 8), fd = limited_queue(1, queue_stat(to).id);
	char buffer[8];
	uint64_t token;
	pid_t pid;

	(void)state;
	pid = spawn(make_a_call, &fd);
	assert_int_equal(serve(fd, buffer, sizeof(buffer), &token), 1);
	assert_ok(give_back(fd, token, 0));
	bounce(fd, 0);
	assert_int_equal(reap(pid), 0);
	assert_counts(fd, 0, 0, 1);
	assert_int_equal(queue_stat(to).sent, 0);
	close(fd);
	close(to);
}

static void it_is_changed_in_use(void **state)
{
	int fd = limited_queue(0, 0);

	(void)state;
	send_bytes(fd, "a");
	bounce(fd, 0);
	bounce(fd, 0);
	bounce(fd, 0);
	assert_counts(fd, 1, 0, 0);
	/* What is there stays, until it comes back once more. */
	assert_ok(set_limit(fd, IPCQ_SET_F_REDELIVERY_LIMIT, 1));
	assert_int_equal(queue_stat(fd).redelivery_limit, 1);
	assert_counts(fd, 1, 0, 0);
	bounce(fd, 0);
	assert_counts(fd, 0, 0, 1);

	assert_error(set_limit(fd, 0, 2), EINVAL);
	assert_ok(set_limit(fd, 0, 0));
	assert_int_equal(queue_stat(fd).redelivery_limit, 1);
	assert_ok(set_limit(fd, IPCQ_SET_F_REDELIVERY_LIMIT, UINT32_MAX));
	assert_int_equal(queue_stat(fd).redelivery_limit, UINT32_MAX);
	assert_ok(set_limit(fd, IPCQ_SET_F_REDELIVERY_LIMIT, 0));
	assert_int_equal(queue_stat(fd).redelivery_limit, 0);
	close(fd);
}

static void it_is_an_attribute(void **state)
{
	struct ipcq_queue_open args = limited_args(3, 0);
	int fd;

	(void)state;
	args.open.name = (uintptr_t)"redelivery";
	args.open.name_length = strlen("redelivery");
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	fd = args.open.fd;
	assert_int_equal(queue_stat(fd).redelivery_limit, 3);
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	close(args.open.fd);
	args.redelivery_limit = 0;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	close(args.open.fd);
	args.redelivery_limit = 2;
	assert_error(call(device(), IPCQ_IOC_QUEUE_OPEN, &args), EBADR);
	close(fd);

	/* It goes with leases, which a queue for all subscribers does not have. */
	args.delivery = IPCQ_DELIVERY_ALL;
	assert_refused(IPCQ_IOC_QUEUE_OPEN, &args, EINVAL);
	args.redelivery_limit = 0;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	assert_error(set_limit(args.open.fd, IPCQ_SET_F_REDELIVERY_LIMIT, 1), EINVAL);
	assert_ok(set_limit(args.open.fd, IPCQ_SET_F_REDELIVERY_LIMIT, 0));
	close(args.open.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_moves_with_its_reason),
		cmocka_unit_test(a_delay_does_not_help),
		cmocka_unit_test(the_end_of_a_lease_counts),
		cmocka_unit_test(the_end_of_a_holder_counts),
		cmocka_unit_test(its_room_is_free),
		cmocka_unit_test(it_moves_once),
		cmocka_unit_test(a_request_ends),
		cmocka_unit_test(it_is_changed_in_use),
		cmocka_unit_test(it_is_an_attribute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
