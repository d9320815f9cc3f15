// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Call and reply: what is said and told, and each way that a call can end.
 */
#include "call.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static int fd;

static struct client {
	struct ipcq_queue_call args;
	long result;
	char reply[64];
	int signals;
	int sa_flags;
} *client;

static int set_up(void **state)
{
	(void)state;
	fd = queue_new(4, 4096);
	memset(client, 0, sizeof(*client));
	client->args = call_args("question", client->reply, sizeof(client->reply));
	return 0;
}

/* Whatever happened, nothing is left behind. */
static int tear_down(void **state)
{
	(void)state;
	eventually(!queue_stat(fd).held);
	assert_int_equal(queue_stat(fd).messages, 0);
	close(fd);
	eventually(query().owners == 0);
	eventually(query().message_bytes == 0);
	return 0;
}

static int run_call(void *unused)
{
	volatile int count = 0;

	(void)unused;
	handle_signals(client->sa_flags, &count);
	client->result = call(fd, IPCQ_IOC_QUEUE_CALL, &client->args);
	client->signals = count;
	return 0;
}

static pid_t start_call(void)
{
	return spawn(run_call, NULL);
}

static uint64_t take_request(void)
{
	char buffer[64];
	uint64_t token;

	assert_int_equal(serve(fd, buffer, sizeof(buffer), &token), 8);
	assert_memory_equal(buffer, "question", 8);
	assert_int_not_equal(token, 0);
	return token;
}

static void expect(pid_t pid, long result)
{
	assert_int_equal(reap(pid), 0);
	assert_int_equal(client->result, result);
}

static void a_reply_comes_back(void **state)
{
	pid_t pid = start_call();
	uint64_t token = take_request();

	(void)state;
	assert_int_equal(queue_stat(fd).held, 1);
	assert_int_equal(queue_stat(fd).messages, 1);
	assert_ok(answer(fd, token, "answer", 6));
	expect(pid, 6);
	assert_memory_equal(client->reply, "answer", 6);
	assert_error(answer(fd, token, "again", 5), ENOKEY);
	assert_int_equal(queue_stat(fd).received, 1);
}

/* Longer than its request, and than what lies in a message; and empty. */
static void replies_of_other_lengths(void **state)
{
	static char big[3000], buffer[4096];
	uint64_t token;
	pid_t pid;

	(void)state;
	memset(big, 'b', sizeof(big));
	client = shared_memory(sizeof(*client) + sizeof(big));
	client->args = call_args("question", (char *)(client + 1), sizeof(big));
	pid = start_call();
	assert_ok(answer(fd, take_request(), big, sizeof(big)));
	expect(pid, sizeof(big));
	assert_memory_equal(client + 1, big, sizeof(big));

	pid = start_call();
	token = take_request();
	assert_error(answer(fd, token, buffer, 4097), EMSGSIZE);
	assert_error(answer(fd, token, NULL, 1), EFAULT);
	assert_ok(answer(fd, token, NULL, 0));
	expect(pid, 0);
}

/* By an ordinary receive, and with what is told of other messages. */
static void a_receive_can_be_replied_to(void **state)
{
	char buffer[64];
	struct ipcq_queue_receive args = {
		.size = sizeof(args),
		.payload = (uintptr_t)buffer,
		.length = sizeof(buffer),
	};
	pid_t pid;

	(void)state;
	client->args.type = 77;
	pid = start_call();
	assert_int_equal(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args), 8);
	assert_int_equal(args.type, 77);
	assert_int_equal(args.pid, pid);
	assert_ok(answer(fd, args.token, "yes", 3));
	expect(pid, 3);
}

/* The server replies and receives in one call; the next message is no request. */
static void reply_and_receive_at_once(void **state)
{
	char buffer[64];
	struct ipcq_queue_reply args = {
		.size = sizeof(args),
		.flags = IPCQ_REPLY_F_RECEIVE | IPCQ_REPLY_F_NONBLOCK,
		.payload = (uintptr_t)"yes",
		.length = 3,
		.buffer = (uintptr_t)buffer,
		.buffer_length = sizeof(buffer),
	};
	pid_t pid = start_call();

	(void)state;
	args.token = take_request();
	assert_ok(queue_send(fd, "plain", 5, 0, 0));
	assert_int_equal(call(fd, IPCQ_IOC_QUEUE_REPLY, &args), 5);
	assert_int_equal(args.token, 0);
	assert_int_equal(args.sequence, 2);
	expect(pid, 3);

	pid = start_call();
	args.token = take_request();
	assert_error(call(fd, IPCQ_IOC_QUEUE_REPLY, &args), EAGAIN);
	assert_int_equal(args.token, 0);
	expect(pid, 3);
}

static void a_request_is_refused(void **state)
{
	pid_t pid = start_call();

	(void)state;
	assert_ok(refuse(fd, take_request(), 4000));
	expect(pid, -EREMOTEIO);
	assert_int_equal(client->args.error, 4000);
}

static void the_deadline_passes(void **state)
{
	pid_t pid;
	uint64_t token;

	(void)state;
	/* Before anybody takes it, and after. */
	client->args.deadline = in(50 * MS);
	expect(start_call(), -ETIMEDOUT);
	assert_int_equal(queue_stat(fd).messages, 0);
	client->args.deadline = in(SECOND);
	pid = start_call();
	token = take_request();
	expect(pid, -ETIMEDOUT);
	assert_error(answer(fd, token, "late", 4), ECANCELED);
	assert_error(answer(fd, token, "late", 4), ENOKEY);
}

