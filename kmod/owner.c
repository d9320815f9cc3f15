// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owners: see owner.h.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/hashtable.h>
#include <linux/ipcq.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/tracepoint.h>
#include <linux/workqueue.h>

#include "account.h"
#include "compat.h"
#include "handle.h"
#include "object.h"
#include "owner.h"

/* All that are not gone, by who they are; changed under the lock, read under RCU. */
static DEFINE_SPINLOCK(owners_lock);
static DEFINE_HASHTABLE(owners_by_who, 10);

/* Owners that the tracepoints have marked. */
static LLIST_HEAD(ended_owners);
static void end_work_run(struct work_struct *work);
static DECLARE_WORK(end_work, end_work_run);

/* --------------------------------------------------------- one owner's life */

static void owner_free(struct rcu_head *rcu)
{
	kfree(container_of(rcu, struct ipcq_owner, rcu));
}

/* Also under a spinlock. */
void ipcq_owner_put(struct ipcq_owner *owner)
{
	if (!refcount_dec_and_test(&owner->refs))
		return;
	put_pid(owner->pid);
	put_pid(owner->tid);
	/* Readers under RCU may still look at who it is, its id and state. */
	call_rcu(&owner->rcu, owner_free);
}

/*
 * Marks an owner; true for the one caller that has to see it gone.  The bit is
 * set with full ordering before the object recovers anything.
 */
static bool owner_mark(struct ipcq_owner *owner)
{
	return !test_and_set_bit(IPCQ_OWNER_ENDING, &owner->state);
}

static int owner_charge(struct ipcq_account *account)
{
	int ret = ipcq_account_charge(account, IPCQ_RESOURCE_OWNERS, 1);

	if (!ret)
		ipcq_account_get(account);
	return ret;
}

static void owner_uncharge(struct ipcq_account *account)
{
	ipcq_account_uncharge(account, IPCQ_RESOURCE_OWNERS, 1);
	ipcq_account_put(account);
}

/* Recovers what a marked owner held, and forgets the owner. */
static void owner_gone(struct ipcq_owner *owner)
{
	struct ipcq_owners *owners = owner->owners;
	struct ipcq_object *object = owners->object;

	owners->ended(owners, owner);

	spin_lock(&owners_lock);
	hash_del_rcu(&owner->by_who);
	list_del_init(&owner->of_handle);
	spin_unlock(&owners_lock);
	xa_erase(&owners->by_id, owner->id);
	atomic_dec(&owners->count);
	/* Whoever would mark it now finds that done. */
	if (test_and_set_bit(IPCQ_OWNER_RECEIVES, &owner->state))
		atomic_dec(&owners->receivers);

	owner_uncharge(owner->account);
	ipcq_owner_put(owner);
	ipcq_object_put(object);
}

/* The caller, as an owner of an object. */
static const void *current_who(const struct ipcq_owners *owners)
{
	return owners->processes ? (const void *)current->signal : current;
}

/**
 * ipcq_owner_find() - the owner that the caller is for a handle
 * @owners: the object's owners
 * @handle: the handle
 *
 * Return: a reference, or NULL when the calling thread or process is not attached.
 */
struct ipcq_owner *ipcq_owner_find(const struct ipcq_owners *owners,
				   const struct ipcq_handle *handle)
{
	const void *who = current_who(owners);
	struct ipcq_owner *owner;

	rcu_read_lock();
	hash_for_each_possible_rcu(owners_by_who, owner, by_who,
				   (unsigned long)who)
		if (owner->who == who && owner->handle == handle &&
		    ipcq_owner_live(owner) &&
		    refcount_inc_not_zero(&owner->refs))
			goto out;
	owner = NULL;
out:
	rcu_read_unlock();
	return owner;
}

static struct ipcq_owner *owner_new(struct ipcq_owners *owners,
				    struct ipcq_handle *handle)
{
	struct ipcq_owner *owner;

