/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Objects: what queues and regions have in common.
 *
 * An object is counted.  References are held by each handle, by the registry
 * while the object can be found there, and by owners (owner.h).  The handles have
 * a count of their own, because they decide when the object ends:
 *
 *	linked		it has a name that opens find
 *	unlinked	the name is gone, or there never was one; only handles lead
 *			to it
 *	ended		unlinked and the last handle closed: the registry forgets
 *			it, and it is freed with the last reference
 *
 * An object that lives until its last close is unlinked by it, and one that lives as
 * long as its creator's handle by the close of that.
 *
 * Locks nest in this order, outermost first:
 *
 *	registry->lock		a mutex: names, ids, counts of handles
 *	accounts_lock		a mutex: the table of accounts (account.c)
 *	queues_lock		the list of all queues (queue_memory.c)
 *	queue->lock, region->lock, owners_lock	leaves, all spinlocks
 *
 * Nothing is allocated or copied to or from user space under any of them, but
 * that netlink replies are built under registry->lock.
 *
 * Model of a life: tests/model/lifetime.pml.
 */
#ifndef IPCQ_OBJECT_H
#define IPCQ_OBJECT_H

#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/rbtree.h>
#include <linux/types.h>
#include <linux/uidgid.h>

struct ipcq_account;
struct ipcq_object;
struct ipcq_registry;

/* What differs between kinds of object. */
struct ipcq_kind {
	u32 kind;			/* IPCQ_KIND_* */
	const char *file_name;		/* of its descriptors, in /proc */
	const struct file_operations *fops;
	fmode_t file_mode;		/* FMODE_* of its files, besides */

	/* A new object; the caller fills in and publishes the common part. */
	struct ipcq_object *(*create)(struct ipcq_registry *registry,
				      const void *attributes,
				      struct ipcq_account *account);
	/* Whether it has the attributes demanded; those not given match. */
	bool (*matches)(const struct ipcq_object *object,
			const void *attributes);
	/* Frees the whole; called with the last reference. */
	void (*free)(struct ipcq_object *object);
};

struct ipcq_object {
	struct kref refs;

	/* Constant once published. */
	const struct ipcq_kind *kind;
	struct ipcq_registry *registry;	/* referenced */
	struct ipcq_account *account;	/* the creator's; charged one object */
	u64 id;
	kuid_t uid;
	kgid_t gid;
	umode_t mode;
	u8 lifetime;			/* IPCQ_LIFETIME_* */
	u8 name_length;			/* 0: anonymous */
	char *name;			/* with a terminating zero, or NULL */

	/* Protected by registry->lock. */
	struct rb_node by_id;
	struct rb_node by_name;
	bool linked;
	u32 handles;
};

int ipcq_object_init(struct ipcq_object *object, const struct ipcq_kind *kind,
		     struct ipcq_account *account);
void ipcq_object_fini(struct ipcq_object *object);

void ipcq_object_get(struct ipcq_object *object);
void ipcq_object_put(struct ipcq_object *object);

int ipcq_object_may_open(const struct ipcq_object *object, u32 open_flags);
bool ipcq_object_may_change(const struct ipcq_object *object);

#endif /* IPCQ_OBJECT_H */
