// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of an object: who refers to it, what ends it, and that what could not be
 * made leaves nothing.
 */
#include <linux/err.h>
#include <linux/kref.h>
#include <linux/module.h>
#include <net/net_namespace.h>

#include "common.h"

static struct ipcq_object *object_of(struct kunit *test, struct ipcq_handle *handle)
{
	KUNIT_ASSERT_FALSE(test, IS_ERR(handle));
	return handle->object;
}

/* One reference is the handle's, one the registry's, one the test's own. */
static void expect_refs(struct kunit *test, struct ipcq_object *object, u32 refs)
{
	KUNIT_EXPECT_EQ(test, kref_read(&object->refs), refs);
}

static bool has_id(u64 id)
{
	struct ipcq_registry *registry = ipcq_registry_of(&init_net);
	struct ipcq_object *object;

	mutex_lock(&registry->lock);
	object = ipcq_registry_next(registry, id);
	mutex_unlock(&registry->lock);
	return object && object->id == id;
}

static void anonymous(struct kunit *test)
{
	struct ipcq_handle *handle = ipcq_kunit_open_queue();
	struct ipcq_object *object = object_of(test, handle);

	KUNIT_EXPECT_FALSE(test, object->linked);
	KUNIT_EXPECT_EQ(test, object->handles, 1U);
	expect_refs(test, object, 2);
	KUNIT_EXPECT_TRUE(test, has_id(object->id));
	ipcq_object_get(object);
	ipcq_kunit_release(handle);
	KUNIT_EXPECT_FALSE(test, has_id(object->id));
	expect_refs(test, object, 1);
	ipcq_object_put(object);
}

static void last_close_unlinks(struct kunit *test)
{
	struct ipcq_handle *a = ipcq_kunit_open_queue(.name = "a");
	struct ipcq_object *object = object_of(test, a);
	struct ipcq_handle *b = ipcq_kunit_open_queue(.name = "a");

	KUNIT_EXPECT_PTR_EQ(test, object_of(test, b), object);
	KUNIT_EXPECT_EQ(test, object->handles, 2U);
	expect_refs(test, object, 3);
	ipcq_kunit_release(a);
	KUNIT_EXPECT_TRUE(test, ipcq_kunit_has_name(NULL, "a"));
	expect_refs(test, object, 2);
	ipcq_object_get(object);
	ipcq_kunit_release(b);
	KUNIT_EXPECT_FALSE(test, ipcq_kunit_has_name(NULL, "a"));
	KUNIT_EXPECT_FALSE(test, object->linked);
	KUNIT_EXPECT_EQ(test, object->handles, 0U);
	expect_refs(test, object, 1);
	ipcq_object_put(object);
}

static void persistent_stays(struct kunit *test)
{
	struct ipcq_handle *handle =
		ipcq_kunit_open_queue(.name = "p", .lifetime = IPCQ_LIFETIME_PERSISTENT);
	struct ipcq_object *object = object_of(test, handle);
	u64 id = object->id;

	KUNIT_EXPECT_EQ(test, ipcq_kunit_send(handle, "kept", 4, 0, true), 1);
	ipcq_kunit_release(handle);
	KUNIT_EXPECT_TRUE(test, ipcq_kunit_has_name(NULL, "p"));
	KUNIT_EXPECT_EQ(test, object->handles, 0U);
	expect_refs(test, object, 1);

	/* Asking for another lifetime does not change what is there. */
	handle = ipcq_kunit_open_queue(.name = "p");
	KUNIT_EXPECT_EQ(test, object_of(test, handle)->id, id);
	ipcq_kunit_release(handle);
	KUNIT_EXPECT_TRUE(test, ipcq_kunit_has_name(NULL, "p"));
	ipcq_object_get(object);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_unlink(NULL, "p", 0), 0);
	KUNIT_EXPECT_FALSE(test, has_id(id));
	expect_refs(test, object, 1);
	ipcq_object_put(object);
}

