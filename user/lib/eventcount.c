// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Eventcounts of a region.
 *
 * Why no wake-up is lost: the count and the mark that threads wait are one word,
 * so an advance and the kernel's decision to let a thread sleep happen in one
 * order or the other.  When the advance is first, the kernel finds another count
 * than the waiter has seen and does not let it sleep.  When the mark is first,
 * the advance finds it and calls the kernel.
 *
 * Order: the advance is a release and the read an acquire.  Who reads the new
 * count sees the condition that was made true before it; who reads the old one
 * tests a condition that may be out of date, and is then not let to sleep.
 */
#include "internal.h"

_Static_assert((int)IPCQ_DONTWAIT == (int)IPCQ_EVENTCOUNT_F_TRY, "try");

/* The largest number of threads that the kernel takes for one wake-up. */
#define WAKE_MAX	0x7fffffffU

/* The word of an eventcount; the lines of the mutexes come first. */
static int word_of(struct ipcq_region *region, uint32_t eventcount,
		   uint32_t **out)
{
	struct ipcq_attachment *self = ipcq_attachment_of(region);
	int error;

	if (ipcq_unlikely(eventcount >= region->eventcounts))
		return -EINVAL;
	if (ipcq_unlikely(self->key != region->key)) {
		error = ipcq_region_attach(region, false);
		if (error)
			return error;
	}
	*out = ipcq_control_word(self, region->mutexes + eventcount);
	return 0;
}

static uint32_t count_of(uint32_t value)
{
	return value & ~IPCQ_EVENTCOUNT_WAITERS;
}

uint32_t ipcq_eventcount_read(struct ipcq_region *region, uint32_t eventcount)
{
	uint32_t *word;

	if (word_of(region, eventcount, &word))
		return 0;
	return count_of(__atomic_load_n(word, __ATOMIC_ACQUIRE));
}

int ipcq_eventcount_wait(struct ipcq_region *region, uint32_t eventcount,
			 uint32_t seen, unsigned int flags, uint64_t deadline)
{
	struct ipcq_eventcount_wait arg = {
		.size = sizeof(arg),
		.flags = flags | (region->nonblock ? IPCQ_EVENTCOUNT_F_TRY : 0),
		.eventcount = eventcount,
		.seen = seen,
		.deadline = deadline,
	};
	uint32_t *word;
	int error;

	if (ipcq_unlikely(flags & ~IPCQ_DONTWAIT))
		return -EINVAL;
	/*
	 * The kernel needs no mapping of ours, but ipcq_eventcount_read() does:
	 * were its failure not told here, a caller would wait in a busy loop.
	 */
	error = word_of(region, eventcount, &word);
	if (error)
		return error;
	if (count_of(__atomic_load_n(word, __ATOMIC_ACQUIRE)) != count_of(seen))
		return 0;
	return ipcq_ioctl(region->fd, IPCQ_IOC_EVENTCOUNT_WAIT, &arg);
}

int ipcq_eventcount_advance(struct ipcq_region *region, uint32_t eventcount,
			    uint32_t wake)
{
	struct ipcq_eventcount_wake arg = {
		.size = sizeof(arg),
		.eventcount = eventcount,
		.count = wake < WAKE_MAX ? wake : WAKE_MAX,
	};
	uint32_t *word, before;
	int error;

	if (ipcq_unlikely(!region->writable))
		return -EBADF;
	error = word_of(region, eventcount, &word);
	if (error)
		return error;
	before = __atomic_fetch_add(word, IPCQ_EVENTCOUNT_ONE, __ATOMIC_RELEASE);
	if (!(before & IPCQ_EVENTCOUNT_WAITERS) || !wake)
		return 0;
	return ipcq_ioctl(region->fd, IPCQ_IOC_EVENTCOUNT_WAKE, &arg);
}
