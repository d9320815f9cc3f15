/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every bound of the module, in one place.
 */
#ifndef IPCQ_LIMITS_H
#define IPCQ_LIMITS_H

/* A queue's attributes: the largest allowed, and the defaults. */
#define IPCQ_MAX_MESSAGES		65536U
#define IPCQ_MAX_MESSAGE_SIZE		(1U << 20)
#define IPCQ_DEFAULT_MESSAGES		64U
#define IPCQ_DEFAULT_MESSAGE_SIZE	(1U << 20)

/* A region's attributes: below IPCQ_REGION_CONTROL_OFFSET, and small to scan. */
#define IPCQ_MAX_REGION_SIZE		(1ULL << 42)
#define IPCQ_MAX_MUTEXES		4096U
#define IPCQ_MAX_EVENTCOUNTS		4096U

/* Of one user: existing objects. */
#define IPCQ_USER_OBJECTS		1024U

/*
 * Of one user: message memory is a sixteenth of RAM, and at least this much;
 * the sizes of regions add up to half of RAM at most, as a tmpfs's do.
 */
#define IPCQ_USER_MESSAGE_BYTES_MIN	(64ULL << 20)
#define IPCQ_USER_MESSAGE_SHARE		16
#define IPCQ_USER_REGION_SHARE		2

/*
 * Blocked senders are let in when a queue has drained to half, and at the latest
 * this long after room appeared.
 */
#define IPCQ_ADMIT_DELAY_MS		2

/* Tasks woken in one go, outside the lock. */
#define IPCQ_WAKE_BATCH			8

/*
 * How often the kernel tries to change a control word that user space keeps
 * changing, before it lets go of the region's lock and looks for signals.
 */
#define IPCQ_WORD_TRIES			32

#endif /* IPCQ_LIMITS_H */
