// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Mutexes of a region.
 *
 * The word of a mutex is changed from 0 to the thread's owner id to lock it, and
 * back to unlock it, without the kernel.  Order: the exchange that locks is an
 * acquire, so nothing of the critical section is seen to happen before it; the
 * one that unlocks is a release, so all of the critical section is seen by whom
 * reads the 0 it wrote, which is the next holder's acquiring exchange, or the
 * kernel's on its behalf.  An exchange that fails has learnt nothing the library
 * uses, the kernel looks again, so its order is relaxed.
 *
 * When the holder dies, between any two instructions, the kernel finds its id in
 * the word: the exchange is the moment of taking and of giving, and nothing has
 * to be recorded before or after it.
 */
#include "internal.h"

/*
 * The slow paths are functions of their own, so that the fast ones have no stack
 * frame and no registers to save.
 */

_Static_assert((int)IPCQ_DONTWAIT == (int)IPCQ_MUTEX_F_TRY, "try");

static bool take(uint32_t *word, uint32_t owner)
{
	uint32_t expected = 0;

	return __atomic_compare_exchange_n(word, &expected, owner, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static bool give(uint32_t *word, uint32_t owner)
{
	return __atomic_compare_exchange_n(word, &owner, 0, false,
					   __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

/* The thread's owner id is not at hand, or the mutex is not free. */
static __attribute__((noinline))
int lock_slowly(struct ipcq_region *region, uint32_t mutex, unsigned int flags,
		uint64_t deadline)
{
	struct ipcq_attachment *self = ipcq_attachment_of(region);
	struct ipcq_mutex_lock arg = {
		.size = sizeof(arg),
		.flags = flags | (region->nonblock ? IPCQ_MUTEX_F_TRY : 0),
		.mutex = mutex,
		.deadline = deadline,
	};
	int error;

	if (self->key != region->key || !self->owner) {
		error = ipcq_region_attach(region, true);
		if (error)
			return error;
		if (take(ipcq_control_word(self, mutex), self->owner))
			return 0;
	}
	return ipcq_ioctl(region->fd, IPCQ_IOC_MUTEX_LOCK, &arg);
}

int ipcq_mutex_lock_until(struct ipcq_region *region, uint32_t mutex,
			  unsigned int flags, uint64_t deadline)
{
	struct ipcq_attachment *self = ipcq_attachment_of(region);

	if (ipcq_unlikely(mutex >= region->mutexes || flags & ~IPCQ_DONTWAIT))
		return -EINVAL;
	if (self->key == region->key && self->owner &&
	    take(ipcq_control_word(self, mutex), self->owner))
		return 0;
	return lock_slowly(region, mutex, flags, deadline);
}

int ipcq_mutex_lock(struct ipcq_region *region, uint32_t mutex)
{
	return ipcq_mutex_lock_until(region, mutex, 0, IPCQ_NO_DEADLINE);
}

static __attribute__((noinline))
int unlock_slowly(struct ipcq_region *region, uint32_t mutex)
{
	struct ipcq_mutex_unlock arg = {
		.size = sizeof(arg),
		.mutex = mutex,
	};

	return ipcq_ioctl(region->fd, IPCQ_IOC_MUTEX_UNLOCK, &arg);
}

int ipcq_mutex_unlock(struct ipcq_region *region, uint32_t mutex)
{
	struct ipcq_attachment *self = ipcq_attachment_of(region);

	if (ipcq_unlikely(mutex >= region->mutexes))
		return -EINVAL;
	/* Without an id at hand the kernel unlocks at the price of asking it. */
	if (self->key == region->key && self->owner &&
	    give(ipcq_control_word(self, mutex), self->owner))
		return 0;
	return unlock_slowly(region, mutex);
}

int ipcq_mutex_consistent(struct ipcq_region *region, uint32_t mutex)
{
	struct ipcq_mutex_unlock arg = {
		.size = sizeof(arg),
		.mutex = mutex,
	};

	return ipcq_ioctl(region->fd, IPCQ_IOC_MUTEX_CONSISTENT, &arg);
}

int ipcq_mutex_info(struct ipcq_region *region, uint32_t mutex,
		    struct ipcq_mutex_info *out)
{
	struct ipcq_mutex_stat stat = {
		.size = sizeof(stat),
		.mutex = mutex,
	};
	int error = ipcq_ioctl(region->fd, IPCQ_IOC_MUTEX_STAT, &stat);

	if (error < 0)
		return error;
	*out = (struct ipcq_mutex_info) {
		.locked = stat.word & IPCQ_MUTEX_OWNER_MASK,
		.inconsistent = stat.word & IPCQ_MUTEX_INCONSISTENT,
		.holder_pid = stat.holder_pid,
		.holder_tid = stat.holder_tid,
		.waiters = stat.waiters,
		.died_pid = stat.died_pid,
		.died_tid = stat.died_tid,
		.died_time = stat.died_time,
		.deaths = stat.deaths,
	};
	return 0;
}
