// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls, replies and subscriptions under faults.  Each run has a queue of its own.  The
 * other side of a call is a child, which no fault is meant for.
 */
#include "operations.h"

#include <string.h>
#include <unistd.h>

#define LENGTH		1000

static unsigned char payload[LENGTH], received[LENGTH];
static uint64_t token;
static pid_t child;

static void make_queue(uint32_t delivery)
{
	struct ipcq_queue_open args = queue_args(NULL, RW | CREATE);

	args.max_messages = 4;
	args.max_message_size = LENGTH;
	args.delivery = delivery;
	args.retain = delivery ? 4 : 0;
	assert_ok(call(device(), IPCQ_IOC_QUEUE_OPEN, &args));
	scene.own = args.open.fd;
	memset(payload, 'p', sizeof(payload));
	memset(received, 0, sizeof(received));
	token = 0;
}

static void drop_queue(void)
{
	close(scene.own);
	scene.own = 0;
}

/* -------------------------------------------------------------------- servers */

/* A caller: it ends with 0 when it has got the reply. */
static int run_caller(void *unused)
{
	struct ipcq_queue_call args = {
		.size = sizeof(args),
		.payload = (uintptr_t)"question",
		.length = 8,
		.reply = (uintptr_t)received,
		.reply_length = sizeof(received),
	};

	(void)unused;
	return call(scene.own, IPCQ_IOC_QUEUE_CALL, &args) == LENGTH ? 0 : 1;
}

static void one_calls(void)
{
	make_queue(IPCQ_DELIVERY_ONE);
	child = spawn(run_caller, NULL);
	eventually(queue_stat(scene.own).messages == 1);
}

static long receive_request(void)
{
	struct ipcq_queue_reply args = {
		.size = sizeof(args),
		.flags = IPCQ_REPLY_F_RECEIVE | IPCQ_REPLY_F_NONBLOCK,
		.buffer = (uintptr_t)received,
		.buffer_length = sizeof(received),
	};
	long ret = call(scene.own, IPCQ_IOC_QUEUE_REPLY, &args);

	token = ret < 0 ? 0 : args.token;
	return ret;
}

static long give_reply(void)
{
	struct ipcq_queue_reply args = {
		.size = IPCQ_QUEUE_REPLY_MIN,
		.token = token,
		.payload = (uintptr_t)payload,
		.length = sizeof(payload),
	};

	return call(scene.own, IPCQ_IOC_QUEUE_REPLY, &args);
}

/* So that a failure leaves no owner behind that was not there. */
static void one_calls_an_owner(void)
{
	struct ipcq_queue_lease args = {
		.size = IPCQ_QUEUE_LEASE_MIN,
		.operation = IPCQ_LEASE_ATTACH,
	};

	one_calls();
	assert_ok(call(scene.own, IPCQ_IOC_QUEUE_LEASE, &args));
}

static void one_is_served(void)
{
	one_calls();
	assert_int_equal(receive_request(), 8);
}

static void got_reply(long result)
{
	(void)result;
	assert_int_equal(reap(child), 0);
	assert_int_equal(queue_stat(scene.own).held, 0);
	assert_int_equal(queue_stat(scene.own).messages, 0);
}

static void is_held_still(long result)
{
	(void)result;
	assert_int_equal(queue_stat(scene.own).held, 1);
	assert_ok(give_reply());
	got_reply(0);
}

static void was_received(long result)
{
	assert_int_equal(result, 8);
	assert_memory_equal(received, "question", 8);
	assert_int_not_equal(token, 0);
	is_held_still(0);
}

static void is_there_still(long result)
{
	(void)result;
	assert_int_equal(queue_stat(scene.own).held, 0);
	was_received(receive_request());
}

/* -------------------------------------------------------------------- callers */

/* Nobody receives it: the time of the request ends at once, which is what is to come. */
static long call_nobody(void)
{
	struct ipcq_queue_call args = {
		.size = sizeof(args),
		.payload = (uintptr_t)payload,
		.length = sizeof(payload),
		.time_to_live = 1,
	};
	long ret = call(scene.own, IPCQ_IOC_QUEUE_CALL, &args);

	return ret == -ETIME ? 0 : ret;
}

