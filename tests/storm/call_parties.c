// SPDX-License-Identifier: GPL-2.0-or-later
#include "call_parties.h"

#include <signal.h>
#include <unistd.h>

const struct call_queue call_queues[CALL_QUEUES] = {
	{ "storm/calls", 4, IPCQ_FULL_BLOCK, IPCQ_ORDER_FIFO, false },
	{ "storm/dropped", 3, IPCQ_FULL_DROP_OLDEST, IPCQ_ORDER_PRIORITY, false },
	{ "storm/quiet", 4, IPCQ_FULL_BLOCK, IPCQ_ORDER_FIFO, true },
};

struct party *parties;
static volatile int signals;

void parties_new(void)
{
	unsigned int i;

	parties = shared_memory(PARTIES * sizeof(*parties));
	for (i = 0; i < PARTIES; i++)
		parties[i].own.number = parties[i].given.number = NOBODY;
}

uint32_t party_progress(unsigned int party)
{
	return __atomic_load_n(&parties[party].progress, __ATOMIC_RELAXED);
}

void party_got_on(unsigned int party)
{
	__atomic_fetch_add(&parties[party].progress, 1, __ATOMIC_RELAXED);
}

bool has_stopped(unsigned int party)
{
	return __atomic_load_n(&parties[party].stopped, __ATOMIC_RELAXED);
}

/* ------------------------------------------------------------------ callers */

static uint64_t draw_deadline(bool patient)
{
	return patient ? 0 : in(chance(5 * MS));
}

/* The end of a call that was interrupted, or whose reply did not fit. */
static int finish(int fd, struct ipcq_queue_call *args, unsigned char *reply)
{
	int ret;

	do {
		args->reply = (uintptr_t)reply;
		args->reply_length = LONGEST_REPLY;
		args->flags = chance(4) ? 0 : IPCQ_CALL_F_NONBLOCK;
		ret = call(fd, chance(3) ? IPCQ_IOC_QUEUE_RESULT : IPCQ_IOC_QUEUE_CALL,
			   args);
	} while ((ret == -EINTR && args->token) || ret == -EAGAIN);
	return ret;
}

static int make_call(int fd, uint32_t number, unsigned int queue)
{
	bool patient = chance(3);
	struct request request = { number, patient };
	unsigned char reply[LONGEST_REPLY];
	struct ipcq_queue_call args = {
		.size = sizeof(args),
		.flags = chance(8) ? 0 : 1 + chance(IPCQ_CALL_F_ALL),
		.payload = (uintptr_t)&request,
		.length = sizeof(request),
		.deadline = draw_deadline(patient),
		.reply = (uintptr_t)reply,
		.reply_length = chance(8) ? sizeof(reply) : chance(sizeof(reply)),
		.time_to_live = chance(6) ? 0 : 1 + chance(2 * MS),
	};
	int ret;

	if (call_queues[queue].order == IPCQ_ORDER_PRIORITY)
		args.priority = chance(3);
	if (call_queues[queue].full == IPCQ_FULL_DROP_OLDEST)
		call_mark(number, CALL_DROPPABLE);
	if (args.time_to_live)
		call_mark(number, CALL_MORTAL);
	/* A place that cannot be written makes the reply be kept, too. */
	if (!chance(16))
		args.reply = 8;
	ret = call(fd, IPCQ_IOC_QUEUE_CALL, &args);
	if (args.token)
		ret = finish(fd, &args, reply);
	if (ret < 0)
		return ret == -EREMOTEIO && args.error != call_refusal(number) ?
		       CALL_GOT_OTHER : ret;
	return is_call_reply(number, reply, ret) ? CALL_GOT_REPLY : CALL_GOT_OTHER;
}

int run_caller(unsigned int party, const int *queues)
{
	unsigned int queue = party % CALL_QUEUES;
	int fd = chance(2) ? queues[queue] :
			     queue_open(call_queues[queue].name, IPCQ_OPEN_F_WRITE);
	uint32_t number;

	assert_ok(fd);
	handle_signals(chance(2) ? SA_RESTART : 0, &signals);
	parties[party].stopped = 0;
	while (!__atomic_load_n(&calls->stop, __ATOMIC_RELAXED)) {
		number = call_begin();
		if (number == CALLS)
			break;
		call_end(number, make_call(fd, number, queue));
		party_got_on(party);
		if (call_queues[queue].quiet)
			usleep(chance(5000));
	}
	__atomic_store_n(&parties[party].stopped, 1, __ATOMIC_SEQ_CST);
	for (;;)
		pause();
}
