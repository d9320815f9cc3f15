// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shares: see share.h.
 */
#include <linux/err.h>
#include <linux/ipcq.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include "account.h"
#include "backlog.h"
#include "copies.h"
#include "queue_steps.h"
#include "share.h"

/* ------------------------------------------------------------------- memory */

/**
 * ipcq_share_new() - a share that is no queue's yet
 * @account: its user's
 *
 * Return: a reference, or ERR_PTR(-ENOMEM).
 */
struct ipcq_share *ipcq_share_new(const struct ipcq_account *account)
{
	struct ipcq_share *share = kzalloc(sizeof(*share), IPCQ_GFP);

	if (!share)
		return ERR_PTR(-ENOMEM);
	refcount_set(&share->refs, 1);
	share->account = account;
	INIT_LIST_HEAD(&share->senders);
	share->order = RB_ROOT_CACHED;
	return share;
}

struct ipcq_share *ipcq_share_get(struct ipcq_share *share)
{
	if (share)
		refcount_inc(&share->refs);
	return share;
}

void ipcq_share_put(struct ipcq_share *share)
{
	if (share && refcount_dec_and_test(&share->refs))
		kfree(share);
}

/* -------------------------------------------------------- what a user has */

/* How many messages in the queue are not counted, and how many bytes they have. */
static u32 uncounted(const struct ipcq_queue *queue, u64 *bytes)
{
	*bytes = queue->bounds.bytes - queue->shares.bytes;
	return queue->bounds.messages - queue->shares.messages;
}

static u32 usage(const struct ipcq_queue *queue, const struct ipcq_share *share,
		 u64 *bytes)
{
	u32 messages = 0;

	*bytes = 0;
	if (share == queue->shares.main)
		messages = uncounted(queue, bytes);
	*bytes += share->bytes;
	return messages + share->messages;
}

/* The part of a bound that is one user's. */
static u64 part(const struct ipcq_queue *queue, u64 bound)
{
	return div_u64(bound, max(queue->shares.users, 1U));
}

/* Whether a user's messages stay within the share when there is another. */
static bool is_within(const struct ipcq_queue *queue,
		      const struct ipcq_share *share, u32 length)
{
	u64 bytes;
	u32 messages = usage(queue, share, &bytes);

	return !messages ||
	       (messages + 1 <= part(queue, queue->bounds.max_messages) &&
		bytes + length <= part(queue, queue->bounds.max_bytes));
}

/* Whether a queue is nearly full when there is another message. */
static bool is_nearly_full(const struct ipcq_queue *queue, u32 length)
{
	const struct ipcq_bounds *bounds = &queue->bounds;
	u32 kept = max(bounds->max_messages / 4, 1U);

	return bounds->messages + 1 > bounds->max_messages - kept ||
	       bounds->bytes + length > bounds->max_bytes - bounds->max_bytes / 4;
}

/* -------------------------------------------------------------------- users */

/* The number of users has changed. */
static void count_users(struct ipcq_queue *queue)
{
	struct ipcq_shares *shares = &queue->shares;

	if (shares->users > 1)
		queue->care |= IPCQ_CARE_SHARES;
	else
		queue->care &= ~IPCQ_CARE_SHARES;
	/* Without a main user all is counted, and any can become it. */
	if (!shares->main && shares->users)
		shares->main = list_first_entry(&shares->list,
						struct ipcq_share, node);
}

static void link_share(struct ipcq_queue *queue, struct ipcq_share *share)
{
	list_add_tail(&ipcq_share_get(share)->node, &queue->shares.list);
	queue->shares.users++;
	count_users(queue);
}

/* The others have more then: those who wait for it are let in. */
static void unlink_share(struct ipcq_queue *queue, struct ipcq_share *share)
{
	list_del(&share->node);
	queue->shares.users--;
	if (queue->shares.main == share)
		queue->shares.main = NULL;
	count_users(queue);
	if (queue->waiting_senders || queue->refused)
		ipcq_queue_arm_admit(queue);
	ipcq_share_put(share);
}

/* Ends a share whose user may be one no more. */
static void settle(struct ipcq_queue *queue, struct ipcq_share *share)
{
	u64 bytes;

	if (!share->handles && !usage(queue, share, &bytes))
		unlink_share(queue, share);
}

/*
 * When the last of the messages that are not counted goes, nobody looks; so whoever needs
 * to know the users does.
 */
static void prune(struct ipcq_queue *queue)
{
	if (queue->shares.main)
		settle(queue, queue->shares.main);
}

static struct ipcq_share *find(struct ipcq_queue *queue,
			       const struct ipcq_account *account)
{
	struct ipcq_share *share;

	list_for_each_entry(share, &queue->shares.list, node)
		if (share->account == account)
			return share;
	return NULL;
}

/**
 * ipcq_share_join() - a handle has been opened for writing
 * @queue: the queue; its lock is not held
 * @senders: of the handle, with a share of its own, which is not used if the user has one
 */
