// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owners: how they come, their ids, and each way they end, once.
 *
 * The threads here are the kernel's, each a process of its own, which share one table
 * of descriptors.
 */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/sched.h>

#include "common.h"
#include "owner.h"

static struct ipcq_owners *owners_of(struct ipcq_handle *handle)
{
	return &ipcq_kunit_region(handle)->owners;
}

static s64 charged(struct kunit *test)
{
	return atomic64_read(&ipcq_kunit_account(test)->used[IPCQ_RESOURCE_OWNERS]);
}

static struct ipcq_handle *open_region(struct kunit *test, const char *name)
{
	struct ipcq_handle *handle = ipcq_kunit_open_region(.name = name);

	KUNIT_ASSERT_FALSE(test, IS_ERR(handle));
	return handle;
}

/* Attaches the calling thread, and drops the reference.  Returns the id or an error. */
static int attach(struct ipcq_handle *handle)
{
	struct ipcq_owner *owner = ipcq_owner_attach(owners_of(handle), handle);
	int id;

	if (IS_ERR(owner))
		return PTR_ERR(owner);
	id = owner->id;
	ipcq_owner_put(owner);
	return id;
}

static void attached_once(struct kunit *test)
{
	struct ipcq_handle *a = open_region(test, "r"), *b = open_region(test, "r");
	struct ipcq_owner *first, *again;

	KUNIT_EXPECT_NULL(test, ipcq_owner_find(owners_of(a), a));
	first = ipcq_owner_attach(owners_of(a), a);
	KUNIT_ASSERT_FALSE(test, IS_ERR(first));
	KUNIT_EXPECT_PTR_EQ(test, first->who, (const void *)current);
	KUNIT_EXPECT_PTR_EQ(test, first->pid, task_tgid(current));
	/* The tables' reference and ours. */
	KUNIT_EXPECT_EQ(test, refcount_read(&first->refs), 2U);
	again = ipcq_owner_attach(owners_of(a), a);
	KUNIT_EXPECT_PTR_EQ(test, again, first);
	ipcq_owner_put(again);
	KUNIT_EXPECT_EQ(test, charged(test), 1LL);
	KUNIT_EXPECT_EQ(test, atomic_read(&owners_of(a)->count), 1);

	/* Through another handle it is another owner, of the same object. */
	KUNIT_EXPECT_NULL(test, ipcq_owner_find(owners_of(b), b));
	KUNIT_EXPECT_NE(test, attach(b), (int)first->id);
	KUNIT_EXPECT_EQ(test, charged(test), 2LL);
	ipcq_kunit_release(b);
	KUNIT_EXPECT_EQ(test, charged(test), 1LL);
	KUNIT_EXPECT_TRUE(test, ipcq_owner_live(first));
	ipcq_owner_put(first);
	ipcq_kunit_release(a);
	KUNIT_EXPECT_EQ(test, charged(test), 0LL);
}

static void refused_leaves_nothing(struct kunit *test)
{
	struct ipcq_handle *handle = open_region(test, NULL);
	u32 refs = refcount_read(&handle->account->refs);

	ipcq_limits[IPCQ_A_LIMIT_USER_OWNERS] = 0;
	KUNIT_EXPECT_EQ(test, attach(handle), -EDQUOT);
	KUNIT_EXPECT_EQ(test, charged(test), 0LL);
	KUNIT_EXPECT_EQ(test, refcount_read(&handle->account->refs), refs);
	KUNIT_EXPECT_EQ(test, kref_read(&handle->object->refs), 2U);
	KUNIT_EXPECT_TRUE(test, list_empty(&handle->owners));
	KUNIT_EXPECT_NULL(test, ipcq_owner_find(owners_of(handle), handle));
	ipcq_limits[IPCQ_A_LIMIT_USER_OWNERS] = 1;
	KUNIT_EXPECT_EQ(test, attach(handle), 1);
	ipcq_kunit_release(handle);
}

/* Ids go round: after the last comes the first that is free, and that is no error. */
static void ids_go_round(struct kunit *test)
{
	struct ipcq_handle *handles[4];
	struct ipcq_owners *owners;
	u32 i;

	for (i = 0; i < 4; i++)
		handles[i] = open_region(test, "r");
	owners = owners_of(handles[0]);
	KUNIT_EXPECT_EQ(test, attach(handles[0]), 1);
	owners->next_id = IPCQ_MUTEX_OWNER_MASK;
	KUNIT_EXPECT_EQ(test, attach(handles[1]), (int)IPCQ_MUTEX_OWNER_MASK);
	KUNIT_EXPECT_EQ(test, attach(handles[2]), 2);
	/* One that has just become free is not the next. */
	ipcq_kunit_release(handles[2]);
	KUNIT_EXPECT_EQ(test, attach(handles[3]), 3);
	KUNIT_EXPECT_TRUE(test, ipcq_owners_live(owners, IPCQ_MUTEX_OWNER_MASK));
	KUNIT_EXPECT_FALSE(test, ipcq_owners_live(owners, 2));
	KUNIT_EXPECT_FALSE(test, ipcq_owners_live(owners, 0));
	KUNIT_EXPECT_FALSE(test, ipcq_owners_live(owners, U32_MAX));
	KUNIT_EXPECT_NULL(test, ipcq_owners_get(owners, 2));
	ipcq_kunit_release(handles[0]);
	ipcq_kunit_release(handles[1]);
	ipcq_kunit_release(handles[3]);
}