	owner = kzalloc(sizeof(*owner), IPCQ_GFP);
	if (!owner)
		return NULL;
	owner->account = handle->account;
	refcount_set(&owner->refs, 1);
	owner->owners = owners;
	owner->handle = handle;
	owner->who = current_who(owners);
	owner->files = current->files;
	owner->pid = get_pid(task_tgid(current));
	owner->tid = get_pid(task_pid(current));
	INIT_LIST_HEAD(&owner->holds);
	INIT_LIST_HEAD(&owner->calls);
	INIT_HLIST_NODE(&owner->by_who);
	INIT_LIST_HEAD(&owner->of_handle);
	return owner;
}

/* Ends an owner, if nothing else does. */
void ipcq_owner_end(struct ipcq_owner *owner)
{
	if (owner_mark(owner))
		owner_gone(owner);
}

/* The owner receives messages, or is going to; also under a spinlock. */
void ipcq_owner_mark_receiver(struct ipcq_owner *owner)
{
	if (!test_bit(IPCQ_OWNER_RECEIVES, &owner->state) &&
	    !test_and_set_bit(IPCQ_OWNER_RECEIVES, &owner->state))
		atomic_inc(&owner->owners->receivers);
}

static int same_file(const void *file, struct file *other, unsigned int fd)
{
	return file == other;
}

/* Whether the calling process has a descriptor of a handle. */
static bool has_descriptor(const struct ipcq_handle *handle)
{
	return iterate_fd(current->files, 0, same_file, handle->file);
}

/*
 * Puts a new owner where it is found, unless another thread of its process has been
 * faster; returns that one then, with a reference, else NULL.
 */
static struct ipcq_owner *owner_publish(struct ipcq_owner *owner,
					struct ipcq_handle *handle)
{
	struct ipcq_owner *other;

	spin_lock(&owners_lock);
	other = ipcq_owner_find(owner->owners, handle);
	if (!other) {
		list_add(&owner->of_handle, &handle->owners);
		hash_add_rcu(owners_by_who, &owner->by_who,
			     (unsigned long)owner->who);
	}
	spin_unlock(&owners_lock);
	return other;
}

/**
 * ipcq_owner_attach() - make the caller an owner, if it is not yet
 * @owners: the object's owners
 * @handle: the handle, open
 *
 * Return: a reference to its owner; ERR_PTR() of -EDQUOT, -ENOMEM, or -EBADF when
 * its process closes the handle meanwhile.
 */
struct ipcq_owner *ipcq_owner_attach(struct ipcq_owners *owners,
				     struct ipcq_handle *handle)
{
	struct ipcq_owner *owner, *other;
	int ret;

	owner = ipcq_owner_find(owners, handle);
	if (owner)
		return owner;

	ret = owner_charge(handle->account);
	if (ret)
		return ERR_PTR(ret);
	ret = -ENOMEM;
	owner = owner_new(owners, handle);
	if (!owner)
		goto err_charge;

	/*
	 * Ids go round, so that one which is stuck in some word after its owner
	 * ended does not soon stand for somebody else.
	 */
	ret = xa_alloc_cyclic(&owners->by_id, &owner->id, owner,
			      XA_LIMIT(1, IPCQ_MUTEX_OWNER_MASK),
			      &owners->next_id, IPCQ_GFP);
	if (ret < 0)
		goto err_owner;

	ipcq_object_get(owners->object);
	atomic_inc(&owners->count);
	refcount_inc(&owner->refs);
	other = owner_publish(owner, handle);
	if (other) {
		ipcq_owner_end(owner);
		ipcq_owner_put(owner);
		return other;
	}

