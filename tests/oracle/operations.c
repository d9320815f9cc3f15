// SPDX-License-Identifier: GPL-2.0-or-later
#include "../guest/common.h"
#include "operations.h"

#include <errno.h>
#include <fcntl.h>

long call_as(uint32_t user, int fd, unsigned int command, void *args)
{
	long result;

	become(user);
	result = call(fd, command, args);
	become(0);
	return result;
}

void compare_answer(const struct answer *answer, long result)
{
	if (result < 0 ? !may_fail(answer, -result) : result || answer->error_count)
		disagree("the result is %s and should be %s", error_text(result),
			 answer_text(answer));
}

/* ------------------------------------------------------------------ attributes */

uint32_t draw_messages(void)
{
	return percent(98) ? 1 + draw(8) : percent(50) ? world.limits.max_messages : UINT32_MAX;
}

uint32_t draw_size(void)
{
	if (percent(2))
		return percent(50) ? world.limits.max_message_size : UINT32_MAX;
	return 1 + draw(percent(70) ? 40 : BUFFER_SIZE);
}

uint64_t draw_bytes(uint32_t size)
{
	return percent(95) ? size + draw(percent(50) ? 40 : 4 * BUFFER_SIZE) : draw(size + 1ULL);
}

uint32_t draw_full(void)
{
	return percent(98) ? draw(IPCQ_FULL_DROP_NEWEST + 1) : IPCQ_FULL_DROP_NEWEST + 1;
}

/* Another queue, none, or one that there is not. */
uint64_t draw_dead_letter(const struct queue *not)
{
	const struct handle *handle = draw_handle();

	if (handle && handle->queue == not && percent(80))
		handle = draw_handle();
	if (percent(10))
		return percent(50) ? 0 : 1ULL << 40;
	return handle ? handle->queue->id : 0;
}

/* By whom it is, and which queue is to take dead letters. */
static void judge_set(const struct queue *queue, const struct ipcq_queue_set *args,
		      const struct identity *caller, struct answer *answer)
{
	int error = 0;

	if (!names_owner(queue, caller->uid))
		add_error(answer, EPERM);
	if (args->flags & IPCQ_SET_F_DEAD_LETTER && args->dead_letter != queue->id)
		error = names_judge_dead_letter(&world.names, args->dead_letter, caller);
	if (error)
		add_error(answer, error);
}

static void do_set(void)
{
	struct handle *handle = draw_handle();
	struct ipcq_queue_set args = { .size = sizeof(args) };
	uint32_t user = percent(10) ? STRANGER : 0;
	struct identity caller = { .uid = user, .gid = user };
	struct answer answer = { 0 };

	if (!handle)
		return;
	if (percent(60))
		args.max_messages = draw_messages();
	if (percent(40))
		args.max_message_size = draw_size();
	if (percent(40))
		args.max_bytes = draw_bytes(args.max_message_size ?:
					    handle->queue->max_message_size);
	if (percent(20)) {
		args.flags |= IPCQ_SET_F_TIME_TO_LIVE;
		/* See draw_special(). */
		args.time_to_live = life_nanoseconds(percent(70) ? UNLIMITED :
						     draw(handle->queue->receivers ? AT_ONCE :
								AT_ONCE + 1));
	} else if (percent(2)) {
		args.time_to_live = 1;
	}
	if (percent(40)) {
		args.flags |= IPCQ_SET_F_DEAD_LETTER;
		args.dead_letter = draw_dead_letter(handle->queue);
	}
	if (percent(15)) {
		args.flags |= IPCQ_SET_F_FULL;
		args.full = draw_full();
	}
	if (percent(15)) {
		args.flags |= IPCQ_SET_F_REDELIVERY_LIMIT;
		args.redelivery_limit = draw(4);
	} else if (percent(2)) {
		args.redelivery_limit = 1;
	}
	say("set %ld: %u messages, of %u bytes, %llu bytes, flags %#x, life %llu, dead letters to %llu, full %u, limit %u, by user %u",
	    (long)(handle - world.handles), args.max_messages, args.max_message_size,
	    (unsigned long long)args.max_bytes, args.flags,
	    (unsigned long long)args.time_to_live, (unsigned long long)args.dead_letter,
	    args.full, args.redelivery_limit, user);
	judge_set(handle->queue, &args, &caller, &answer);
	model_set(handle->queue, &args, &world.limits, &answer);
	compare_answer(&answer, call_as(user, handle->fd, IPCQ_IOC_QUEUE_SET, &args));
}

static void do_nonblock(void)
{
	struct handle *handle = draw_handle();

	if (!handle)
		return;
	handle->nonblock = !handle->nonblock;
	say("handle %ld: O_NONBLOCK %d", (long)(handle - world.handles), handle->nonblock);
	assert_int_equal(fcntl(handle->fd, F_SETFL, handle->nonblock ? O_NONBLOCK : 0), 0);
}

static void do_filter(void)
{
	struct handle *handle = draw_handle();
	struct filter filter = draw_filter();
	struct ipcq_queue_filter args = {
		.size = sizeof(args),
		.match = filter.match,
		.least_priority = filter.least_priority,
		.type_first = filter.type_first,
		.type_last = filter.type_last,
	};
	struct answer answer = { 0 };

	if (!handle)
		return;
	say("handle %ld", (long)(handle - world.handles));
	describe_filter(&filter);
	filter_judge(&filter, &answer);
	if (!handle->reads)
		add_error(&answer, EBADF);
	if (!answer.error_count)
		handle->filter = filter;
	compare_answer(&answer, call(handle->fd, IPCQ_IOC_QUEUE_FILTER, &args));
}

const struct operation operations[] = {
	{ "send", 40, do_send },
	{ "receive", 34, do_receive },
	{ "send many", 2, do_send_many },
	{ "receive many", 2, do_receive_many },
	{ "open", 12, do_open },
	{ "close", 3, do_close },
	{ "unlink", 1, do_unlink },
	{ "set", 5, do_set },
	{ "nonblock", 1, do_nonblock },
	{ "filter", 2, do_filter },
	{ "signal", 5, do_signal },
	{ "kill", 2, do_kill },
	{ "lease", 8, do_lease },
	{ "time", 1, let_expire },
	{ NULL, 0, NULL },
};
