// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accounts: see account.h.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/hashtable.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "account.h"
#include "limits.h"

/* Which limit bounds which resource. */
static const u8 account_limits[IPCQ_RESOURCES] = {
	[IPCQ_RESOURCE_OBJECTS] = IPCQ_A_LIMIT_USER_OBJECTS,
	[IPCQ_RESOURCE_MESSAGE_BYTES] = IPCQ_A_LIMIT_USER_MESSAGE_BYTES,
	[IPCQ_RESOURCE_REGION_BYTES] = IPCQ_A_LIMIT_USER_REGION_BYTES,
	[IPCQ_RESOURCE_OWNERS] = IPCQ_A_LIMIT_USER_OWNERS,
	[IPCQ_RESOURCE_FILES] = IPCQ_A_LIMIT_USER_FILES,
};

/* Protects the table; the last reference to an account is dropped under it. */
static DEFINE_MUTEX(accounts_lock);
static DEFINE_HASHTABLE(accounts, 6);

struct ipcq_account *ipcq_account_get(struct ipcq_account *account)
{
	refcount_inc(&account->refs);
	return account;
}

static struct ipcq_account *account_find(kuid_t uid, struct ipcq_account *parent)
{
	struct ipcq_account *account;

	lockdep_assert_held(&accounts_lock);
	hash_for_each_possible(accounts, account, node, __kuid_val(uid))
		if (uid_eq(account->uid, uid) && account->parent == parent)
			return ipcq_account_get(account);
	return NULL;
}

/* Takes over the reference to @parent, also when it fails. */
static struct ipcq_account *account_get_child(kuid_t uid,
					      struct ipcq_account *parent)
{
	struct ipcq_account *account, *new;

	/* Allocated first: reclaiming memory may end accounts. */
	new = kzalloc(sizeof(*new), IPCQ_GFP);
	if (!new) {
		ipcq_account_put(parent);
		return ERR_PTR(-ENOMEM);
	}
	refcount_set(&new->refs, 1);
	new->uid = uid;
	new->root = parent ? parent->root : new;

	mutex_lock(&accounts_lock);
	account = account_find(uid, parent);
	if (!account) {
		swap(account, new);
		swap(account->parent, parent);
		hash_add(accounts, &account->node, __kuid_val(uid));
	}
	mutex_unlock(&accounts_lock);

	kfree(new);
	ipcq_account_put(parent);
	return account;
}

/**
 * ipcq_account_of_current() - the account that the calling process charges
 *
 * Return: a reference, or ERR_PTR(-ENOMEM).
 */
struct ipcq_account *ipcq_account_of_current(void)
{
	struct user_namespace *chain[34];	/* namespaces nest 33 deep */
	struct user_namespace *ns;
	struct ipcq_account *account = NULL;
	int depth = 0;

	/* The credentials of current pin its namespace, that its ancestors. */
	for (ns = current_user_ns(); ns->parent; ns = ns->parent) {
		if (WARN_ON_ONCE(depth == ARRAY_SIZE(chain)))
			return ERR_PTR(-ENOMEM);
		chain[depth++] = ns;
	}

	while (depth--) {
		account = account_get_child(chain[depth]->owner, account);
		if (IS_ERR(account))
			return account;
	}
	return account_get_child(current_euid(), account);
}

void ipcq_account_put(struct ipcq_account *account)
{
	while (account && refcount_dec_and_mutex_lock(&account->refs,
						      &accounts_lock)) {
		struct ipcq_account *parent = account->parent;
		int i;

		hash_del(&account->node);
		mutex_unlock(&accounts_lock);
		for (i = 0; i < IPCQ_RESOURCES; i++)
			WARN_ON_ONCE(atomic64_read(&account->used[i]));
		kfree(account);
		account = parent;
	}
}

/* Charges one account of a chain, if that keeps it within the bound. */
static bool charge_one(atomic64_t *used, u64 amount, u64 limit)
{
	s64 old = atomic64_read(used);

	do {
		if ((u64)old > limit - amount)
			return false;
	} while (!atomic64_try_cmpxchg(used, &old, old + amount));
	return true;
}

/**
 * ipcq_account_charge() - take some of a resource
 * @account: whom to charge, with all above
 * @resource: what
 * @amount: how much
 *
 * The limit may have been set below what is used; then there is no more.
 *
 * Return: 0, or -EDQUOT, and then nothing is charged.
 */
int ipcq_account_charge(struct ipcq_account *account,
			enum ipcq_resource resource, u64 amount)
{
	u64 limit = ipcq_limit(account_limits[resource]);
	struct ipcq_account *a, *undo;

	if (amount > limit)
		return -EDQUOT;
	for (a = account; a; a = a->parent)
		if (!charge_one(&a->used[resource], amount, limit))
			goto err_undo;
	return 0;

err_undo:
	for (undo = account; undo != a; undo = undo->parent)
		atomic64_sub(amount, &undo->used[resource]);
	return -EDQUOT;
}

/* Gives back what ipcq_account_charge() took. */
void ipcq_account_uncharge(struct ipcq_account *account,
			   enum ipcq_resource resource, u64 amount)
{
	for (; account; account = account->parent)
		WARN_ON_ONCE(atomic64_sub_return(amount,
						 &account->used[resource]) < 0);
}

/* At unload: every holder of a charge is gone, and so is every account. */
void ipcq_accounts_exit(void)
{
	WARN_ON(!hash_empty(accounts));
}