void ipcq_share_join(struct ipcq_queue *queue, struct ipcq_senders *senders)
{
	struct ipcq_share *share, *unused = NULL;

	spin_lock(&queue->lock);
	/* An account that is gone has no share, and is not mistaken for another. */
	prune(queue);
	share = find(queue, senders->account);
	if (share) {
		unused = senders->share;
		senders->share = ipcq_share_get(share);
	} else {
		share = senders->share;
		link_share(queue, share);
	}
	share->handles++;
	/* Nobody has sent anything through the handle. */
	senders->opener->share = ipcq_share_get(share);
	spin_unlock(&queue->lock);
	ipcq_share_put(unused);
}

/* A handle that joined is closed.  The lock is not held. */
void ipcq_share_leave(struct ipcq_queue *queue, struct ipcq_share *share)
{
	spin_lock(&queue->lock);
	share->handles--;
	settle(queue, share);
	spin_unlock(&queue->lock);
}

void ipcq_shares_init(struct ipcq_queue *queue)
{
	INIT_LIST_HEAD(&queue->shares.list);
	INIT_LIST_HEAD(&queue->shares.waiting);
}

/* With the last reference gone, so without handles; messages may have been left. */
void ipcq_shares_fini(struct ipcq_queue *queue)
{
	struct ipcq_share *share, *next;

	list_for_each_entry_safe(share, next, &queue->shares.list, node) {
		WARN_ON_ONCE(share->handles);
		ipcq_share_put(share);
	}
}

void ipcq_shares_stat(struct ipcq_queue *queue, struct ipcq_queue_stat *stat)
{
	prune(queue);
	stat->users = queue->shares.users;
	stat->share = max_t(u32, part(queue, queue->bounds.max_messages), 1);
}

/* ------------------------------------------------------ messages come and go */

/* A message counts for the bounds now: also for its user, if need be. */
void ipcq_share_begin(struct ipcq_queue *queue, struct ipcq_message *message)
{
	struct ipcq_share *share = message->sender->share;

	if (message->special & IPCQ_SPECIAL_FOREIGN)
		share = NULL;
	else if (!(queue->care & IPCQ_CARE_SHARES))
		return;
	message->special |= IPCQ_SPECIAL_COUNTED;
	queue->shares.messages++;
	queue->shares.bytes += message->length;
	if (share) {
		share->messages++;
		share->bytes += message->length;
	}
}

/* A message that is counted does not count for the bounds any more. */
void ipcq_share_end(struct ipcq_queue *queue, struct ipcq_message *message)
{
	struct ipcq_share *share = message->sender->share;
	bool foreign = message->special & IPCQ_SPECIAL_FOREIGN;

	message->special &= ~(IPCQ_SPECIAL_COUNTED | IPCQ_SPECIAL_FOREIGN);
	queue->shares.messages--;
	queue->shares.bytes -= message->length;
	if (foreign || !share)
		return;
	share->messages--;
	share->bytes -= message->length;
	if (!share->handles)
		settle(queue, share);
}

static bool goes_before(struct rb_node *a, const struct rb_node *b)
{
	const struct ipcq_message *first = rb_entry(a, struct ipcq_message, by_token);
	const struct ipcq_message *second = rb_entry(b, struct ipcq_message, by_token);

	if (first->priority != second->priority)
		return first->priority < second->priority;
	return first->order.sequence < second->order.sequence;
}

/* A message that is counted has come into the order. */
void ipcq_share_entered(struct ipcq_queue *queue, struct ipcq_message *message)
{
	RB_CLEAR_NODE(&message->by_token);
	if (queue->full == IPCQ_FULL_DROP_OLDEST &&
	    !(message->special & IPCQ_SPECIAL_FOREIGN))
		rb_add_cached(&message->by_token, &message->sender->share->order,
			      goes_before);
}

/* A message that is counted has left the order. */
void ipcq_share_left(struct ipcq_queue *queue, struct ipcq_message *message)
{
	if (!RB_EMPTY_NODE(&message->by_token))
		rb_erase_cached(&message->by_token, &message->sender->share->order);
	RB_CLEAR_NODE(&message->by_token);
}

/* -------------------------------------------------------------------- turns */

static struct ipcq_waiting_sender *first_of(const struct ipcq_share *share)
{
	return list_first_entry(&share->senders, struct ipcq_waiting_sender,
				waiter.node);
}

/* A sender begins to wait, with its message. */
void ipcq_share_wait(struct ipcq_queue *queue, struct ipcq_waiting_sender *sender)
{
	struct ipcq_share *share = sender->message->sender->share;

	if (list_empty(&share->senders))
		list_add_tail(&share->waiting, &queue->shares.waiting);
	list_add_tail(&sender->waiter.node, &share->senders);
	sender->share = share;
	sender->turn = ++queue->shares.turns;
	queue->waiting_senders++;
}

/* One of a user's has ceased to wait, and is not in the list any more. */
void ipcq_share_waited(struct ipcq_queue *queue, struct ipcq_share *share)
{
	if (list_empty(&share->senders))
		list_del(&share->waiting);
	queue->waiting_senders--;
}

