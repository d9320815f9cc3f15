// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls that signals interrupt, and what becomes of their replies.
 */
#include "call.h"

#include <signal.h>
#include <unistd.h>

static int fd;

static struct client {
	long result, second;
	uint64_t token, later;
	char reply[64];
	int sa_flags;
	bool nonblock;			/* fetch what is there */
	int may_fetch;
} *client;

static int set_up(void **state)
{
	(void)state;
	fd = queue_new(4, 64);
	memset(client, 0, sizeof(*client));
	return 0;
}

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

/* Calls, and when that is interrupted comes back to it when it may. */
static int run_client(void *unused)
{
	struct ipcq_queue_call args = call_args("question", client->reply,
						sizeof(client->reply));
	volatile int count = 0;

	(void)unused;
	handle_signals(client->sa_flags, &count);
	client->result = call(fd, IPCQ_IOC_QUEUE_CALL, &args);
	client->token = args.token;
	if (client->result == -EINTR && args.token) {
		eventually(client->may_fetch);
		args.flags = client->nonblock ? IPCQ_CALL_F_NONBLOCK : 0;
		client->may_fetch = 2;
		client->second = call(fd, IPCQ_IOC_QUEUE_RESULT, &args);
		client->later = args.token;
	}
	return 0;
}

static uint64_t take_request(void)
{
	char buffer[64];
	uint64_t token;

	assert_int_equal(serve(fd, buffer, sizeof(buffer), &token), 8);
	return token;
}

static void a_request_that_nobody_took_is_withdrawn(void **state)
{
	pid_t pid = spawn(run_client, NULL);

	(void)state;
	eventually(queue_stat(fd).messages == 1);
	wait_asleep(pid);
	kill(pid, SIGUSR1);
	assert_int_equal(reap(pid), 0);
	assert_int_equal(client->result, -EINTR);
	assert_int_equal(client->token, 0);
	assert_int_equal(queue_stat(fd).messages, 0);
}

static void or_sent_again(void **state)
{
	pid_t pid;

	(void)state;
	client->sa_flags = SA_RESTART;
	pid = spawn(run_client, NULL);
	eventually(queue_stat(fd).messages == 1);
	wait_asleep(pid);
	kill(pid, SIGUSR1);
	eventually(queue_stat(fd).sent == 2);
	assert_int_equal(queue_stat(fd).messages, 1);
	assert_ok(answer(fd, take_request(), "yes", 3));
	assert_int_equal(reap(pid), 0);
	assert_int_equal(client->result, 3);
}

/* Starts a client whose request has been taken, and interrupts it. */
static pid_t start_interrupted(uint64_t *token)
{
	pid_t pid = spawn(run_client, NULL);

	*token = take_request();
	wait_asleep(pid);
	kill(pid, SIGUSR1);
	eventually(client->token == *token);
	assert_int_equal(client->result, -EINTR);
	return pid;
}

static void the_reply_is_fetched_later(void **state)
{
	uint64_t token;
	pid_t pid = start_interrupted(&token);

	(void)state;
	assert_ok(answer(fd, token, "yes", 3));
	assert_int_equal(queue_stat(fd).messages, 0);
	client->may_fetch = 1;
	assert_int_equal(reap(pid), 0);
	assert_int_equal(client->second, 3);
	assert_int_equal(client->later, 0);
	assert_memory_equal(client->reply, "yes", 3);
	assert_int_equal(queue_stat(fd).sent, 1);
}

static void or_waited_for(void **state)
{
	uint64_t token;
	pid_t pid = start_interrupted(&token);

	(void)state;
	client->may_fetch = 1;
	sleep_ms(20);
	wait_asleep(pid);
	assert_ok(answer(fd, token, "yes", 3));
	assert_int_equal(reap(pid), 0);
	assert_int_equal(client->second, 3);
}

static void or_not_there_yet(void **state)
{
	uint64_t token;
	pid_t pid;

	(void)state;
	client->nonblock = true;
	pid = start_interrupted(&token);
	client->may_fetch = 1;
	assert_int_equal(reap(pid), 0);
	assert_int_equal(client->second, -EAGAIN);
	assert_int_equal(client->later, token);
	/* Its end ended the call. */
	eventually(query().owners == 1);
	assert_error(answer(fd, token, "late", 4), ECANCELED);
}

static void an_error_is_fetched_too(void **state)
{
	uint64_t token;
	pid_t pid = start_interrupted(&token);

	(void)state;
	assert_ok(refuse(fd, token, 5));
	client->may_fetch = 1;
	assert_int_equal(reap(pid), 0);
	assert_int_equal(client->second, -EREMOTEIO);
}