static void an_empty_queue(void)
{
	make_queue(IPCQ_DELIVERY_ONE);
}

static void nothing_is_there(long result)
{
	(void)result;
	assert_int_equal(queue_stat(scene.own).messages, 0);
}

/* ---------------------------------------------------------------- subscribers */

static long subscribe(void)
{
	struct ipcq_queue_subscribe args = {
		.size = sizeof(args),
		.flags = IPCQ_SUBSCRIBE_F_KEPT,
	};

	return call(scene.own, IPCQ_IOC_QUEUE_SUBSCRIBE, &args);
}

/* One subscriber has it, another may have it. */
static void one_is_kept(void)
{
	make_queue(IPCQ_DELIVERY_ALL);
	assert_ok(queue_send(scene.own, payload, sizeof(payload), 0, 0));
}

static void one_is_to_come(void)
{
	one_is_kept();
	assert_ok(subscribe());
}

static long receive(void)
{
	return queue_receive(scene.own, received, sizeof(received), IPCQ_RECEIVE_F_NONBLOCK, 0);
}

static void came(long result)
{
	assert_int_equal(result, LENGTH);
	assert_memory_equal(received, payload, LENGTH);
	assert_int_equal(queue_stat(scene.own).messages, 0);
}

static void comes_still(long result)
{
	(void)result;
	came(receive());
}

static void has_subscribed(long result)
{
	(void)result;
	assert_int_equal(queue_stat(scene.own).subscribers, 1);
	came(receive());
}

static void can_subscribe(long result)
{
	(void)result;
	assert_int_equal(queue_stat(scene.own).subscribers, 0);
	assert_ok(subscribe());
	has_subscribed(0);
}

static long send_to_all(void)
{
	return queue_send(scene.own, payload, sizeof(payload), IPCQ_SEND_F_NONBLOCK, 0);
}

static void one_listens(void)
{
	make_queue(IPCQ_DELIVERY_ALL);
	assert_ok(subscribe());
}

static void was_sent(long result)
{
	assert_ok(result);
	came(receive());
}

static void nobody_hears(long result)
{
	(void)result;
	assert_error(receive(), EAGAIN);
}

static const struct operation operations[] = {
	{ "CALL", .setup = an_empty_queue, .run = call_nobody, .done = nothing_is_there,
	  .failed = nothing_is_there, .teardown = drop_queue,
	  .errors = ERRORS(ENOMEM, EFAULT), .least = LEAST(1, 2, 0) },
	{ "REPLY, receive", .setup = one_calls_an_owner, .run = receive_request,
	  .done = was_received, .failed = is_there_still, .teardown = drop_queue,
	  .errors = ERRORS(EFAULT), .least = LEAST(2, 0, 0), .single = true },
	{ "REPLY", .setup = one_is_served, .run = give_reply, .done = got_reply,
	  .failed = is_held_still, .teardown = drop_queue,
	  .errors = ERRORS(ENOMEM, EFAULT), .least = LEAST(1, 2, 0), .single = true },
	{ "SUBSCRIBE", .setup = one_is_kept, .run = subscribe, .done = has_subscribed,
	  .failed = can_subscribe, .teardown = drop_queue,
	  .errors = ERRORS(EFAULT), .least = LEAST(1, 0, 0), .single = true },
	{ "SEND, to all", .setup = one_listens, .run = send_to_all, .done = was_sent,
	  .failed = nobody_hears, .teardown = drop_queue,
	  .errors = ERRORS(ENOMEM, EFAULT), .least = LEAST(1, 2, 0) },
	{ "RECEIVE, of all", .setup = one_is_to_come, .run = receive, .done = came,
	  .failed = comes_still, .teardown = drop_queue,
	  .errors = ERRORS(EFAULT), .least = LEAST(2, 0, 0), .single = true },
};

int main(void)
{
	return RUN_OPERATIONS(operations);
}
