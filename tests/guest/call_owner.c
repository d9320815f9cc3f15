// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Processes that only call, and so are owners but no receivers; and who pays for what they
 * are told.
 */
#include "call.h"

#include <signal.h>
#include <unistd.h>

#define NAME	"test/call_owner"

static int fd, writer;

/* Of the child. */
static struct party {
	long result, second;
	uint64_t token, taken;
	int may_go_on;
	int ready;
} *party;

static int set_up(void **state)
{
	(void)state;
	assert_ok(fd = queue_open(NAME, RW | CREATE));
	assert_ok(writer = queue_open(NAME, IPCQ_OPEN_F_WRITE));
	memset(party, 0, sizeof(*party));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	eventually(!queue_stat(fd).held);
	assert_int_equal(queue_stat(fd).messages, 0);
	close(writer);
	close(fd);
	eventually(query().owners == 0);
	eventually(query().message_bytes == 0);
	return 0;
}

static uint64_t take_request(void)
{
	char buffer[64];
	uint64_t token;

	assert_int_equal(serve(fd, buffer, sizeof(buffer), &token), 8);
	return token;
}

/* Is interrupted, and fetches the result when it may. */
static int run_client(void *unused)
{
	char reply[64];
	struct ipcq_queue_call args = call_args("question", reply, sizeof(reply));
	volatile int count = 0;

	(void)unused;
	handle_signals(SA_RESTART, &count);
	party->result = call(writer, IPCQ_IOC_QUEUE_CALL, &args);
	party->token = args.token;
	party->ready = 1;
	eventually(party->may_go_on);
	party->second = call(writer, IPCQ_IOC_QUEUE_RESULT, &args);
	return 0;
}

static void interrupt(pid_t pid, uint64_t token)
{
	wait_asleep(pid);
	kill(pid, SIGUSR1);
	eventually(party->ready);
	assert_int_equal(party->result, -EINTR);
	assert_int_equal(party->token, token);
}

static int take_and_stay(void *unused)
{
	(void)unused;
	party->taken = take_request();
	while (pause())
		;
	return 0;
}

/* It has become an owner, which it needs for the result; but there is nobody to reply. */
static void who_only_calls_is_no_receiver(void **state)
{
	struct ipcq_queue_call args = call_args("question", NULL, 0);
	pid_t client = spawn(run_client, NULL);
	pid_t server = spawn(take_and_stay, NULL);

	(void)state;
	eventually(party->taken);
	interrupt(client, party->taken);
	kill(server, SIGKILL);
	assert_int_equal(reap(server), 128 + SIGKILL);
	eventually(query().owners == 1);
	args.flags = IPCQ_CALL_F_NEED_RECEIVER;
	args.deadline = in(SECOND);
	assert_error(call(writer, IPCQ_IOC_QUEUE_CALL, &args), ECONNREFUSED);
	party->may_go_on = 1;
	assert_int_equal(reap(client), 0);
	assert_int_equal(party->second, -ECONNRESET);
}

/* Calls through one handle, is interrupted, and is to receive through the other. */
static int run_both(void *unused)
{
	char reply[64];
	struct ipcq_queue_call args = call_args("question", reply, sizeof(reply));
	volatile int count = 0;

	(void)unused;
	handle_signals(0, &count);
	party->result = call(writer, IPCQ_IOC_QUEUE_CALL, &args);
	party->token = args.token;
	assert_ok(deal(fd, IPCQ_LEASE_ATTACH, 0, 0));
	party->ready = 1;
	eventually(party->taken);
	return acknowledge(fd, party->taken) ? 1 : 0;
}

/* Who cannot receive through a handle is not handed over to there. */
static void a_hand_over_is_to_who_can_receive(void **state)
{
	pid_t pid = spawn(run_both, NULL);
	uint64_t token = take_request();
	struct leased leased;

	(void)state;
	interrupt(pid, token);
	assert_ok(answer(fd, token, NULL, 0));
	send_bytes(fd, "x");
	leased = lease(fd, 0);
	assert_ok(hand_over(fd, leased.token, pid));
	party->taken = leased.token;
	assert_int_equal(reap(pid), 0);
}

static char long_one[3000];

static int send_long(void *unused)
{
	int own = queue_open(NAME "/open", IPCQ_OPEN_F_WRITE);

	(void)unused;
	assert_ok(own);
	assert_ok(queue_send(own, long_one, sizeof(long_one), 0, 0));
	close(own);
	return 0;
}

static int reply_long(void *queue)
{
	char buffer[8];
	uint64_t token;

	assert_int_equal(serve(*(int *)queue, buffer, sizeof(buffer), &token), 1);
	return answer(*(int *)queue, token, long_one, sizeof(long_one)) ? 1 : 0;
}

/* Who replies pays for the reply, also where the memory was somebody else's before. */
static void a_reply_is_charged_to_who_replies(void **state)
{
	struct ipcq_queue_open open = queue_args(NAME "/open", RW | CREATE);
	struct ipcq_queue_call args = call_args("?", long_one, sizeof(long_one));
	pid_t server;
	int queue;

	(void)state;
	open.open.mode = 0666;
	open.max_messages = 4;
	open.max_message_size = sizeof(long_one);
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &open));
	queue = open.open.fd;
	run_as(USER, send_long);
	assert_int_equal(queue_receive(queue, long_one, sizeof(long_one), 0, 0),
			 sizeof(long_one));
	/* Now it is kept, to be used again. */
	server = spawn(reply_long, &queue);
	assert_int_equal(call(queue, IPCQ_IOC_QUEUE_CALL, &args), sizeof(long_one));
	run_as(USER, nothing_is_charged);
	assert_int_equal(reap(server), 0);
	close(queue);
}

static int share(void **state)
{
	(void)state;
	party = shared_memory(sizeof(*party));
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CALL(test)	cmocka_unit_test_setup_teardown(test, set_up, tear_down)
		CALL(who_only_calls_is_no_receiver),
		CALL(a_hand_over_is_to_who_can_receive),
		CALL(a_reply_is_charged_to_who_replies),
	};

	return cmocka_run_group_tests_name("call_owner", tests, share, NULL);
}
