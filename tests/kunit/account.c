// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accounts: whose they are, charges up the chain of namespaces, refusals that leave
 * nothing, and that they end with their last reference.
 */
#include <linux/err.h>
#include <linux/user_namespace.h>

#include "common.h"

#define LIMIT	IPCQ_A_LIMIT_USER_OBJECTS

static s64 used(struct ipcq_account *account)
{
	return atomic64_read(&account->used[IPCQ_RESOURCE_OBJECTS]);
}

static int charge(struct ipcq_account *account, u64 amount)
{
	return ipcq_account_charge(account, IPCQ_RESOURCE_OBJECTS, amount);
}

static void uncharge(struct ipcq_account *account, u64 amount)
{
	ipcq_account_uncharge(account, IPCQ_RESOURCE_OBJECTS, amount);
}

static void same_user_same_account(struct kunit *test)
{
	struct ipcq_account *own = ipcq_kunit_account(test), *a, *b;

	a = ipcq_account_of_current();
	KUNIT_EXPECT_PTR_EQ(test, a, own);
	KUNIT_EXPECT_EQ(test, refcount_read(&own->refs), 2U);
	ipcq_account_put(a);

	a = ipcq_kunit_account_of(test, &init_user_ns, 1000);
	b = ipcq_kunit_account_of(test, &init_user_ns, 1000);
	KUNIT_EXPECT_PTR_EQ(test, a, b);
	KUNIT_EXPECT_PTR_NE(test, a, own);
	KUNIT_EXPECT_PTR_EQ(test, a->root, a);
	KUNIT_EXPECT_EQ(test, refcount_read(&a->refs), 2U);
	ipcq_account_put(a);
	ipcq_account_put(b);
}

/* The chain of a user two namespaces deep: the user, and the owner of each. */
static void chain_of_owners(struct kunit *test)
{
	struct user_namespace *outer, *inner;
	struct ipcq_account *user, *owner, *other;

	outer = ipcq_kunit_namespace(test, &init_user_ns, KUIDT_INIT(1000), 100000);
	inner = ipcq_kunit_namespace(test, outer, KUIDT_INIT(100005), 100100);
	user = ipcq_kunit_account_of(test, inner, 100107);
	owner = ipcq_kunit_account_of(test, &init_user_ns, 1000);
	KUNIT_ASSERT_NOT_NULL(test, user->parent);
	KUNIT_EXPECT_TRUE(test, uid_eq(user->uid, KUIDT_INIT(100107)));
	KUNIT_EXPECT_TRUE(test, uid_eq(user->parent->uid, KUIDT_INIT(100005)));
	KUNIT_EXPECT_PTR_EQ(test, user->parent->parent, owner);
	KUNIT_EXPECT_PTR_EQ(test, user->root, owner);
	KUNIT_EXPECT_PTR_EQ(test, user->parent->root, owner);

	/* The same id is somebody else where nobody stands above it. */
	other = ipcq_kunit_account_of(test, &init_user_ns, 100107);
	KUNIT_EXPECT_PTR_NE(test, other, user);
	KUNIT_EXPECT_NULL(test, other->parent);

	KUNIT_EXPECT_EQ(test, charge(user, 3), 0);
	KUNIT_EXPECT_EQ(test, used(user) + used(user->parent), 6LL);
	KUNIT_EXPECT_EQ(test, used(owner), 3LL);
	KUNIT_EXPECT_EQ(test, used(other), 0LL);
	uncharge(user, 3);
	KUNIT_EXPECT_EQ(test, used(owner), 0LL);
	ipcq_account_put(user);
	ipcq_account_put(owner);
	ipcq_account_put(other);
}

/* Namespaces nest 33 deep at most. */
static void deepest_chain(struct kunit *test)
{
	struct user_namespace *ns = &init_user_ns;
	struct ipcq_account *user, *account;
	u32 i, length = 0;

	for (i = 0; i < 33; i++)
		ns = ipcq_kunit_namespace(test, ns, KUIDT_INIT(1000 + i), 100000);
	user = ipcq_kunit_account_of(test, ns, 100000);
	KUNIT_EXPECT_EQ(test, charge(user, 7), 0);
	for (account = user; account; account = account->parent) {
		KUNIT_EXPECT_EQ(test, used(account), 7LL);
		KUNIT_EXPECT_TRUE(test, uid_eq(account->root->uid, KUIDT_INIT(1000)));
		length++;
	}
	KUNIT_EXPECT_EQ(test, length, 34U);
	uncharge(user, 7);
	ipcq_account_put(user);
}