static void the_caller_is_killed(void **state)
{
	pid_t pid = start_call();
	uint64_t token;

	(void)state;
	eventually(queue_stat(fd).messages == 1);
	wait_asleep(pid);
	kill(pid, SIGKILL);
	assert_int_equal(reap(pid), 128 + SIGKILL);
	assert_int_equal(queue_stat(fd).messages, 0);
	pid = start_call();
	token = take_request();
	kill(pid, SIGKILL);
	assert_int_equal(reap(pid), 128 + SIGKILL);
	assert_error(refuse(fd, token, 1), ECANCELED);
}

static int take_and_stay(void *unused)
{
	(void)unused;
	take_request();
	while (pause())
		;
	return 0;
}

static void the_server_is_killed(void **state)
{
	pid_t server = spawn(take_and_stay, NULL), pid = start_call();

	(void)state;
	eventually(queue_stat(fd).held == 1);
	kill(server, SIGKILL);
	expect(pid, -ECONNRESET);
	assert_int_equal(reap(server), 128 + SIGKILL);
}

static void a_lease_lets_another_server_try(void **state)
{
	pid_t pid = start_call();
	struct ipcq_queue_receive args = {
		.size = sizeof(args),
		.flags = IPCQ_RECEIVE_F_LEASE | IPCQ_RECEIVE_F_TRUNCATE,
		.lease = 20 * MS,
	};
	uint64_t first;

	(void)state;
	assert_int_equal(call(fd, IPCQ_IOC_QUEUE_RECEIVE, &args), 8);
	first = args.token;
	eventually(!queue_stat(fd).held);
	assert_error(answer(fd, first, "late", 4), ENOKEY);
	assert_ok(answer(fd, take_request(), "yes", 3));
	expect(pid, 3);
}

static void it_is_given_back_but_not_acknowledged(void **state)
{
	pid_t pid = start_call();
	uint64_t token = take_request();

	(void)state;
	assert_error(acknowledge(fd, token), EINVAL);
	assert_error(deal(fd, IPCQ_LEASE_EXTEND, token, 1), EINVAL);
	assert_ok(give_back(fd, token, 0));
	assert_ok(answer(fd, take_request(), "yes", 3));
	expect(pid, 3);
}

static void a_plain_receive_cannot_reply(void **state)
{
	char buffer[64];
	pid_t pid = start_call();

	(void)state;
	assert_int_equal(read(fd, buffer, sizeof(buffer)), 8);
	expect(pid, -ENOTCONN);
}

static void the_request_expires(void **state)
{
	(void)state;
	client->args.time_to_live = 20 * MS;
	expect(start_call(), -ETIME);
	assert_int_equal(queue_stat(fd).expired, 1);
}

static void nobody_receives(void **state)
{
	(void)state;
	client->args.flags = IPCQ_CALL_F_NEED_RECEIVER;
	expect(start_call(), -ECONNREFUSED);
	assert_int_equal(queue_stat(fd).sent, 0);
	/* A server that is busy is one. */
	assert_ok(deal(fd, IPCQ_LEASE_ATTACH, 0, 0));
	client->args.deadline = in(20 * MS);
	expect(start_call(), -ETIMEDOUT);
}

static void it_is_handed_to_another_server(void **state)
{
	pid_t pid = start_call(), self = getpid();

	(void)state;
	/* To itself, the one process that is attached. */
	assert_ok(hand_over(fd, take_request(), self));
	assert_int_equal(queue_stat(fd).held, 1);
	assert_ok(answer(fd, 1, "yes", 3));
	expect(pid, 3);
}

static void callers_do_not_mix(void **state)
{
	char buffer[64], reply[64];
	struct ipcq_queue_call args = call_args("inner", reply, sizeof(reply));
	pid_t pid = start_call();
	uint64_t outer = take_request(), inner;

	(void)state;
	/* A server's own call, on the same queue, to a child of it. */
	if (!fork()) {
		if (serve(fd, buffer, sizeof(buffer), &inner) != 5)
			_exit(1);
		_exit(answer(fd, inner, "in", 2) ? 2 : 0);
	}
	assert_int_equal(call(fd, IPCQ_IOC_QUEUE_CALL, &args), 2);
	assert_memory_equal(reply, "in", 2);
	assert_ok(answer(fd, outer, "out", 3));
	expect(pid, 3);
}

static int share(void **state)
{
	(void)state;
	client = shared_memory(sizeof(*client));
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CALL(test)	cmocka_unit_test_setup_teardown(test, set_up, tear_down)
		CALL(a_reply_comes_back),
		CALL(a_receive_can_be_replied_to),
		CALL(reply_and_receive_at_once),
		CALL(a_request_is_refused),
		CALL(the_deadline_passes),
		CALL(the_caller_is_killed),
		CALL(the_server_is_killed),
		CALL(a_lease_lets_another_server_try),
		CALL(it_is_given_back_but_not_acknowledged),
		CALL(a_plain_receive_cannot_reply),
		CALL(the_request_expires),
		CALL(nobody_receives),
		CALL(it_is_handed_to_another_server),
		CALL(callers_do_not_mix),
		CALL(replies_of_other_lengths),
	};

	return cmocka_run_group_tests_name("call", tests, share, NULL);
}
