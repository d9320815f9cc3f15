/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Accounts: what each user takes, and the bound on it.
 *
 * An account stands for a user as seen from a user namespace.  Its parent stands
 * for the owner of that namespace, seen from the namespace's parent, and so on up
 * to the initial one.  A charge is made to the whole chain, so that nobody
 * escapes a bound through the subordinate ids of a namespace.
 *
 * Accounts are counted.  A holder of a charge holds a reference; the last
 * reference finds every counter at zero.
 */
#ifndef IPCQ_ACCOUNT_H
#define IPCQ_ACCOUNT_H

#include <linux/atomic.h>
#include <linux/gfp.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/uidgid.h>

struct user_namespace;

/*
 * How memory is allocated that a user asks for: charged to the memory cgroup.  Who
 * is out of memory gets an error; nobody is killed for it.
 */
#define IPCQ_GFP	(GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

enum ipcq_resource {
	IPCQ_RESOURCE_OBJECTS,
	IPCQ_RESOURCE_MESSAGE_BYTES,
	IPCQ_RESOURCE_REGION_BYTES,
	IPCQ_RESOURCE_OWNERS,
	IPCQ_RESOURCE_FILES,
	IPCQ_RESOURCES
};

struct ipcq_account {
	struct hlist_node node;		/* accounts_lock */
	refcount_t refs;
	kuid_t uid;			/* constant */
	struct ipcq_account *parent;	/* constant, referenced; NULL at the top */
	struct ipcq_account *root;	/* constant: the top, perhaps itself */
	atomic64_t used[IPCQ_RESOURCES];
};

void ipcq_accounts_exit(void);

struct ipcq_account *ipcq_account_of_current(void);
struct ipcq_account *ipcq_account_get(struct ipcq_account *account);
void ipcq_account_put(struct ipcq_account *account);

int ipcq_account_charge(struct ipcq_account *account,
			enum ipcq_resource resource, u64 amount);
void ipcq_account_uncharge(struct ipcq_account *account,
			   enum ipcq_resource resource, u64 amount);

#endif /* IPCQ_ACCOUNT_H */
