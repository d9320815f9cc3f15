/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owners: who holds things, and what happens when they end.
 *
 * An owner is a thread, or a process, together with the handle it attached through:
 * which of the two, the object says.  A mutex belongs to the thread that locked it; a
 * message that was received under a lease belongs to the process, whose threads may
 * share the work.  It has an id, unique in its object and not soon used again, that
 * stands for it where user space can see it.  An owner ends, once, by the first of
 *
 *	its thread exits, for whatever reason	a tracepoint
 *	  (a process: the last of its threads)
 *	its thread calls execve(2)		a tracepoint
 *	  (a process: any of its threads)
 *	its process closes its last descriptor	the file's flush
 *	  of the handle
 *	the handle itself is released		the file's release
 *
 * and the object is then told to recover what the owner held.
 *
 * States: live; ending, from when ENDING is set, by exactly one of the above; and
 * gone, once the object has been told.  An owner that is not live must not be
 * given anything: who gives looks at ipcq_owner_live() under the same lock under
 * which the object recovers.
 *
 * A process may be an owner only because it calls, and is to have the replies.  One that
 * receives, or has said that it is going to, is marked as such: of these are the servers,
 * and to these messages can be handed over.
 *
 * The tracepoints run where one may not sleep nor take a spinlock: they mark the
 * owner and leave the rest to a work.
 *
 * An owner is referenced by the table of owners while it is not gone, and by who
 * got it from ipcq_owner_find() or ipcq_owner_attach().  It keeps its object, and
 * with it the module.  It does not keep its thread or process: these are only
 * compared.
 *
 * Model: tests/model/owner.pml, of owners that are threads.
 */
#ifndef IPCQ_OWNER_H
#define IPCQ_OWNER_H

#include <linux/bitops.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/xarray.h>

struct file;
struct ipcq_account;
struct ipcq_handle;
struct ipcq_object;
struct ipcq_owner;

/* The owners of one object. */
struct ipcq_owners {
	bool processes;			/* constant: they are processes, not threads */
	struct xarray by_id;		/* its own lock; read under RCU */
	u32 next_id;			/* of the xarray */
	atomic_t count;
	atomic_t receivers;		/* of a queue: those that receive */
	struct ipcq_object *object;	/* constant: which these are part of */

	/* Recovers what an owner held; called once, may sleep. */
	void (*ended)(struct ipcq_owners *owners, struct ipcq_owner *owner);
};

#define IPCQ_OWNER_ENDING	0
#define IPCQ_OWNER_RECEIVES	1

struct ipcq_owner {
	refcount_t refs;
	unsigned long state;		/* IPCQ_OWNER_*, atomic */

	/* Constant. */
	u32 id;
	struct ipcq_owners *owners;
	struct ipcq_handle *handle;	/* compared only */
	/* Compared only: a thread's task, a process's signal struct. */
	const void *who;
	const void *files;		/* compared only: its descriptor table */
	struct pid *pid;		/* referenced: its process */
	struct pid *tid;		/* referenced: the thread that attached */
	struct ipcq_account *account;	/* charged and referenced until it is gone */

	/* The object's own, under its own lock. */
	void *waiting;			/* a region's: struct locker */
	struct list_head holds;		/* a queue's: messages, hold.h */
	struct list_head calls;		/* likewise, request.h */
	u32 calls_kept;			/* how many */

	struct hlist_node by_who;	/* owners_lock; read under RCU */
	struct list_head of_handle;	/* owners_lock; handle->owners */
	struct llist_node ended;	/* for the work */
	struct rcu_head rcu;
};

int ipcq_owners_start(void);
void ipcq_owners_stop(void);

void ipcq_owners_init(struct ipcq_owners *owners, struct ipcq_object *object,
		      bool processes,
		      void (*ended)(struct ipcq_owners *owners,
				    struct ipcq_owner *owner));
void ipcq_owners_fini(struct ipcq_owners *owners);
bool ipcq_owners_live(struct ipcq_owners *owners, u32 id);
struct ipcq_owner *ipcq_owners_get(struct ipcq_owners *owners, u32 id);
struct ipcq_owner *ipcq_owners_find(struct ipcq_owners *owners,
				    const struct pid *pid);

struct ipcq_owner *ipcq_owner_find(const struct ipcq_owners *owners,
				   const struct ipcq_handle *handle);
struct ipcq_owner *ipcq_owner_attach(struct ipcq_owners *owners,
				     struct ipcq_handle *handle);
void ipcq_owner_mark_receiver(struct ipcq_owner *owner);
void ipcq_owner_end(struct ipcq_owner *owner);
void ipcq_owner_put(struct ipcq_owner *owner);

void ipcq_owners_end_handle(struct ipcq_handle *handle);
void ipcq_owners_end_closed(struct ipcq_handle *handle, const void *files);

static inline bool ipcq_owner_live(const struct ipcq_owner *owner)
{
	return !test_bit(IPCQ_OWNER_ENDING, &owner->state);
}

#endif /* IPCQ_OWNER_H */
