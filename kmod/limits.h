/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every bound of the module, in one place: what it is built for, and the limits
 * that the administrator sets while it runs.
 */
#ifndef IPCQ_LIMITS_H
#define IPCQ_LIMITS_H

#include <linux/compiler.h>
#include <linux/ipcq.h>
#include <linux/ipcq_netlink.h>
#include <linux/types.h>
#include <linux/time64.h>

/* A queue's attributes: the largest that can be allowed, and the defaults. */
#define IPCQ_MAX_MESSAGES		65536U
#define IPCQ_MAX_MESSAGE_SIZE		(1U << 20)
#define IPCQ_DEFAULT_MESSAGES		64U
#define IPCQ_DEFAULT_MESSAGE_SIZE	(1U << 20)

/* A region's attributes: below IPCQ_REGION_CONTROL_OFFSET, and small to scan. */
#define IPCQ_MAX_REGION_SIZE		(1ULL << 42)
#define IPCQ_MAX_MUTEXES		4096U
#define IPCQ_MAX_EVENTCOUNTS		4096U

/*
 * Of one user, until the administrator says otherwise: existing objects, threads
 * attached to regions, and files in messages.  When many owners end at once, somebody
 * has to look at every mutex for each.  A file in a message is one that no process's own
 * limit counts.
 */
#define IPCQ_USER_OBJECTS		1024U
#define IPCQ_USER_OWNERS		8192U
#define IPCQ_USER_FILES			4096U

/*
 * Likewise: message memory is a sixteenth of RAM, and at least this much; the
 * sizes of regions add up to half of RAM at most, as a tmpfs's do.
 */
#define IPCQ_USER_MESSAGE_BYTES_MIN	(64ULL << 20)
#define IPCQ_USER_MESSAGE_SHARE		16
#define IPCQ_USER_REGION_SHARE		2

/*
 * Blocked senders are let in when a queue has drained to half, and at the latest
 * this long after room appeared.
 */
#define IPCQ_ADMIT_DELAY_MS		2

/*
 * A queue that has been empty for this long gives back what it keeps, if that is
 * more than a little.
 */
#define IPCQ_IDLE_DELAY_MS		1000
#define IPCQ_IDLE_KEEP			(64U << 10)

/* Kept messages that are taken out of a magazine under one hold of the lock. */
#define IPCQ_TRIM_BATCH			32

/*
 * Expired messages that are taken out of a queue under one hold of the lock; and how
 * far ahead a queue plans for the next one, as jiffies are counted in few bits.
 */
#define IPCQ_EXPIRE_BATCH		32
#define IPCQ_EXPIRE_LOOK_NS		(3600ULL * NSEC_PER_SEC)

/*
 * A batch goes in rounds of this many messages, which are delivered, reserved or
 * committed under one hold of the lock; and a round ends when it has this many bytes,
 * because what a receiver has reserved nobody else can have.
 */
#define IPCQ_BATCH_ROUND		32
#define IPCQ_BATCH_ROUND_BYTES		(1U << 20)

/* Messages that are dropped for a new one under one hold of the lock. */
#define IPCQ_DROP_BATCH			256

/* Messages that leave a queue's log under one hold of the lock. */
#define IPCQ_BROADCAST_BATCH		32

/* Messages that are looked at for a filter under one hold of the lock. */
#define IPCQ_SCAN_STEP			128

/* Calls of one process through one handle that wait to be come back to. */
#define IPCQ_CALLS_KEPT			64

/* Tasks woken in one go, outside the lock. */
#define IPCQ_WAKE_BATCH			8

/*
 * How often the kernel tries to change a control word that user space keeps
 * changing, before it lets go of the region's lock and looks for signals.
 */
#define IPCQ_WORD_TRIES			32

/*
 * The limits that can be set: of an object that is created, and of each user.  A
 * limit goes by the number of its netlink attribute.
 *
 * They are read without a lock.  A limit is one word, so that READ_ONCE() gives
 * the old value or the new one and nothing between; no decision takes two of them,
 * so their order does not matter; and a decision that was made by the old value
 * while the new one was set could as well have been made just before.  What holds
 * then is what a lowered limit promises: it refuses, and takes nothing away.
 *
 * The limit of a namespace is in its registry, and its place here is empty.
 */
#define IPCQ_GLOBAL_LIMITS	(IPCQ_A_LIMIT_MAX + 1)

extern u64 ipcq_limits[IPCQ_GLOBAL_LIMITS];

static inline u64 ipcq_limit(unsigned int limit)
{
	return READ_ONCE(ipcq_limits[limit]);
}

/* The attributes of an open; which one the kind of object says. */
union ipcq_attributes {
	struct ipcq_queue_open queue;
	struct ipcq_region_open region;
};

void ipcq_limits_init(void);
bool ipcq_limit_allows(unsigned int limit, u64 value);
int ipcq_limits_apply(u32 kind, const void *attributes,
		      union ipcq_attributes *out);

#endif /* IPCQ_LIMITS_H */
