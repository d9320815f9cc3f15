// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens to the mutexes of an owner that ends, at every point between its being
 * marked and its being gone.
 */
#include <linux/completion.h>
#include <linux/err.h>

#include "common.h"

#define INCONSISTENT	IPCQ_MUTEX_INCONSISTENT
#define WAITERS		IPCQ_MUTEX_WAITERS

static struct ipcq_handle *open_region(struct kunit *test)
{
	struct ipcq_handle *handle = ipcq_kunit_open_region(.name = "r", .with.region.mutexes = 2);

	KUNIT_ASSERT_FALSE(test, IS_ERR(handle));
	return handle;
}

static u32 word(struct ipcq_handle *handle)
{
	return atomic_read(ipcq_region_word(ipcq_kunit_region(handle), 0));
}

static u32 waiting(struct ipcq_handle *handle)
{
	return READ_ONCE(ipcq_kunit_region(handle)->mutexes[0].waiting);
}

static u64 deaths(struct ipcq_handle *handle)
{
	return READ_ONCE(ipcq_kunit_region(handle)->mutexes[0].deaths);
}

static struct ipcq_owner *attach(struct ipcq_handle *handle)
{
	return ipcq_owner_attach(&ipcq_kunit_region(handle)->owners, handle);
}

/* A thread that locks mutex 0 through a handle, tells, and stays until it may leave. */
struct locker {
	struct ipcq_handle *handle;
	struct completion done, leave;
	u32 id;
	int ret;
};

static int lock_and_stay(void *data)
{
	struct locker *locker = data;
	struct ipcq_owner *owner = attach(locker->handle);

	WRITE_ONCE(locker->id, owner->id);
	locker->ret = ipcq_mutex_lock(ipcq_kunit_region(locker->handle), owner, 0, false, 0);
	ipcq_owner_put(owner);
	complete(&locker->done);
	wait_for_completion(&locker->leave);
	return locker->ret;
}

static struct ipcq_kunit_thread *start(struct kunit *test, struct locker *locker,
				       struct ipcq_handle *handle)
{
	locker->handle = handle;
	locker->id = 0;
	init_completion(&locker->done);
	init_completion(&locker->leave);
	return ipcq_kunit_thread(test, lock_and_stay, locker);
}

static int finish(struct ipcq_kunit_thread *task, struct locker *locker)
{
	complete(&locker->leave);
	return ipcq_kunit_join(task);
}

/* Nobody waits: the mutex is free and inconsistent, and says who died. */
static void dead_holder_frees_it(struct kunit *test)
{
	struct ipcq_handle *handle = open_region(test);
	struct ipcq_region *region = ipcq_kunit_region(handle);
	struct ipcq_owner *owner = attach(handle);
	struct ipcq_kunit_thread *task;
	struct locker locker;

	task = start(test, &locker, handle);
	IPCQ_KUNIT_UNTIL(test, completion_done(&locker.done));
	KUNIT_EXPECT_EQ(test, word(handle), locker.id);
	KUNIT_EXPECT_EQ(test, finish(task, &locker), 0);
	/* The record is made after the word, and this last of it. */
	IPCQ_KUNIT_UNTIL(test, READ_ONCE(region->mutexes[0].died_tid));
	KUNIT_EXPECT_EQ(test, word(handle), INCONSISTENT);
	KUNIT_EXPECT_EQ(test, deaths(handle), 1ULL);
	KUNIT_EXPECT_EQ(test, region->owner_deaths, 1ULL);

	/* Every holder is told until one declares it consistent. */
	KUNIT_EXPECT_EQ(test, ipcq_mutex_lock(region, owner, 0, true, 0), -EOWNERDEAD);
	KUNIT_EXPECT_EQ(test, word(handle), owner->id | INCONSISTENT);
	KUNIT_EXPECT_EQ(test, ipcq_mutex_unlock(region, owner, 0), 0);
	KUNIT_EXPECT_EQ(test, ipcq_mutex_lock(region, owner, 0, true, 0), -EOWNERDEAD);
	KUNIT_EXPECT_EQ(test, ipcq_mutex_consistent(region, owner, 0), 0);
	KUNIT_EXPECT_EQ(test, ipcq_mutex_consistent(region, owner, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, ipcq_mutex_unlock(region, owner, 0), 0);
	KUNIT_EXPECT_EQ(test, word(handle), 0U);
	KUNIT_EXPECT_EQ(test, deaths(handle), 1ULL);
	ipcq_owner_put(owner);
	ipcq_kunit_release(handle);
}

/* It passes to who has waited longest, and from one that dies to the next. */
static void dead_holder_passes_it_on(struct kunit *test)
{
	struct ipcq_handle *handle = open_region(test);
	struct locker *lockers = kunit_kcalloc(test, 3, sizeof(*lockers), GFP_KERNEL);
	struct ipcq_kunit_thread *tasks[3];
	u32 i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, lockers);
	for (i = 0; i < 3; i++) {
		tasks[i] = start(test, &lockers[i], handle);
		if (!i)
			IPCQ_KUNIT_UNTIL(test, completion_done(&lockers[0].done));
		else
			IPCQ_KUNIT_UNTIL(test, waiting(handle) == i);
	}
	KUNIT_EXPECT_EQ(test, word(handle), lockers[0].id | WAITERS);
	KUNIT_EXPECT_EQ(test, finish(tasks[0], &lockers[0]), 0);
	IPCQ_KUNIT_UNTIL(test, completion_done(&lockers[1].done));
	KUNIT_EXPECT_EQ(test, word(handle), lockers[1].id | INCONSISTENT | WAITERS);
	KUNIT_EXPECT_EQ(test, finish(tasks[1], &lockers[1]), -EOWNERDEAD);
	IPCQ_KUNIT_UNTIL(test, completion_done(&lockers[2].done));
	KUNIT_EXPECT_EQ(test, word(handle), lockers[2].id | INCONSISTENT);
	KUNIT_EXPECT_EQ(test, finish(tasks[2], &lockers[2]), -EOWNERDEAD);
	IPCQ_KUNIT_UNTIL(test, word(handle) == INCONSISTENT);
	IPCQ_KUNIT_UNTIL(test, deaths(handle) == 3);
	ipcq_kunit_release(handle);
}

