// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which messages a receive takes: the rules of filters.
 */
#include "rules.h"

#include <errno.h>

static bool takes(const struct filter *filter, const struct message *message)
{
	uint64_t type = message->type;

	if (message->priority < filter->least_priority)
		return false;
	switch (filter->match) {
	case IPCQ_MATCH_EQUAL:
		return type == filter->type_first;
	case IPCQ_MATCH_AT_MOST:
		return type <= filter->type_first;
	case IPCQ_MATCH_RANGE:
		return type >= filter->type_first && type <= filter->type_last;
	case IPCQ_MATCH_EXCEPT:
		return type != filter->type_first;
	default:
		return true;
	}
}

struct message *filter_next(const struct queue *queue, const struct filter *filter)
{
	struct message *message, *next = NULL;

	for (message = queue->messages; message; message = message->next) {
		if (!takes(filter, message))
			continue;
		if (filter->match != IPCQ_MATCH_AT_MOST)
			return message;
		if (!next || message->type < next->type)
			next = message;
	}
	return next;
}

struct filter filter_of(const struct call *call)
{
	struct filter filter = call->own;

	if (!call->filters)
		return call->of_handle;
	if (!RECEIVE_HAS(call, match))
		filter.match = IPCQ_MATCH_ANY;
	if (!RECEIVE_HAS(call, least_priority))
		filter.least_priority = 0;
	if (!RECEIVE_HAS(call, type_first))
		filter.type_first = 0;
	if (!RECEIVE_HAS(call, type_last))
		filter.type_last = 0;
	return filter;
}

void filter_judge(const struct filter *filter, struct answer *answer)
{
	bool names_first = filter->match != IPCQ_MATCH_ANY;
	bool names_last = filter->match == IPCQ_MATCH_RANGE;

	if (filter->match > IPCQ_MATCH_EXCEPT)
		add_error(answer, EOPNOTSUPP);
	if (filter->least_priority > IPCQ_PRIORITY_MAX ||
	    (!names_first && filter->type_first) || (!names_last && filter->type_last) ||
	    (names_last && filter->type_last < filter->type_first))
		add_error(answer, EINVAL);
}

void filter_judge_call(struct call *call)
{
	const struct filter *own = &call->own;
	struct filter filter = filter_of(call);

	if (call->filters)
		filter_judge(&filter, &call->expected);
	else if ((RECEIVE_HAS(call, match) && own->match) ||
		 (RECEIVE_HAS(call, least_priority) && own->least_priority) ||
		 (RECEIVE_HAS(call, type_first) && own->type_first) ||
		 (RECEIVE_HAS(call, type_last) && own->type_last))
		add_error(&call->expected, EINVAL);
}
