// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mutexes of a region: what happens when the word alone does not do.
 *
 * User space locks a free mutex and unlocks one that nobody waits for by changing
 * its word.  The kernel is called when the word is not as hoped; it
 *
 *   - marks the word WAITERS before a thread sleeps, so that the holder's own
 *     exchange fails and it calls the kernel to unlock;
 *   - gives the mutex to the thread that has waited longest by writing that
 *     thread's owner id into the word: it wakes up holding it;
 *   - when an owner ends, looks for its id in every word and does the same for it,
 *     with INCONSISTENT set.
 *
 * Why nothing is lost.  Under region->lock only user space changes words, and
 * only from 0 to an id and from an id to 0.  A sleeper's WAITERS is set, by an
 * exchange, in a word that names a holder, and stays until the kernel takes it
 * off; so the holder cannot free the word behind the sleeper's back.  If the
 * holder ends instead, its id is found in the word.  If it ended before, which is
 * looked up under the lock, the caller recovers the mutex itself.  An owner is
 * given the mutex under the lock and only while it is live, and recovery takes
 * the lock after the owner is no longer live: so recovery finds what was given.
 *
 * A word that holds nonsense is treated as held by somebody who has ended.
 *
 * Models: tests/model/mutex.pml, tests/model/word.pml.
 */
#include <linux/err.h>
#include <linux/ipcq.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/timekeeping.h>

#include "limits.h"
#include "region.h"
#include "wait.h"

/* Waits for a mutex; in mutex->waiters. */
struct locker {
	struct ipcq_waiter waiter;
	struct ipcq_owner *owner;	/* referenced by the call */
	struct ipcq_mutex *mutex;
	int result;			/* once completed */
};

/* What user space keeps changing gets another try, outside the lock. */
#define WORD_BUSY	(-EBUSY)

void ipcq_mutex_init(struct ipcq_mutex *mutex)
{
	INIT_LIST_HEAD(&mutex->waiters);
}

void ipcq_mutex_fini(struct ipcq_mutex *mutex)
{
	put_pid(mutex->died_pid);
	put_pid(mutex->died_tid);
}

/* ----------------------------------------- steps, with the region's lock held */

static struct locker *first_locker(struct ipcq_mutex *mutex)
{
	return list_first_entry_or_null(&mutex->waiters, struct locker,
					waiter.node);
}

/* Ends a wait: @result is what its call returns. */
static void grant(struct locker *locker, int result, struct ipcq_wake *wake)
{
	locker->result = result;
	locker->mutex->waiting--;
	locker->owner->waiting = NULL;
	ipcq_waiter_complete(&locker->waiter, wake);
}

/* Notes that a holder has ended; @owner is NULL when nobody knows who it was. */
static void record_death(struct ipcq_region *region, struct ipcq_mutex *mutex,
			 const struct ipcq_owner *owner)
{
	region->owner_deaths++;
	mutex->deaths++;
	mutex->died_time = ktime_get_real_ns();
	put_pid(mutex->died_pid);
	put_pid(mutex->died_tid);
	mutex->died_pid = owner ? get_pid(owner->pid) : NULL;
	mutex->died_tid = owner ? get_pid(owner->tid) : NULL;
}

/* The same, of whoever has an id; nobody may have it. */
static void record_death_of_id(struct ipcq_region *region,
			       struct ipcq_mutex *mutex, u32 id)
{
	struct ipcq_owner *owner = ipcq_owners_get(&region->owners, id);

	record_death(region, mutex, owner);
	if (owner)
		ipcq_owner_put(owner);
}

/*
 * Ends the hold of the id that the word has: gives the mutex to the first who
 * waits, or leaves it free.  @inconsistent is what to set besides.
 *
 * A waiter may have an owner that is marked, if ipcq_mutexes_recover() has not yet
 * taken the lock for it: it then finds in the word what is given here.
 *
 * Return: 0; WORD_BUSY when the word changed.
 */
static int pass_on(struct ipcq_mutex *mutex, atomic_t *word, u32 seen,
		   u32 inconsistent, struct ipcq_wake *wake)
{
	struct locker *next = first_locker(mutex);
	u32 new = inconsistent;
	int old = seen;

	if (next)
		new |= next->owner->id |
		       (mutex->waiting > 1 ? IPCQ_MUTEX_WAITERS : 0);
	/* Full order: what the last holder wrote is seen by the next. */
	if (!atomic_try_cmpxchg(word, &old, new))
		return WORD_BUSY;
	if (next)
		grant(next, inconsistent ? -EOWNERDEAD : 0, wake);
	return 0;
}

/*
 * Tries once to take the mutex, or to mark that somebody is going to wait.
 *
 * Return: 0 or -EOWNERDEAD, taken; -EAGAIN, held by somebody else and marked
 * unless @try; -EDEADLK; WORD_BUSY when the word changed.
 */