/* Others keep what its creator has left, but nobody finds it any more. */
static void creator_takes_the_name(struct kunit *test)
{
	struct ipcq_handle *creator = ipcq_kunit_open_queue(.name = "c",
							    .lifetime = IPCQ_LIFETIME_CREATOR);
	struct ipcq_object *object = object_of(test, creator);
	struct ipcq_handle *a = ipcq_kunit_open_queue(.name = "c");
	struct ipcq_handle *b = ipcq_kunit_open_queue(.name = "c");

	KUNIT_EXPECT_PTR_EQ(test, object_of(test, a), object);
	KUNIT_EXPECT_PTR_EQ(test, object_of(test, b), object);
	ipcq_kunit_release(a);
	KUNIT_EXPECT_TRUE(test, ipcq_kunit_has_name(NULL, "c"));
	ipcq_kunit_release(creator);
	KUNIT_EXPECT_FALSE(test, ipcq_kunit_has_name(NULL, "c"));
	KUNIT_EXPECT_EQ(test, object->handles, 1U);
	expect_refs(test, object, 2);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_send(b, "on", 2, 0, true), 1);
	ipcq_kunit_release(b);
}

/* Its name can be had by another while the unlinked one is still in use. */
static void unlinked_lives_on(struct kunit *test)
{
	struct ipcq_handle *old =
		ipcq_kunit_open_queue(.name = "n", .lifetime = IPCQ_LIFETIME_PERSISTENT);
	struct ipcq_object *first = object_of(test, old), *second;
	struct ipcq_handle *new;
	char bytes[4];

	KUNIT_EXPECT_EQ(test, ipcq_kunit_unlink(NULL, "n", IPCQ_KIND_QUEUE), 0);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_unlink(NULL, "n", 0), -ENOENT);
	KUNIT_EXPECT_TRUE(test, has_id(first->id));
	expect_refs(test, first, 2);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_send(old, "old", 3, 0, true), 1);

	new = ipcq_kunit_open_queue(.name = "n");
	second = object_of(test, new);
	KUNIT_EXPECT_PTR_NE(test, first, second);
	KUNIT_EXPECT_GT(test, second->id, first->id);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_receive(new, bytes, 4), -EAGAIN);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_receive(old, bytes, 4), 3);

	/* The end of the one is not the end of the other's name. */
	ipcq_kunit_release(old);
	KUNIT_EXPECT_TRUE(test, ipcq_kunit_has_name(NULL, "n"));
	ipcq_kunit_release(new);
	KUNIT_EXPECT_FALSE(test, ipcq_kunit_has_name(NULL, "n"));
}

/* An open whose caller could not be told takes the name back. */
static void retracted(struct kunit *test)
{
	struct ipcq_handle *handle =
		ipcq_kunit_open_queue(.name = "r", .lifetime = IPCQ_LIFETIME_PERSISTENT);
	struct ipcq_object *object = object_of(test, handle);

	ipcq_registry_retract(object);
	KUNIT_EXPECT_FALSE(test, ipcq_kunit_has_name(NULL, "r"));
	/* Somebody may have unlinked it before. */
	ipcq_registry_retract(object);
	expect_refs(test, object, 2);
	ipcq_kunit_release(handle);
}

static void object_keeps_module(struct kunit *test)
{
	int before = module_refcount(THIS_MODULE);
	struct ipcq_handle *queue =
		ipcq_kunit_open_queue(.name = "q", .lifetime = IPCQ_LIFETIME_PERSISTENT);
	struct ipcq_handle *region = ipcq_kunit_open_region();
	struct ipcq_object *object = object_of(test, region);

	object_of(test, queue);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), before + 2);
	ipcq_kunit_release(queue);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), before + 2);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_unlink(NULL, "q", 0), 0);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), before + 1);
	/* Until it is freed, not only until it has ended. */
	ipcq_object_get(object);
	ipcq_kunit_release(region);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), before + 1);
	ipcq_object_put(object);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), before);
}

