// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The model's regions: owners, mutexes and eventcounts.
 *
 * The words change under the library's fast paths while this code runs, so it
 * changes them by compare-and-exchange, as the module has to.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "fake.h"

int fake_region_open(struct fake_object *object, bool created, void *argument)
{
	const struct ipcq_region_open *open = argument;
	struct fake_region *region = &object->region;

	if (open->region_size > FAKE_DATA_SIZE ||
	    open->mutexes > FAKE_LINES / 2 || open->eventcounts > FAKE_LINES / 2)
		return -EINVAL;
	if (!created)
		return (open->region_size && open->region_size != region->size) ||
		       (open->mutexes && open->mutexes != region->mutexes) ||
		       (open->eventcounts &&
			open->eventcounts != region->eventcounts) ? -EBADR : 0;
	if (!open->region_size)
		return -EINVAL;
	region->size = open->region_size;
	region->mutexes = open->mutexes;
	region->eventcounts = open->eventcounts;
	return 0;
}

static bool is_alive(uint32_t owner)
{
	uint32_t i = owner - 1;

	return i < FAKE_OWNERS && fake->owners[i].handle &&
	       !fake->owners[i].ended &&
	       !tgkill(fake->owners[i].pid, fake->owners[i].tid, 0);
}

/* The calling thread's owner id; @make: when it has none, give it one. */
static uint32_t owner_id(struct fake_handle *handle, bool make)
{
	uint32_t i;

	for (i = 0; i < FAKE_OWNERS && fake->owners[i].handle; i++)
		if (fake->owners[i].handle == handle &&
		    !fake->owners[i].ended &&
		    fake->owners[i].pid == getpid() &&
		    fake->owners[i].tid == gettid())
			return i + 1;
	if (!make || i == FAKE_OWNERS)
		return 0;
	fake->owners[i].handle = handle;
	fake->owners[i].pid = getpid();
	fake->owners[i].tid = gettid();
	return i + 1;
}