static int take_or_mark(struct ipcq_region *region, struct ipcq_mutex *mutex,
			atomic_t *word, const struct ipcq_owner *owner, bool try)
{
	int old = atomic_read(word);
	u32 holder = old & IPCQ_MUTEX_OWNER_MASK;
	u32 inconsistent = old & IPCQ_MUTEX_INCONSISTENT;
	bool died;

	if (holder == owner->id)
		return -EDEADLK;

	died = holder && !ipcq_owners_live(&region->owners, holder);
	if (!holder || died) {
		/* A holder that died is about to be recovered, or never was. */
		if (died)
			inconsistent = IPCQ_MUTEX_INCONSISTENT;
		if (!atomic_try_cmpxchg(word, &old, owner->id | inconsistent |
					(mutex->waiting ? IPCQ_MUTEX_WAITERS : 0)))
			return WORD_BUSY;
		if (died)
			record_death_of_id(region, mutex, holder);
		return inconsistent ? -EOWNERDEAD : 0;
	}
	/*
	 * Once set, the mark need not be confirmed by an exchange: it changes under
	 * the lock only, and while it is set no exchange of user space succeeds.
	 */
	if (try || old & IPCQ_MUTEX_WAITERS)
		return -EAGAIN;
	return atomic_try_cmpxchg(word, &old, old | IPCQ_MUTEX_WAITERS) ?
		-EAGAIN : WORD_BUSY;
}

/* ---------------------------------------------------------------------- lock */

/*
 * Takes the mutex, or puts @locker in the list and returns -EINPROGRESS.
 */
static int take_or_enqueue(struct ipcq_region *region, u32 index,
			   struct locker *locker, bool try)
{
	struct ipcq_mutex *mutex = &region->mutexes[index];
	int tries, ret = WORD_BUSY;

	spin_lock(&region->lock);
	/* From when it is marked, recovery may have been here already. */
	if (!ipcq_owner_live(locker->owner)) {
		ret = -EBADF;
		goto out;
	}
	for (tries = 0; tries < IPCQ_WORD_TRIES && ret == WORD_BUSY; tries++)
		ret = take_or_mark(region, mutex,
				   ipcq_region_word(region, index),
				   locker->owner, try);
	if (ret == -EAGAIN && !try) {
		list_add_tail(&locker->waiter.node, &mutex->waiters);
		mutex->waiting++;
		locker->owner->waiting = locker;
		ret = -EINPROGRESS;
	}
out:
	spin_unlock(&region->lock);
	return ret;
}

/* The thread has stopped waiting: returns its result if it was completed. */
static int leave(struct ipcq_region *region, u32 index, struct locker *locker,
		 int error)
{
	struct ipcq_mutex *mutex = &region->mutexes[index];

	spin_lock(&region->lock);
	if (locker->waiter.done) {
		error = locker->result;
	} else {
		list_del(&locker->waiter.node);
		/* WAITERS may stay: the next unlock finds nobody and clears it. */
		mutex->waiting--;
		locker->owner->waiting = NULL;
	}
	spin_unlock(&region->lock);
	return error;
}

/**
 * ipcq_mutex_lock() - lock a mutex
 * @region: the region
 * @owner: the calling thread's owner
 * @index: which mutex; there is one
 * @try: do not wait
 * @deadline: when to stop waiting
 *
 * Return: 0 or an error of struct ipcq_mutex_lock; -ERESTARTSYS for a signal.
 */
int ipcq_mutex_lock(struct ipcq_region *region, struct ipcq_owner *owner,
		    u32 index, bool try, u64 deadline)
{
	struct locker locker = {
		.owner = owner,
		.mutex = &region->mutexes[index],
	};
	int ret;

	ipcq_waiter_init(&locker.waiter);
	while ((ret = take_or_enqueue(region, index, &locker, try)) == WORD_BUSY) {
		if (signal_pending(current))
			return -ERESTARTSYS;
		cond_resched();
	}
	if (ret != -EINPROGRESS)
		return ret;

	ret = ipcq_waiter_sleep(&locker.waiter, deadline);
	return ret ? leave(region, index, &locker, ret) : locker.result;
}

/* -------------------------------------------------------------------- unlock */

static int try_unlock(struct ipcq_region *region, u32 index,
		      const struct ipcq_owner *owner, struct ipcq_wake *wake)
{
	atomic_t *word = ipcq_region_word(region, index);
	u32 seen = atomic_read(word);

	if ((seen & IPCQ_MUTEX_OWNER_MASK) != owner->id)
		return -EPERM;
	return pass_on(&region->mutexes[index], word, seen,
		       seen & IPCQ_MUTEX_INCONSISTENT, wake);
}

static int try_consistent(struct ipcq_region *region, u32 index,
			  const struct ipcq_owner *owner, struct ipcq_wake *wake)
{
	atomic_t *word = ipcq_region_word(region, index);
	int seen = atomic_read(word);

	if ((seen & IPCQ_MUTEX_OWNER_MASK) != owner->id)
		return -EPERM;
	if (!(seen & IPCQ_MUTEX_INCONSISTENT))
		return -EINVAL;
	return atomic_try_cmpxchg(word, &seen, seen & ~IPCQ_MUTEX_INCONSISTENT) ?
		0 : WORD_BUSY;
}

