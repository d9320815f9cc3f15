// SPDX-License-Identifier: GPL-2.0-only
/*
 * The words of eventcounts, and the threads that wait for them to move.
 */
#include <linux/err.h>
#include <linux/sched/signal.h>

#include "common.h"
#include "wait.h"

#define WAITERS	IPCQ_EVENTCOUNT_WAITERS
#define ONE	IPCQ_EVENTCOUNT_ONE
/* Of two, the second, behind one mutex. */
#define INDEX	1

static struct ipcq_handle *open_region(struct kunit *test)
{
	struct ipcq_handle *handle = ipcq_kunit_open_region(.with.region.mutexes = 1,
							    .with.region.eventcounts = 2);

	KUNIT_ASSERT_FALSE(test, IS_ERR(handle));
	return handle;
}

static atomic_t *word_of(struct ipcq_handle *handle)
{
	return ipcq_region_word(ipcq_kunit_region(handle), 1 + INDEX);
}

static u32 word(struct ipcq_handle *handle)
{
	return atomic_read(word_of(handle));
}

static u32 waiting(struct ipcq_handle *handle)
{
	struct ipcq_region *region = ipcq_kunit_region(handle);
	struct list_head *at;
	u32 count = 0;

	spin_lock(&region->lock);
	list_for_each(at, &region->eventcounts[INDEX].waiters)
		count++;
	spin_unlock(&region->lock);
	return count;
}

static int try_wait(struct ipcq_handle *handle, u32 seen)
{
	return ipcq_eventcount_wait(ipcq_kunit_region(handle), INDEX, seen, true, 0);
}

static int wake(struct ipcq_handle *handle, u32 count)
{
	return ipcq_eventcount_wake(ipcq_kunit_region(handle), INDEX, count);
}

struct waiter {
	struct ipcq_handle *handle;
	u64 deadline;
};

static int wait_for_move(void *data)
{
	struct waiter *waiter = data;

	allow_signal(SIGUSR1);
	allow_signal(SIGKILL);
	return ipcq_eventcount_wait(ipcq_kunit_region(waiter->handle), INDEX,
				    word(waiter->handle), false, waiter->deadline);
}

