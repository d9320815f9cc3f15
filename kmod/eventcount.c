// SPDX-License-Identifier: GPL-2.0-only
/*
 * Eventcounts of a region: waiting for a word to move on.
 *
 * An eventcount lets threads wait for any condition on shared memory without a
 * lock around it (Reed and Kanodia, "Synchronization with Eventcounts and
 * Sequencers", 1979).
 *
 * Why no wake-up is lost.  A thread that waits has read the count before it found
 * its condition false.  Under region->lock it sets WAITERS in the word by an
 * exchange that succeeds only while the count is the one it read.  Who makes the
 * condition true adds to the word afterwards, in one atomic step: either before
 * the exchange, which then fails, or after it, and then finds WAITERS set and
 * calls the kernel, which takes the lock and finds the thread in the list.
 *
 * Models: tests/model/eventcount.pml, tests/model/word.pml.
 */
#include <linux/ipcq.h>
#include <linux/sched/signal.h>

#include "limits.h"
#include "region.h"
#include "wait.h"

void ipcq_eventcount_init(struct ipcq_eventcount *eventcount)
{
	INIT_LIST_HEAD(&eventcount->waiters);
}

static atomic_t *eventcount_word(const struct ipcq_region *region, u32 index)
{
	return ipcq_region_word(region, region->mutex_count + index);
}

/* With the last waiter gone, nobody has to call the kernel. */
static void clear_if_idle(struct ipcq_eventcount *eventcount, atomic_t *word)
{
	if (list_empty(&eventcount->waiters))
		atomic_andnot(IPCQ_EVENTCOUNT_WAITERS, word);
}

/*
 * Marks that somebody is going to wait, if the count is still as seen.
 *
 * Return: -EINPROGRESS, marked; 0, it has moved on; -EAGAIN, it has not and @try;
 * -EBUSY, it kept changing.
 */
static int mark_word(atomic_t *word, u32 seen, bool try)
{
	int tries;

	for (tries = 0; tries < IPCQ_WORD_TRIES; tries++) {
		int old = atomic_read(word);

		if ((old ^ seen) & ~IPCQ_EVENTCOUNT_WAITERS)
			return 0;
		if (try)
			return -EAGAIN;
		if (old & IPCQ_EVENTCOUNT_WAITERS ||
		    atomic_try_cmpxchg(word, &old, old | IPCQ_EVENTCOUNT_WAITERS))
			return -EINPROGRESS;
	}
	return -EBUSY;
}

/* Wakes at most a batch.  Returns how many. */
static u32 wake_some(struct ipcq_region *region, u32 index, u32 count)
{
	struct ipcq_eventcount *eventcount = &region->eventcounts[index];
	struct ipcq_wake wake;
	u32 woken;

	ipcq_wake_init(&wake);
	spin_lock(&region->lock);
	while (wake.count < min_t(u32, count, IPCQ_WAKE_BATCH) &&
	       !list_empty(&eventcount->waiters))
		ipcq_waiter_complete(list_first_entry(&eventcount->waiters,
						      struct ipcq_waiter, node),
				     &wake);
	clear_if_idle(eventcount, eventcount_word(region, index));
	spin_unlock(&region->lock);

	woken = wake.count;
	ipcq_wake_up(&wake);
	return woken;
}

/**
 * ipcq_eventcount_wait() - wait until an eventcount has moved on
 * @region: the region
 * @index: which eventcount
 * @seen: the word as the caller read it
 * @try: do not wait
 * @deadline: when to stop waiting
 *
 * Return: 0 or an error of struct ipcq_eventcount_wait; -ERESTARTSYS for a signal.
 */
int ipcq_eventcount_wait(struct ipcq_region *region, u32 index, u32 seen,
			 bool try, u64 deadline)
{
	struct ipcq_eventcount *eventcount;
	struct ipcq_waiter waiter;
	atomic_t *word;
	int ret;

	if (index >= region->eventcount_count)
		return -EINVAL;
	eventcount = &region->eventcounts[index];
	word = eventcount_word(region, index);
	ipcq_waiter_init(&waiter);

	spin_lock(&region->lock);
	ret = mark_word(word, seen, try);
	if (ret == -EINPROGRESS)
		list_add_tail(&waiter.node, &eventcount->waiters);
	spin_unlock(&region->lock);
	/* A word that keeps changing has moved on for all that matters. */
	if (ret != -EINPROGRESS)
		return ret == -EBUSY ? 0 : ret;

	ret = ipcq_waiter_sleep(&waiter, deadline);
	if (!ret)
		goto out;
	spin_lock(&region->lock);
	if (waiter.done) {
		ret = 0;
	} else {
		list_del(&waiter.node);
		clear_if_idle(eventcount, word);
	}
	spin_unlock(&region->lock);
out:
	/* Whoever is about to die has no use for a wake-up meant for one. */
	if (!ret && fatal_signal_pending(current))
		wake_some(region, index, 1);
	return ret;
}

/**
 * ipcq_eventcount_wake() - wake threads in the order they came
 * @region: the region
 * @index: which eventcount
 * @count: how many at most
 *
 * Return: how many were woken; -EINVAL.
 */
int ipcq_eventcount_wake(struct ipcq_region *region, u32 index, u32 count)
{
	u32 total = 0, woken;

	if (index >= region->eventcount_count || count > INT_MAX)
		return -EINVAL;
	/* Threads may come as fast as they are woken: a fatal signal ends it. */
	do {
		woken = wake_some(region, index, count - total);
		total += woken;
		cond_resched();
	} while (woken == IPCQ_WAKE_BATCH && total < count &&
		 !fatal_signal_pending(current));
	return total;
}

/* Adds one to the count, then wakes; as ipcq_eventcount_wake(). */
int ipcq_eventcount_advance(struct ipcq_region *region, u32 index, u32 count)
{
	if (index >= region->eventcount_count || count > INT_MAX)
		return -EINVAL;
	/*
	 * What the caller made true before is seen by who sees the count: pairs
	 * with the acquire of who reads the word in user space.
	 */
	(void)atomic_fetch_add_release(IPCQ_EVENTCOUNT_ONE,
				       eventcount_word(region, index));
	return ipcq_eventcount_wake(region, index, count);
}
