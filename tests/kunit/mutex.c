// SPDX-License-Identifier: GPL-2.0-only
/*
 * The words of mutexes: what the kernel writes into them, whose turn it is, and
 * waits that end otherwise.
 */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/sched/signal.h>

#include "common.h"

#define INCONSISTENT	IPCQ_MUTEX_INCONSISTENT
#define WAITERS		IPCQ_MUTEX_WAITERS

static struct ipcq_handle *open_region(struct kunit *test)
{
	struct ipcq_handle *handle = ipcq_kunit_open_region(.with.region.mutexes = 3);

	KUNIT_ASSERT_FALSE(test, IS_ERR(handle));
	return handle;
}

static atomic_t *word_of(struct ipcq_handle *handle)
{
	return ipcq_region_word(ipcq_kunit_region(handle), 1);
}

static u32 word(struct ipcq_handle *handle)
{
	return atomic_read(word_of(handle));
}

static u32 waiting(struct ipcq_handle *handle)
{
	return READ_ONCE(ipcq_kunit_region(handle)->mutexes[1].waiting);
}

static struct ipcq_owner *attach(struct ipcq_handle *handle)
{
	return ipcq_owner_attach(&ipcq_kunit_region(handle)->owners, handle);
}

static int lock(struct ipcq_handle *handle, struct ipcq_owner *owner, bool try)
{
	return ipcq_mutex_lock(ipcq_kunit_region(handle), owner, 1, try, 0);
}

static int unlock(struct ipcq_handle *handle, struct ipcq_owner *owner)
{
	return ipcq_mutex_unlock(ipcq_kunit_region(handle), owner, 1);
}

/* A thread that locks the mutex, notes when its turn was, and unlocks it. */
struct party {
	struct ipcq_handle *handle;
	atomic_t *turns;
	u64 deadline;
	int turn;
};

static int lock_and_unlock(void *data)
{
	struct party *party = data;
	struct ipcq_owner *owner = attach(party->handle);
	int ret;

	allow_signal(SIGUSR1);
	ret = ipcq_mutex_lock(ipcq_kunit_region(party->handle), owner, 1, false, party->deadline);
	if (!ret) {
		party->turn = atomic_inc_return(party->turns);
		ret = unlock(party->handle, owner);
	}
	ipcq_owner_put(owner);
	return ret;
}