/* ------------------------------------ between being marked and being recovered */

static void (*recover)(struct ipcq_owners *owners, struct ipcq_owner *owner);
static struct completion reached, resume;

static void recover_when_told(struct ipcq_owners *owners, struct ipcq_owner *owner)
{
	complete(&reached);
	wait_for_completion(&resume);
	recover(owners, owner);
}

static void hold_recovery(struct ipcq_handle *handle)
{
	struct ipcq_owners *owners = &ipcq_kunit_region(handle)->owners;

	init_completion(&reached);
	init_completion(&resume);
	recover = owners->ended;
	owners->ended = recover_when_told;
}

static int release(void *data)
{
	ipcq_kunit_release(data);
	return 0;
}

/*
 * The owner of a waiting thread is marked, but its wait has not been ended, when the
 * holder unlocks: the mutex is handed to it, and recovery finds it in the word.
 */
static void handed_to_a_marked_owner(struct kunit *test)
{
	struct ipcq_handle *keeper = open_region(test), *ending = open_region(test);
	struct ipcq_region *region = ipcq_kunit_region(keeper);
	struct ipcq_owner *owner = attach(keeper);
	struct ipcq_kunit_thread *task, *releaser;
	struct locker locker;

	KUNIT_EXPECT_EQ(test, ipcq_mutex_lock(region, owner, 0, false, 0), 0);
	task = start(test, &locker, ending);
	IPCQ_KUNIT_UNTIL(test, waiting(keeper) == 1);
	hold_recovery(keeper);
	releaser = ipcq_kunit_thread(test, release, ending);
	IPCQ_KUNIT_UNTIL(test, completion_done(&reached));
	KUNIT_EXPECT_FALSE(test, ipcq_owners_live(&region->owners, locker.id));

	KUNIT_EXPECT_EQ(test, ipcq_mutex_unlock(region, owner, 0), 0);
	KUNIT_EXPECT_EQ(test, word(keeper), locker.id);
	IPCQ_KUNIT_UNTIL(test, completion_done(&locker.done));
	KUNIT_EXPECT_EQ(test, locker.ret, 0);
	complete(&resume);
	ipcq_kunit_join(releaser);
	KUNIT_EXPECT_EQ(test, word(keeper), INCONSISTENT);
	KUNIT_EXPECT_EQ(test, deaths(keeper), 1ULL);
	finish(task, &locker);
	region->owners.ended = recover;
	ipcq_owner_put(owner);
	ipcq_kunit_release(keeper);
}

