/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shares: what each user has of a queue, so that none can shut out the others.
 *
 * The users of a queue are the accounts that have it open for writing, or whose messages
 * are in it.  While there are several, each has a share, an equal part of the queue's
 * bounds.  Below three quarters of the bounds shares do not count.  Above, the queue is
 * nearly full, and takes only what stays within its sender's share; but a user who has
 * nothing in the queue has room for one message, however long.  So what is left is for
 * those who have less, whether they wait for it or come again later, and who had more than
 * a share gets back to it as messages are received.
 *
 * Senders that wait are in a list of their user's.  Next is the one who waits longest of
 * those whose message stays within their share; if there is none, the one who waits
 * longest of all, if the queue is not nearly full.  So this is the rule of turns:
 *
 *   - a new message passes no sender of its own user's, and none whose message stays
 *     within a share; and where it does not stay within one itself, none at all.
 *
 * With one user, that is the rule of a queue without shares.
 *
 * What a user has is counted only while there are several, so that a queue that is not
 * shared pays nothing for it.  One user is the main one: whoever was there before the
 * others.  Messages that were sent before others came are not counted, and they are the
 * main user's.  A message that is counted wears COUNTED.  Messages that nobody has sent to
 * this queue, dead letters and those that were retained, are FOREIGN: counted, and
 * nobody's.  So this holds whenever the lock is free:
 *
 *   - a message in the queue that is not counted is the main user's; without a main user
 *     there is none.
 *
 * In a queue that drops its oldest, the messages in the order are also in a tree of their
 * user's, lowest priority first, and of one priority the oldest: which one goes first is
 * found at once.  Those are not that were there before the queue became one, or before
 * there were several users.
 *
 * A share is in its queue's list while its user is one.  Senders (sender.h) refer to it,
 * also from other queues where their messages went: what is left of it then is memory.
 *
 * No wake-up is lost: who may go next changes when messages leave the bounds, when a user
 * leaves, when a sender gives up, and when the bounds or the policy are changed.  Whoever
 * does the first or the third calls ipcq_queue_made_room() then, the last
 * ipcq_queue_admit(), and a user who leaves arms the work that does, in unlink().
 *
 * Everything here is protected by queue->lock.
 */
#ifndef IPCQ_SHARE_H
#define IPCQ_SHARE_H

#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/types.h>

struct ipcq_account;
struct ipcq_message;
struct ipcq_queue;
struct ipcq_queue_stat;
struct ipcq_senders;
struct ipcq_waiting_sender;

struct ipcq_share {
	refcount_t refs;		/* the list's, handles', senders' */
	const struct ipcq_account *account;	/* constant; compared only */
	struct list_head node;		/* in queue->shares.list */
	u32 handles;			/* open for writing */
	u32 messages;			/* those that are counted */
	u64 bytes;
	struct list_head senders;	/* that wait, longest first */
	struct list_head waiting;	/* in queue->shares.waiting, if there are some */
	struct rb_root_cached order;	/* messages, as they are dropped */
};

/* Of a queue. */
struct ipcq_shares {
	struct list_head list;		/* of its users */
	u32 users;			/* how many */
	struct ipcq_share *main;	/* one of them, or NULL */
	u32 messages;			/* that are counted, of all */
	u64 bytes;
	struct list_head waiting;	/* shares with senders that wait */
	u64 turns;			/* the last that was given to one */
};

struct ipcq_share *ipcq_share_new(const struct ipcq_account *account);
struct ipcq_share *ipcq_share_get(struct ipcq_share *share);
void ipcq_share_put(struct ipcq_share *share);

void ipcq_shares_init(struct ipcq_queue *queue);
void ipcq_shares_fini(struct ipcq_queue *queue);
void ipcq_share_join(struct ipcq_queue *queue, struct ipcq_senders *senders);
void ipcq_share_leave(struct ipcq_queue *queue, struct ipcq_share *share);

/* The queue's lock is held. */
void ipcq_share_begin(struct ipcq_queue *queue, struct ipcq_message *message);
void ipcq_share_end(struct ipcq_queue *queue, struct ipcq_message *message);
void ipcq_share_entered(struct ipcq_queue *queue, struct ipcq_message *message);
void ipcq_share_left(struct ipcq_queue *queue, struct ipcq_message *message);

void ipcq_share_wait(struct ipcq_queue *queue, struct ipcq_waiting_sender *sender);
void ipcq_share_waited(struct ipcq_queue *queue, struct ipcq_share *share);
struct ipcq_waiting_sender *ipcq_share_next(struct ipcq_queue *queue, bool any);

bool ipcq_share_passes(struct ipcq_queue *queue, const struct ipcq_share *share,
		       u32 length);
bool ipcq_share_allows(struct ipcq_queue *queue, const struct ipcq_share *share,
		       u32 length);
bool ipcq_share_has_room(struct ipcq_queue *queue, const struct ipcq_share *share,
			 u32 length);
bool ipcq_shares_have_room(struct ipcq_queue *queue);
struct ipcq_message *ipcq_share_drops(struct ipcq_queue *queue,
				      const struct ipcq_share *share);
struct ipcq_share *ipcq_share_excess(struct ipcq_queue *queue);
void ipcq_shares_stat(struct ipcq_queue *queue, struct ipcq_queue_stat *stat);

#endif /* IPCQ_SHARE_H */