static void word_without_waiters(struct kunit *test)
{
	struct ipcq_handle *handle = open_region(test);
	struct ipcq_region *region = ipcq_kunit_region(handle);
	struct ipcq_owner *owner = attach(handle), *other;

	KUNIT_EXPECT_EQ(test, unlock(handle, owner), -EPERM);
	KUNIT_EXPECT_EQ(test, lock(handle, owner, false), 0);
	KUNIT_EXPECT_EQ(test, word(handle), owner->id);
	/* Not the neighbours'. */
	KUNIT_EXPECT_EQ(test, atomic_read(ipcq_region_word(region, 0)), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(ipcq_region_word(region, 2)), 0);
	KUNIT_EXPECT_EQ(test, lock(handle, owner, false), -EDEADLK);
	KUNIT_EXPECT_EQ(test, lock(handle, owner, true), -EDEADLK);
	KUNIT_EXPECT_EQ(test, ipcq_mutex_consistent(region, owner, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, unlock(handle, owner), 0);
	KUNIT_EXPECT_EQ(test, word(handle), 0U);

	/* Who only tries leaves no mark in somebody else's word. */
	atomic_set(word_of(handle), owner->id);
	other = kunit_kzalloc(test, sizeof(*other), GFP_KERNEL);
	other->id = owner->id + 1;
	KUNIT_EXPECT_EQ(test, lock(handle, other, true), -EAGAIN);
	KUNIT_EXPECT_EQ(test, word(handle), owner->id);
	KUNIT_EXPECT_EQ(test, unlock(handle, owner), 0);
	ipcq_owner_put(owner);
	ipcq_kunit_release(handle);
}

/* Handed on in the order they came; WAITERS goes with the last of them. */
static void first_come_first_served(struct kunit *test)
{
	struct ipcq_handle *handle = open_region(test);
	struct ipcq_owner *owner = attach(handle);
	struct ipcq_kunit_thread *tasks[4];
	struct party parties[4];
	atomic_t turns = ATOMIC_INIT(0);
	u32 i;

	KUNIT_EXPECT_EQ(test, lock(handle, owner, false), 0);
	for (i = 0; i < 4; i++) {
		parties[i] = (struct party){ .handle = handle, .turns = &turns };
		tasks[i] = ipcq_kunit_thread(test, lock_and_unlock, &parties[i]);
		IPCQ_KUNIT_UNTIL(test, waiting(handle) == i + 1);
	}
	KUNIT_EXPECT_EQ(test, word(handle), owner->id | WAITERS);
	KUNIT_EXPECT_EQ(test, atomic_read(&turns), 0);
	KUNIT_EXPECT_EQ(test, unlock(handle, owner), 0);
	for (i = 0; i < 4; i++) {
		KUNIT_EXPECT_EQ(test, ipcq_kunit_join(tasks[i]), 0);
		KUNIT_EXPECT_EQ(test, parties[i].turn, (int)i + 1);
	}
	KUNIT_EXPECT_EQ(test, word(handle), 0U);
	KUNIT_EXPECT_EQ(test, waiting(handle), 0U);
	ipcq_owner_put(owner);
	ipcq_kunit_release(handle);
}

/* One in the middle gives up; the mark it leaves costs one call, and harms nobody. */
static void giving_up(struct kunit *test)
{
	struct ipcq_handle *handle = open_region(test);
	struct ipcq_owner *owner = attach(handle);
	struct ipcq_kunit_thread *tasks[3];
	struct party parties[3];
	atomic_t turns = ATOMIC_INIT(0);
	u32 i;

	KUNIT_EXPECT_EQ(test, lock(handle, owner, false), 0);
	for (i = 0; i < 3; i++) {
		parties[i] = (struct party){ .handle = handle, .turns = &turns };
		tasks[i] = ipcq_kunit_thread(test, lock_and_unlock, &parties[i]);
		IPCQ_KUNIT_UNTIL(test, waiting(handle) == i + 1);
	}
	ipcq_kunit_signal(tasks[1], SIGUSR1);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_join(tasks[1]), -ERESTARTSYS);
	KUNIT_EXPECT_EQ(test, waiting(handle), 2U);
	KUNIT_EXPECT_EQ(test, unlock(handle, owner), 0);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_join(tasks[0]), 0);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_join(tasks[2]), 0);
	KUNIT_EXPECT_EQ(test, parties[0].turn, 1);
	KUNIT_EXPECT_EQ(test, parties[2].turn, 2);

	/* A deadline that has passed; then nobody waits, and the mark is stale. */
	KUNIT_EXPECT_EQ(test, lock(handle, owner, false), 0);
	parties[0].deadline = 1;
	tasks[0] = ipcq_kunit_thread(test, lock_and_unlock, &parties[0]);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_join(tasks[0]), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, waiting(handle), 0U);
	KUNIT_EXPECT_EQ(test, word(handle), owner->id | WAITERS);
	KUNIT_EXPECT_EQ(test, unlock(handle, owner), 0);
	KUNIT_EXPECT_EQ(test, word(handle), 0U);
	ipcq_owner_put(owner);
	ipcq_kunit_release(handle);
}

/* A mutex that user space has freed is taken over the heads of those who wait. */
static void freed_behind_the_waiters(struct kunit *test)
{
	struct ipcq_handle *handle = open_region(test);
	struct ipcq_owner *owner = attach(handle);
	atomic_t turns = ATOMIC_INIT(0);
	struct party party = { .handle = handle, .turns = &turns };
	struct ipcq_kunit_thread *task;

	KUNIT_EXPECT_EQ(test, lock(handle, owner, false), 0);
	task = ipcq_kunit_thread(test, lock_and_unlock, &party);
	IPCQ_KUNIT_UNTIL(test, waiting(handle) == 1);
	/* Against the rules, but the kernel must not lose the waiter. */
	atomic_set(word_of(handle), 0);
	KUNIT_EXPECT_EQ(test, lock(handle, owner, true), 0);
	KUNIT_EXPECT_EQ(test, word(handle), owner->id | WAITERS);
	KUNIT_EXPECT_EQ(test, unlock(handle, owner), 0);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_join(task), 0);
	KUNIT_EXPECT_EQ(test, word(handle), 0U);
	ipcq_owner_put(owner);
	ipcq_kunit_release(handle);
}

