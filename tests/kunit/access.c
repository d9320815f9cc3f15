// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may open and change an object: mode bits, and capabilities over ids that exist
 * in the caller's user namespace.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/user_namespace.h>

#include "common.h"

#define READ_ONLY	IPCQ_OPEN_F_READ
#define WRITE_ONLY	IPCQ_OPEN_F_WRITE

/* Not of a registry: only its owner and mode are looked at. */
static const struct ipcq_object *object_with(struct ipcq_object *object, umode_t mode)
{
	object->uid = KUIDT_INIT(1000);
	object->gid = KGIDT_INIT(2000);
	object->mode = mode;
	return object;
}

/* Every mode, for the owner, somebody of the group, and somebody else. */
static void every_mode(struct kunit *test)
{
	static const struct {
		u32 uid, gid;
		int shift;
	} classes[] = { { 1000, 1, 6 }, { 1000, 2000, 6 }, { 1, 2000, 3 }, { 1, 1, 0 } };
	struct ipcq_kunit_identity identity;
	struct ipcq_object object = {};
	umode_t mode;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(classes); i++) {
		KUNIT_ASSERT_EQ(test, ipcq_kunit_become(&identity, &init_user_ns,
							KUIDT_INIT(classes[i].uid),
							KGIDT_INIT(classes[i].gid)), 0);
		for (mode = 0; mode <= 0777; mode++) {
			umode_t bits = mode >> classes[i].shift;

			object_with(&object, mode);
			KUNIT_EXPECT_EQ(test, ipcq_object_may_open(&object, READ_ONLY),
					bits & 4 ? 0 : -EACCES);
			KUNIT_EXPECT_EQ(test, ipcq_object_may_open(&object, WRITE_ONLY),
					bits & 2 ? 0 : -EACCES);
			KUNIT_EXPECT_EQ(test, ipcq_object_may_open(&object, READ_ONLY | WRITE_ONLY),
					(bits & 6) == 6 ? 0 : -EACCES);
		}
		ipcq_kunit_resume(&identity);
	}
}

struct verdict {
	int open;
	bool change;
};

/* As user 1 of @ns with one capability there. */
static struct verdict with_capability(struct kunit *test, const struct ipcq_object *object,
				      struct user_namespace *ns, u32 uid, int capability)
{
	struct ipcq_kunit_identity identity;
	struct verdict verdict;

	KUNIT_ASSERT_EQ(test, ipcq_kunit_become(&identity, ns, KUIDT_INIT(uid),
						KGIDT_INIT(uid)), 0);
	cap_raise(identity.cred->cap_effective, capability);
	verdict.open = ipcq_object_may_open(object, READ_ONLY);
	verdict.change = ipcq_object_may_change(object);
	ipcq_kunit_resume(&identity);
	return verdict;
}

static void capabilities(struct kunit *test)
{
	struct ipcq_object object = {};
	struct verdict verdict;

	object_with(&object, 0);
	verdict = with_capability(test, &object, &init_user_ns, 1, CAP_IPC_OWNER);
	KUNIT_EXPECT_EQ(test, verdict.open, 0);
	KUNIT_EXPECT_TRUE(test, verdict.change);
	verdict = with_capability(test, &object, &init_user_ns, 1, CAP_DAC_OVERRIDE);
	KUNIT_EXPECT_EQ(test, verdict.open, 0);
	KUNIT_EXPECT_FALSE(test, verdict.change);
	verdict = with_capability(test, &object, &init_user_ns, 1, CAP_SYS_ADMIN);
	KUNIT_EXPECT_EQ(test, verdict.open, -EACCES);
	KUNIT_EXPECT_FALSE(test, verdict.change);
	/* The owner may change what it may not read. */
	verdict = with_capability(test, &object, &init_user_ns, 1000, CAP_SYS_ADMIN);
	KUNIT_EXPECT_EQ(test, verdict.open, -EACCES);
	KUNIT_EXPECT_TRUE(test, verdict.change);
}

/* All capabilities of a namespace are worth nothing over ids that it does not have. */
static void only_over_ids_that_exist(struct kunit *test)
{
	struct ipcq_object object = {};
	struct user_namespace *ns;
	struct verdict verdict;

	object_with(&object, 0);
	ns = ipcq_kunit_namespace(test, &init_user_ns, KUIDT_INIT(500), 1001);
	verdict = with_capability(test, &object, ns, 1001, CAP_IPC_OWNER);
	KUNIT_EXPECT_EQ(test, verdict.open, -EACCES);
	KUNIT_EXPECT_FALSE(test, verdict.change);

	/* The user exists there, the group does not. */
	ns = ipcq_kunit_namespace(test, &init_user_ns, KUIDT_INIT(500), 1000);
	verdict = with_capability(test, &object, ns, 1001, CAP_IPC_OWNER);
	KUNIT_EXPECT_EQ(test, verdict.open, -EACCES);
	KUNIT_EXPECT_FALSE(test, verdict.change);

	object.gid = KGIDT_INIT(1999);
	verdict = with_capability(test, &object, ns, 1001, CAP_IPC_OWNER);
	KUNIT_EXPECT_EQ(test, verdict.open, 0);
	KUNIT_EXPECT_TRUE(test, verdict.change);
	object.uid = KUIDT_INIT(999);
	verdict = with_capability(test, &object, ns, 1001, CAP_DAC_OVERRIDE);
	KUNIT_EXPECT_EQ(test, verdict.open, -EACCES);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(every_mode),
	KUNIT_CASE(capabilities),
	KUNIT_CASE(only_over_ids_that_exist),
	{}
};

IPCQ_KUNIT_SUITE(access, cases);
