/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Filters: which messages a receiver takes.
 *
 * A receive has one, which may be to take whatever comes.  A handle has one for the
 * receives that bring none of their own; it is protected by the queue's lock.
 */
#ifndef IPCQ_FILTER_H
#define IPCQ_FILTER_H

#include <linux/types.h>

struct ipcq_message;
struct ipcq_queue_filter;
struct seq_file;

/* Zeroed, it takes every message. */
struct ipcq_filter {
	u32 chooses;			/* it does not take every message */
	u32 match;			/* IPCQ_MATCH_* */
	u32 least_priority;
	/* Types: @first to @last, or with EXCEPT all but @first. */
	u64 first;
	u64 last;
};

extern const struct ipcq_filter ipcq_filter_none;

int ipcq_filter_init(struct ipcq_filter *filter, u32 match, u32 least_priority,
		     u64 type_first, u64 type_last);
bool ipcq_filter_chosen(const struct ipcq_filter *filter,
			const struct ipcq_message *message);
void ipcq_filter_show(const struct ipcq_filter *filter, struct seq_file *m);

/* Whether a filter takes a message. */
static inline bool ipcq_filter_takes(const struct ipcq_filter *filter,
				     const struct ipcq_message *message)
{
	return likely(!filter->chooses) || ipcq_filter_chosen(filter, message);
}

#endif /* IPCQ_FILTER_H */
