// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One message to several queues: to all, or to none.
 */
#include "send_all.h"
#include "subscribers.h"
#include "shell.h"

#include <poll.h>
#include <pthread.h>

#include "ipcq.h"

#define QUEUES	3

static int fds[QUEUES];

static int set_up(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < QUEUES; i++)
		fds[i] = queue_full_new(2, IPCQ_FULL_BLOCK);
	return 0;
}

static int tear_down(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < QUEUES; i++)
		close(fds[i]);
	return 0;
}

static int take(int fd)
{
	char byte = 0;
	int ret = queue_receive(fd, &byte, 1, IPCQ_RECEIVE_F_NONBLOCK, 0);

	return ret < 0 ? ret : byte;
}

static void each_queue_gets_it(void **state)
{
	struct ipcq_queue_receive args = { .size = sizeof(args) };
	struct sent sent;
	int i;

	(void)state;
	assert_ok(queue_send(fds[1], "x", 1, 0, 0));
	sent = send_all(fds, QUEUES);
	assert_int_equal(sent.result, 0);
	assert_int_equal(sent.refused, UINT32_MAX);
	assert_int_equal(sent.sequences[0], 1);
	assert_int_equal(sent.sequences[1], 2);
	assert_int_equal(sent.sequences[2], 1);
	assert_int_equal(take(fds[1]), 'x');
	for (i = 0; i < QUEUES; i++) {
		char byte = 0;

		args.payload = (uintptr_t)&byte;
		args.length = 1;
		assert_int_equal(call(fds[i], IPCQ_IOC_QUEUE_RECEIVE, &args), 1);
		assert_int_equal(byte, 'm');
		assert_int_equal(args.pid, getpid());
		assert_int_equal(args.sequence, sent.sequences[i]);
		assert_error(take(fds[i]), EAGAIN);
	}
}

/* A long payload, and what is on the envelope. */
static void all_of_it_arrives(void **state)
{
	int both[2] = { queue_new(1, 100000), queue_new(1, 65536) };
	static char payload[65536], got[65536];
	struct ipcq_vector vector[2] = { { (uintptr_t)payload, 5 },
					 { (uintptr_t)payload + 5, 65531 } };
	struct sent sent;
	struct ipcq_queue_send_all args = send_all_args(both, 2, &sent);
	struct ipcq_queue_receive receive = { .size = sizeof(receive) };
	int i;

	(void)state;
	for (i = 0; i < 65536; i++)
		payload[i] = (char)(i * 7 + i / 251);
	args.flags = IPCQ_SEND_F_VECTOR;
	args.payload = (uintptr_t)vector;
	args.length = 2;
	args.type = 77;
	assert_ok(call(both[0], IPCQ_IOC_QUEUE_SEND_ALL, &args));
	for (i = 0; i < 2; i++) {
		memset(got, 0, sizeof(got));
		receive.payload = (uintptr_t)got;
		receive.length = sizeof(got);
		assert_int_equal(call(both[i], IPCQ_IOC_QUEUE_RECEIVE, &receive), 65536);
		assert_memory_equal(got, payload, sizeof(got));
		assert_int_equal(receive.type, 77);
		close(both[i]);
	}
}

static void one_without_room_keeps_it_from_all(void **state)
{
	int i, full;
	struct sent sent;

	(void)state;
	for (full = 0; full < QUEUES; full++) {
		assert_ok(queue_send(fds[full], "x", 1, 0, 0));
		assert_ok(queue_send(fds[full], "x", 1, 0, 0));
		sent = send_all(fds, QUEUES);
		assert_error(sent.result, EAGAIN);
		assert_int_equal(sent.refused, full);
		for (i = 0; i < QUEUES; i++)
			assert_int_equal(queue_stat(fds[i]).messages, i == full ? 2 : 0);
		assert_int_equal(take(fds[full]), 'x');
		assert_int_equal(take(fds[full]), 'x');
	}
	assert_int_equal(send_all(fds, QUEUES).result, 0);
}

/* Who was refused hears of room. */
static void room_is_told(void **state)
{
	struct pollfd poll_fd = { .fd = fds[2], .events = POLLOUT };

	(void)state;
	assert_ok(queue_send(fds[2], "x", 1, 0, 0));
	assert_ok(queue_send(fds[2], "x", 1, 0, 0));
	assert_error(send_all(fds, QUEUES).result, EAGAIN);
	assert_int_equal(poll(&poll_fd, 1, 0), 0);
	assert_int_equal(take(fds[2]), 'x');
	assert_int_equal(poll(&poll_fd, 1, 5000), 1);
	assert_int_equal(send_all(fds, QUEUES).result, 0);
}

static void a_queue_that_rejects(void **state)
{
	int own[2] = { fds[0], queue_full_new(1, IPCQ_FULL_REJECT) };
	struct sent sent;

	(void)state;
	assert_int_equal(send_all(own, 2).result, 0);
	sent = send_all(own, 2);
	assert_error(sent.result, ENOBUFS);
	assert_int_equal(sent.refused, 1);
	assert_int_equal(queue_stat(fds[0]).messages, 1);
	close(own[1]);
}

