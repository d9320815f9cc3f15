// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registries: names and ids, what an open finds, makes or refuses, and the end of a
 * network namespace.
 */
#include <linux/err.h>
#include <linux/kref.h>
#include <linux/user_namespace.h>
#include <net/net_namespace.h>

#include "common.h"

#define OPEN	(IPCQ_OPEN_F_READ | IPCQ_OPEN_F_WRITE)
#define CREATE	(OPEN | IPCQ_OPEN_F_CREATE)
#define EXCL	(CREATE | IPCQ_OPEN_F_EXCL)

static u64 id_of(struct kunit *test, struct ipcq_handle *handle)
{
	KUNIT_ASSERT_FALSE(test, IS_ERR(handle));
	return handle->object->id;
}

/* Names that begin alike, are as long, or are not text. */
static void names_are_bytes(struct kunit *test)
{
	static char longest[IPCQ_NAME_MAX + 1];
	static const char * const names[] = {
		"a", "aa", "ab", "b", "a/", "a/b", " ", "\xff", "\x80", "\xff\xfe", longest,
		longest + 1,
	};
	struct ipcq_handle *handles[ARRAY_SIZE(names)], *again;
	u32 i;

	memset(longest, 'z', IPCQ_NAME_MAX);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		handles[i] = ipcq_kunit_open_queue(.name = names[i], .flags = EXCL);
		id_of(test, handles[i]);
	}
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		again = ipcq_kunit_open_queue(.name = names[i], .flags = OPEN);
		KUNIT_EXPECT_EQ(test, id_of(test, again), handles[i]->object->id);
		ipcq_kunit_release(again);
	}
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		ipcq_kunit_release(handles[i]);
		KUNIT_EXPECT_FALSE(test, ipcq_kunit_has_name(NULL, names[i]));
		if (i + 1 < ARRAY_SIZE(names))
			KUNIT_EXPECT_TRUE(test, ipcq_kunit_has_name(NULL, names[i + 1]));
	}
}

/* Each refusal leaves the object with the handles and references that it had. */
static void refusals(struct kunit *test)
{
	struct ipcq_registry *registry = ipcq_registry_of(&init_net);
	struct ipcq_handle *handle = ipcq_kunit_open_queue(.name = "q",
							   .with.queue.max_messages = 5);
	const kuid_t stranger = KUIDT_INIT(1000);
	struct ipcq_object *object;

#define EXPECT_ERROR(_error, _open) \
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(_open), _error)

	id_of(test, handle);
	object = handle->object;
	EXPECT_ERROR(-ENOENT, ipcq_kunit_open_queue(.name = "r", .flags = OPEN));
	EXPECT_ERROR(-EEXIST, ipcq_kunit_open_queue(.name = "q", .flags = EXCL));
	EXPECT_ERROR(-EPROTOTYPE, ipcq_kunit_open_region(.name = "q"));
	EXPECT_ERROR(-EEXIST, ipcq_kunit_open_region(.name = "q", .flags = EXCL));
	EXPECT_ERROR(-EBADR, ipcq_kunit_open_queue(.name = "q", .with.queue.max_messages = 4));
	EXPECT_ERROR(-EBADR, ipcq_kunit_open_queue(.name = "q", .with.queue.order = 1));
	/* What is left open agrees with anything; limits are for what is created. */
	ipcq_limits[IPCQ_A_LIMIT_MAX_MESSAGES] = 1;
	ipcq_kunit_release(ipcq_kunit_open_queue(.name = "q", .flags = OPEN));
	EXPECT_ERROR(-EINVAL, ipcq_kunit_open_queue(.name = "s", .with.queue.max_messages = 2));

	EXPECT_ERROR(-EKEYREJECTED, ipcq_kunit_open_queue(.name = "q", .owner = &stranger));
	EXPECT_ERROR(-EKEYREJECTED, ipcq_kunit_open_queue(.name = "s", .owner = &stranger));
	EXPECT_ERROR(-EKEYREJECTED, ipcq_kunit_open_queue(.owner = &stranger));
	EXPECT_ERROR(-ENOENT, ipcq_kunit_open_queue(.name = "s", .flags = OPEN,
						    .owner = &stranger));
	ipcq_kunit_release(ipcq_kunit_open_queue(.name = "q", .owner = &object->uid));

	registry->max_objects = 1;
	EXPECT_ERROR(-ENOSPC, ipcq_kunit_open_queue(.name = "s"));
	EXPECT_ERROR(-ENOSPC, ipcq_kunit_open_queue());
	ipcq_kunit_release(ipcq_kunit_open_queue(.name = "q"));
	registry->max_objects = IPCQ_UNLIMITED;
