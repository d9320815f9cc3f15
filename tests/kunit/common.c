// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the suites run, as whom, and with which other threads.
 */
#include <linux/completion.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/nsproxy.h>
#include <linux/sched/signal.h>
#include <linux/user_namespace.h>
#include <net/net_namespace.h>

#include "common.h"

/* Of the process that loads the module, which is there as long as suites run. */
static struct mm_struct *loader_mm;
static struct net *loader_net;

/* KUnit calls a suite's init in that process, and its cases in kernel threads. */
void ipcq_kunit_environment_init(void)
{
	loader_mm = current->mm;
	loader_net = current->nsproxy->net_ns;
}

/* A network namespace besides the initial one, or NULL. */
struct net *ipcq_kunit_other_net(void)
{
	return loader_net == &init_net ? NULL : loader_net;
}

/* Existing objects in the namespaces that the suites use. */
u64 ipcq_kunit_objects(void)
{
	u64 objects = READ_ONCE(ipcq_registry_of(&init_net)->objects);

	if (ipcq_kunit_other_net())
		objects += READ_ONCE(ipcq_registry_of(loader_net)->objects);
	return objects;
}

/*
 * User memory for the calling thread, until ipcq_kunit_unmap().  No assertion must
 * end the case in between.
 */
void __user *ipcq_kunit_map(struct kunit *test, size_t size)
{
	unsigned long address;

	kthread_use_mm(loader_mm);
	address = vm_mmap(NULL, 0, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (!IS_ERR_VALUE(address))
		return (void __user *)address;
	kthread_unuse_mm(loader_mm);
	KUNIT_FAIL(test, "no user memory: %ld", (long)address);
	return NULL;
}

void ipcq_kunit_unmap(void __user *address, size_t size)
{
	vm_munmap((unsigned long)address, size);
	kthread_unuse_mm(loader_mm);
}

/*
 * What the module looks at of a user namespace: its ancestors, its owner, and which
 * ids exist in it, here 1000 from @first on.
 */
struct user_namespace *ipcq_kunit_namespace(struct kunit *test,
					    struct user_namespace *parent,
					    kuid_t owner, u32 first)
{
	struct user_namespace *ns = kunit_kzalloc(test, sizeof(*ns), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ns);
	ns->parent = parent;
	ns->level = parent->level + 1;
	ns->owner = owner;
	ns->uid_map.nr_extents = 1;
	ns->uid_map.extent[0].lower_first = first;
	ns->uid_map.extent[0].count = 1000;
	ns->gid_map = ns->uid_map;
	return ns;
}

/* Acts as somebody without capabilities, until ipcq_kunit_resume(). */
int ipcq_kunit_become(struct ipcq_kunit_identity *identity,
		      struct user_namespace *ns, kuid_t uid, kgid_t gid)
{
	struct cred *cred = prepare_creds();

	if (!cred)
		return -ENOMEM;
	cred->uid = uid;
	cred->euid = uid;
	cred->fsuid = uid;
	cred->gid = gid;
	cred->egid = gid;
	cred->fsgid = gid;
	cap_clear(cred->cap_effective);
	identity->own = cred->user_ns;
	cred->user_ns = ns;
	identity->cred = cred;
	identity->old = override_creds(cred);
	return 0;
}

void ipcq_kunit_resume(struct ipcq_kunit_identity *identity)
{
	revert_creds(identity->old);
	/* The last reference to the credentials drops one to their namespace. */
	identity->cred->user_ns = identity->own;
	put_cred(identity->cred);
}

/* The account of a user as seen from a namespace, with a reference. */
struct ipcq_account *ipcq_kunit_account_of(struct kunit *test,
					   struct user_namespace *ns, u32 uid)
{
	struct ipcq_kunit_identity identity;
	struct ipcq_account *account;

	KUNIT_ASSERT_EQ(test, ipcq_kunit_become(&identity, ns, KUIDT_INIT(uid),
						KGIDT_INIT(uid)), 0);
	account = ipcq_account_of_current();
	ipcq_kunit_resume(&identity);
	KUNIT_ASSERT_FALSE(test, IS_ERR(account));
	return account;
}

struct ipcq_kunit_thread {
	struct task_struct *task;
	int (*run)(void *data);
	void *data;
	struct completion ended;
};

static int run_and_tell(void *data)
{
	struct ipcq_kunit_thread *thread = data;
	int ret = thread->run(thread->data);

	complete(&thread->ended);
	return ret;
}

/* A thread of its own, which is its own process too; it must be joined. */
struct ipcq_kunit_thread *ipcq_kunit_thread(struct kunit *test, int (*run)(void *data),
					    void *data)
{
	struct ipcq_kunit_thread *thread = kunit_kzalloc(test, sizeof(*thread), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, thread);
	thread->run = run;
	thread->data = data;
	init_completion(&thread->ended);
	thread->task = kthread_create(run_and_tell, thread, "ipcq_kunit");
	KUNIT_ASSERT_FALSE(test, IS_ERR(thread->task));
	get_task_struct(thread->task);
	wake_up_process(thread->task);
	return thread;
}

/* A signal that it has allowed. */
void ipcq_kunit_signal(struct ipcq_kunit_thread *thread, int signal)
{
	send_sig(signal, thread->task, 1);
}

/*
 * What the thread has returned.  Its owners may not have ended yet.  To be stopped is
 * a signal to a thread that sleeps, and one that has not begun never does, so that it
 * must have ended before; but if it has slept for long, nobody else is going to wake it.
 */
int ipcq_kunit_join(struct ipcq_kunit_thread *thread)
{
	int ret;

	wait_for_completion_timeout(&thread->ended, IPCQ_KUNIT_PATIENCE);
	ret = kthread_stop(thread->task);
	put_task_struct(thread->task);
	return ret;
}