static void a_reply_that_is_not_fetched_ends_with_the_client(void **state)
{
	uint64_t token;
	pid_t pid = start_interrupted(&token);

	(void)state;
	assert_ok(answer(fd, token, "yes", 3));
	kill(pid, SIGKILL);
	assert_int_equal(reap(pid), 128 + SIGKILL);
}

/* No handler runs: the caller hears nothing of it, and the request is sent once. */
static void a_stop_is_nothing(void **state)
{
	pid_t pid = spawn(run_client, NULL);
	uint64_t token = take_request();

	(void)state;
	wait_asleep(pid);
	kill(pid, SIGSTOP);
	sleep_ms(50);
	assert_ok(answer(fd, token, "yes", 3));
	kill(pid, SIGCONT);
	assert_int_equal(reap(pid), 0);
	assert_int_equal(client->result, 3);
	assert_int_equal(queue_stat(fd).sent, 1);
}

static void a_reply_that_does_not_fit_is_kept(void **state)
{
	char reply[8], small[1];
	struct ipcq_queue_call args = call_args("question", small, 1);
	uint64_t token;

	(void)state;
	if (!fork()) {
		token = take_request();
		_exit(answer(fd, token, "longer", 6) ? 1 : 0);
	}
	assert_error(call(fd, IPCQ_IOC_QUEUE_CALL, &args), EMSGSIZE);
	assert_int_equal(args.reply_length, 6);
	assert_int_not_equal(args.token, 0);
	args.reply = (uintptr_t)reply;
	token = args.token;
	assert_int_equal(call(fd, IPCQ_IOC_QUEUE_RESULT, &args), 6);
	assert_memory_equal(reply, "longer", 6);
	assert_int_equal(args.token, 0);
	args.token = token;
	assert_error(call(fd, IPCQ_IOC_QUEUE_RESULT, &args), ENOKEY);
	assert_error(call(fd, IPCQ_IOC_QUEUE_CALL, &args), ENOKEY);
}

/* What a server is told that replies, receives, and is disturbed in between. */
static int run_server(void *unused)
{
	char buffer[64];
	volatile int count = 0;
	struct ipcq_queue_reply args = {
		.size = sizeof(args),
		.flags = IPCQ_REPLY_F_RECEIVE,
		.token = take_request(),
		.payload = (uintptr_t)"yes",
		.length = 3,
		.buffer = (uintptr_t)buffer,
		.buffer_length = sizeof(buffer),
	};

	(void)unused;
	handle_signals(SA_RESTART, &count);
	client->second = call(fd, IPCQ_IOC_QUEUE_REPLY, &args);
	return count == 1 ? 0 : 1;
}

static void a_server_that_is_restarted_only_receives(void **state)
{
	char reply[64];
	struct ipcq_queue_call args = call_args("question", reply, sizeof(reply));
	pid_t pid = spawn(run_server, NULL);

	(void)state;
	assert_int_equal(call(fd, IPCQ_IOC_QUEUE_CALL, &args), 3);
	eventually(queue_stat(fd).waiting_receivers == 1);
	wait_asleep(pid);
	kill(pid, SIGSTOP);
	kill(pid, SIGCONT);
	kill(pid, SIGUSR1);
	sleep_ms(20);
	assert_ok(queue_send(fd, "plain", 5, IPCQ_SEND_F_NONBLOCK, 0));
	assert_int_equal(reap(pid), 0);
	assert_int_equal(client->second, 5);
}

static void a_result_is_not_restarted_without_a_request(void **state)
{
	uint64_t token;
	pid_t pid;

	(void)state;
	client->sa_flags = SA_RESTART;
	pid = start_interrupted(&token);
	client->may_fetch = 1;
	eventually(client->may_fetch == 2);
	wait_asleep(pid);
	assert_ok(give_back(fd, token, 0));
	kill(pid, SIGUSR1);
	assert_int_equal(reap(pid), 0);
	assert_int_equal(client->second, -EINTR);
	assert_int_equal(client->later, 0);
	assert_int_equal(queue_stat(fd).messages, 0);
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
		CALL(a_request_that_nobody_took_is_withdrawn),
		CALL(or_sent_again),
		CALL(the_reply_is_fetched_later),
		CALL(or_waited_for),
		CALL(or_not_there_yet),
		CALL(an_error_is_fetched_too),
		CALL(a_reply_that_is_not_fetched_ends_with_the_client),
		CALL(a_stop_is_nothing),
		CALL(a_reply_that_does_not_fit_is_kept),
		CALL(a_server_that_is_restarted_only_receives),
		CALL(a_result_is_not_restarted_without_a_request),
	};

	return cmocka_run_group_tests_name("call_signal", tests, share, NULL);
}
