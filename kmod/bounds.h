/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Admission: how much a queue holds, and whether it takes more.
 *
 * This is about what the queue promises, not about memory: a message counts from
 * when it is sent until its receiver has all of it.
 *
 * Pure: no locks, no memory of its own.  It compiles in user space too.
 */
#ifndef IPCQ_BOUNDS_H
#define IPCQ_BOUNDS_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <linux/types.h>
#endif

struct ipcq_bounds {
	/* What is in the queue may exceed them, once they have been lowered. */
	__u32 max_messages;		/* 1 or more */
	__u32 max_message_size;		/* bytes, 1 or more */
	__u64 max_bytes;		/* max_message_size or more */

	__u32 messages;
	__u64 bytes;
};

/* Whether a message of @length bytes fits at no time. */
static inline bool ipcq_bounds_exclude(const struct ipcq_bounds *bounds,
				       __u32 length)
{
	return length > bounds->max_message_size;
}

/* Whether a message of @length bytes fits now. */
static inline bool ipcq_bounds_fit(const struct ipcq_bounds *bounds,
				   __u32 length)
{
	return bounds->messages < bounds->max_messages &&
	       bounds->bytes + length <= bounds->max_bytes &&
	       !ipcq_bounds_exclude(bounds, length);
}

/* Whether any allowed message fits now: what POLLOUT promises. */
static inline bool ipcq_bounds_fit_any(const struct ipcq_bounds *bounds)
{
	return ipcq_bounds_fit(bounds, bounds->max_message_size);
}

/* Whether the queue has drained so far that waiting senders should be let in. */
static inline bool ipcq_bounds_low(const struct ipcq_bounds *bounds)
{
	return bounds->messages <= bounds->max_messages / 2 &&
	       bounds->bytes <= bounds->max_bytes / 2;
}

/* Counts a message in, which must fit. */
static inline void ipcq_bounds_add(struct ipcq_bounds *bounds, __u32 length)
{
	bounds->messages++;
	bounds->bytes += length;
}

/* Counts a message out. */
static inline void ipcq_bounds_remove(struct ipcq_bounds *bounds, __u32 length)
{
	bounds->messages--;
	bounds->bytes -= length;
}

#endif /* IPCQ_BOUNDS_H */