/* The child keeps its parent, and with its last reference lets it go. */
static void last_child_ends_parent(struct kunit *test)
{
	struct ipcq_account *parent, *a, *b;
	struct user_namespace *ns;

	ns = ipcq_kunit_namespace(test, &init_user_ns, KUIDT_INIT(1000), 100000);
	parent = ipcq_kunit_account_of(test, &init_user_ns, 1000);
	a = ipcq_kunit_account_of(test, ns, 100001);
	b = ipcq_kunit_account_of(test, ns, 100002);
	KUNIT_EXPECT_EQ(test, refcount_read(&parent->refs), 3U);
	KUNIT_EXPECT_PTR_EQ(test, ipcq_kunit_account_of(test, ns, 100001), a);
	ipcq_account_put(a);
	KUNIT_EXPECT_EQ(test, refcount_read(&parent->refs), 3U);
	ipcq_account_put(a);
	KUNIT_EXPECT_EQ(test, refcount_read(&parent->refs), 2U);
	ipcq_account_put(b);
	KUNIT_EXPECT_EQ(test, refcount_read(&parent->refs), 1U);
	ipcq_account_put(parent);
	ipcq_account_put(NULL);
}

/* What one of two siblings has taken, the other cannot: their owner's is full. */
static void refused_above_leaves_nothing(struct kunit *test)
{
	struct ipcq_account *parent, *a, *b;
	struct user_namespace *ns;

	ns = ipcq_kunit_namespace(test, &init_user_ns, KUIDT_INIT(1000), 100000);
	parent = ipcq_kunit_account_of(test, &init_user_ns, 1000);
	a = ipcq_kunit_account_of(test, ns, 100001);
	b = ipcq_kunit_account_of(test, ns, 100002);
	ipcq_limits[LIMIT] = 10;
	KUNIT_EXPECT_EQ(test, charge(a, 6), 0);
	KUNIT_EXPECT_EQ(test, charge(b, 5), -EDQUOT);
	KUNIT_EXPECT_EQ(test, used(b), 0LL);
	KUNIT_EXPECT_EQ(test, used(parent), 6LL);
	KUNIT_EXPECT_EQ(test, charge(b, 4), 0);
	KUNIT_EXPECT_EQ(test, charge(parent, 1), -EDQUOT);
	uncharge(a, 6);
	uncharge(b, 4);
	KUNIT_EXPECT_EQ(test, used(parent), 0LL);
	ipcq_account_put(a);
	ipcq_account_put(b);
	ipcq_account_put(parent);
}

static void exactly_to_the_limit(struct kunit *test)
{
	struct ipcq_account *account = ipcq_kunit_account(test);

	ipcq_limits[LIMIT] = 10;
	KUNIT_EXPECT_EQ(test, charge(account, 11), -EDQUOT);
	KUNIT_EXPECT_EQ(test, charge(account, U64_MAX), -EDQUOT);
	KUNIT_EXPECT_EQ(test, charge(account, 10), 0);
	KUNIT_EXPECT_EQ(test, charge(account, 1), -EDQUOT);
	KUNIT_EXPECT_EQ(test, charge(account, 0), 0);
	KUNIT_EXPECT_EQ(test, used(account), 10LL);

	/* Lowered below what is used it takes nothing away, and allows nothing. */
	ipcq_limits[LIMIT] = 5;
	KUNIT_EXPECT_EQ(test, charge(account, 1), -EDQUOT);
	KUNIT_EXPECT_EQ(test, charge(account, 5), -EDQUOT);
	uncharge(account, 6);
	KUNIT_EXPECT_EQ(test, charge(account, 1), 0);
	KUNIT_EXPECT_EQ(test, charge(account, 1), -EDQUOT);
	ipcq_limits[LIMIT] = 0;
	KUNIT_EXPECT_EQ(test, charge(account, 1), -EDQUOT);
	ipcq_limits[LIMIT] = IPCQ_UNLIMITED;
	KUNIT_EXPECT_EQ(test, charge(account, 1ULL << 62), 0);
	uncharge(account, (1ULL << 62) + 5);
}