	/*
	 * Another thread may be closing the process's last descriptor.  The table
	 * of descriptors has a lock.  If we look at the table first, what we did
	 * before is seen in ipcq_owners_end_closed(); else the descriptor is gone
	 * from the table, and that is seen here.
	 */
	if (has_descriptor(handle))
		return owner;
	ipcq_owner_end(owner);
	ipcq_owner_put(owner);
	return ERR_PTR(-EBADF);

err_owner:
	ret = -ENOMEM;
	ipcq_owner_put(owner);
err_charge:
	owner_uncharge(handle->account);
	return ERR_PTR(ret);
}

/* -------------------------------------------------------- owners of an object */

void ipcq_owners_init(struct ipcq_owners *owners, struct ipcq_object *object,
		      bool processes,
		      void (*ended)(struct ipcq_owners *owners,
				    struct ipcq_owner *owner))
{
	xa_init_flags(&owners->by_id, XA_FLAGS_ALLOC1);
	owners->processes = processes;
	owners->next_id = 1;
	atomic_set(&owners->count, 0);
	atomic_set(&owners->receivers, 0);
	owners->object = object;
	owners->ended = ended;
}

/* Each owner keeps the object, so when the object is freed there are none. */
void ipcq_owners_fini(struct ipcq_owners *owners)
{
	WARN_ON_ONCE(!xa_empty(&owners->by_id));
	xa_destroy(&owners->by_id);
}

/* Whether an id, which may be nonsense, is that of a live owner. */
bool ipcq_owners_live(struct ipcq_owners *owners, u32 id)
{
	struct ipcq_owner *owner;
	bool live;

	rcu_read_lock();
	owner = xa_load(&owners->by_id, id);
	live = owner && ipcq_owner_live(owner);
	rcu_read_unlock();
	return live;
}

/* The owner with an id, with a reference, or NULL. */
struct ipcq_owner *ipcq_owners_get(struct ipcq_owners *owners, u32 id)
{
	struct ipcq_owner *owner;

	rcu_read_lock();
	owner = xa_load(&owners->by_id, id);
	if (owner && !refcount_inc_not_zero(&owner->refs))
		owner = NULL;
	rcu_read_unlock();
	return owner;
}

/*
 * A live owner of a process, the first of those that receive, with a reference; or NULL.
 */
struct ipcq_owner *ipcq_owners_find(struct ipcq_owners *owners,
				    const struct pid *pid)
{
	struct ipcq_owner *owner;
	unsigned long id;

	rcu_read_lock();
	xa_for_each(&owners->by_id, id, owner)
		if (pid && owner->pid == pid && ipcq_owner_live(owner) &&
		    test_bit(IPCQ_OWNER_RECEIVES, &owner->state) &&
		    refcount_inc_not_zero(&owner->refs))
			break;
	rcu_read_unlock();
	return owner;
}

/* ------------------------------------------------------------- closed handles */

/*
 * Marks and takes one owner of a handle that @files applies to (NULL: any).
 * Owners that a tracepoint has marked are left to the work.
 */
static struct ipcq_owner *take_owner(struct ipcq_handle *handle,
				     const void *files)
{
	struct ipcq_owner *owner;

	spin_lock(&owners_lock);
	list_for_each_entry(owner, &handle->owners, of_handle) {
		if (files && (owner->files != files ||
			      owner->pid != task_tgid(current)))
			continue;
		if (owner_mark(owner)) {
			spin_unlock(&owners_lock);
			return owner;
		}
	}
	spin_unlock(&owners_lock);
	return NULL;
}

/* The handle is being released: nobody can act through it any more. */
void ipcq_owners_end_handle(struct ipcq_handle *handle)
{
	struct ipcq_owner *owner, *next;

	while ((owner = take_owner(handle, NULL)))
		owner_gone(owner);

	/* What the work has yet to see must not refer to the handle's list. */
	spin_lock(&owners_lock);
	list_for_each_entry_safe(owner, next, &handle->owners, of_handle)
		list_del_init(&owner->of_handle);
	spin_unlock(&owners_lock);
}

/**
 * ipcq_owners_end_closed() - a process has closed a descriptor of a handle
 * @handle: the handle
 * @files: the descriptor table it was closed in
 *
 * Ends the process's owners if that was its last descriptor of the handle.
 */
