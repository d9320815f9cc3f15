/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Senders: who sent a message, and who pays for it.
 *
 * A sender is a process with a user and a group, sending through one handle.  It is
 * counted, and constant while it is there.  A message keeps its reference while it
 * waits in a magazine to be used again: a process that sends again finds itself on
 * it, and nothing is counted at all.
 *
 * A handle remembers two senders, so that those who share it seldom need a new one:
 * its opener, and whoever sent through it last.
 */
#ifndef IPCQ_SENDER_H
#define IPCQ_SENDER_H

#include <linux/cred.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/sched/signal.h>
#include <linux/types.h>
#include <linux/uidgid.h>

struct ipcq_account;
struct ipcq_share;

struct ipcq_sender {
	refcount_t refs;
	kuid_t uid;			/* effective, when it began to send */
	kgid_t gid;
	struct pid *pid;		/* referenced: the thread group */
	u64 start_time;			/* its start, nanoseconds since boot */
	struct ipcq_account *account;	/* referenced: pays */
	struct ipcq_share *share;	/* referenced: its user's of the queue; or NULL */
	struct rcu_head rcu;
};

/* The senders that a handle remembers. */
struct ipcq_senders {
	struct ipcq_account *account;	/* constant; the handle's reference */
	struct ipcq_share *share;	/* referenced; constant once joined (share.h) */
	struct ipcq_sender *opener;	/* constant, referenced */
	struct ipcq_sender __rcu *recent;	/* exchanged; referenced, or NULL */
};

/* A sender in the terms of the calling process's namespaces. */
struct ipcq_identity {
	s32 pid;			/* 0 where it is not known */
	u32 uid;			/* the overflow id where it is not known */
	u32 gid;			/* likewise */
	u64 start_time;
};

struct ipcq_identity ipcq_sender_identity(const struct ipcq_sender *sender);
struct ipcq_sender *ipcq_sender_new(struct ipcq_account *account,
				    struct ipcq_share *share);
struct ipcq_sender *ipcq_sender_get(struct ipcq_sender *sender);
void ipcq_sender_put(struct ipcq_sender *sender);

int ipcq_senders_init(struct ipcq_senders *senders,
		      struct ipcq_account *account);
void ipcq_senders_fini(struct ipcq_senders *senders);
struct ipcq_sender *ipcq_senders_current(struct ipcq_senders *senders);

/* Whether a sender is the calling process, as it is now. */
static inline bool ipcq_sender_is_current(const struct ipcq_sender *sender)
{
	return sender->pid == task_tgid(current) &&
	       uid_eq(sender->uid, current_euid()) &&
	       gid_eq(sender->gid, current_egid());
}

#endif /* IPCQ_SENDER_H */
