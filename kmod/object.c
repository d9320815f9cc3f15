// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects: see object.h.
 */
#include <linux/atomic.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/ipcq.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "account.h"
#include "object.h"
#include "registry.h"

static atomic64_t last_id = ATOMIC64_INIT(0);

/**
 * ipcq_object_init() - fill in the common part of a new object
 * @object: zeroed memory of the kind's own
 * @kind: its kind
 * @account: the creator's account
 *
 * The object belongs to the calling process's effective user and group.  It keeps
 * the module loaded: the caller must hold a file of the module.
 *
 * Return: 0; -EDQUOT, and then there is nothing to undo.
 */
int ipcq_object_init(struct ipcq_object *object, const struct ipcq_kind *kind,
		     struct ipcq_account *account)
{
	int ret;

	ret = ipcq_account_charge(account, IPCQ_RESOURCE_OBJECTS, 1);
	if (ret)
		return ret;

	__module_get(THIS_MODULE);
	kref_init(&object->refs);
	object->kind = kind;
	object->account = ipcq_account_get(account);
	object->id = atomic64_inc_return(&last_id);
	current_euid_egid(&object->uid, &object->gid);
	RB_CLEAR_NODE(&object->by_id);
	RB_CLEAR_NODE(&object->by_name);
	return 0;
}

/* Undoes ipcq_object_init(); the kind calls it last, before it frees the memory. */
void ipcq_object_fini(struct ipcq_object *object)
{
	if (object->registry)
		ipcq_registry_put(object->registry);
	kfree(object->name);
	ipcq_account_uncharge(object->account, IPCQ_RESOURCE_OBJECTS, 1);
	ipcq_account_put(object->account);
	/*
	 * The code that is running now stays: every caller is either in a file
	 * operation, in a namespace's exit, in the owners' or a queue's work or
	 * in the shrinker, and unloading waits for each of them.
	 */
	module_put(THIS_MODULE);
}

void ipcq_object_get(struct ipcq_object *object)
{
	kref_get(&object->refs);
}

static void object_release(struct kref *refs)
{
	struct ipcq_object *object = container_of(refs, struct ipcq_object, refs);

	object->kind->free(object);
}

/* Drops a reference; may sleep. */
void ipcq_object_put(struct ipcq_object *object)
{
	kref_put(&object->refs, object_release);
}

/*
 * Whether the caller has a capability over this object: in its user namespace,
 * and only if the object's owner and group exist there.
 */
static bool object_capable(const struct ipcq_object *object, int capability)
{
	struct user_namespace *ns = current_user_ns();

	return kuid_has_mapping(ns, object->uid) &&
	       kgid_has_mapping(ns, object->gid) && ns_capable(ns, capability);
}

/**
 * ipcq_object_may_open() - check the mode bits for an open
 * @object: the object
 * @open_flags: IPCQ_OPEN_F_READ, IPCQ_OPEN_F_WRITE
 *
 * As for files, the first class that the caller belongs to decides.
 *
 * Return: 0 or -EACCES.
 */
int ipcq_object_may_open(const struct ipcq_object *object, u32 open_flags)
{
	umode_t granted = object->mode;
	umode_t wanted = 0;

	if (open_flags & IPCQ_OPEN_F_READ)
		wanted |= 4;
	if (open_flags & IPCQ_OPEN_F_WRITE)
		wanted |= 2;

	if (uid_eq(current_euid(), object->uid))
		granted >>= 6;
	else if (in_egroup_p(object->gid))
		granted >>= 3;

	if (!(wanted & ~granted) || object_capable(object, CAP_IPC_OWNER) ||
	    object_capable(object, CAP_DAC_OVERRIDE))
		return 0;
	return -EACCES;
}

/* Whether the caller may change the object, or take its name away. */
bool ipcq_object_may_change(const struct ipcq_object *object)
{
	return uid_eq(current_euid(), object->uid) ||
	       object_capable(object, CAP_IPC_OWNER);
}