/* Who has a reference can still read it, but it stands for nobody. */
static void released_handle_ends_it(struct kunit *test)
{
	struct ipcq_handle *handle = open_region(test, "r"), *other = open_region(test, "r");
	struct ipcq_owners *owners = owners_of(other);
	struct ipcq_owner *owner = ipcq_owner_attach(owners, handle);
	u32 id;

	KUNIT_ASSERT_FALSE(test, IS_ERR(owner));
	id = owner->id;
	KUNIT_EXPECT_TRUE(test, ipcq_owners_live(owners, id));
	/* Handles hold two references, the registry one, the owner one. */
	KUNIT_EXPECT_EQ(test, kref_read(&other->object->refs), 4U);
	ipcq_kunit_release(handle);
	KUNIT_EXPECT_FALSE(test, ipcq_owner_live(owner));
	KUNIT_EXPECT_FALSE(test, ipcq_owners_live(owners, id));
	KUNIT_EXPECT_NULL(test, ipcq_owners_get(owners, id));
	KUNIT_EXPECT_EQ(test, refcount_read(&owner->refs), 1U);
	KUNIT_EXPECT_EQ(test, owner->id, id);
	KUNIT_EXPECT_EQ(test, atomic_read(&owners->count), 0);
	KUNIT_EXPECT_EQ(test, kref_read(&other->object->refs), 2U);
	ipcq_owner_put(owner);
	ipcq_kunit_release(other);
}

static int attach_and_return(void *data)
{
	return attach(data);
}

static void exiting_thread_ends_it(struct kunit *test)
{
	struct ipcq_handle *handle = open_region(test, NULL);
	int own = attach(handle), id;

	KUNIT_EXPECT_GT(test, own, 0);
	id = ipcq_kunit_join(ipcq_kunit_thread(test, attach_and_return, handle));
	KUNIT_EXPECT_GT(test, id, own);
	IPCQ_KUNIT_UNTIL(test, atomic_read(&owners_of(handle)->count) == 1);
	KUNIT_EXPECT_FALSE(test, ipcq_owners_live(owners_of(handle), id));
	KUNIT_EXPECT_TRUE(test, ipcq_owners_live(owners_of(handle), own));
	ipcq_kunit_release(handle);
}

/*
 * Owners that are processes: one for each handle, whichever thread asks.  A thread of
 * the kernel is all there is of its process, so its exit is that of the last.
 */
static void process_is_one_owner(struct kunit *test)
{
	struct ipcq_handle *a = open_region(test, "r"), *b = open_region(test, "r");
	struct ipcq_owner *first, *again;

	owners_of(a)->processes = true;
	first = ipcq_owner_attach(owners_of(a), a);
	KUNIT_ASSERT_FALSE(test, IS_ERR(first));
	KUNIT_EXPECT_PTR_EQ(test, first->who, (const void *)current->signal);
	again = ipcq_owner_attach(owners_of(a), a);
	KUNIT_EXPECT_PTR_EQ(test, again, first);
	ipcq_owner_put(again);
	KUNIT_EXPECT_EQ(test, charged(test), 1LL);
	KUNIT_EXPECT_NE(test, attach(b), (int)first->id);
	KUNIT_EXPECT_EQ(test, charged(test), 2LL);
	ipcq_owner_put(first);
	ipcq_kunit_release(a);
	ipcq_kunit_release(b);
	KUNIT_EXPECT_EQ(test, charged(test), 0LL);
}

static void exiting_process_ends_it(struct kunit *test)
{
	struct ipcq_handle *handle = open_region(test, NULL);
	int own, id;

	owners_of(handle)->processes = true;
	own = attach(handle);
	KUNIT_EXPECT_GT(test, own, 0);
	id = ipcq_kunit_join(ipcq_kunit_thread(test, attach_and_return, handle));
	KUNIT_EXPECT_GT(test, id, own);
	IPCQ_KUNIT_UNTIL(test, atomic_read(&owners_of(handle)->count) == 1);
	KUNIT_EXPECT_FALSE(test, ipcq_owners_live(owners_of(handle), id));
	KUNIT_EXPECT_TRUE(test, ipcq_owners_live(owners_of(handle), own));
	ipcq_kunit_release(handle);
}

