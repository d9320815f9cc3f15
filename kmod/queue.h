/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Queues: messages in order, within bounds, between senders and receivers.
 *
 * Sending prepares the message without a lock, then, under the queue's lock, does
 * one of three things: it hands the message to the receiver whose turn it is (who
 * has waited longest of those whose filters take it, but real-time threads first:
 * wait.h), or puts it in the order, or waits in a list of its user's senders, message in
 * hand, until whoever makes room puts it in the order for it.
 *
 * Receiving reserves a message under the lock, copies it out with no lock held,
 * and commits under the lock: only then is there room for another.  A receiver
 * that fails between the two hands the message to another that waits for such a one,
 * or puts it back in its place.  With a filter a receiver reserves the first message
 * that it takes, after a scan of the order that may drop the lock in between (scan.h).
 * A receiver may also hold the message in place of taking it.
 *
 * A queue that broadcasts has a log in place of the order, and subscribers in place of
 * receivers: see broadcast.h.  Its order is empty, and so is its list of receivers.
 *
 * So these hold whenever the lock is free:
 *
 *   - no message in the order is one that a waiting receiver takes; so while one
 *     without a filter waits, the order is empty;
 *   - a new message never passes a sender of the same user's that waits, nor one of
 *     another's whose turn has come (share.h);
 *   - messages in the order, those reserved and those held (hold.h) are what the
 *     bounds count;
 *   - in a queue that rejects, or drops the newest, no sender waits for long: those that
 *     did when it became one are sent away, in batches.
 *
 * In a queue that drops its oldest a sender waits only where the room it needs is that
 * of messages that are reserved or held.  When one of these is put back, it can be
 * dropped: the work that lets in senders sees to that.
 *
 * A blocked sender is not woken for each message that leaves, but in a batch when
 * the queue has drained to half; a delayed work sees to it that this does not take
 * for ever when the receiver stops half way.  Pollers that were told "no room"
 * are treated the same.
 *
 * Models: receive.pml, room.pml and poll.pml in tests/model.
 */
#ifndef IPCQ_QUEUE_H
#define IPCQ_QUEUE_H

#include <linux/ipcq.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/poll.h>
#include <linux/spinlock.h>
#include <linux/timerqueue.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "bounds.h"
#include "filter.h"
#include "message.h"
#include "object.h"
#include "order.h"
#include "owner.h"
#include "priority.h"
#include "share.h"

struct ipcq_broadcast;
struct ipcq_registry;
struct ipcq_subscriber;
struct ipcq_wake;

struct ipcq_queue {
	struct ipcq_object object;
	struct ipcq_broadcast *broadcast;	/* constant; NULL: to one receiver */

	/* Protects this group. */
	spinlock_t lock;
	struct ipcq_bounds bounds;	/* its limits are only written under it */
	bool bytes_given;		/* its max_bytes is not a product */
	struct ipcq_order order;	/* messages to be received, or */
	struct ipcq_priority_order *priorities;	/* constant; NULL: none */
	u64 sent;			/* also the last sequence number given */
	u64 received;
	struct list_head receivers;	/* struct receiver, as they get their turn */
	struct ipcq_shares shares;	/* of its users, with senders that wait */
	u32 waiting_receivers;
	u32 waiting_senders;
	struct ipcq_magazine magazine;
	u32 care;			/* IPCQ_CARE_*: what plain calls must heed */
	u64 time_to_live;		/* of messages sent without; 0: for ever */
	u64 expired;
	u64 dead_letter;		/* id of the queue for dead letters; 0: none */
	u64 dead_lettered;		/* messages that were moved there */
	u64 dropped;			/* messages that were lost on the way, */
	u64 dropped_told;		/* and of how many receivers have heard */
	u32 full;			/* IPCQ_FULL_*: what happens then */
	u32 redelivery_limit;		/* of messages that come back; 0: none */
	struct timerqueue_head timers;	/* messages with which something is to be done */
	u64 timer_armed;		/* for when timer_work is; 0: it is not */
	struct rb_root held;		/* messages by their tokens: hold.h */
	u32 holds;			/* how many are held */
	u32 delayed;			/* how many are on their way back */
	struct list_head scans;		/* between two steps: scan.c */
	bool refused;			/* a poller or a caller heard "no room" */
	bool listened;			/* events are of use: queue.c */
	bool admit_armed;		/* admit_work is pending */
	bool idle_armed;		/* idle_work is pending */
	u64 idle_received;		/* @received when it was armed */