#undef EXPECT_ERROR

	KUNIT_EXPECT_EQ(test, registry->objects, 1ULL);
	KUNIT_EXPECT_EQ(test, object->handles, 1U);
	KUNIT_EXPECT_EQ(test, kref_read(&object->refs), 2U);
	ipcq_kunit_release(handle);
	KUNIT_EXPECT_EQ(test, registry->objects, 0ULL);
}

static struct ipcq_object *next(struct ipcq_registry *registry, u64 id)
{
	struct ipcq_object *object;

	mutex_lock(&registry->lock);
	object = ipcq_registry_next(registry, id);
	mutex_unlock(&registry->lock);
	return object;
}

/* Observers go by id, over what has ended meanwhile. */
static void ids_ascend(struct kunit *test)
{
	struct ipcq_registry *registry = ipcq_registry_of(&init_net);
	struct ipcq_handle *handles[9];
	u64 ids[9];
	u32 i;

	for (i = 0; i < 9; i++) {
		handles[i] = i % 2 ? ipcq_kunit_open_queue() : ipcq_kunit_open_region();
		ids[i] = id_of(test, handles[i]);
		if (i)
			KUNIT_EXPECT_GT(test, ids[i], ids[i - 1]);
	}
	KUNIT_EXPECT_PTR_EQ(test, next(registry, 0), handles[0]->object);
	for (i = 0; i < 9; i++) {
		KUNIT_EXPECT_PTR_EQ(test, next(registry, ids[i]), handles[i]->object);
		if (i)
			KUNIT_EXPECT_PTR_EQ(test, next(registry, ids[i - 1] + 1),
					    handles[i]->object);
	}
	KUNIT_EXPECT_NULL(test, next(registry, ids[8] + 1));
	KUNIT_EXPECT_NULL(test, next(registry, U64_MAX));
	ipcq_kunit_release(handles[4]);
	KUNIT_EXPECT_PTR_EQ(test, next(registry, ids[4]), handles[5]->object);
	for (i = 0; i < 9; i++)
		if (i != 4)
			ipcq_kunit_release(handles[i]);
	KUNIT_EXPECT_NULL(test, next(registry, 0));
}

static void unlink_refusals(struct kunit *test)
{
	struct ipcq_handle *handle =
		ipcq_kunit_open_region(.name = "u", .lifetime = IPCQ_LIFETIME_PERSISTENT);
	struct ipcq_kunit_identity identity;
	int as_other;

	id_of(test, handle);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_unlink(NULL, "v", 0), -ENOENT);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_unlink(NULL, "u", IPCQ_KIND_QUEUE), -EPROTOTYPE);
	KUNIT_ASSERT_EQ(test, ipcq_kunit_become(&identity, &init_user_ns, KUIDT_INIT(1000),
						KGIDT_INIT(1000)), 0);
	as_other = ipcq_kunit_unlink(NULL, "u", 0);
	ipcq_kunit_resume(&identity);
	KUNIT_EXPECT_EQ(test, as_other, -EPERM);
	KUNIT_EXPECT_TRUE(test, ipcq_kunit_has_name(NULL, "u"));
	KUNIT_EXPECT_EQ(test, ipcq_kunit_unlink(NULL, "u", IPCQ_KIND_REGION), 0);
	ipcq_kunit_release(handle);
}

/* ------------------------------------------------------------- namespaces */

static void namespaces_are_apart(struct kunit *test)
{
	struct ipcq_handle *here, *there;
	struct ipcq_registry *other;

	if (!ipcq_kunit_other_net())
		kunit_skip(test, "the module was loaded in the initial network namespace");
	other = ipcq_registry_of(ipcq_kunit_other_net());
	here = ipcq_kunit_open_queue(.name = "n");
	there = ipcq_kunit_open_region(.name = "n", .registry = other);
	/* Ids are not: they are unique in the module. */
	KUNIT_EXPECT_NE(test, id_of(test, here), id_of(test, there));
	KUNIT_EXPECT_EQ(test, ipcq_kunit_unlink(other, "n", 0), 0);
	KUNIT_EXPECT_TRUE(test, ipcq_kunit_has_name(NULL, "n"));
	KUNIT_EXPECT_FALSE(test, ipcq_kunit_has_name(other, "n"));
	KUNIT_EXPECT_EQ(test, other->objects, 1ULL);
	ipcq_kunit_release(there);
	KUNIT_EXPECT_EQ(test, other->objects, 0ULL);
	ipcq_kunit_release(here);
}