/* The last close of a process ends that process's owners, and no other's. */
struct stayer {
	struct ipcq_handle *handle;
	struct completion attached, leave;
};

static int attach_and_stay(void *data)
{
	struct stayer *stayer = data;
	int id = attach(stayer->handle);

	complete(&stayer->attached);
	wait_for_completion(&stayer->leave);
	return id;
}

static void closing_ends_the_process_own(struct kunit *test)
{
	struct stayer stayer = { .handle = open_region(test, NULL) };
	struct ipcq_owners *owners = owners_of(stayer.handle);
	struct ipcq_kunit_thread *thread;
	int id;

	init_completion(&stayer.attached);
	init_completion(&stayer.leave);
	thread = ipcq_kunit_thread(test, attach_and_stay, &stayer);
	IPCQ_KUNIT_UNTIL(test, completion_done(&stayer.attached));
	id = attach(stayer.handle);
	KUNIT_EXPECT_EQ(test, atomic_read(&owners->count), 2);

	/* It still has a descriptor; then the table is not its own. */
	ipcq_owners_end_closed(stayer.handle, current->files);
	KUNIT_EXPECT_EQ(test, atomic_read(&owners->count), 2);
	ipcq_kunit_close(stayer.handle);
	ipcq_owners_end_closed(stayer.handle, &stayer);
	KUNIT_EXPECT_EQ(test, atomic_read(&owners->count), 2);
	ipcq_owners_end_closed(stayer.handle, current->files);
	KUNIT_EXPECT_EQ(test, atomic_read(&owners->count), 1);
	KUNIT_EXPECT_FALSE(test, ipcq_owners_live(owners, id));

	/* Who attaches when the descriptor is gone already must not stay. */
	KUNIT_EXPECT_EQ(test, attach(stayer.handle), -EBADF);
	KUNIT_EXPECT_EQ(test, atomic_read(&owners->count), 1);
	KUNIT_EXPECT_EQ(test, charged(test), 1LL);
	KUNIT_EXPECT_NULL(test, ipcq_owner_find(owners_of(stayer.handle), stayer.handle));

	complete(&stayer.leave);
	KUNIT_EXPECT_GT(test, ipcq_kunit_join(thread), 0);
	IPCQ_KUNIT_UNTIL(test, !atomic_read(&owners->count));
	ipcq_kunit_release(stayer.handle);
}

/* ------------------------------------------------------------------- races */

static atomic_t endings;

static void count_ending(struct ipcq_owners *owners, struct ipcq_owner *owner)
{
	if (!ipcq_owner_live(owner))
		atomic_inc(&endings);
}

/*
 * The threads of a handle end while it is released: whichever comes first, each owner
 * ends once, and the handle's memory is not used afterwards.
 */
static void exit_races_with_release(struct kunit *test)
{
	struct ipcq_handle *keeper = open_region(test, "r");
	struct ipcq_kunit_thread *threads[2];
	struct ipcq_handle *handle;
	int round, i;

	owners_of(keeper)->ended = count_ending;
	atomic_set(&endings, 0);
	for (round = 0; round < 100; round++) {
		struct stayer stayers[2];

		handle = open_region(test, "r");
		for (i = 0; i < 2; i++) {
			stayers[i].handle = handle;
			init_completion(&stayers[i].attached);
			init_completion(&stayers[i].leave);
			threads[i] = ipcq_kunit_thread(test, attach_and_stay, &stayers[i]);
		}
		for (i = 0; i < 2; i++)
			IPCQ_KUNIT_UNTIL(test, completion_done(&stayers[i].attached));
		for (i = 0; i < 2; i++)
			complete(&stayers[i].leave);
		if (round % 2)
			schedule();
		ipcq_kunit_release(handle);
		for (i = 0; i < 2; i++)
			KUNIT_EXPECT_GT(test, ipcq_kunit_join(threads[i]), 0);
	}
	IPCQ_KUNIT_UNTIL(test, !atomic_read(&owners_of(keeper)->count));
	KUNIT_EXPECT_EQ(test, atomic_read(&endings), 200);
	ipcq_kunit_release(keeper);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(attached_once),
	KUNIT_CASE(refused_leaves_nothing),
	KUNIT_CASE(ids_go_round),
	KUNIT_CASE(released_handle_ends_it),
	KUNIT_CASE(exiting_thread_ends_it),
	KUNIT_CASE(process_is_one_owner),
	KUNIT_CASE(exiting_process_ends_it),
	KUNIT_CASE(closing_ends_the_process_own),
	KUNIT_CASE(exit_races_with_release),
	{}
};

IPCQ_KUNIT_SUITE(owner, cases);