/* The one who waits longest of all, or of those who stay within their share; or NULL. */
static struct ipcq_waiting_sender *longest(struct ipcq_queue *queue, bool within)
{
	struct ipcq_waiting_sender *sender, *longest = NULL;
	struct ipcq_share *share;

	list_for_each_entry(share, &queue->shares.waiting, waiting) {
		sender = first_of(share);
		if (longest && longest->turn < sender->turn)
			continue;
		/* What is too long at any time does not wait for others. */
		if (!within || is_within(queue, share, sender->message->length) ||
		    ipcq_bounds_exclude(&queue->bounds, sender->message->length))
			longest = sender;
	}
	return longest;
}

/**
 * ipcq_share_next() - the sender whose turn it is
 * @queue: the queue
 * @any: one that has to wait for its share will do, if there is no other
 *
 * There is a step for each user with senders that wait.
 *
 * Return: the sender, whose message need not fit; NULL: nobody's turn has come.
 */
struct ipcq_waiting_sender *ipcq_share_next(struct ipcq_queue *queue, bool any)
{
	struct ipcq_waiting_sender *sender;

	if (!queue->waiting_senders)
		return NULL;
	if (likely(!(queue->care & IPCQ_CARE_SHARES)))
		return longest(queue, false);
	prune(queue);
	sender = longest(queue, true) ?: longest(queue, false);
	if (any || ipcq_share_allows(queue, sender->share, sender->message->length))
		return sender;
	return NULL;
}

/* Whether a user's share allows for a message. */
bool ipcq_share_allows(struct ipcq_queue *queue, const struct ipcq_share *share,
		       u32 length)
{
	return !(queue->care & IPCQ_CARE_SHARES) || !share ||
	       ipcq_bounds_exclude(&queue->bounds, length) ||
	       !is_nearly_full(queue, length) || is_within(queue, share, length);
}

/* Whether a new message may go before those that wait; with no @share it is foreign. */
bool ipcq_share_passes(struct ipcq_queue *queue, const struct ipcq_share *share,
		       u32 length)
{
	if (!queue->waiting_senders)
		return true;
	return queue->care & IPCQ_CARE_SHARES && share &&
	       list_empty(&share->senders) && is_within(queue, share, length) &&
	       !longest(queue, true);
}

/* Whether a message of that length may be delivered now: ipcq_step_has_room(). */
noinline bool ipcq_share_has_room(struct ipcq_queue *queue,
				  const struct ipcq_share *share, u32 length)
{
	prune(queue);
	return ipcq_bounds_fit(&queue->bounds, length) &&
	       ipcq_share_passes(queue, share, length) &&
	       ipcq_share_allows(queue, share, length);
}

/* Whether a user who has nothing in the queue would find room for any message. */
bool ipcq_shares_have_room(struct ipcq_queue *queue)
{
	prune(queue);
	return ipcq_bounds_fit_any(&queue->bounds) &&
	       (!queue->waiting_senders || (queue->care & IPCQ_CARE_SHARES &&
					    !longest(queue, true)));
}

/* ------------------------------------------------------------------ dropping */

/* Whose a message in the queue is; NULL: nobody's. */
static const struct ipcq_share *owner_of(const struct ipcq_queue *queue,
					 const struct ipcq_message *message)
{
	if (message->special & IPCQ_SPECIAL_FOREIGN)
		return NULL;
	return message->special & IPCQ_SPECIAL_COUNTED ? message->sender->share :
							 queue->shares.main;
}

/* Of a user's messages in the order the one that is dropped first, or NULL. */
struct ipcq_message *ipcq_share_drops(struct ipcq_queue *queue,
				      const struct ipcq_share *share)
{
	struct ipcq_message *least = ipcq_backlog_least(queue);
	struct rb_node *node = rb_first_cached(&share->order);

	/*
	 * What goes first of all goes first of its user's.  So messages that are not in
	 * the tree are found, too, once nothing is before them: as they are older than
	 * all others of their user's, that is soon where the user has sent most.
	 */
	if (least && owner_of(queue, least) == share && !ipcq_copies_go_on(least))
		return least;
	for (; node; node = rb_next(node)) {
		least = rb_entry(node, struct ipcq_message, by_token);
		if (!ipcq_copies_go_on(least))
			return least;
	}
	return NULL;
}

/* The user who is over the share, with most messages, and has some to drop; or NULL. */
struct ipcq_share *ipcq_share_excess(struct ipcq_queue *queue)
{
	struct ipcq_share *share, *most = NULL;
	u32 messages, most_messages = 0;
	u64 bytes;

	list_for_each_entry(share, &queue->shares.list, node) {
		messages = usage(queue, share, &bytes);
		if (messages > max_t(u64, most_messages, 1) &&
		    (messages > part(queue, queue->bounds.max_messages) ||
		     bytes > part(queue, queue->bounds.max_bytes)) &&
		    ipcq_share_drops(queue, share)) {
			most = share;
			most_messages = messages;
		}
	}
	return most;
}