/*
 * All namespaces lose their registries, as one does that ends: who has one still has
 * an empty one that takes nothing more.
 */
static void end_of_namespaces(struct kunit *test)
{
	struct ipcq_registry *registry = ipcq_registry_of(&init_net);
	struct ipcq_handle *queue, *late;
	struct ipcq_object *object;
	char bytes[4];

	ipcq_registry_get(registry);
	queue = ipcq_kunit_open_queue(.name = "open", .lifetime = IPCQ_LIFETIME_PERSISTENT);
	ipcq_kunit_release(ipcq_kunit_open_queue(.name = "kept",
						 .lifetime = IPCQ_LIFETIME_PERSISTENT));
	object = queue->object;
	KUNIT_EXPECT_EQ(test, registry->objects, 2ULL);
	ipcq_registry_exit();

	KUNIT_EXPECT_TRUE(test, registry->dead);
	KUNIT_EXPECT_EQ(test, registry->objects, 1ULL);
	KUNIT_EXPECT_FALSE(test, object->linked);
	KUNIT_EXPECT_EQ(test, kref_read(&object->refs), 2U);
	late = ipcq_kunit_open_queue(.registry = registry);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(late), -ESTALE);
	late = ipcq_kunit_open_queue(.registry = registry, .name = "open", .flags = OPEN);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(late), -ESTALE);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_unlink(registry, "open", 0), -ESTALE);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_send(queue, "here", 4, 0, true), 1);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_receive(queue, bytes, 4), 4);

	KUNIT_ASSERT_EQ(test, ipcq_registry_init(), 0);
	KUNIT_EXPECT_PTR_NE(test, ipcq_registry_of(&init_net), registry);
	KUNIT_EXPECT_EQ(test, kref_read(&registry->refs), 2U);
	ipcq_kunit_release(queue);
	KUNIT_EXPECT_EQ(test, kref_read(&registry->refs), 1U);
	KUNIT_EXPECT_EQ(test, registry->objects, 0ULL);
	ipcq_registry_put(registry);
}

/* ------------------------------------------------------------------- races */

struct creators {
	atomic_t winners;
	atomic_t errors;
};

/* In each round one of them creates it, and the others are told that it exists. */
static int create_exclusively(void *data)
{
	struct creators *creators = data;
	struct ipcq_handle *handle;
	char name[8];
	int i;

	for (i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "x%d", i);
		handle = ipcq_kunit_open_queue(.name = name, .flags = EXCL,
					       .lifetime = IPCQ_LIFETIME_PERSISTENT);
		if (!IS_ERR(handle)) {
			atomic_inc(&creators->winners);
			ipcq_kunit_release(handle);
		} else if (PTR_ERR(handle) != -EEXIST) {
			atomic_inc(&creators->errors);
		}
	}
	return 0;
}

static void one_creates(struct kunit *test)
{
	struct creators creators = {};
	struct ipcq_kunit_thread *threads[3];
	char name[8];
	int i;

	for (i = 0; i < 3; i++)
		threads[i] = ipcq_kunit_thread(test, create_exclusively, &creators);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, ipcq_kunit_join(threads[i]), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&creators.winners), 200);
	KUNIT_EXPECT_EQ(test, atomic_read(&creators.errors), 0);
	KUNIT_EXPECT_EQ(test, ipcq_kunit_objects(), 200ULL);
	for (i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "x%d", i);
		KUNIT_EXPECT_EQ(test, ipcq_kunit_unlink(NULL, name, 0), 0);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(names_are_bytes),
	KUNIT_CASE(refusals),
	KUNIT_CASE(ids_ascend),
	KUNIT_CASE(unlink_refusals),
	KUNIT_CASE(namespaces_are_apart),
	KUNIT_CASE(end_of_namespaces),
	KUNIT_CASE(one_creates),
	{}
};

IPCQ_KUNIT_SUITE(registry, cases);