/* Does one of the above until the word holds still or a signal comes. */
static int change_word(struct ipcq_region *region, u32 index,
		       const struct ipcq_owner *owner,
		       int (*change)(struct ipcq_region *region, u32 index,
				     const struct ipcq_owner *owner,
				     struct ipcq_wake *wake))
{
	struct ipcq_wake wake;
	int tries, ret;

	ipcq_wake_init(&wake);
	for (;;) {
		ret = WORD_BUSY;
		spin_lock(&region->lock);
		for (tries = 0; tries < IPCQ_WORD_TRIES && ret == WORD_BUSY;
		     tries++)
			ret = change(region, index, owner, &wake);
		spin_unlock(&region->lock);
		if (ret != WORD_BUSY)
			break;
		if (signal_pending(current))
			return -ERESTARTSYS;
		cond_resched();
	}
	ipcq_wake_up(&wake);
	return ret;
}

int ipcq_mutex_unlock(struct ipcq_region *region, struct ipcq_owner *owner,
		      u32 index)
{
	return change_word(region, index, owner, try_unlock);
}

int ipcq_mutex_consistent(struct ipcq_region *region, struct ipcq_owner *owner,
			  u32 index)
{
	return change_word(region, index, owner, try_consistent);
}

/* ------------------------------------------------------------------ recovery */

/* Passes on one mutex, if the owner still has it. */
static void recover(struct ipcq_region *region, u32 index,
		    const struct ipcq_owner *owner)
{
	struct ipcq_mutex *mutex = &region->mutexes[index];
	atomic_t *word = ipcq_region_word(region, index);
	struct ipcq_wake wake;
	int tries;

	ipcq_wake_init(&wake);
	spin_lock(&region->lock);
	/* Should somebody keep writing a dead owner's id, the next to lock sees. */
	for (tries = 0; tries < IPCQ_WORD_TRIES; tries++) {
		u32 seen = atomic_read(word);

		if ((seen & IPCQ_MUTEX_OWNER_MASK) != owner->id)
			break;
		if (!pass_on(mutex, word, seen, IPCQ_MUTEX_INCONSISTENT, &wake)) {
			record_death(region, mutex, owner);
			break;
		}
	}
	spin_unlock(&region->lock);
	ipcq_wake_up(&wake);
}

/* Ends the wait of an owner whose process has closed the handle meanwhile. */
static void fail_wait(struct ipcq_region *region, struct ipcq_owner *owner)
{
	struct ipcq_wake wake;

	ipcq_wake_init(&wake);
	spin_lock(&region->lock);
	if (owner->waiting)
		grant(owner->waiting, -EBADF, &wake);
	spin_unlock(&region->lock);
	ipcq_wake_up(&wake);
}

/**
 * ipcq_mutexes_recover() - pass on what an owner that has ended holds
 * @region: the region
 * @owner: no longer live
 *
 * Looks at every mutex: what is held is known from the words alone, so that
 * taking one costs nothing.  The lock is taken only for a word with the owner's id.
 * That is enough: once the lock has been taken here with the owner no longer live,
 * nobody gives it anything any more, and what it was given is in the words.
 */
void ipcq_mutexes_recover(struct ipcq_region *region, struct ipcq_owner *owner)
{
	u32 i;

	fail_wait(region, owner);
	for (i = 0; i < region->mutex_count; i++) {
		u32 seen = atomic_read(ipcq_region_word(region, i));

		if ((seen & IPCQ_MUTEX_OWNER_MASK) == owner->id)
			recover(region, i, owner);
		cond_resched();
	}
}

/* --------------------------------------------------------------- observation */

int ipcq_mutex_stat(struct ipcq_region *region, struct ipcq_mutex_stat *stat)
{
	struct pid_namespace *ns = task_active_pid_ns(current);
	struct ipcq_mutex *mutex;
	struct ipcq_owner *holder;

	if (stat->mutex >= region->mutex_count)
		return -EINVAL;
	mutex = &region->mutexes[stat->mutex];

	spin_lock(&region->lock);
	stat->word = atomic_read(ipcq_region_word(region, stat->mutex));
	stat->waiters = mutex->waiting;
	stat->died_pid = pid_nr_ns(mutex->died_pid, ns);
	stat->died_tid = pid_nr_ns(mutex->died_tid, ns);
	stat->died_time = mutex->died_time;
	stat->deaths = mutex->deaths;
	spin_unlock(&region->lock);

	stat->holder_pid = 0;
	stat->holder_tid = 0;
	stat->reserved = 0;
	holder = ipcq_owners_get(&region->owners,
				 stat->word & IPCQ_MUTEX_OWNER_MASK);
	if (holder) {
		stat->holder_pid = pid_nr_ns(holder->pid, ns);
		stat->holder_tid = pid_nr_ns(holder->tid, ns);
		ipcq_owner_put(holder);
	}
	return 0;
}
