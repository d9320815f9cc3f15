// SPDX-License-Identifier: GPL-2.0-only
/*
 * Senders: see sender.h.
 */
#include <linux/err.h>
#include <linux/pid.h>
#include <linux/slab.h>

#include "account.h"
#include "sender.h"
#include "share.h"

/**
 * ipcq_sender_new() - the calling process as a sender
 * @account: who pays
 * @share: of the same user in the queue, or NULL where it sends nothing
 *
 * Return: a reference, or ERR_PTR(-ENOMEM).
 */
struct ipcq_sender *ipcq_sender_new(struct ipcq_account *account,
				    struct ipcq_share *share)
{
	struct ipcq_sender *sender = kmalloc(sizeof(*sender), IPCQ_GFP);

	if (!sender)
		return ERR_PTR(-ENOMEM);
	refcount_set(&sender->refs, 1);
	sender->uid = current_euid();
	sender->gid = current_egid();
	sender->pid = get_pid(task_tgid(current));
	/* An exec by another thread makes that one the leader, with this time. */
	rcu_read_lock();
	sender->start_time = READ_ONCE(current->group_leader)->start_boottime;
	rcu_read_unlock();
	sender->account = ipcq_account_get(account);
	sender->share = ipcq_share_get(share);
	return sender;
}

struct ipcq_sender *ipcq_sender_get(struct ipcq_sender *sender)
{
	refcount_inc(&sender->refs);
	return sender;
}

/* Not under a spinlock: it may be the last of an account. */
void ipcq_sender_put(struct ipcq_sender *sender)
{
	if (!refcount_dec_and_test(&sender->refs))
		return;
	put_pid(sender->pid);
	ipcq_share_put(sender->share);
	ipcq_account_put(sender->account);
	/* ipcq_senders_current() may still look at it. */
	kfree_rcu(sender, rcu);
}

struct ipcq_identity ipcq_sender_identity(const struct ipcq_sender *sender)
{
	return (struct ipcq_identity){
		.pid = pid_vnr(sender->pid),
		.uid = from_kuid_munged(current_user_ns(), sender->uid),
		.gid = from_kgid_munged(current_user_ns(), sender->gid),
		.start_time = sender->start_time,
	};
}

/**
 * ipcq_senders_init() - a handle begins to remember senders
 * @senders: the handle's
 * @account: the handle's, which outlives them
 *
 * Return: 0 or -ENOMEM.
 */
int ipcq_senders_init(struct ipcq_senders *senders, struct ipcq_account *account)
{
	struct ipcq_sender *opener = ipcq_sender_new(account, NULL);

	if (IS_ERR(opener))
		return PTR_ERR(opener);
	senders->account = account;
	senders->share = NULL;
	senders->opener = opener;
	RCU_INIT_POINTER(senders->recent, NULL);
	return 0;
}

/* Nobody uses the handle any more. */
void ipcq_senders_fini(struct ipcq_senders *senders)
{
	struct ipcq_sender *recent =
		rcu_dereference_protected(senders->recent, true);

	ipcq_sender_put(senders->opener);
	if (recent)
		ipcq_sender_put(recent);
	ipcq_share_put(senders->share);
}

/* The sender remembered last, if it is the caller, with a reference; or NULL. */
static struct ipcq_sender *get_recent(struct ipcq_senders *senders)
{
	struct ipcq_sender *recent;

	/*
	 * Who puts another in its place gives up the reference; the memory stays
	 * until this section ends, and the count says whether it is still one.
	 */
	rcu_read_lock();
	recent = rcu_dereference(senders->recent);
	if (recent && (!ipcq_sender_is_current(recent) ||
		       !refcount_inc_not_zero(&recent->refs)))
		recent = NULL;
	rcu_read_unlock();
	return recent;
}

/**
 * ipcq_senders_current() - the calling process, as a sender through a handle
 * @senders: the handle's
 *
 * Return: a reference, or ERR_PTR(-ENOMEM).
 */
struct ipcq_sender *ipcq_senders_current(struct ipcq_senders *senders)
{
	struct ipcq_sender *sender, *old;

	if (ipcq_sender_is_current(senders->opener))
		return ipcq_sender_get(senders->opener);
	sender = get_recent(senders);
	if (sender)
		return sender;
	sender = ipcq_sender_new(senders->account, senders->share);
	if (IS_ERR(sender))
		return sender;

	/* The exchange publishes what ipcq_sender_new() has written. */
	old = unrcu_pointer(xchg(&senders->recent,
				 RCU_INITIALIZER(ipcq_sender_get(sender))));
	if (old)
		ipcq_sender_put(old);
	return sender;
}