	wait_queue_head_t pollers;	/* its own lock, never inside ours */
	struct fasync_struct *readers;	/* the kernel's own locks: files with */
	struct fasync_struct *writers;	/* O_ASYNC, by what they may do */
	/* They hold no reference; freeing the queue cancels them. */
	struct delayed_work admit_work;
	struct delayed_work idle_work;
	struct delayed_work timer_work;
	atomic_t leaves;		/* of @priorities; each is charged */
	struct list_head all;		/* queues_lock (queue_memory.c) */
	struct llist_node ended;	/* dead_letter.c, with the last reference */
	atomic64_t tokens;		/* the last that was given */
	struct ipcq_owners owners;	/* processes that hold messages */
};

/* How far a call goes to get what it wants. */
struct ipcq_patience {
	bool nonblock;
	u64 deadline;			/* CLOCK_MONOTONIC nanoseconds, 0: none */
};

/* Why even a plain message needs care when it comes or goes. */
#define IPCQ_CARE_TIME_TO_LIVE	(1U << 0)	/* the queue has a time to live */
#define IPCQ_CARE_SCANS		(1U << 1)	/* @scans is not empty */
#define IPCQ_CARE_SHARES	(1U << 2)	/* there are several users */
#define IPCQ_CARE_BROADCAST	(1U << 7)	/* @broadcast is there */

/* What stands on the outside of a message that is not plain. */
struct ipcq_envelope {
	u32 priority;
	u64 type;
	u64 time_to_live;		/* nanoseconds; 0: the queue's */
	struct ipcq_caller *caller;	/* waits for a reply; NULL: nobody */
	struct ipcq_files *files;	/* the sender's until it is sent; NULL: none */
};

/* A send: what, by whom, and how. */
struct ipcq_send {
	struct ipcq_buffer from;
	struct ipcq_senders *senders;	/* of the handle */
	bool as_opener;			/* the handle's opener is the sender */
	const struct ipcq_envelope *envelope;	/* NULL: plain, priority 0 */
	struct ipcq_patience patience;
	u64 sequence;			/* out */
};

/* A receive: which message, and how. */
struct ipcq_receive {
	size_t room;			/* bytes; out, with -EMSGSIZE: the message's */
	const struct ipcq_filter *filter;	/* changes under the lock only */
	struct ipcq_subscriber *subscriber;	/* for a queue that broadcasts */
	struct ipcq_patience patience;
};

extern const struct file_operations ipcq_queue_fops;	/* queue_file.c */

int ipcq_queue_send(struct ipcq_queue *queue, struct ipcq_send *send);
void ipcq_queue_dress(struct ipcq_queue *queue, struct ipcq_message *message,
		      const struct ipcq_envelope *envelope);
struct ipcq_message *ipcq_queue_reserve(struct ipcq_queue *queue,
					struct ipcq_receive *receive);
int ipcq_queue_end(struct ipcq_queue *queue, struct ipcq_subscriber *subscriber,
		   struct ipcq_message *message, int error);
/* What becomes of a message that does not fit (full.c). */
enum ipcq_full_end {
	IPCQ_FULL_FITS,			/* others made room for it */
	IPCQ_FULL_LOST,			/* it is dropped itself */
	IPCQ_FULL_STAYS,		/* it waits, or is sent back */
	IPCQ_FULL_AGAIN,		/* some were dropped; ask again, after the lock */
};

struct ipcq_message *ipcq_queue_fill(struct ipcq_queue *queue,
				     const struct ipcq_send *send);
bool ipcq_queue_accept(struct ipcq_queue *queue, struct ipcq_message *message);
__poll_t ipcq_queue_put_back(struct ipcq_queue *queue,
			     struct ipcq_message *message, struct ipcq_wake *wake);