void ipcq_owners_end_closed(struct ipcq_handle *handle, const void *files)
{
	struct ipcq_owner *owner;

	/* The kernel itself closes without a table; nobody's last descriptor then. */
	if (!files)
		return;
	/* One that is being added looks for the descriptor afterwards. */
	if (list_empty_careful(&handle->owners))
		return;
	/* A table that is not current's is being torn down by an exit. */
	if (files == current->files && has_descriptor(handle))
		return;
	while ((owner = take_owner(handle, files)))
		owner_gone(owner);
}

/* --------------------------------------------------------------- tracepoints */

static void end_work_run(struct work_struct *work)
{
	struct llist_node *list = llist_del_all(&ended_owners);
	struct ipcq_owner *owner, *next;

	llist_for_each_entry_safe(owner, next, list, ended)
		owner_gone(owner);
}

/*
 * Ends the owners that are @who, who is exiting or has called execve(2).  Called by
 * tracepoints: no sleeping, no spinlock.  Under RCU the owners found stay; and as only
 * who is one adds it, none are added meanwhile: a task is here itself, and of a process
 * no thread is left that could, or just this one.
 */
static void end_owners_of(const void *who)
{
	struct ipcq_owner *owner;
	bool found = false;

	rcu_read_lock();
	hash_for_each_possible_rcu(owners_by_who, owner, by_who,
				   (unsigned long)who) {
		if (owner->who == who && owner_mark(owner)) {
			llist_add(&owner->ended, &ended_owners);
			found = true;
		}
	}
	rcu_read_unlock();
	if (found)
		queue_work(system_dfl_wq, &end_work);
}

static IPCQ_COMPAT_EXIT_PROBE(probe_exit, task)
{
	end_owners_of(task);
	/*
	 * The task has been counted out already, wherever in its exit this is.  Of
	 * those that see no thread left one has counted out the last, and sees what
	 * each of the others did before.
	 */
	if (!atomic_read(&task->signal->live))
		end_owners_of(task->signal);
}

/* The other threads are gone; whichever called it, the process is what it was. */
static void probe_exec(void *data, struct task_struct *task, pid_t old_pid,
		       struct linux_binprm *bprm)
{
	end_owners_of(task);
	end_owners_of(task->signal);
}

/* The tracepoints are not exported, but can be found. */
static struct {
	const char *name;
	void *probe;
	struct tracepoint *tracepoint;
} probes[] = {
	{ .name = "sched_process_exit", .probe = probe_exit },
	{ .name = "sched_process_exec", .probe = probe_exec },
};

static void find_tracepoint(struct tracepoint *tracepoint, void *unused)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		if (!strcmp(tracepoint->name, probes[i].name))
			probes[i].tracepoint = tracepoint;
}

static void unregister_probes(size_t count)
{
	while (count--)
		tracepoint_probe_unregister(probes[count].tracepoint,
					    probes[count].probe, NULL);
	tracepoint_synchronize_unregister();
}

int ipcq_owners_start(void)
{
	size_t i;
	int ret;

	for_each_kernel_tracepoint(find_tracepoint, NULL);
	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		if (!probes[i].tracepoint) {
			pr_err("this kernel has no tracepoint %s\n",
			       probes[i].name);
			ret = -ENODEV;
			goto err_probes;
		}
		ret = tracepoint_probe_register(probes[i].tracepoint,
						probes[i].probe, NULL);
		if (ret)
			goto err_probes;
	}
	return 0;

err_probes:
	unregister_probes(i);
	return ret;
}

/* Unloading: there are no objects any more, so no owners but those half gone. */
void ipcq_owners_stop(void)
{
	unregister_probes(ARRAY_SIZE(probes));
	flush_work(&end_work);
	/* Let owner_free() run, which is our code. */
	rcu_barrier();
}
