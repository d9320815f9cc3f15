// SPDX-License-Identifier: GPL-2.0-only
/*
 * Filters: see filter.h.
 */
#include <linux/ipcq.h>
#include <linux/seq_file.h>

#include "filter.h"
#include "message.h"

/* The filter of those who have none. */
const struct ipcq_filter ipcq_filter_none;

static bool needs_type(u32 match)
{
	return match != IPCQ_MATCH_ANY;
}

/**
 * ipcq_filter_init() - make a filter of what a caller wants
 * @filter: the filter
 * @match: IPCQ_MATCH_*
 * @least_priority: 0 to IPCQ_PRIORITY_MAX
 * @type_first: as IPCQ_MATCH_* says; 0 where that needs no type
 * @type_last: likewise; 0 where that needs no second one
 *
 * Return: 0; -EOPNOTSUPP for an unknown @match, -EINVAL for what is out of range.
 */
int ipcq_filter_init(struct ipcq_filter *filter, u32 match, u32 least_priority,
		     u64 type_first, u64 type_last)
{
	if (match > IPCQ_MATCH_EXCEPT)
		return -EOPNOTSUPP;
	if (least_priority > IPCQ_PRIORITY_MAX ||
	    (type_first && !needs_type(match)) ||
	    (type_last && match != IPCQ_MATCH_RANGE) ||
	    (match == IPCQ_MATCH_RANGE && type_first > type_last))
		return -EINVAL;

	*filter = (struct ipcq_filter) {
		.chooses = match || least_priority,
		.match = match,
		.least_priority = least_priority,
		.first = match == IPCQ_MATCH_AT_MOST ? 0 : type_first,
		.last = match == IPCQ_MATCH_RANGE ? type_last : type_first,
	};
	return 0;
}

/* Whether a filter that chooses takes a message. */
bool ipcq_filter_chosen(const struct ipcq_filter *filter,
			const struct ipcq_message *message)
{
	u64 type;

	if (message->priority < filter->least_priority)
		return false;
	if (filter->match == IPCQ_MATCH_ANY)
		return true;
	type = ipcq_message_type(message);
	if (filter->match == IPCQ_MATCH_EXCEPT)
		return type != filter->first;
	return filter->first <= type && type <= filter->last;
}

/* A line of fdinfo; nothing for a filter that takes every message. */
void ipcq_filter_show(const struct ipcq_filter *filter, struct seq_file *m)
{
	if (!filter->chooses)
		return;
	seq_puts(m, "filter:\t");
	switch (filter->match) {
	case IPCQ_MATCH_EQUAL:
		seq_printf(m, "type %llu", filter->first);
		break;
	case IPCQ_MATCH_AT_MOST:
		seq_printf(m, "type at most %llu", filter->last);
		break;
	case IPCQ_MATCH_RANGE:
		seq_printf(m, "type %llu to %llu", filter->first, filter->last);
		break;
	case IPCQ_MATCH_EXCEPT:
		seq_printf(m, "type except %llu", filter->first);
		break;
	default:
		seq_puts(m, "any type");
		break;
	}
	seq_printf(m, ", priority %u\n", filter->least_priority);
}