/* Somebody keeps changing a bit of the word: it takes longer, and is right. */
struct flipper {
	atomic_t *word;
	bool stop;
};

static int flip(void *data)
{
	struct flipper *flipper = data;

	while (!READ_ONCE(flipper->stop)) {
		atomic_xor(INCONSISTENT, flipper->word);
		cond_resched();
	}
	return 0;
}

static void word_that_changes(struct kunit *test)
{
	struct ipcq_handle *handle = open_region(test);
	struct ipcq_owner *owner = attach(handle);
	struct flipper flipper = { .word = word_of(handle) };
	struct ipcq_kunit_thread *thread = ipcq_kunit_thread(test, flip, &flipper);
	int i, ret;

	for (i = 0; i < 2000; i++) {
		ret = lock(handle, owner, false);
		KUNIT_EXPECT_TRUE(test, !ret || ret == -EOWNERDEAD);
		KUNIT_EXPECT_EQ(test, word(handle) & ~INCONSISTENT, owner->id);
		KUNIT_EXPECT_EQ(test, unlock(handle, owner), 0);
		KUNIT_EXPECT_EQ(test, word(handle) & ~INCONSISTENT, 0U);
	}
	WRITE_ONCE(flipper.stop, true);
	ipcq_kunit_join(thread);
	ipcq_owner_put(owner);
	ipcq_kunit_release(handle);
}

/* What a mutex is for: a sum that no thread changes while another does. */
struct shared {
	struct ipcq_handle *handle;
	u64 sum;
	atomic_t inside, intruders;
};

static int add_up(void *data)
{
	struct shared *shared = data;
	struct ipcq_owner *owner = attach(shared->handle);
	u64 sum;
	int i;

	for (i = 0; i < 1000; i++) {
		/* As user space does: the kernel only when the word is not free. */
		int old = 0;

		if (!atomic_try_cmpxchg(word_of(shared->handle), &old, owner->id) &&
		    lock(shared->handle, owner, false))
			break;
		if (atomic_inc_return(&shared->inside) != 1)
			atomic_inc(&shared->intruders);
		sum = shared->sum;
		if (!(i % 32))
			schedule();
		shared->sum = sum + 1;
		atomic_dec(&shared->inside);
		old = owner->id;
		if (!atomic_try_cmpxchg(word_of(shared->handle), &old, 0) &&
		    unlock(shared->handle, owner))
			break;
	}
	ipcq_owner_put(owner);
	return i;
}

static void mutual_exclusion(struct kunit *test)
{
	struct shared shared = { .handle = open_region(test) };
	struct ipcq_kunit_thread *tasks[3];
	int i;

	for (i = 0; i < 3; i++)
		tasks[i] = ipcq_kunit_thread(test, add_up, &shared);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, ipcq_kunit_join(tasks[i]), 1000);
	KUNIT_EXPECT_EQ(test, shared.sum, 3000ULL);
	KUNIT_EXPECT_EQ(test, atomic_read(&shared.intruders), 0);
	KUNIT_EXPECT_EQ(test, word(shared.handle), 0U);
	ipcq_kunit_release(shared.handle);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(word_without_waiters),
	KUNIT_CASE(first_come_first_served),
	KUNIT_CASE(giving_up),
	KUNIT_CASE(freed_behind_the_waiters),
	KUNIT_CASE(word_that_changes),
	KUNIT_CASE(mutual_exclusion),
	{}
};

IPCQ_KUNIT_SUITE(mutex, cases);