static void word_without_waiters(struct kunit *test)
{
	struct ipcq_handle *handle = open_region(test);
	struct ipcq_region *region = ipcq_kunit_region(handle);

	KUNIT_EXPECT_EQ(test, try_wait(handle, 0), -EAGAIN);
	KUNIT_EXPECT_EQ(test, word(handle), 0U);
	KUNIT_EXPECT_EQ(test, try_wait(handle, WAITERS), -EAGAIN);
	KUNIT_EXPECT_EQ(test, try_wait(handle, ONE), 0);
	KUNIT_EXPECT_EQ(test, wake(handle, 1), 0);
	KUNIT_EXPECT_EQ(test, ipcq_eventcount_advance(region, INDEX, INT_MAX), 0);
	KUNIT_EXPECT_EQ(test, word(handle), ONE);
	KUNIT_EXPECT_EQ(test, atomic_read(ipcq_region_word(region, 1)), 0);
	KUNIT_EXPECT_EQ(test, try_wait(handle, 0), 0);

	KUNIT_EXPECT_EQ(test, ipcq_eventcount_wake(region, 2, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, ipcq_eventcount_wait(region, 2, 0, true, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, ipcq_eventcount_advance(region, 2, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, ipcq_eventcount_advance(region, INDEX, INT_MAX + 1U), -EINVAL);
	KUNIT_EXPECT_EQ(test, word(handle), ONE);

	/* The count wraps, and does not spill into the bit below. */
	atomic_set(word_of(handle), -ONE);
	KUNIT_EXPECT_EQ(test, ipcq_eventcount_advance(region, INDEX, 0), 0);
	KUNIT_EXPECT_EQ(test, word(handle), 0U);
	KUNIT_EXPECT_EQ(test, try_wait(handle, -ONE), 0);
	/* A mark that nobody stands behind goes with the next wake-up. */
	atomic_set(word_of(handle), WAITERS);
	KUNIT_EXPECT_EQ(test, wake(handle, 0), 0);
	KUNIT_EXPECT_EQ(test, word(handle), 0U);
	ipcq_kunit_release(handle);
}

/* More than are woken in one go, a number at a time. */
static void woken_by_number(struct kunit *test)
{
	struct waiter waiter = { .handle = open_region(test) };
	struct ipcq_kunit_thread *tasks[2 * IPCQ_WAKE_BATCH + 3];
	u32 i, all = ARRAY_SIZE(tasks);

	for (i = 0; i < all; i++) {
		tasks[i] = ipcq_kunit_thread(test, wait_for_move, &waiter);
		IPCQ_KUNIT_UNTIL(test, waiting(waiter.handle) == i + 1);
	}
	KUNIT_EXPECT_EQ(test, word(waiter.handle), WAITERS);
	KUNIT_EXPECT_EQ(test, wake(waiter.handle, 0), 0);
	KUNIT_EXPECT_EQ(test, wake(waiter.handle, 1), 1);
	/* The one that came first. */
	KUNIT_EXPECT_EQ(test, ipcq_kunit_join(tasks[0]), 0);
	KUNIT_EXPECT_EQ(test, waiting(waiter.handle), all - 1);
	KUNIT_EXPECT_EQ(test, wake(waiter.handle, IPCQ_WAKE_BATCH + 1), IPCQ_WAKE_BATCH + 1);
	KUNIT_EXPECT_EQ(test, word(waiter.handle), WAITERS);
	KUNIT_EXPECT_EQ(test, wake(waiter.handle, INT_MAX), (int)(all - IPCQ_WAKE_BATCH - 2));
	KUNIT_EXPECT_EQ(test, word(waiter.handle), 0U);
	for (i = 1; i < all; i++)
		KUNIT_EXPECT_EQ(test, ipcq_kunit_join(tasks[i]), 0);
	ipcq_kunit_release(waiter.handle);
}

/* The last who gives up takes the mark away; one before it does not. */
static void giving_up(struct kunit *test)
{
	struct waiter waiter = { .handle = open_region(test) };
	struct waiter late = { .handle = waiter.handle, .deadline = 1 };
	struct ipcq_kunit_thread *task;

	task = ipcq_kunit_thread(test, wait_for_move, &waiter);
	IPCQ_KUNIT_UNTIL(test, waiting(waiter.handle) == 1);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_join(ipcq_kunit_thread(test, wait_for_move, &late)),
			-ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, word(waiter.handle), WAITERS);
	ipcq_kunit_signal(task, SIGUSR1);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_join(task), -ERESTARTSYS);
	KUNIT_EXPECT_EQ(test, word(waiter.handle), 0U);
	KUNIT_EXPECT_EQ(test, waiting(waiter.handle), 0U);
	ipcq_kunit_release(waiter.handle);
}

/*
 * A thread that is killed and woken at once: the one wake-up is for somebody who lives.
 * Under the lock, so that it finds itself woken when it gives up for the signal.
 */
static void killed_passes_it_on(struct kunit *test)
{
	struct waiter waiter = { .handle = open_region(test) };
	struct ipcq_region *region = ipcq_kunit_region(waiter.handle);
	struct ipcq_kunit_thread *first, *second;
	struct ipcq_wake wakes;

	first = ipcq_kunit_thread(test, wait_for_move, &waiter);
	IPCQ_KUNIT_UNTIL(test, waiting(waiter.handle) == 1);
	second = ipcq_kunit_thread(test, wait_for_move, &waiter);
	IPCQ_KUNIT_UNTIL(test, waiting(waiter.handle) == 2);

	ipcq_wake_init(&wakes);
	spin_lock(&region->lock);
	ipcq_kunit_signal(first, SIGKILL);
	ipcq_waiter_complete(list_first_entry(&region->eventcounts[INDEX].waiters,
					      struct ipcq_waiter, node), &wakes);
	spin_unlock(&region->lock);
	ipcq_wake_up(&wakes);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_join(first), 0);
	IPCQ_KUNIT_UNTIL(test, !waiting(waiter.handle));
	KUNIT_EXPECT_EQ(test, word(waiter.handle), 0U);
	wake(waiter.handle, 1);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_join(second), 0);
	ipcq_kunit_release(waiter.handle);
}

/* Two threads that take turns, each waiting until the other has moved the count. */
struct turns {
	struct ipcq_handle *handle;
	u32 parity;
	u64 moves;
};

static int take_turns(void *data)
{
	struct turns *turns = data;
	atomic_t *at = word_of(turns->handle);
	u32 seen;

	while (turns->moves < 1500) {
		seen = atomic_read_acquire(at);
		if ((seen / ONE) % 2 != turns->parity) {
			if (ipcq_eventcount_wait(ipcq_kunit_region(turns->handle), INDEX, seen,
						 false, 0))
				return -EIO;
			continue;
		}
		turns->moves++;
		if (atomic_fetch_add_release(ONE, at) & WAITERS)
			wake(turns->handle, 1);
	}
	return 0;
}

static void no_wake_up_is_lost(struct kunit *test)
{
	struct turns turns[2] = {};
	struct ipcq_kunit_thread *tasks[2];
	u32 i;

	turns[0].handle = open_region(test);
	turns[1].handle = turns[0].handle;
	turns[1].parity = 1;
	for (i = 0; i < 2; i++)
		tasks[i] = ipcq_kunit_thread(test, take_turns, &turns[i]);
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_EQ(test, ipcq_kunit_join(tasks[i]), 0);
	KUNIT_EXPECT_EQ(test, word(turns[0].handle), 3000U * ONE);
	ipcq_kunit_release(turns[0].handle);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(word_without_waiters),
	KUNIT_CASE(woken_by_number),
	KUNIT_CASE(giving_up),
	KUNIT_CASE(killed_passes_it_on),
	KUNIT_CASE(no_wake_up_is_lost),
	{}
};

IPCQ_KUNIT_SUITE(eventcount, cases);