/* What would be dropped for it is dropped only if all others take it. */
static void queues_that_drop_do_not_refuse(void **state)
{
	int own[3] = { queue_full_new(1, IPCQ_FULL_DROP_OLDEST),
		       queue_full_new(1, IPCQ_FULL_DROP_NEWEST), fds[0] };
	struct sent sent;

	(void)state;
	assert_ok(queue_send(own[0], "a", 1, 0, 0));
	assert_ok(queue_send(own[1], "b", 1, 0, 0));
	assert_int_equal(send_all(fds, 2).result, 0);
	assert_int_equal(send_all(fds, 2).result, 0);
	assert_error(send_all(own, 3).result, EAGAIN);
	assert_int_equal(queue_stat(own[0]).dropped, 0);
	assert_int_equal(take(fds[0]), 'm');
	sent = send_all(own, 3);
	assert_int_equal(sent.result, 0);
	assert_int_equal(sent.sequences[0], 2);
	assert_int_equal(sent.sequences[1], 0);
	assert_int_equal(sent.sequences[2], 3);
	assert_int_equal(take(own[0]), 'm');
	assert_error(take(own[0]), EAGAIN);
	assert_int_equal(take(own[1]), 'b');
	assert_int_equal(queue_stat(own[0]).dropped, 1);
	assert_int_equal(queue_stat(own[1]).dropped, 1);
	close(own[0]);
	close(own[1]);
}

static void *receive_waiting(void *context)
{
	char byte = 0;
	int fd = *(int *)context;

	return (void *)(intptr_t)(queue_receive(fd, &byte, 1, 0, in(5 * SECOND)) == 1 &&
				  byte == 'm');
}

static void waiting_receivers_get_it(void **state)
{
	pthread_t threads[QUEUES];
	void *got;
	int i;

	(void)state;
	for (i = 0; i < QUEUES; i++) {
		assert_int_equal(pthread_create(&threads[i], NULL, receive_waiting,
						&fds[i]), 0);
		eventually(queue_stat(fds[i]).waiting_receivers == 1);
	}
	assert_int_equal(send_all(fds, QUEUES).result, 0);
	for (i = 0; i < QUEUES; i++) {
		assert_int_equal(pthread_join(threads[i], &got), 0);
		assert_non_null(got);
	}
}

static void subscribers_get_it(void **state)
{
	int sender = crowd_new(4, 16, 0), one = subscriber_new(0);
	int own[2] = { fds[0], sender };
	struct pollfd poll_fd = { .fd = one, .events = POLLIN };

	(void)state;
	assert_int_equal(poll(&poll_fd, 1, 0), 0);
	assert_int_equal(send_all(own, 2).result, 0);
	assert_int_equal(poll(&poll_fd, 1, 5000), 1);
	assert_int_equal(hear(one), 'm');
	close(one);
	close(sender);
}

/* --------------------------------------------------------- library and command */

static void *make_room(void *context)
{
	sleep_ms(50);
	return (void *)(intptr_t)take(*(int *)context);
}

static void the_library_waits(void **state)
{
	struct ipcq_queue *queues[QUEUES];
	uint64_t sequences[QUEUES];
	size_t refused = 9;
	pthread_t thread;
	int i;

	(void)state;
	for (i = 0; i < QUEUES; i++)
		assert_int_equal(ipcq_queue_from_fd(dup(fds[i]), &queues[i]), 0);
	for (i = 0; i < 2; i++)
		assert_ok(queue_send(fds[1], "x", 1, 0, 0));
	assert_error(ipcq_queue_send_all(queues, QUEUES, "m", 1, NULL, IPCQ_DONTWAIT, 0,
					 sequences, &refused), EAGAIN);
	assert_int_equal(refused, 1);
	assert_error(ipcq_queue_send_all(queues, QUEUES, "m", 1, NULL, 0,
					 ipcq_deadline(20 * (int64_t)MS), NULL, NULL),
		     ETIMEDOUT);
	assert_int_equal(pthread_create(&thread, NULL, make_room, &fds[1]), 0);
	assert_ok(ipcq_queue_send_all(queues, QUEUES, "m", 1, NULL, 0,
				      ipcq_deadline(5 * (int64_t)SECOND), sequences,
				      &refused));
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(sequences[1], 3);
	assert_error(ipcq_queue_send_all(queues, 1, "m", 1, NULL, 0, 0, NULL, NULL),
		     EINVAL);
	for (i = 0; i < QUEUES; i++)
		ipcq_queue_close(queues[i]);
}

static void with_the_command(void **state)
{
	(void)state;
	check("ipcq create all/a && ipcq create all/b --messages 2", OK);
	check("ipcq send all/a --also all/b one two", OK);
	check_says("ipcq send all/a --also all/b three --nonblock", WOULD_BLOCK,
		   "'all/b' is full");
	check_prints("ipcq recv all/a --all", "one\ntwo\n");
	check_prints("ipcq recv all/b --all", "one\ntwo\n");
	check_says("ipcq send all/a --also all/c x", FAILED, "all/c");
	check("ipcq send all/a --also all/a x", FAILED);
	check("ipcq send all/a --also all/b --fd 0 x", USAGE);
	check("ipcq rm all/a all/b", OK);
}

#define TEST(_name)	cmocka_unit_test_setup_teardown(_name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_queue_gets_it),
		TEST(all_of_it_arrives),
		TEST(one_without_room_keeps_it_from_all),
		TEST(room_is_told),
		TEST(a_queue_that_rejects),
		TEST(queues_that_drop_do_not_refuse),
		TEST(waiting_receivers_get_it),
		TEST(subscribers_get_it),
		TEST(the_library_waits),
		TEST(with_the_command),
	};

	return cmocka_run_group_tests_name("send_all", tests, NULL, NULL);
}