static bool change(uint32_t *word, uint32_t from, uint32_t to)
{
	return __atomic_compare_exchange_n(word, &from, to, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* The holder in @value has died: take its mutex for @self. */
static bool inherit(struct fake_region *region, uint32_t mutex, uint32_t *word,
		    uint32_t value, uint32_t self)
{
	uint32_t waiters = value & IPCQ_MUTEX_WAITERS;
	uint32_t dead = (value & IPCQ_MUTEX_OWNER_MASK) - 1;

	if (!change(word, value, self | waiters | IPCQ_MUTEX_INCONSISTENT))
		return false;
	region->owner_deaths++;
	region->mutex[mutex].deaths++;
	region->mutex[mutex].died_pid = dead < FAKE_OWNERS ?
					fake->owners[dead].pid : 0;
	return true;
}

/* One try to take it: 0, -EOWNERDEAD, -EDEADLK, or -EAGAIN. */
static int try_lock(struct fake_handle *handle, uint32_t mutex, uint32_t self)
{
	struct fake_region *region = &handle->object->region;
	uint32_t *word = fake_word(handle->object, mutex);
	uint32_t value = __atomic_load_n(word, __ATOMIC_ACQUIRE);
	uint32_t owner = value & IPCQ_MUTEX_OWNER_MASK;

	if (owner == self)
		return -EDEADLK;
	if (!owner && change(word, value, value | self))
		return value & IPCQ_MUTEX_INCONSISTENT ? -EOWNERDEAD : 0;
	if (owner && !is_alive(owner) &&
	    inherit(region, mutex, word, value, self))
		return -EOWNERDEAD;
	return -EAGAIN;
}

static int lock_mutex(struct fake_handle *handle, struct ipcq_mutex_lock *lock)
{
	struct fake_region *region = &handle->object->region;
	uint32_t *word = fake_word(handle->object, lock->mutex);
	uint32_t self;
	int error;

	if (lock->size != sizeof(*lock) || lock->reserved ||
	    lock->mutex >= region->mutexes)
		return -EINVAL;
	if (!(handle->access & IPCQ_OPEN_F_WRITE))
		return -EBADF;
	self = owner_id(handle, true);
	for (;;) {
		error = try_lock(handle, lock->mutex, self);
		if (error != -EAGAIN || lock->flags & IPCQ_MUTEX_F_TRY)
			return error;
		region->mutex[lock->mutex].waiters++;
		__atomic_fetch_or(word, IPCQ_MUTEX_WAITERS, __ATOMIC_ACQ_REL);
		error = fake_wait(lock->deadline);
		if (!--region->mutex[lock->mutex].waiters)
			__atomic_fetch_and(word, ~IPCQ_MUTEX_WAITERS,
					   __ATOMIC_ACQ_REL);
		if (error)
			return error;
	}
}

static int unlock_mutex(struct fake_handle *handle,
			struct ipcq_mutex_unlock *unlock, bool consistent)
{
	struct fake_region *region = &handle->object->region;
	uint32_t *word = fake_word(handle->object, unlock->mutex);
	uint32_t value, self;

	if (unlock->size != sizeof(*unlock) || unlock->flags ||
	    unlock->reserved || unlock->mutex >= region->mutexes)
		return -EINVAL;
	if (!(handle->access & IPCQ_OPEN_F_WRITE))
		return -EBADF;
	value = __atomic_load_n(word, __ATOMIC_ACQUIRE);
	self = owner_id(handle, false);
	if (!self || (value & IPCQ_MUTEX_OWNER_MASK) != self)
		return -EPERM;
	if (!consistent)
		__atomic_fetch_and(word, ~IPCQ_MUTEX_OWNER_MASK,
				   __ATOMIC_ACQ_REL);
	else if (value & IPCQ_MUTEX_INCONSISTENT)
		__atomic_fetch_and(word, ~IPCQ_MUTEX_INCONSISTENT,
				   __ATOMIC_ACQ_REL);
	else
		return -EINVAL;
	return 0;
}

static int stat_mutex(struct fake_object *object, struct ipcq_mutex_stat *stat)
{
	uint32_t mutex = stat->mutex, word, owner;

	if (stat->size != sizeof(*stat) || mutex >= object->region.mutexes)
		return -EINVAL;
	word = *fake_word(object, mutex);
	owner = word & IPCQ_MUTEX_OWNER_MASK;
	*stat = (struct ipcq_mutex_stat) {
		.size = sizeof(*stat),
		.mutex = mutex,
		.word = word,
		.holder_pid = owner ? fake->owners[owner - 1].pid : 0,
		.holder_tid = owner ? fake->owners[owner - 1].tid : 0,
		.waiters = object->region.mutex[mutex].waiters,
		.died_pid = object->region.mutex[mutex].died_pid,
		.died_tid = object->region.mutex[mutex].died_pid,
		.died_time = object->region.mutex[mutex].deaths ?
			     1700000000500000000ULL : 0,
		.deaths = object->region.mutex[mutex].deaths,
	};
	return 0;
}

static int wait_eventcount(struct fake_handle *handle,
			   struct ipcq_eventcount_wait *wait)
{
	struct fake_region *region = &handle->object->region;
	uint32_t line = region->mutexes + wait->eventcount;
	uint32_t *word = fake_word(handle->object, line);
	int error = 0;

	if (wait->size != sizeof(*wait) ||
	    wait->eventcount >= region->eventcounts)
		return -EINVAL;
	for (;;) {
		if ((__atomic_load_n(word, __ATOMIC_ACQUIRE) ^ wait->seen) >> 1)
			return 0;
		if (error || wait->flags & IPCQ_EVENTCOUNT_F_TRY)
			return error ? error : -EAGAIN;
		__atomic_fetch_or(word, IPCQ_EVENTCOUNT_WAITERS,
				  __ATOMIC_ACQ_REL);
		error = fake_wait(wait->deadline);
	}
}

static int wake_eventcount(struct fake_handle *handle,
			   struct ipcq_eventcount_wake *wake, uint32_t add)
{
	struct fake_region *region = &handle->object->region;
	uint32_t *word = fake_word(handle->object,
				   region->mutexes + wake->eventcount);

	if (wake->size != sizeof(*wake) || wake->flags ||
	    wake->eventcount >= region->eventcounts || wake->count > INT32_MAX)
		return -EINVAL;
	if (!(handle->access & IPCQ_OPEN_F_WRITE))
		return -EBADF;
	__atomic_fetch_add(word, add, __ATOMIC_ACQ_REL);
	/* Who waits looks at the word by itself; claim that one was woken. */
	__atomic_fetch_and(word, ~IPCQ_EVENTCOUNT_WAITERS, __ATOMIC_ACQ_REL);
	return 1;
}

static int stat_region(struct fake_object *object, struct ipcq_region_stat *stat)
{
	const struct fake_region *region = &object->region;
	uint32_t owners = 0, i;

	if (stat->size != sizeof(*stat) || stat->flags)
		return -EINVAL;
	for (i = 0; i < FAKE_OWNERS; i++)
		owners += fake->owners[i].handle &&
			  fake->owners[i].handle->object == object &&
			  is_alive(i + 1);
	*stat = (struct ipcq_region_stat) {
		.size = sizeof(*stat),
		.id = object->id,
		.region_size = region->size,
		.control_size = region->mutexes + region->eventcounts ? 4096 : 0,
		.mutexes = region->mutexes,
		.eventcounts = region->eventcounts,
		.owners = owners,
		.owner_deaths = region->owner_deaths,
	};
	return 0;
}

static int attach(struct fake_handle *handle, struct ipcq_region_attach *attach)
{
	if (attach->size != sizeof(*attach) || attach->flags || attach->reserved)
		return -EINVAL;
	if (!(handle->access & IPCQ_OPEN_F_WRITE))
		return -EBADF;
	attach->owner = owner_id(handle, true);
	return attach->owner ? 0 : -ENOMEM;
}

int fake_region_call(struct fake_handle *handle, unsigned long call, void *argument)
{
	switch (call) {
	case IPCQ_IOC_REGION_STAT:
		return stat_region(handle->object, argument);
	case IPCQ_IOC_REGION_ATTACH:
		return attach(handle, argument);
	case IPCQ_IOC_MUTEX_LOCK:
		return lock_mutex(handle, argument);
	case IPCQ_IOC_MUTEX_UNLOCK:
		return unlock_mutex(handle, argument, false);
	case IPCQ_IOC_MUTEX_CONSISTENT:
		return unlock_mutex(handle, argument, true);
	case IPCQ_IOC_MUTEX_STAT:
		return stat_mutex(handle->object, argument);
	case IPCQ_IOC_EVENTCOUNT_WAIT:
		return wait_eventcount(handle, argument);
	case IPCQ_IOC_EVENTCOUNT_WAKE:
		return wake_eventcount(handle, argument, 0);
	case IPCQ_IOC_EVENTCOUNT_ADVANCE:
		return wake_eventcount(handle, argument, IPCQ_EVENTCOUNT_ONE);
	default:
		return -ENOTTY;
	}
}