/* Refused for one more object, or for too much memory, whatever its kind. */
static void refused_leaves_nothing(struct kunit *test)
{
	struct ipcq_account *account = ipcq_kunit_account(test);
	int before = module_refcount(THIS_MODULE), i;

	ipcq_limits[IPCQ_A_LIMIT_USER_OBJECTS] = 0;
	for (i = 0; i < 3; i++) {
		struct ipcq_handle *handle = i == 2 ?
			ipcq_kunit_open_region(.name = "x", .with.region.mutexes = 3,
					       .with.region.eventcounts = 65) :
			ipcq_kunit_open_queue(.name = "x", .with.queue.order = i);

		KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(handle), -EDQUOT);
		KUNIT_EXPECT_FALSE(test, ipcq_kunit_has_name(NULL, "x"));
		KUNIT_EXPECT_EQ(test, refcount_read(&account->refs), 1U);
		KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), before);
	}
}

/* A region is charged for whole pages, its control area included. */
static void region_bytes(struct kunit *test)
{
	atomic64_t *used = &ipcq_kunit_account(test)->used[IPCQ_RESOURCE_REGION_BYTES];
	u64 *limit = &ipcq_limits[IPCQ_A_LIMIT_USER_REGION_BYTES];
	struct ipcq_handle *handle;

	*limit = 2 * PAGE_SIZE - 1;
	handle = ipcq_kunit_open_region(.with.region.mutexes = 1);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(handle), -EDQUOT);
	KUNIT_EXPECT_EQ(test, atomic64_read(used), 0LL);
	*limit = 2 * PAGE_SIZE;
	handle = ipcq_kunit_open_region(.with.region.mutexes = 1);
	object_of(test, handle);
	KUNIT_EXPECT_EQ(test, atomic64_read(used), 2LL * PAGE_SIZE);
	ipcq_kunit_release(handle);

	/* 64 lines are a page, 65 are two. */
	*limit = 3 * PAGE_SIZE;
	handle = ipcq_kunit_open_region(.with.region.mutexes = 64);
	KUNIT_EXPECT_EQ(test, object_of(test, handle)->handles, 1U);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_region(handle)->control_size, PAGE_SIZE);
	ipcq_kunit_release(handle);
	handle = ipcq_kunit_open_region(.with.region.mutexes = 64,
					.with.region.eventcounts = 1);
	object_of(test, handle);
	KUNIT_EXPECT_EQ(test, atomic64_read(used), 3LL * PAGE_SIZE);
	ipcq_kunit_release(handle);
	KUNIT_EXPECT_EQ(test, atomic64_read(used), 0LL);
}

/* Threads that make, find and end one name all the time: each gets a whole object. */
static int open_and_close(void *data)
{
	struct ipcq_handle *handle;
	int i, ret;

	for (i = 0; i < 500; i++) {
		handle = ipcq_kunit_open_queue(.name = "race");
		if (IS_ERR(handle))
			return PTR_ERR(handle);
		if (handle->object->name_length != 4)
			return -EIO;
		/* Nobody receives, so it may be full. */
		ret = ipcq_kunit_send(handle, &i, sizeof(i), 0, true);
		if (ret < 1 && ret != -EAGAIN)
			return -EIO;
		if (!(i % 16))
			ipcq_kunit_unlink(NULL, "race", 0);
		ipcq_kunit_release(handle);
	}
	return 0;
}

static void open_close_race(struct kunit *test)
{
	struct ipcq_kunit_thread *threads[3];
	int i;

	for (i = 0; i < 3; i++)
		threads[i] = ipcq_kunit_thread(test, open_and_close, NULL);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, ipcq_kunit_join(threads[i]), 0);
	KUNIT_EXPECT_FALSE(test, ipcq_kunit_has_name(NULL, "race"));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(anonymous),
	KUNIT_CASE(last_close_unlinks),
	KUNIT_CASE(persistent_stays),
	KUNIT_CASE(creator_takes_the_name),
	KUNIT_CASE(unlinked_lives_on),
	KUNIT_CASE(retracted),
	KUNIT_CASE(object_keeps_module),
	KUNIT_CASE(refused_leaves_nothing),
	KUNIT_CASE(region_bytes),
	KUNIT_CASE(open_close_race),
	{}
};

IPCQ_KUNIT_SUITE(lifetime, cases);
