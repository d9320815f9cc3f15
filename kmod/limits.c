// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits that can be set while the module runs: see limits.h.
 */
#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/minmax.h>

#include "limits.h"

/* They are read as one word; a narrower machine would see halves. */
static_assert(sizeof(u64) == sizeof(long));

/* What each may be set to. */
static const struct {
	u64 smallest;
	u64 largest;
} ranges[IPCQ_A_LIMIT_MAX + 1] = {
	[IPCQ_A_LIMIT_MAX_MESSAGES] = { 1, IPCQ_MAX_MESSAGES },
	[IPCQ_A_LIMIT_MAX_MESSAGE_SIZE] = { 1, IPCQ_MAX_MESSAGE_SIZE },
	[IPCQ_A_LIMIT_MAX_REGION_SIZE] = { 1, IPCQ_MAX_REGION_SIZE },
	[IPCQ_A_LIMIT_MAX_MUTEXES] = { 0, IPCQ_MAX_MUTEXES },
	[IPCQ_A_LIMIT_MAX_EVENTCOUNTS] = { 0, IPCQ_MAX_EVENTCOUNTS },
	[IPCQ_A_LIMIT_USER_OBJECTS] = { 0, IPCQ_UNLIMITED },
	[IPCQ_A_LIMIT_USER_MESSAGE_BYTES] = { 0, IPCQ_UNLIMITED },
	[IPCQ_A_LIMIT_USER_REGION_BYTES] = { 0, IPCQ_UNLIMITED },
	[IPCQ_A_LIMIT_USER_OWNERS] = { 0, IPCQ_UNLIMITED },
	[IPCQ_A_LIMIT_NAMESPACE_OBJECTS] = { 0, IPCQ_UNLIMITED },
	[IPCQ_A_LIMIT_USER_FILES] = { 0, IPCQ_UNLIMITED },
};

/* The defaults; two of them depend on the machine. */
u64 ipcq_limits[IPCQ_GLOBAL_LIMITS] = {
	[IPCQ_A_LIMIT_MAX_MESSAGES] = IPCQ_MAX_MESSAGES,
	[IPCQ_A_LIMIT_MAX_MESSAGE_SIZE] = IPCQ_MAX_MESSAGE_SIZE,
	[IPCQ_A_LIMIT_MAX_REGION_SIZE] = IPCQ_MAX_REGION_SIZE,
	[IPCQ_A_LIMIT_MAX_MUTEXES] = IPCQ_MAX_MUTEXES,
	[IPCQ_A_LIMIT_MAX_EVENTCOUNTS] = IPCQ_MAX_EVENTCOUNTS,
	[IPCQ_A_LIMIT_USER_OBJECTS] = IPCQ_USER_OBJECTS,
	[IPCQ_A_LIMIT_USER_OWNERS] = IPCQ_USER_OWNERS,
	[IPCQ_A_LIMIT_USER_FILES] = IPCQ_USER_FILES,
};

void ipcq_limits_init(void)
{
	u64 ram = (u64)totalram_pages() << PAGE_SHIFT;

	ipcq_limits[IPCQ_A_LIMIT_USER_MESSAGE_BYTES] =
		max_t(u64, ram / IPCQ_USER_MESSAGE_SHARE,
		      IPCQ_USER_MESSAGE_BYTES_MIN);
	ipcq_limits[IPCQ_A_LIMIT_USER_REGION_BYTES] =
		ram / IPCQ_USER_REGION_SHARE;
}

/* Whether a limit may be set to a value. */
bool ipcq_limit_allows(unsigned int limit, u64 value)
{
	return value >= ranges[limit].smallest && value <= ranges[limit].largest;
}

/* Defaults do not go past a limit, so that who asks for nothing gets a queue. */
static int apply_to_queue(struct ipcq_queue_open *queue)
{
	u32 most = ipcq_limit(IPCQ_A_LIMIT_MAX_MESSAGES);
	u32 longest = ipcq_limit(IPCQ_A_LIMIT_MAX_MESSAGE_SIZE);

	if (queue->max_messages > most || queue->max_message_size > longest)
		return -EINVAL;
	if (!queue->max_messages)
		queue->max_messages = min(most, IPCQ_DEFAULT_MESSAGES);
	if (!queue->max_message_size) {
		longest = min(longest, IPCQ_DEFAULT_MESSAGE_SIZE);
		queue->max_message_size = min_not_zero(queue->max_bytes,
						       (u64)longest);
	}
	return 0;
}

static int apply_to_region(const struct ipcq_region_open *region)
{
	if (region->region_size > ipcq_limit(IPCQ_A_LIMIT_MAX_REGION_SIZE) ||
	    region->mutexes > ipcq_limit(IPCQ_A_LIMIT_MAX_MUTEXES) ||
	    region->eventcounts > ipcq_limit(IPCQ_A_LIMIT_MAX_EVENTCOUNTS))
		return -EINVAL;
	return 0;
}

/**
 * ipcq_limits_apply() - the attributes of an object that is to be created
 * @kind: IPCQ_KIND_*
 * @attributes: those asked for, the arguments of the kind's open
 * @out: receives them, with what was left open filled in where a limit bounds it
 *
 * Return: 0; -EINVAL one of them is above its limit.
 */
int ipcq_limits_apply(u32 kind, const void *attributes,
		      union ipcq_attributes *out)
{
	if (kind == IPCQ_KIND_QUEUE) {
		out->queue = *(const struct ipcq_queue_open *)attributes;
		return apply_to_queue(&out->queue);
	}
	out->region = *(const struct ipcq_region_open *)attributes;
	return apply_to_region(&out->region);
}