/* One resource's use and limit are not another's. */
static void resources_are_apart(struct kunit *test)
{
	struct ipcq_account *account = ipcq_kunit_account(test);
	int i, k;

	for (i = IPCQ_A_LIMIT_USER_OBJECTS; i <= IPCQ_A_LIMIT_USER_FILES; i++)
		ipcq_limits[i] = 1;
	for (i = 0; i < IPCQ_RESOURCES; i++) {
		KUNIT_EXPECT_EQ(test, ipcq_account_charge(account, i, 1), 0);
		KUNIT_EXPECT_EQ(test, ipcq_account_charge(account, i, 1), -EDQUOT);
		for (k = 0; k < IPCQ_RESOURCES; k++)
			KUNIT_EXPECT_EQ(test, atomic64_read(&account->used[k]), k == i ? 1LL : 0LL);
		ipcq_account_uncharge(account, i, 1);
	}
}

/* Threads that together want more than there is never have it. */
struct contest {
	struct ipcq_account *account;
	atomic_t refused;
	atomic_t above;
};

static int contend(void *data)
{
	struct contest *contest = data;
	int i;

	for (i = 0; i < 5000; i++) {
		if (charge(contest->account, 3)) {
			atomic_inc(&contest->refused);
			cond_resched();
			continue;
		}
		if (used(contest->account->parent) > 8)
			atomic_inc(&contest->above);
		if (!(i % 64))
			schedule();
		uncharge(contest->account, 3);
	}
	return 0;
}

static void limit_holds_under_contention(struct kunit *test)
{
	struct contest contests[3] = {};
	struct ipcq_kunit_thread *threads[3];
	struct ipcq_account *parent;
	struct user_namespace *ns;
	int i;

	ns = ipcq_kunit_namespace(test, &init_user_ns, KUIDT_INIT(1000), 100000);
	parent = ipcq_kunit_account_of(test, &init_user_ns, 1000);
	/* Two fit; the third is refused by the parent that they share. */
	ipcq_limits[LIMIT] = 8;
	for (i = 0; i < 3; i++)
		contests[i].account = ipcq_kunit_account_of(test, ns, 100000 + i);
	KUNIT_EXPECT_EQ(test, charge(parent, 3), 0);
	for (i = 0; i < 3; i++)
		threads[i] = ipcq_kunit_thread(test, contend, &contests[i]);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, ipcq_kunit_join(threads[i]), 0);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, atomic_read(&contests[i].above), 0);
		KUNIT_EXPECT_EQ(test, used(contests[i].account), 0LL);
		ipcq_account_put(contests[i].account);
	}
	KUNIT_EXPECT_EQ(test, used(parent), 3LL);
	uncharge(parent, 3);
	ipcq_account_put(parent);
}

/* Accounts that come and go all the time, in a chain that does too. */
static int come_and_go(void *data)
{
	struct ipcq_kunit_identity identity;
	struct ipcq_account *account;
	int i, ret;

	for (i = 0; i < 1000; i++) {
		ret = ipcq_kunit_become(&identity, data, KUIDT_INIT(100000 + i % 3),
					KGIDT_INIT(100000));
		if (ret)
			return ret;
		account = ipcq_account_of_current();
		ipcq_kunit_resume(&identity);
		if (IS_ERR(account))
			return PTR_ERR(account);
		ret = charge(account, 1);
		if (ret)
			return ret;
		uncharge(account, 1);
		ipcq_account_put(account);
	}
	return 0;
}

static void last_reference_races(struct kunit *test)
{
	struct ipcq_kunit_thread *threads[3];
	struct user_namespace *ns;
	int i;

	ns = ipcq_kunit_namespace(test, &init_user_ns, KUIDT_INIT(1000), 100000);
	for (i = 0; i < 3; i++)
		threads[i] = ipcq_kunit_thread(test, come_and_go, ns);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, ipcq_kunit_join(threads[i]), 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(same_user_same_account),
	KUNIT_CASE(chain_of_owners),
	KUNIT_CASE(deepest_chain),
	KUNIT_CASE(last_child_ends_parent),
	KUNIT_CASE(refused_above_leaves_nothing),
	KUNIT_CASE(exactly_to_the_limit),
	KUNIT_CASE(resources_are_apart),
	KUNIT_CASE(limit_holds_under_contention),
	KUNIT_CASE(last_reference_races),
	{}
};

IPCQ_KUNIT_SUITE(account, cases);