/* Its wait ends with the handle, and nobody behind it loses anything. */
static void wait_ends_with_the_handle(struct kunit *test)
{
	struct ipcq_handle *keeper = open_region(test), *ending = open_region(test);
	struct ipcq_region *region = ipcq_kunit_region(keeper);
	struct ipcq_owner *owner = attach(keeper);
	struct ipcq_kunit_thread *tasks[2];
	struct locker lockers[2];

	KUNIT_EXPECT_EQ(test, ipcq_mutex_lock(region, owner, 0, false, 0), 0);
	tasks[0] = start(test, &lockers[0], ending);
	IPCQ_KUNIT_UNTIL(test, waiting(keeper) == 1);
	tasks[1] = start(test, &lockers[1], keeper);
	IPCQ_KUNIT_UNTIL(test, waiting(keeper) == 2);
	ipcq_kunit_release(ending);
	IPCQ_KUNIT_UNTIL(test, completion_done(&lockers[0].done));
	KUNIT_EXPECT_EQ(test, lockers[0].ret, -EBADF);
	KUNIT_EXPECT_EQ(test, waiting(keeper), 1U);
	KUNIT_EXPECT_EQ(test, word(keeper), owner->id | WAITERS);
	KUNIT_EXPECT_EQ(test, ipcq_mutex_unlock(region, owner, 0), 0);
	IPCQ_KUNIT_UNTIL(test, completion_done(&lockers[1].done));
	KUNIT_EXPECT_EQ(test, lockers[1].ret, 0);
	KUNIT_EXPECT_EQ(test, word(keeper), lockers[1].id);
	KUNIT_EXPECT_EQ(test, deaths(keeper), 0ULL);
	finish(tasks[0], &lockers[0]);
	finish(tasks[1], &lockers[1]);
	IPCQ_KUNIT_UNTIL(test, deaths(keeper) == 1);
	ipcq_owner_put(owner);
	ipcq_kunit_release(keeper);
}

/* Somebody who comes before recovery takes the mutex over; the death counts once. */
static void taken_over_before_recovery(struct kunit *test)
{
	struct ipcq_handle *keeper = open_region(test), *ending = open_region(test);
	struct ipcq_region *region = ipcq_kunit_region(keeper);
	struct ipcq_owner *owner = attach(keeper), *dying = attach(ending);
	struct ipcq_kunit_thread *releaser;

	KUNIT_EXPECT_EQ(test, ipcq_mutex_lock(region, dying, 0, true, 0), 0);
	hold_recovery(keeper);
	releaser = ipcq_kunit_thread(test, release, ending);
	IPCQ_KUNIT_UNTIL(test, completion_done(&reached));
	/* Whoever is marked gets nothing any more. */
	KUNIT_EXPECT_EQ(test, ipcq_mutex_lock(region, dying, 1, true, 0), -EBADF);
	KUNIT_EXPECT_EQ(test, ipcq_mutex_lock(region, owner, 0, true, 0), -EOWNERDEAD);
	KUNIT_EXPECT_EQ(test, word(keeper), owner->id | INCONSISTENT);
	KUNIT_EXPECT_EQ(test, deaths(keeper), 1ULL);
	complete(&resume);
	ipcq_kunit_join(releaser);
	KUNIT_EXPECT_EQ(test, word(keeper), owner->id | INCONSISTENT);
	KUNIT_EXPECT_EQ(test, deaths(keeper), 1ULL);
	KUNIT_EXPECT_EQ(test, region->owner_deaths, 1ULL);
	region->owners.ended = recover;
	ipcq_owner_put(dying);
	ipcq_owner_put(owner);
	ipcq_kunit_release(keeper);
}

/* An id that is nobody's is that of a holder who has died; nobody knows who. */
static void nonsense_is_a_dead_holder(struct kunit *test)
{
	struct ipcq_handle *handle = open_region(test);
	struct ipcq_region *region = ipcq_kunit_region(handle);
	struct ipcq_owner *owner = attach(handle);
	static const u32 words[] = {
		12345, IPCQ_MUTEX_OWNER_MASK, 12345 | WAITERS, 12345 | INCONSISTENT, U32_MAX,
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		atomic_set(ipcq_region_word(region, 0), words[i]);
		KUNIT_EXPECT_EQ(test, ipcq_mutex_unlock(region, owner, 0), -EPERM);
		KUNIT_EXPECT_EQ(test, ipcq_mutex_consistent(region, owner, 0), -EPERM);
		KUNIT_EXPECT_EQ(test, ipcq_mutex_lock(region, owner, 0, true, 0), -EOWNERDEAD);
		KUNIT_EXPECT_EQ(test, word(handle), owner->id | INCONSISTENT);
		KUNIT_EXPECT_EQ(test, deaths(handle), i + 1ULL);
		KUNIT_EXPECT_NULL(test, region->mutexes[0].died_pid);
	}
	ipcq_owner_put(owner);
	ipcq_kunit_release(handle);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(dead_holder_frees_it),
	KUNIT_CASE(dead_holder_passes_it_on),
	KUNIT_CASE(handed_to_a_marked_owner),
	KUNIT_CASE(wait_ends_with_the_handle),
	KUNIT_CASE(taken_over_before_recovery),
	KUNIT_CASE(nonsense_is_a_dead_holder),
	{}
};

IPCQ_KUNIT_SUITE(recovery, cases);
