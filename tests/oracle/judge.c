// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls begin and end: what is wrong with one, whatever the queue holds, and whether it
 * waits.
 */
#include "rules.h"

#include <errno.h>

/* What is wrong with a struct whatever the queue holds; true: nothing else counts. */
static bool judge_struct(struct call *call)
{
	switch (call->spoilt) {
	case SIZE_SPOILT:
		add_error(&call->expected, EINVAL);
		return true;
	case TAIL_SPOILT:
		add_error(&call->expected, E2BIG);
		return true;
	case FLAG_SPOILT:
		add_error(&call->expected, EOPNOTSUPP);
		return true;
	default:
		return false;
	}
}

static void judge_send(struct call *call)
{
	const struct queue *queue = call->queue;
	uint32_t most = queue->order == IPCQ_ORDER_PRIORITY ? IPCQ_PRIORITY_MAX : 0;

	if (SEND_HAS(call, priority) && call->priority > most)
		add_error(&call->expected, EINVAL);
	if (call->length > queue->max_message_size)
		add_error(&call->expected, EMSGSIZE);
	if (call->length > call->accessible)
		add_error(&call->expected, EFAULT);
	if (SEND_HAS(call, sequence) && call->spoilt == STRUCT_READ_ONLY)
		add_error(&call->expected, EFAULT);
}

/* Whether the call, if nothing is wrong with it, has to wait. */
static bool would_wait(const struct call *call)
{
	const struct queue *queue = call->queue;

	if (call->sends)
		return queue->senders || !fits(queue, call->length);
	return !message_for(call);
}

static int error_of_waiting(const struct call *call)
{
	return call->patience == NEVER ? EAGAIN : ETIMEDOUT;
}

static void add_error_of_waiting(struct call *call)
{
	uint32_t full = call->sends ? call->queue->full : IPCQ_FULL_BLOCK;

	if (full == IPCQ_FULL_REJECT)
		add_error(&call->expected, ENOBUFS);
	else if (full == IPCQ_FULL_BLOCK && call->patience != FOR_EVER)
		add_error(&call->expected, error_of_waiting(call));
}

/* True when the call has its answer before the queue is looked at. */
static bool judge(struct call *call)
{
	bool judged = judge_struct(call);

	if (!judged && !call->permitted)
		add_error(&call->expected, EBADF);
	/* The system call's doing: with no bytes there is nothing to do. */
	if (!judged && call->permitted && call->form == READV_WRITEV && !call->length)
		return true;
	if (!judged && call->sends)
		judge_send(call);
	else if (!judged)
		filter_judge_call(call);
	if (!call->expected.error_count)
		return false;
	/* What is wrong does not wait; which error is found first is not promised. */
	if (!judged && would_wait(call))
		add_error_of_waiting(call);
	return true;
}

void model_call(struct call *call)
{
	call->expected = (struct answer) { 0 };
	if (judge(call)) {
		call->expected.given = true;
		return;
	}
	join(line_of(call), call);
	serve(call->queue);
	if (!call->expected.given && call->patience != FOR_EVER)
		model_withdraw(call, error_of_waiting(call));
}

void model_withdraw(struct call *call, int error)
{
	if (call->expected.given)
		return;
	leave(line_of(call), call);
	fail(call, error);
	/* It may have been in somebody's way. */
	serve(call->queue);
}

void model_restart(struct call *call)
{
	model_withdraw(call, EINTR);
	model_call(call);
}