void ipcq_queue_arm_admit(struct ipcq_queue *queue);
void ipcq_queue_admit(struct ipcq_queue *queue);
void ipcq_queue_set_filter(struct ipcq_queue *queue, struct ipcq_filter *at,
			   const struct ipcq_filter *filter);
__poll_t ipcq_queue_poll(struct ipcq_queue *queue,
			 const struct ipcq_filter *filter,
			 const struct ipcq_share *share, struct file *file,
			 poll_table *table);

/* broadcast.c */
enum ipcq_full_end ipcq_broadcast_drop_oldest(struct ipcq_queue *queue,
					      const struct ipcq_message *message,
					      struct ipcq_order *list);

/* queue_object.c */
extern const struct ipcq_kind ipcq_queue_kind;

int ipcq_queue_validate(const struct ipcq_queue_open *args);
int ipcq_queue_set(struct ipcq_queue *queue, const struct ipcq_queue_set *args);
void ipcq_queue_stat(struct ipcq_queue *queue, struct ipcq_queue_stat *stat);
u32 ipcq_queue_next_length(struct ipcq_queue *queue,
			   const struct ipcq_filter *filter);

/* queue_memory.c */
extern struct workqueue_struct *ipcq_queue_works;

int ipcq_queue_init(void);
void ipcq_queue_exit(void);
void ipcq_queue_memory_init(struct ipcq_queue *queue);
void ipcq_queue_memory_fini(struct ipcq_queue *queue);
struct ipcq_message *ipcq_queue_new_message(struct ipcq_queue *queue,
					    struct ipcq_sender *sender,
					    u32 class);
void ipcq_queue_keep(struct ipcq_queue *queue, struct ipcq_message *message);
void ipcq_queue_keep_all(struct ipcq_queue *queue, struct ipcq_order *list);
void ipcq_queue_arm_idle(struct ipcq_queue *queue);

/* expire.c */
void ipcq_expire_init(struct ipcq_queue *queue);
void ipcq_expire_fini(struct ipcq_queue *queue);
void ipcq_expire_begin(struct ipcq_queue *queue, struct ipcq_message *message);
void ipcq_expire_entered(struct ipcq_queue *queue, struct ipcq_message *message);
void ipcq_expire_left(struct ipcq_queue *queue, struct ipcq_message *message);
void ipcq_expire_reap(struct ipcq_queue *queue);
void ipcq_timer_set(struct ipcq_queue *queue, struct ipcq_message *message,
		    u64 expires);
void ipcq_timer_clear(struct ipcq_queue *queue, struct ipcq_message *message);

/* full.c */
enum ipcq_full_end ipcq_full_settle(struct ipcq_queue *queue,
				    const struct ipcq_message *message,
				    struct ipcq_order *list);
u64 ipcq_full_tell(struct ipcq_queue *queue);
void ipcq_full_tell_again(struct ipcq_queue *queue, u64 lost);

/* Whether a full queue drops messages: nobody is told that there is no room. */
static inline bool ipcq_full_drops(const struct ipcq_queue *queue)
{
	return queue->full >= IPCQ_FULL_DROP_OLDEST;
}

/* dead_letter.c */
void ipcq_dead_letter(struct ipcq_queue *queue, struct ipcq_order *list,
		      u32 reason);
int ipcq_dead_letter_check(struct ipcq_registry *registry, u64 id);

/* Whether anything in the queue waits for its time; see ipcq_expire_reap(). */
static inline bool ipcq_expire_due(const struct ipcq_queue *queue)
{
	return READ_ONCE(queue->timer_armed);
}

/* queue_signal.c */
int ipcq_queue_fasync(struct ipcq_queue *queue, int fd, struct file *file, int on);
void ipcq_queue_signal(struct ipcq_queue *queue, __poll_t events);

/* More than a little is kept, perhaps: see that it is not for long. */
static inline void ipcq_queue_kept(struct ipcq_queue *queue)
{
	if (unlikely(queue->magazine.kept_bytes > IPCQ_IDLE_KEEP &&
		     !queue->idle_armed))
		ipcq_queue_arm_idle(queue);
}

static inline struct ipcq_queue *to_ipcq_queue(const struct ipcq_object *object)
{
	return container_of(object, struct ipcq_queue, object);
}

#endif /* IPCQ_QUEUE_H */
